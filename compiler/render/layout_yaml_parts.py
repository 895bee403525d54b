"""Cuts a YAML file into the parts that are laid out: scalars, signs and comments, by line.

The parser says where the scalars are; between them stand only signs and comments, so that
nothing else needs to know YAML's grammar. Apart from the layout, which knows only columns.
It must not know what a pipeline is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, cast

from ..frontend.yaml_events import Broken, events
from ..frontend.yaml_places import behind_properties, end_of_block
from ..frontend.yaml_values import MAX_RETRIED

PartKind: TypeAlias = Literal["scalar", "block", "sign", "property", "comment", "marker"]

_BETWEEN = re.compile(
    r"(?P<comment>#[^\n]*)|(?P<marker>(?m:^)(?:---|\.\.\.)(?=\s|$)|(?m:^)%[^\n]*)"
    r"|(?P<sign>[-?:,{}\[\]])|(?P<property>[&*!][^\s,\[\]{}]*)|(?P<space>\s+)|(?P<other>.)"
)
_HEADER = re.compile(r"[|>][-+0-9]*")


class NotYaml(ValueError):
    """The file is no YAML, or holds what is not laid out (`? key`, text behind `---`)."""


@dataclass(slots=True)
class Part:
    """A piece of a file. `body` are the lines of a block scalar below its header `text`.

    `column` counts from 0; `lines` are the line ends before it, as far as they are layout.
    """

    kind: PartKind
    text: str
    column: int
    lines: int = 0
    body: list[str] = field(default_factory=list)


def lines_of(text: str) -> Iterator[list[Part]]:
    """The parts of each line of a file, without empty lines; raises `NotYaml`."""
    line: list[Part] = []
    end = 0
    for start, stop, part in _all(text):
        part.lines = text.count("\n", end, start)
        if part.lines and line:
            yield line
            line = []
        line.append(part)
        end = stop
    if line:
        yield line


def _all(text: str) -> list[tuple[int, int, Part]]:
    """The parts of a file; what one parser refuses the other may take, as in reading files."""
    try:
        return list(_parts(text, pure=False))
    except Broken as fault:
        problem = fault.problem
    try:
        if len(text) <= MAX_RETRIED:
            return list(_parts(text, pure=True))
    except Broken:
        pass
    raise NotYaml(problem)


def _parts(text: str, *, pure: bool) -> Iterator[tuple[int, int, Part]]:
    """Each part with where it starts and ends; raises `Broken` where this is no YAML."""
    at = 0
    for event in events(text, pure=pure):
        if type(event).__name__ != "ScalarEvent":
            continue
        start = event.start_mark.index
        if event.tag is not None or event.anchor:
            start, _ = behind_properties(text, event, is_scalar=True)
        end = min(event.end_mark.index, len(text))
        if start >= end:
            continue
        yield from _between(text, at, start)
        if event.style in ("|", ">"):
            at = end_of_block(text, start, end)[1]
            yield from _block(text, start, at)
        else:
            yield start, end, Part("scalar", text[start:end], _column(text, start))
            at = end
    yield from _between(text, at, len(text))


def _between(text: str, start: int, end: int) -> Iterator[tuple[int, int, Part]]:
    for found in _BETWEEN.finditer(text, start, end):
        kind = found.lastgroup
        if kind == "space":
            continue
        if kind in ("comment", "marker", "sign", "property"):
            written = found[0].rstrip() if kind in ("comment", "marker") else found[0]
            column = _column(text, found.start())
            part = Part(cast("PartKind", kind), written, column)
            yield found.start(), found.start() + len(written), part
        else:
            raise NotYaml(f"'{found[0]}' was not expected between two values")


def _block(text: str, start: int, end: int) -> Iterator[tuple[int, int, Part]]:
    """A block scalar: its header and the lines below, and a comment behind the header."""
    header = _HEADER.match(text, start)
    if header is None or "+" in header[0]:
        # The empty lines behind such a text belong to it, and look like layout.
        raise NotYaml("a text that keeps its last line ends is not laid out")
    below = text.find("\n", start, end)
    if below < 0:
        below = end
    column = _column(text, start)
    body = text[below + 1 : end].split("\n") if end > below else []
    comment = text[header.end() : below].strip()
    part = Part("block", header[0], column, 0, body)
    if comment:
        part.text += f"  {comment}"
    yield start, end, part


def _column(text: str, at: int) -> int:
    return at - text.rfind("\n", 0, at) - 1
