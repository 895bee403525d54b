"""The suite itself: its schemas, what it covers, its laws, and programs that it is played by."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import pytest
from jsonschema import Draft7Validator
from ruamel.yaml import YAML

from attractorc.compiler.policy import MergeFrom, OnConflict, StrategyName, WinnerKind
from attractorc.testing.reading import Faulty

from .__main__ import main
from .form import CONFORMANCE_CASE, EXPECTED, SUITE
from .judging import ALL
from .matrix import cells, counted
from .observation import seen
from .playing import inside, valid, verdict
from .schemas import texts
from .suite import FOLDER, Conformance, all_cases, files, suite

CASES = list(all_cases())
WRITTEN = [case for case in CASES if case.cell is None]
RUNS = [case for case in WRITTEN if not case.refused]
README = (FOLDER / "README.md").read_text("utf-8")


def one(name: str) -> Conformance:
    (found,) = (case for case in WRITTEN if case.name == name)
    return found


@pytest.mark.parametrize("name", texts())
def test_its_schemas_are_fresh(name: str) -> None:
    assert (FOLDER / name).read_text("utf-8") == texts()[name], "run make schemas"


@pytest.mark.parametrize("path", files(), ids=lambda path: path.name)
def test_its_files_fit_their_schema_and_say_which_it_is(path: Path) -> None:
    text = path.read_text("utf-8")
    assert text.startswith("# yaml-language-server: $schema=conformance.schema.json\n")
    schema = json.loads((FOLDER / "conformance.schema.json").read_text("utf-8"))
    faults = Draft7Validator(schema).iter_errors(YAML(typ="safe", pure=True).load(text))
    assert [f"{list(fault.absolute_path)}: {fault.message}" for fault in faults] == []


def test_there_are_many_cases() -> None:
    assert len(WRITTEN) > 300
    assert len(CASES) - len(WRITTEN) > 1_500


def test_every_case_cites_a_section_of_the_law() -> None:
    cited = re.compile(r"(?:[1-9](?:\.[1-4])?|language\.md)[:;]")
    assert [case.name for case in CASES if not cited.match(case.law)] == []
    sections = {case.law[0] for case in CASES}
    assert sections >= set("1234567"), "sections 1 to 7 all have cases"


def test_no_two_cases_have_one_name() -> None:
    names = [case.name for case in CASES]
    assert sorted({name for name in names if names.count(name) > 1}) == []


def test_every_cell_of_the_matrix_has_entries() -> None:
    counts = counted(CASES)
    assert set(counts) == set(cells())
    assert min(counts.values()) >= 8


def policies(*names: str) -> set[Any]:
    """What the merges and winners of all cases ask for, by a path of attributes."""
    found = {region for case in RUNS for region in case.plan().regions.values()}
    values: list[Any] = list(found)
    for name in names:
        values = [
            part
            for value in values
            for part in (
                getattr(value, name)
                if isinstance(getattr(value, name), tuple)
                else (getattr(value, name),)
            )
        ]
    return set(values)


def test_every_strategy_and_every_way_to_choose_has_cases() -> None:
    assert policies("merge", "rules", "strategy") == set(get_args(StrategyName))
    assert policies("merge", "source") == set(get_args(MergeFrom))
    assert policies("merge", "on_conflict") == set(get_args(OnConflict))
    assert policies("winner", "keys", "kind") == set(get_args(WinnerKind))


def test_every_strategy_that_can_be_in_conflict_has_a_case_where_it_is() -> None:
    clashed = {
        rule.strategy
        for case in RUNS
        if "conflicts" in case.written.value["expect"].value
        for by in case.written.value["expect"].value["conflicts"].value.values()
        if by.value
        for region in case.plan().regions.values()
        for rule in region.merge.rules
    }
    assert clashed >= {
        *("all", "any", "concat", "deep", "keyed", "max", "min", "one", "same", "sum", "winner"),
    }


@pytest.mark.parametrize("form", [SUITE, CONFORMANCE_CASE, EXPECTED], ids=lambda form: form.what)
def test_every_key_of_the_format_is_explained(form: Any) -> None:
    assert [key for key in form.keys if f"`{key}`" not in README] == []


def test_every_file_is_listed() -> None:
    assert [path.name for path in files() if f"`{path.name}`" not in README] == []


def test_every_expectation_has_a_judge() -> None:
    assert set(ALL) == set(EXPECTED.keys)


RACE = "a loser that had in truth finished is cancelled all the same"
MISSED: Mapping[str, Any] = {
    "outcome": "fail",
    "reason": "nobody",
    "path": ["exit"],
    "branches": {"fan": {"a": ["b"]}},
    "ends": {"fan": {"a": "fail"}},
    "join": {"fan": {"taken": ["b"]}},
    "winner": {"fan": "b"},
    "writes": {"fan": {"x": {"a": "merged"}}},
    "conflicts": {"fan": ["x"]},
    "context": {"x": 1},
    "absent": ["outcome"],
    "ran": {"a": 2},
    "never_ran": ["a"],
    "questions": ["a"],
    "took": "1s",
    "refused": ["join"],
    "outcomes": {"a": "fail"},
    "began": {"join": "1s"},
    "counts": {"fan": {"failed": 1}},
    "reasons": {"fan": {"a": "no disk"}},
    "writers": {"fan": {"x": {"a": "/fan.1/a/a.1@1"}}},
    "records": {"fan": ["join_decided", "branch_completed a"]},
}


@pytest.mark.parametrize("key", EXPECTED.keys)
def test_what_does_not_hold_is_missed(key: str, tmp_path: Path) -> None:
    case = one(RACE)
    wrong = {
        "topic": "wrong",
        "cases": [
            {
                "name": "it",
                "law": "1: none",
                "dot": case.dot,
                "script": {"stages": {"a": {"after": "2s"}}},
                "expect": {key: MISSED[key]},
            }
        ],
    }
    path = tmp_path / "wrong.yaml"
    path.write_text(json.dumps(wrong), "utf-8")
    (made,) = suite(path)
    if key == "refused":
        given = seen(inside(case))
        assert [miss.about for miss in ALL[key](made.written.value["expect"].value[key], given)]
    else:
        (missed, *_) = verdict(made, inside).missed
        assert f"wrong.yaml:1: {key}" in missed


FAULTS: Mapping[str, tuple[Mapping[str, Any], str]] = {
    "a place that nothing stands for": (
        {"dot": "digraph { {{it}} }"},
        "nothing says what stands for {{it}}",
    ),
    "something that has no place": (
        {"dot": "digraph {}", "with": {"it": "x"}},
        "nothing in the pipeline is called {{it}}",
    ),
    "an unknown pipeline": ({"pipeline": "two"}, "the file has no pipeline 'two'"),
    "no pipeline": ({}, "the case 'it' has no pipeline; write dot: or pipeline:"),
    "an unknown key": ({"dot": "digraph {}", "scirpt": {}}, "did you mean 'script'?"),
}


@pytest.mark.parametrize(("more", "said"), FAULTS.values(), ids=FAULTS)
def test_a_faulty_file_is_refused(more: Mapping[str, Any], said: str, tmp_path: Path) -> None:
    case = {"name": "it", "law": "1: none", "expect": {"outcome": "success"}, **more}
    path = tmp_path / "faulty.yaml"
    path.write_text(json.dumps({"topic": "faults", "cases": [case]}), "utf-8")
    with pytest.raises(Faulty) as caught:
        suite(path)
    assert said in "\n".join(finding.message for finding in caught.value.findings)


def test_what_this_process_gives_fits_the_schema() -> None:
    for case in WRITTEN[:: len(WRITTEN) // 40]:
        valid(json.dumps(inside(case)))


def test_the_table_says_what_failed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--file", "winners.yaml", "default"]) == 0
    assert re.fullmatch(
        r"winners\.yaml: Who wins +\d cases\nall +\d cases\n", capsys.readouterr().out
    )
    assert main(["--command", "sh -c 'echo {}'", "default a success"]) == 1
    out = capsys.readouterr().out
    assert "FAILED winners.yaml: by default a success wins" in out
    assert "law: 6: default: status, max(score), first" in out
    assert re.search(r"all +1 case, 1 failed\n$", out)


def test_the_matrix_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--matrix"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 11
    assert not re.search(r"\b0\b", "\n".join(lines[1:])), "no cell is empty"
