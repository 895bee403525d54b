"""A short way from the statements of a graph to what the compiler finds in it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from attractorc.compiler.diagnostic import Diagnostic
from attractorc.compiler.driver import compile_source
from attractorc.compiler.source import Source

Find = Callable[[str], list[str]]

FRAME = "digraph g {{\nstart [shape=Mdiamond]; exit [shape=Msquare]\n{}\n}}\n"


@pytest.fixture
def diagnostics() -> Callable[[str], tuple[Diagnostic, ...]]:
    """All findings about a whole text in DOT."""
    return lambda text: compile_source(Source("g.dot", text)).diagnostics


@pytest.fixture
def find(diagnostics: Callable[[str], tuple[Diagnostic, ...]]) -> Find:
    """What is found about statements that stand in a graph with a start and an exit.

    Each finding as `rule text`, with the text that its span covers.
    """

    def found(statements: str) -> list[str]:
        text = FRAME.format(statements)
        return [
            f"{item.rule} {text[item.span.start : item.span.end]}" for item in diagnostics(text)
        ]

    return found
