"""Reads a winner rule: text, or a YAML list, becomes a `policy.Winner`, or a `Fault`.

The grammar is the `winner` rule of `grammar/policy.lark`. It must not know which branches
and context keys exist, nor how candidates are compared.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, cast, get_args

from ..policy import Winner, WinnerKey, WinnerKind
from ..syntax import Mapping, Sequence, Value
from .policies import read, unknown
from .small import Fault, FaultFound, Problem, Refused, entry, scalar, unquoted

KINDS: tuple[str, ...] = get_args(WinnerKind)
_OF_KEY = ("max", "min", "vote")


@lru_cache(maxsize=1024)
def parse_winner(text: str) -> Winner | Problem:
    """The winner rule that a text means (semantics 6): keys, separated by commas."""
    if not text.strip():
        return Problem("the winner rule is empty", 0, len(text))
    return cast("Winner | Problem", read("winner", text, _BUILDER))


class _Builder:
    """One method for each rule of the grammar."""

    def winner(self, children: list[Any]) -> Winner:
        return Winner(tuple(children), written=True)

    def key(self, children: list[Any]) -> WinnerKey:
        name, *words = children
        return _key(str(name), words[0] if words else (), name.start_pos, name.end_pos)

    def words(self, children: list[Any]) -> tuple[str, ...]:
        return tuple(children)

    def word(self, children: list[Any]) -> str:
        token = children[0]
        return unquoted(token) if token.type == "QUOTED" else str(token)


_BUILDER = _Builder()


def _key(kind: str, words: tuple[str, ...], start: int, end: int) -> WinnerKey:
    if kind not in KINDS:
        raise Refused(unknown("winner key", kind, KINDS, start, end))
    named = cast("WinnerKind", kind)
    if kind in _OF_KEY:
        if len(words) != 1:
            raise Refused(
                Problem(f"'{kind}' needs one context key", start, end, f"write {kind}(score)")
            )
        return WinnerKey(named, key=words[0])
    if kind == "priority":
        if not words:
            raise Refused(
                Problem("'priority' needs branch ids", start, end, "write priority(a, b)")
            )
        return WinnerKey(named, branches=words)
    if words:
        raise Refused(Problem(f"'{kind}' takes no argument", start, end, f"write {kind}"))
    return WinnerKey(named)


def winner_of(value: Value) -> Winner | Fault:
    """The winner rule that a value means: text, a list, or a mapping such as `{max: cost}`."""
    try:
        items = value.items if isinstance(value, Sequence) else (value,)
        if not items:
            raise FaultFound(value, Problem("the winner rule is empty"))
        return Winner(tuple(key for item in items for key in _keys(item)), written=True)
    except FaultFound as found:
        return found.fault


def _keys(item: Value) -> tuple[WinnerKey, ...]:
    if isinstance(item, Mapping):
        kind, inner = entry(item, "a winner key")
        listed = inner.items if isinstance(inner, Sequence) else (inner,)
        words = tuple(scalar(word, kind).text for word in listed)
        try:
            return (_key(kind, words, 0, 0),)
        except Refused as refused:
            raise FaultFound(item, refused.problem) from refused
    winner = parse_winner(scalar(item, "a winner key").text)
    if isinstance(winner, Problem):
        raise FaultFound(item, winner)
    return winner.keys
