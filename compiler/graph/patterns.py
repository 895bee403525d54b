"""Context keys and the patterns that stand for them: `*` is any run of characters.

Merge rules, `reads` and `writes` are such patterns; a key is a pattern without `*`. Apart
from the data flow, because it is about texts alone. It must not know nodes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from ..policy import MergeRule

_NEVER_WRITTEN: Final = frozenset({"outcome", "preferred_label", "current_node"})
_NEVER_WRITTEN_PREFIXES: Final = ("internal.", "graph.", "parallel.", "inputs.")
_NEVER_MERGED: Final = frozenset({*_NEVER_WRITTEN, "last_stage", "last_response"})
_NEVER_MERGED_PREFIXES: Final = ("internal.", "graph.", "parallel.")
_ANY = "\0"


def covers(pattern: str, other: str) -> bool:
    """Whether every key that `other` stands for is one that `pattern` stands for."""
    # A character that no key has stands for whatever the other's `*` may be.
    return _matches(pattern, other.replace("*", _ANY))


def meets(one: str, other: str) -> bool:
    """Whether some key fits both patterns."""
    if "*" not in one:
        return _matches(other, one)
    if "*" not in other:
        return _matches(one, other)
    head, tail = one.partition("*")[0], one.rpartition("*")[2]
    other_head, other_tail = other.partition("*")[0], other.rpartition("*")[2]
    heads = head.startswith(other_head) or other_head.startswith(head)
    return heads and (tail.endswith(other_tail) or other_tail.endswith(tail))


def meets_any(key: str, patterns: Iterable[str]) -> bool:
    """Whether some key fits this pattern and one of those."""
    return any(meets(key, pattern) for pattern in patterns)


def _matches(pattern: str, key: str) -> bool:
    head, *parts = pattern.split("*")
    if not parts:
        return key == pattern
    tail = parts.pop()
    if len(key) < len(head) + len(tail) or not key.startswith(head) or not key.endswith(tail):
        return False
    start, end = len(head), len(key) - len(tail)
    for part in parts:
        found = key.find(part, start, end)
        if found < 0:
            return False
        start = found + len(part)
    return True


def in_turn(rules: Iterable[MergeRule]) -> tuple[MergeRule, ...]:
    """Merge rules in the order in which they are tried: exact keys, then longer patterns."""
    return tuple(sorted(rules, key=lambda rule: ("*" in rule.pattern, -len(rule.pattern))))


def rule_for(key: str, rules: Sequence[MergeRule]) -> MergeRule | None:
    """The merge rule that a key falls under; None where none names it: it is isolated."""
    return next((rule for rule in in_turn(rules) if covers(rule.pattern, key)), None)


def shadows(rules: Sequence[MergeRule], rule: MergeRule) -> MergeRule | None:
    """The rule that is tried before this one for every key that it is for."""
    for other in in_turn(rules):
        if other is rule:
            return None
        if covers(other.pattern, rule.pattern):
            return other
    return None


def never_written(key: str) -> bool:
    """Whether a stage's write to this key is dropped: it belongs to the run (semantics 3)."""
    return key in _NEVER_WRITTEN or key.startswith(_NEVER_WRITTEN_PREFIXES)


def never_merged(key: str) -> bool:
    """Whether no merge rule can bring this key out of a branch (semantics 6)."""
    return key in _NEVER_MERGED or key.startswith(_NEVER_MERGED_PREFIXES)


def bare(key: str) -> str:
    """A key as it is looked up: `context.x` and `x` are the same."""
    return key.removeprefix("context.")
