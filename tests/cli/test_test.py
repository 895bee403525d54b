"""`attractorc test`: which files it takes, what it prints, how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .inside import attractorc_inside

PIPELINE = "pipeline: p\nstart: work\nnodes: {work: {run: make, next: exit}}\n"
DOT = """digraph p {
  start [shape=Mdiamond]
  exit  [shape=Msquare]
  work  [shape=parallelogram, tool_command="make"]
  start -> work -> exit
}
"""
GOOD = "cases:\n- {name: all is well, expect: {outcome: success}}\n"
BAD = f"{GOOD}- name: nothing works\n  script: {{stages: {{work: fail}}}}\n" + (
    "  expect:\n    outcome: success\n    path: [work, exit]\n"
)
MISSED = """\
p.yaml: 1 of 2 cases failed
  FAILED nothing works
    p.test.yaml:6:14: outcome
      expected: success
      got:      fail: the script says fail
    p.test.yaml:7:11: path
      expected: [work, exit]
      got:      [work]
    see it run: attractorc exec p.yaml --simulate p.test.yaml --case 'nothing works'
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "p.yaml").write_text(PIPELINE, "utf-8")
    (tmp_path / "p.test.yaml").write_text(GOOD, "utf-8")
    return tmp_path


def test_cases_that_hold(folder: Path) -> None:
    done = attractorc_inside("test", "p.yaml", cwd=folder)
    assert done.stdout == "p.yaml: 1 case passed\n"
    assert done.stderr == "1 case passed in 1 pipeline\n"
    assert done.returncode == 0


def test_a_case_that_does_not_hold_is_shown_with_both_sides(folder: Path) -> None:
    (folder / "p.test.yaml").write_text(BAD, "utf-8")
    done = attractorc_inside("test", "p.yaml", cwd=folder)
    assert done.stdout == MISSED
    assert done.stderr == "1 of 2 cases failed in 1 pipeline\n"
    assert done.returncode == 1


def test_the_command_that_is_shown_shows_the_run(folder: Path) -> None:
    (folder / "p.test.yaml").write_text(BAD, "utf-8")
    done = attractorc_inside(
        *("exec", "p.yaml", "--simulate", "p.test.yaml", "--case", "nothing works"), cwd=folder
    )
    assert done.stdout.startswith("simulated: fail: the script says fail\n")
    assert done.returncode == 1


def test_one_line_of_json_for_each_case(folder: Path) -> None:
    (folder / "p.test.yaml").write_text(BAD, "utf-8")
    done = attractorc_inside("test", "p.yaml", "--json", cwd=folder)
    good, bad = (json.loads(line) for line in done.stdout.splitlines())
    assert (good["name"], good["passed"], good["misses"]) == ("all is well", True, [])
    assert [miss["about"] for miss in bad["misses"]] == ["outcome", "path"]
    assert (done.stderr, done.returncode) == ("", 1)


def test_only_cases_that_are_asked_for(folder: Path) -> None:
    (folder / "p.test.yaml").write_text(BAD, "utf-8")
    assert attractorc_inside("test", "--case", "well", cwd=folder).returncode == 0
    done = attractorc_inside("test", "--case", "weather", cwd=folder)
    assert done.stderr == "attractorc: no case has 'weather' in its name\n"
    assert done.returncode == 2


def test_a_folder_means_the_pipelines_in_it_that_have_cases(folder: Path) -> None:
    (folder / "p.dot").write_text(DOT, "utf-8")
    (folder / "other.yaml").write_text(PIPELINE, "utf-8")
    for arguments in ((), (".",)):
        done = attractorc_inside("test", *arguments, cwd=folder)
        assert done.stdout == "p.dot: 1 case passed\np.yaml: 1 case passed\n"
        assert done.stderr == "2 cases passed in 2 pipelines; 1 pipeline without cases\n"
        assert done.returncode == 0


def test_a_file_of_cases_means_the_pipelines_beside_it(folder: Path) -> None:
    (folder / "p.dot").write_text(DOT, "utf-8")
    done = attractorc_inside("test", "p.test.yaml", "p.yaml", cwd=folder)
    assert done.stdout == "p.dot: 1 case passed\np.yaml: 1 case passed\n"


REFUSED = {
    "a pipeline without cases": (
        ("other.yaml",),
        "other.yaml: has no cases; write them into other.test.yaml, for example: "
        "cases: [{name: all goes well, expect: {outcome: success}}]",
    ),
    "cases without a pipeline": (
        ("lone.test.yaml",),
        "lone.test.yaml: there is no pipeline lone.yaml or .dot beside it",
    ),
    "a folder where nothing has cases": (
        ("bare",),
        "no pipeline here has cases; write them into x.test.yaml beside x",
    ),
    "no such file": (("absent.yaml",), "absent.yaml: cannot be read: no such file or directory"),
    "cases that cannot be read": (
        ("faulty.yaml",),
        "faulty.test.yaml cannot be used: 1 error",
    ),
}


@pytest.mark.parametrize(("arguments", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_tested(folder: Path, arguments: tuple[str, ...], said: str) -> None:
    (folder / "bare").mkdir()
    for name in ("other.yaml", "bare/p.yaml", "faulty.yaml"):
        (folder / name).write_text(PIPELINE, "utf-8")
    (folder / "lone.test.yaml").write_text(GOOD, "utf-8")
    (folder / "faulty.test.yaml").write_text("cases: none", "utf-8")
    done = attractorc_inside("test", *arguments, cwd=folder)
    assert done.stderr.splitlines()[-1] == f"attractorc: {said}"
    assert (done.stdout, done.returncode) == ("", 2)


def test_what_is_wrong_with_cases_is_shown_at_its_place(folder: Path) -> None:
    (folder / "p.test.yaml").write_text(GOOD.replace("outcome", "outcom"), "utf-8")
    done = attractorc_inside("test", cwd=folder)
    assert "p.test.yaml:2:32: error[syntax] an expectation has no 'outcom'" in done.stderr


def test_a_pipeline_with_errors_is_no_pipeline(folder: Path) -> None:
    (folder / "p.yaml").write_text(PIPELINE.replace("next: exit", "next: ext"), "utf-8")
    done = attractorc_inside("test", cwd=folder)
    assert done.stderr.splitlines()[-1].startswith("attractorc: p.yaml has no plan: ")
    assert done.returncode == 1
