"""Which merge rule a key falls under, which keys are never merged, where isolated ones go.

Apart from the strategies, which never see a key's name. A pattern's only special
character is `*`, any run of characters, dots included.
"""

from __future__ import annotations

from attractorc.compiler.policy import Merge, MergeRule
from attractorc.compiler.value import encoded

from ..context import is_reserved

_ISOLATE = MergeRule("*", "isolate")


def isolated_key(fan_out: str, branch: str, key: str) -> str:
    """Where an isolated write is read: `parallel.<fan-out>.branch.<id>.context.<key>`.

    Ids are percent-encoded as in paths, so that no two writes can share a key.
    """
    return f"parallel.{encoded(fan_out)}.branch.{encoded(branch)}.context.{key}"


def by_specificity(merge: Merge) -> tuple[MergeRule, ...]:
    """The rules, most specific first: exact keys, then patterns from long to short.

    Of two equally long ones the earlier stands first; `*` alone is the shortest.
    """
    return tuple(sorted(merge.rules, key=lambda rule: ("*" in rule.pattern, -len(rule.pattern))))


def rule_for(key: str, rules: tuple[MergeRule, ...]) -> MergeRule:
    """The first of these rules that matches, else `*: isolate`.

    A reserved key is isolated whatever its rule says, unless that drops it.
    """
    rule = next((rule for rule in rules if matches(rule.pattern, key)), _ISOLATE)
    return _ISOLATE if is_reserved(key) and rule.strategy != "drop" else rule


def matches(pattern: str, key: str) -> bool:
    """Whether a whole key matches a pattern; linear in the key's length for each `*`."""
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
