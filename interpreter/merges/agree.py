"""`same`, `one`, `deep`: three-way, against the value at the fork.

A branch that left base as it was does not count. What is left must agree (`same`), be at
most one change (`one`), or agree leaf by leaf (`deep`); else it is a conflict.
"""

from __future__ import annotations

from collections.abc import Mapping

from attractorc.compiler.value import Json, canonical

from .contribution import (
    Conflict,
    Contribution,
    Merged,
    Valued,
    Write,
    clash,
    misfit,
    valued,
)


def same(contribution: Contribution) -> Merged | Conflict:
    """The value that all who changed it agree on; the base if nobody did."""
    changed = contribution.changed()
    if len({write.text for write in changed}) > 1:
        return clash("branches disagree", changed)
    return _agreed(contribution, changed)


def one(contribution: Contribution) -> Merged | Conflict:
    """The value of the one branch that changed it; the base if nobody did."""
    changed = contribution.changed()
    if len(changed) > 1:
        return clash("more than one branch changed it", changed)
    return _agreed(contribution, changed)


def _agreed(contribution: Contribution, changed: tuple[Write, ...]) -> Merged:
    result = changed[0] if changed else contribution.writes[0]
    equal = (write.branch for write in contribution.writes if write.text == result.text)
    return Merged(result.value, frozenset(equal))


def deep(contribution: Contribution) -> Merged | Conflict:
    """Objects merged key by key, recursively, base included; leaves as `same`."""
    wrong = misfit(contribution, _is_object, "objects", base=True)
    if wrong is not None:
        return wrong
    result = _node("", contribution.base, contribution.writes)
    return result if isinstance(result, Conflict) else Merged(result)


def _node(place: str, base: Valued | None, writes: tuple[Write, ...]) -> Json | Conflict:
    """One place in the tree; `writes` are those that have it, so absence is no change."""
    changed = Contribution(base, writes, None).changed()
    if base is not None and not changed:
        return base.value
    before = base.value if base is not None else {}
    if isinstance(before, Mapping) and all(_is_object(write.value) for write in changed):
        return _object(place, before, changed)
    if len({write.text for write in changed}) > 1:
        return clash(f"branches disagree at '{place}'", changed)
    return changed[0].value


def _object(
    place: str, before: Mapping[str, Json], changed: tuple[Write, ...]
) -> dict[str, Json] | Conflict:
    parts: dict[str, list[Write]] = {key: [] for key in before}
    for write in changed:
        assert isinstance(write.value, Mapping), "only objects have parts"
        for key, value in write.value.items():
            part = Write(value, canonical(value), write.branch, write.writer)
            parts.setdefault(key, []).append(part)
    result: dict[str, Json] = {}
    for key in sorted(parts):
        base = valued(before[key]) if key in before else None
        merged = _node(f"{place}.{key}" if place else key, base, tuple(parts[key]))
        if isinstance(merged, Conflict):
            return merged
        result[key] = merged
    return result


def _is_object(value: Json) -> bool:
    return isinstance(value, Mapping)
