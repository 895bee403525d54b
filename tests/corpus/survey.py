"""What becomes of each real pipeline, and whether that is what has been reviewed.

`make corpus` prints it, the suite holds it. The corpus is a folder beside the project, never
a part of it; its `INDEX.tsv` says where each file comes from and whether Graphviz reads it.
Every error and every warning in it stands in `expected.tsv`, with a reason that the maintainer
of the file would agree with, and that list holds nothing else.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from attractorc.compiler.diagnostic import Severity, has_errors
from attractorc.compiler.driver import Compiled, compile_bytes

from .rewriting import again_with, broken_conversion, broken_layout

ROOT = Path(__file__).parents[2]
CORPUS = Path(os.environ.get("ATTRACTORC_CORPUS", ROOT.parent / "shared" / "corpus"))
EXPECTED = Path(__file__).with_name("expected.tsv")

FAULTS = {
    "file": "the file's own",
    "engine": "what the file's own engine has and the specification has not",
}
"""Whose fault a reviewed finding is, as the column `fault` of `expected.tsv` has it."""


@dataclass(frozen=True, slots=True)
class Row:
    """One file of the corpus, as its index has it: its path in there, its owner/name."""

    file: str
    repository: str
    graphviz: bool


@dataclass(frozen=True, slots=True, order=True)
class Found:
    """An error or a warning: the file, the line from 1, the rule, the severity."""

    file: str
    line: int
    rule: str
    severity: str = "error"

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.rule}"


@dataclass(frozen=True, slots=True)
class Expected:
    """A reviewed finding: whose fault it is (a key of `FAULTS`), and why it is right."""

    found: Found
    fault: str
    reason: str


@dataclass(frozen=True, slots=True)
class Surveyed:
    """What became of one file. `broken` names the laws that do not hold for it."""

    row: Row
    compiled: Compiled
    broken: tuple[str, ...]
    broken_layout: tuple[str, ...]
    broken_conversion: tuple[str, ...]

    @property
    def is_planned(self) -> bool:
        """Whether it gave a plan."""
        return self.compiled.plan is not None

    @property
    def parsed(self) -> bool:
        """Whether it gave a document."""
        return self.compiled.document is not None

    @property
    def findings(self) -> tuple[Found, ...]:
        """Its errors and warnings, in the order of showing."""
        return tuple(
            Found(self.row.file, item.span.line, item.rule, item.severity.value)
            for item in self.compiled.diagnostics
            if item.severity is not Severity.INFO
        )

    @property
    def errors(self) -> tuple[Found, ...]:
        """Its errors, in the order of showing."""
        return tuple(found for found in self.findings if found.severity == "error")


def stand_in(path: str) -> bytes:
    """A text for any prompt file, a pipeline for any pipeline: the corpus has no files beside."""
    if path.endswith((".dot", ".fabro")):
        return b"digraph { start -> exit }"
    return f"The text of {path}.\n".encode()


def rows(corpus: Path = CORPUS) -> tuple[Row, ...]:
    """The index of the corpus."""
    with (corpus / "INDEX.tsv").open(encoding="utf-8", newline="") as file:
        return tuple(
            Row(row["file"], row["repo"], row["graphviz_ok"] == "Y")
            for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        )


_COLUMNS = ("file", "line", "rule", "severity", "fault", "reason")


def expected() -> tuple[Expected, ...]:
    """The reviewed findings."""
    with EXPECTED.open(encoding="utf-8", newline="") as file:
        return tuple(
            Expected(
                Found(row["file"], int(row["line"]), row["rule"], row["severity"]),
                row["fault"],
                row["reason"],
            )
            for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        )


def written(files: Iterable[Surveyed], reviewed: Iterable[Expected]) -> str:
    """`expected.tsv` as the files are now; what is new has no reason yet, and so fails.

    A finding keeps its reason where its rule had one in the same file, first on the same line.
    """
    left = sorted(reviewed, key=lambda item: item.found)
    lines = ["\t".join(_COLUMNS)]
    for found in sorted(found for file in files for found in file.findings):
        same = [
            item for item in left if (item.found.file, item.found.rule) == (found.file, found.rule)
        ]
        same.sort(key=lambda item: item.found.line != found.line)
        fault, reason = (same[0].fault, same[0].reason) if same else ("", "")
        if same and any(item.found.line == found.line for item in same):
            left.remove(same[0])
        cells = (found.file, str(found.line), found.rule, found.severity, fault, reason)
        lines.append("\t".join(cells))
    return "\n".join(lines) + "\n"


def surveyed(row: Row, corpus: Path = CORPUS) -> Surveyed:
    """Compile one file of the corpus and hold it to the laws."""
    compiled = compile_bytes((corpus / row.file).read_bytes(), row.file, files=stand_in)
    again = again_with(stand_in)
    read, planned = compiled.document is not None, compiled.plan is not None
    return Surveyed(
        row,
        compiled,
        tuple(_broken(compiled, row)),
        tuple(broken_layout(compiled, again)) if read else (),
        tuple(broken_conversion(compiled, again)) if planned else (),
    )


def _broken(compiled: Compiled, row: Row) -> Iterator[str]:
    if row.graphviz and compiled.document is None:
        yield "Graphviz reads it, and we do not"
    refused = has_errors(compiled.diagnostics)
    if refused == (compiled.plan is not None):
        yield "it has errors and a plan" if refused else "it has neither an error nor a plan"


def complaints(files: Iterable[Surveyed], reviewed: Iterable[Expected]) -> Iterator[str]:
    """What is not as it must be, a sentence each; none if all is well.

    `reviewed` are the lines of `expected.tsv` that are about `files`.
    """
    files, reviewed = tuple(files), tuple(reviewed)
    for file in files:
        for law in (*file.broken, *file.broken_layout, *file.broken_conversion):
            yield f"{file.row.file}: {law}"
    found = [each for file in files for each in file.findings]
    listed = [item.found for item in reviewed]
    yield from (
        f"{each}: {_a(each.severity)} that nobody has reviewed" for each in _more(found, listed)
    )
    yield from (f"{each}: reviewed, but no longer found" for each in _more(listed, found))
    for item in reviewed:
        if item.fault not in FAULTS or len(item.reason.split()) < 3:
            yield f"{item.found}: the reviewed line says neither whose fault it is nor why"


def _a(severity: str) -> str:
    return "an error" if severity == "error" else f"a {severity}"


def _more(these: Iterable[Found], those: Iterable[Found]) -> list[Found]:
    """What stands in these more often than in those."""
    left = list(those)
    more = []
    for each in sorted(these):
        if each in left:
            left.remove(each)
        else:
            more.append(each)
    return more
