"""Captured output: what is kept of a stream, pieced together again."""

from __future__ import annotations

import pytest

from attractorc.interpreter.handlers.pipes import Captured


@pytest.mark.parametrize(
    ("captured", "whole"),
    [
        pytest.param(Captured(b"abc", b"abc", 3), b"abc", id="all of it fits"),
        pytest.param(Captured(b"abc", b"bcde", 5), b"abcde", id="head and tail overlap"),
        pytest.param(Captured(b"ab", b"cd", 4), b"abcd", id="head and tail touch"),
        pytest.param(
            Captured(b"ab", b"yz", 9), b"ab\n[5 bytes left out here]\nyz", id="a gap between"
        ),
    ],
)
def test_the_whole_is_pieced_together(captured: Captured, whole: bytes) -> None:
    assert captured.whole() == whole
