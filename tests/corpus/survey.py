"""What becomes of each real pipeline, and whether that is what has been reviewed.

`make corpus` prints it, the suite holds it. The corpus is a folder beside the project, never
a part of it; its `INDEX.tsv` says where each file comes from and whether Graphviz reads it.
Every error in it stands in `expected.tsv`, with a reason that the maintainer of the file
would agree with, and that list holds nothing else.
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
    "ours": "what this version cannot run yet",
}
"""Whose fault a reviewed error is, as the column `fault` of `expected.tsv` has it."""


@dataclass(frozen=True, slots=True)
class Row:
    """One file of the corpus, as its index has it: its path in there, its owner/name."""

    file: str
    repository: str
    graphviz: bool


@dataclass(frozen=True, slots=True, order=True)
class Error:
    """One error: the file, the line from 1, the rule."""

    file: str
    line: int
    rule: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.rule}"


@dataclass(frozen=True, slots=True)
class Expected:
    """A reviewed error: whose fault it is (a key of `FAULTS`), and why it is right."""

    error: Error
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
    def errors(self) -> tuple[Error, ...]:
        """Its errors, in the order of showing."""
        return tuple(
            Error(self.row.file, item.span.line, item.rule)
            for item in self.compiled.diagnostics
            if item.severity is Severity.ERROR
        )


def stand_in(path: str) -> bytes:
    """A text for any prompt file: the corpus holds pipelines without the files beside them."""
    return f"The text of {path}.\n".encode()


def rows(corpus: Path = CORPUS) -> tuple[Row, ...]:
    """The index of the corpus."""
    with (corpus / "INDEX.tsv").open(encoding="utf-8", newline="") as file:
        return tuple(
            Row(row["file"], row["repo"], row["graphviz_ok"] == "Y")
            for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        )


def expected() -> tuple[Expected, ...]:
    """The reviewed errors."""
    with EXPECTED.open(encoding="utf-8", newline="") as file:
        return tuple(
            Expected(Error(row["file"], int(row["line"]), row["rule"]), row["fault"], row["reason"])
            for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        )


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
    found = [error for file in files for error in file.errors]
    listed = [item.error for item in reviewed]
    yield from (f"{error}: an error that nobody has reviewed" for error in _more(found, listed))
    yield from (f"{error}: reviewed, but no longer found" for error in _more(listed, found))
    for item in reviewed:
        if item.fault not in FAULTS or len(item.reason.split()) < 3:
            yield f"{item.error}: the reviewed line says neither whose fault it is nor why"


def _more(these: Iterable[Error], those: Iterable[Error]) -> list[Error]:
    """What stands in these more often than in those."""
    left = list(those)
    more = []
    for each in sorted(these):
        if each in left:
            left.remove(each)
        else:
            more.append(each)
    return more
