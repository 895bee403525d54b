"""Fan-outs in fan-outs: 64 levels are plenty, and more is one finding, at once."""

from __future__ import annotations

import time

import pytest

from attractorc.compiler.driver import compile_source
from attractorc.compiler.source import Source


def nested(levels: int) -> str:
    lines = ["digraph g { start [shape=Mdiamond] exit [shape=Msquare] node [prompt=x]"]
    for level in range(levels):
        lines += [f"f{level} [shape=component] j{level} [shape=tripleoctagon] a{level}"]
        inner = f"f{level + 1}" if level + 1 < levels else "last"
        lines += [f"f{level} -> {{a{level} {inner}}} a{level} -> j{level}"]
        below = f"j{level + 1}" if level + 1 < levels else "last"
        lines += [f"{below} -> j{level}"]
    return "\n".join([*lines, "last start -> f0 j0 -> exit }"])


def in_a_row(count: int) -> str:
    lines = ["digraph g { start [shape=Mdiamond] exit [shape=Msquare] node [prompt=x] start -> f0"]
    for at in range(count):
        onward = f"f{at + 1}" if at + 1 < count else "exit"
        lines += [f"f{at} [shape=component] a{at} b{at} f{at} -> {{a{at} b{at}}} -> {onward}"]
    return "\n".join([*lines, "}"])


def errors(text: str) -> list[str]:
    found = compile_source(Source("g.dot", text)).diagnostics
    return [each.message for each in found if each.severity == "error"]


def test_64_levels_compile() -> None:
    assert errors(nested(64)) == []


@pytest.mark.parametrize("levels", [66, 2_000])
def test_deeper_is_one_finding_in_no_time(levels: int) -> None:
    text, begun = nested(levels), time.process_time()
    (message,) = errors(text)
    assert message.startswith("fan-outs are nested more than 64 deep; 'f")
    assert time.process_time() - begun < 4


def test_fan_outs_in_a_row_are_not_nested_even_without_fan_ins() -> None:
    assert errors(in_a_row(100)) == []
