"""Lays out a YAML file modestly: indentation, spaces around signs, empty lines.

No value is written anew and no line is broken or joined, so that quotes, comments and the
choice of block or flow stay as their author wants them. Where that is not safe, the file is
left alone. It must not know what a pipeline is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from .layout_yaml_parts import NotYaml, Part, lines_of

_STEP = 2


def layout_yaml(text: str) -> str:
    """The canonical text of a YAML file that has line ends `\\n`; raises `NotYaml`."""
    page = _Page()
    for line in lines_of(text):
        page.add(line)
    page.finish()
    return "\n".join(page.lines) + "\n"


@dataclass(frozen=True, slots=True)
class _Level:
    """An open block: where its keys or dashes stood, and where they are to stand."""

    old: int
    new: int
    is_list: bool


@dataclass(slots=True)
class _Page:
    """The lines so far, and what is open at their end."""

    lines: list[str] = field(default_factory=list)
    _levels: list[_Level] = field(default_factory=list)
    _depth: int = 0
    _waiting: list[Part] = field(default_factory=list)

    def add(self, line: list[Part]) -> None:
        """Lays out one line; comments on their own wait for what follows."""
        first = line[0]
        if self._depth:
            closes = _is_sign(first, "]}")
            self._write(line, self._base + _STEP * (self._depth - closes))
        elif first.kind == "comment":
            self._waiting.append(first)
        elif first.kind == "marker":
            if any(part.kind != "comment" for part in line[1:]):
                raise NotYaml("text behind a document marker is not laid out")
            self._place_comments(None)
            self._levels.clear()
            self._write(line, 0)
        else:
            before = list(self._levels)
            column = self._column(line)
            levels, self._levels = self._levels, before
            self._place_comments(_Level(first.column, column, False))
            self._levels = levels
            self._write(line, column)

    def finish(self) -> None:
        """Writes what still waits at the end of the file."""
        self._place_comments(None)

    @property
    def _base(self) -> int:
        return self._levels[-1].new if self._levels else -_STEP

    # Columns

    def _column(self, line: list[Part]) -> int:
        """Where a line outside of brackets begins; opens and closes levels as it says."""
        column: int | None = None
        index = 0
        while index < len(line) and _is_sign(line[index], "-"):
            self._enter(line[index].column, is_list=True)
            column = self._base if column is None else column
            index += 1
        rest = line[index:]
        if rest and _is_key(rest):
            self._enter(rest[0].column, is_list=False)
            column = self._base if column is None else column
        return self._base + _STEP if column is None else column

    def _enter(self, old: int, *, is_list: bool) -> None:
        levels = self._levels
        while levels and (
            levels[-1].old > old or (levels[-1].old == old and levels[-1].is_list and not is_list)
        ):
            levels.pop()
        if not levels or levels[-1].old != old or levels[-1].is_list != is_list:
            levels.append(_Level(old, self._base + _STEP, is_list))

    def _place_comments(self, following: _Level | None) -> None:
        """Comments on their own stand at the level that they stood at, or nearest to."""
        known = () if following is None else (following,)
        for part in self._waiting:
            column = _nearest((*self._levels, *known), part.column)
            self._blank(part)
            self.lines.append(" " * column + part.text)
        self._waiting.clear()

    # Text

    def _blank(self, part: Part) -> None:
        if part.lines > 1 and self.lines:
            self.lines.append("")

    def _write(self, line: list[Part], column: int) -> None:
        self._blank(line[0])
        text = " " * column
        for index, part in enumerate(line):
            if index:
                text += _gap(line[index - 1], part)
            if _is_sign(part, "[{"):
                self._depth += 1
            elif _is_sign(part, "]}"):
                self._depth -= 1
            if part.kind == "block":
                self.lines.append(text + part.text)
                self.lines.extend(self._body(part))
                return
            first, *rest = part.text.split("\n")
            text += first
            if rest:
                margin = " " * (self._base + _STEP * (1 + self._depth))
                self.lines.append(text)
                self.lines.extend(_indented(each.lstrip(" "), margin) for each in rest[:-1])
                text = margin + rest[-1].lstrip(" ")
        self.lines.append(text)

    def _body(self, part: Part) -> list[str]:
        """The lines of a block scalar, moved as a whole."""
        if not self._levels:
            raise NotYaml("a text at the top of a file is not laid out")
        digit = re.search(r"[0-9]", part.text.partition(" ")[0])
        if digit:
            old, new = self._levels[-1].old + int(digit[0]), self._base + int(digit[0])
        else:
            full = next((each for each in part.body if each.strip(" ")), "")
            old, new = len(full) - len(full.lstrip(" ")), self._base + _STEP
        return [_indented(each[old:], " " * new) for each in part.body]


def _nearest(levels: tuple[_Level, ...], old: int) -> int:
    """Where the innermost level is to stand that did not stand further right than `old`."""
    known = [level for level in levels if level.old <= old]
    # Of equals the last: what follows a comment rather than what is open above it.
    return max(reversed(known), key=lambda level: level.old).new if known else 0


def _indented(text: str, margin: str) -> str:
    return margin + text if text else ""


def _is_key(rest: list[Part]) -> bool:
    """Whether a line, behind its dashes, begins with a key."""
    if _is_sign(rest[0], "?"):
        raise NotYaml("a key behind '?' is not laid out")
    index = 0
    while index < len(rest) and rest[index].kind in ("property", "scalar"):
        index += 1
        if index < len(rest) and _is_sign(rest[index], ":"):
            return True
    return False


def _is_sign(part: Part, signs: str) -> bool:
    return part.kind == "sign" and part.text in signs


def _gap(before: Part, part: Part) -> str:
    """The spaces between two parts of a line."""
    if part.kind == "comment":
        return "  "
    # What follows a name such as `*x` without a space would belong to the name.
    after = " " if before.kind == "property" else ""
    if _is_sign(part, ":"):
        return after
    if _is_sign(before, "[{"):
        return ""
    if _is_sign(part, ",]}"):
        return " " if _is_sign(before, ":") else after
    return " "
