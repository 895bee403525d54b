"""Reads a model stylesheet into rules with their specificity (specification 8).

Which nodes a rule matches is for the stylesheet pass to say. The grammar is
`grammar/stylesheet.lark`. It must not know nodes, shapes or attributes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, TypeAlias, cast

from .small import Problem, parsed, unquoted

By: TypeAlias = Literal["everything", "shape", "class", "id"]
_SPECIFICITY: dict[By, int] = {"everything": 0, "shape": 1, "class": 2, "id": 3}

_WORDS = {
    "STAR": "a selector (*, a shape, .class, #id)",
    "HASH": "a selector (*, a shape, .class, #id)",
    "DOT": "a selector (*, a shape, .class, #id)",
    "SELECTED": "a selector (*, a shape, .class, #id)",
    "COMMA": "','",
    "LBRACE": "'{'",
    "RBRACE": "'}'",
    "NAME": "a property",
    "_IS": "':'",
    "BARE": "a value",
    "QUOTED": "a quoted value",
    "_SEMICOLON": "';'",
}


@dataclass(frozen=True, slots=True)
class Selector:
    """What a rule matches; `name` is '' for `*`. Offsets are those in the sheet's text."""

    by: By
    name: str
    start: int
    end: int

    @property
    def specificity(self) -> int:
        """0 for `*`, 1 for a shape, 2 for a class, 3 for an id."""
        return _SPECIFICITY[self.by]


@dataclass(frozen=True, slots=True)
class Declaration:
    """`property: value`, the value unquoted. Offsets are those of each in the text."""

    property: str
    value: str
    start: int
    end: int
    value_start: int
    value_end: int


@dataclass(frozen=True, slots=True)
class StyleRule:
    """A selector and what it declares; a list of selectors gives a rule for each."""

    selector: Selector
    declarations: tuple[Declaration, ...]


@dataclass(frozen=True, slots=True)
class Stylesheet:
    """Rules in the order of the text; among equally specific ones the later wins."""

    rules: tuple[StyleRule, ...] = ()


@lru_cache(maxsize=64)
def parse_stylesheet(text: str) -> Stylesheet | Problem:
    """The rules of a stylesheet; an empty text has none."""
    return cast("Stylesheet | Problem", parsed("stylesheet", "start", ("start",), text, _B, _WORDS))


class _Builder:
    """One method for each rule of the grammar."""

    def start(self, children: list[Any]) -> Stylesheet:
        return Stylesheet(tuple(rule for rules in children for rule in rules))

    def rule(self, children: list[Any]) -> tuple[StyleRule, ...]:
        declarations = tuple(child for child in children if isinstance(child, Declaration))
        return tuple(
            StyleRule(child, declarations) for child in children if isinstance(child, Selector)
        )

    def everything(self, children: list[Any]) -> Selector:
        star = children[0]
        return Selector("everything", "", star.start_pos, star.end_pos)

    def by_shape(self, children: list[Any]) -> Selector:
        return _selector("shape", children[-1], 0)

    def by_class(self, children: list[Any]) -> Selector:
        return _selector("class", children[-1], 1)

    def by_id(self, children: list[Any]) -> Selector:
        return _selector("id", children[-1], 1)

    def declaration(self, children: list[Any]) -> Declaration:
        name, value = children
        return Declaration(
            str(name),
            unquoted(value) if value.type == "QUOTED" else str(value),
            name.start_pos,
            name.end_pos,
            value.start_pos,
            value.end_pos,
        )

    def value(self, children: list[Any]) -> Any:
        return children[0]


_B = _Builder()


def _selector(by: By, token: Any, sigil: int) -> Selector:
    name = unquoted(token) if token.type == "QUOTED" else str(token)
    return Selector(by, name, token.start_pos - sigil, token.end_pos)
