"""What some rules say of a text in DOT or YAML, one line a finding, with what it points at."""

from __future__ import annotations

from collections.abc import Iterable

from attractorc.compiler.driver import compile_source
from attractorc.compiler.rules import Rule
from attractorc.compiler.source import Source

from .conftest import FRAME


def told(statements: str, rules: Iterable[Rule], language: str = "dot") -> list[str]:
    """Each finding of these rules as `severity rule [what it points at] message`.

    Statements in DOT stand in a graph with a start and an exit; YAML is a whole file.
    """
    text = FRAME.format(statements) if language == "dot" else statements
    asked = tuple(rules)
    names = {rule.RULE for rule in asked}
    return [
        f"{found.severity} {found.rule} [{text[found.span.start : found.span.end]}] {found.message}"
        for found in compile_source(Source(f"g.{language}", text), rules=asked).diagnostics
        if found.rule in names
    ]
