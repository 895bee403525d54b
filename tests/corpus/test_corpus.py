"""Real pipelines of other people are read, and all that is found in them has been reviewed.

A new error or warning here is either a false finding, to be mended, or a true one, to be added
to `expected.tsv` (`python -m tests.corpus --write`) with a reason that its author would accept.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from functools import cache

import pytest

from attractorc.compiler.frontend import decode, language_of, read
from attractorc.compiler.syntax import EdgeStatement, NodeStatement

from .__main__ import table
from .survey import (
    CORPUS,
    Expected,
    Found,
    Row,
    Surveyed,
    complaints,
    expected,
    rows,
    surveyed,
    written,
)

ENDINGS = {".dot", ".gv", ".fabro", ".yaml", ".yml"}

ROWS = rows() if (CORPUS / "INDEX.tsv").is_file() else ()

pytestmark = pytest.mark.skipif(
    not ROWS, reason=f"the corpus of real pipelines is not at {CORPUS} (ATTRACTORC_CORPUS)"
)


@cache
def survey(repository: str) -> tuple[Surveyed, ...]:
    return tuple(surveyed(row) for row in ROWS if row.repository == repository)


def reviewed(repository: str) -> list[Expected]:
    files = {row.file for row in ROWS if row.repository == repository}
    return [item for item in expected() if item.found.file in files]


def test_the_index_is_the_corpus_that_was_reviewed() -> None:
    files = {row.file for row in ROWS}
    assert len(files) == 224
    assert files == {
        path.relative_to(CORPUS).as_posix() for path in CORPUS.glob("*/*") if path.suffix in ENDINGS
    }
    assert {item.found.file for item in expected()} <= files


def test_the_list_of_reviewed_findings_is_in_order() -> None:
    found = [item.found for item in expected()]
    assert found == sorted(found)


@pytest.mark.parametrize("repository", sorted({row.repository for row in ROWS}))
def test_every_error_and_warning_in_a_real_pipeline_is_a_true_one(repository: str) -> None:
    assert list(complaints(survey(repository), reviewed(repository))) == []


def test_few_errors_are_left() -> None:
    errors = [item for item in expected() if item.found.severity == "error"]
    faults = Counter(item.fault for item in errors)
    assert faults["file"] <= 21
    assert set(faults) <= {"file"}
    assert len({item.found.file for item in errors if item.fault == "file"}) <= 11


def test_a_list_that_is_written_anew_keeps_its_reasons() -> None:
    files, lines = survey("2389-research/tracker"), reviewed("2389-research/tracker")
    head, *rows_ = written(files, lines).splitlines()
    assert head.split("\t") == ["file", "line", "rule", "severity", "fault", "reason"]
    assert len(rows_) == len(lines)
    assert all(row.split("\t")[5] for row in rows_)
    forgotten = [item for item in lines if item.found.rule != "region_entry"]
    anew = written(files, forgotten).splitlines()
    assert [row.split("\t")[2] for row in anew if row.endswith("\t\t")] == ["region_entry"] * 3


FILE = "2389-research__tracker/examples__ask_and_execute.dot"
SMOKE = "danshapiro__kilroy/docs__strongdm__dot specs__simple_example_integration_smoke_test.dot"


def _complaints(change: str) -> list[str]:
    """What is said after one change to the survey of a file or to its reviewed lines."""
    (file,) = (file for file in survey("2389-research/tracker") if file.row.file == FILE)
    lines = [item for item in expected() if item.found.file == FILE]
    # The first of the three region errors in front, so that each change is one to it.
    lines.sort(key=lambda item: item.found.rule != "region_entry")
    if change == "a line less":
        lines = lines[1:]
    elif change == "a line twice":
        lines.append(lines[0])
    elif change == "a line moved":
        found = lines[0].found
        lines[0] = replace(lines[0], found=Found(found.file, found.line + 1, found.rule))
    elif change == "no reason":
        lines[0] = replace(lines[0], reason="")
    return list(complaints([file], lines))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("a line less", ["178 region_entry: an error that nobody"]),
        ("a line twice", ["178 region_entry: reviewed, but no longer"]),
        (
            "a line moved",
            ["178 region_entry: an error that nobody", "179 region_entry: reviewed, but no"],
        ),
        ("no reason", ["178 region_entry: the reviewed line says neither"]),
    ],
)
def test_a_survey_that_is_not_as_reviewed_is_told(change: str, words: list[str]) -> None:
    told = [line.removeprefix(f"{FILE}:") for line in _complaints(change)]
    assert len(told) == len(words)
    assert all(line.startswith(word) for line, word in zip(told, words, strict=True))


def test_a_file_that_graphviz_reads_and_we_do_not_is_told() -> None:
    smoke = surveyed(Row(SMOKE, "danshapiro/kilroy", graphviz=True))
    assert smoke.broken == ("Graphviz reads it, and we do not",)


def test_the_table_counts_by_repository_and_in_all() -> None:
    head, first, second, last = table([*survey("rkinder/attractor"), *survey("DrPep/attractor")])
    assert head.startswith("repository ")
    assert first.split() == ["DrPep/attractor", "3", "3", "3", "3", "3", "3"]
    assert second.split()[:4] == ["rkinder/attractor", "18", "18", "18"]
    assert "missing_command 2" in second
    assert last.split()[:4] == ["all", "21", "21", "21"]


READ = {
    # A drawing whose labels are HTML.
    "danshapiro__kilroy/demo__substack-spec-v01-ui.gv": {"syntax": 6},
    # Pseudo-code that quotes a pipeline; Graphviz refuses it too.
    SMOKE: {"syntax": 1},
}


def test_reading_alone_finds_only_what_has_been_reviewed() -> None:
    found = {}
    for row in ROWS:
        source, findings = decode((CORPUS / row.file).read_bytes(), row.file)
        document, more = read(source, language_of(source.name, source.text))
        if findings + more:
            found[row.file] = dict(Counter(item.rule for item in findings + more))
        assert (document is None) == (row.file == SMOKE)
        if document is not None:
            kinds = Counter(type(statement) for statement in document.walk())
            assert kinds[NodeStatement] + kinds[EdgeStatement] > 0, row.file
    assert found == READ


def test_what_graphviz_refuses_is_mostly_read() -> None:
    refused = [row.file for row in ROWS if not row.graphviz]
    assert len(refused) == 32
    assert [file for file in refused if file in READ] == [SMOKE]


ENTERED = [
    # After the join, its fixes and reworks go to one of three parallel implementations.
    "178 the retry_target of 'ReviewAnalysis' leads into branch 'ImplementClaude'",
    "233 edge 'ValidateBuild' -> 'ImplementClaude' enters branch 'ImplementClaude'",
    "262 edge 'ReviewAnalysis' -> 'ImplementClaude' enters branch 'ImplementClaude'",
]


def test_the_only_region_errors_in_real_pipelines_are_the_reviewed_ones() -> None:
    found: dict[str, list[str]] = {}
    fan_outs = 0
    for file in (file for row in {row.repository for row in ROWS} for file in survey(row)):
        graph = file.compiled.graph
        if graph is None:
            continue
        fan_outs += len(graph.regions.by_fan_out)
        kinds = {fault.kind for fault in graph.regions.faults}
        for item in file.compiled.diagnostics:
            if item.rule in kinds:
                message = item.message.partition(" of 'ImplementParallel'")[0]
                found.setdefault(file.row.file, []).append(f"{item.span.line} {message}")
    assert found == {FILE: ENTERED}
    assert fan_outs > 50


def test_the_same_bytes_for_any_order_hash_seed_locale_and_jobs() -> None:
    files = [row.file for row in ROWS]
    outputs = set()
    for order, jobs, seed, language in (
        (files, "1", "0", "C.UTF-8"),
        (files[::-1], "2", "1", "C"),
        (files[100:] + files[:100], "3", "2", "POSIX"),
    ):
        done = subprocess.run(
            [
                *(sys.executable, "-m", "attractorc", "check", "--isolated"),
                *("--format", "json", "--jobs", jobs, *order),
            ],
            cwd=CORPUS,
            env={**os.environ, "PYTHONHASHSEED": seed, "LC_ALL": language},
            capture_output=True,
            check=False,
        )
        assert done.returncode == 1, done.stderr.decode()
        outputs.add(done.stdout)
    assert len(outputs) == 1
    assert len(json.loads(outputs.pop())["findings"]) > 300
