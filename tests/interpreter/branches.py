"""Builders for what joins and merges work on: branch results, regions, any JSON value.

Shared by the tests of joins, winners, merges and provenance, so that a case is one line.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from attractorc.compiler.plan.model import Region
from attractorc.compiler.policy import (
    Merge,
    MergeFrom,
    MergeRule,
    OnConflict,
    StrategyName,
    Winner,
    WinnerKey,
)
from attractorc.compiler.value import Json
from attractorc.interpreter.context import Written
from attractorc.interpreter.merges import BranchResult, MergeDecision, merge
from attractorc.interpreter.outcome import End

ABSENT: Any = object()
"""No value at all, where None would be JSON's null."""


def attempt(branch: str, key: str) -> str:
    """The attempt that wrote a key in a branch of these tests."""
    return f"/checks.1/{branch}/work.1@1#{key}"


def branch(
    name: str,
    writes: Mapping[str, Json] | None = None,
    end: End = End.SUCCESS,
    *,
    taken: bool | None = None,
) -> BranchResult:
    """A branch's result; its end counts unless it was cancelled."""
    return BranchResult(
        id=name,
        path=f"/checks.1/{name}",
        end=end,
        taken=end not in (End.CANCELLED, End.SKIPPED) if taken is None else taken,
        writes={key: Written(value, attempt(name, key)) for key, value in (writes or {}).items()},
    )


def rule(pattern: str, text: str) -> MergeRule:
    """A rule from `keyed(id)` and the like."""
    strategy, _, rest = text.partition("(")
    name: StrategyName = strategy
    return MergeRule(pattern, name, rest[:-1] if rest else None)


def region(
    rules: Mapping[str, str] | None = None,
    *,
    source: MergeFrom = "candidates",
    on_conflict: OnConflict = "fail",
    winner: Winner | None = None,
) -> Region:
    """The region of the fan-out `checks`, with merge rules by pattern."""
    merging = Merge(
        tuple(rule(pattern, text) for pattern, text in (rules or {}).items()), source, on_conflict
    )
    return Region("checks", (), "gate", "fan_in", winner=winner or Winner(), merge=merging)


def by(*keys: WinnerKey) -> Winner:
    """A winner rule as an author writes it."""
    return Winner(keys, written=True)


def decide(
    where: Region,
    *results: BranchResult,
    base: Mapping[str, Json] | None = None,
    satisfied: bool = True,
) -> MergeDecision:
    """The decision of a fan-in over these results."""
    return merge(where, results, base or {}, satisfied)


def one_key(strategy: str, before: Json, values: tuple[Json, ...], **policy: Any) -> MergeDecision:
    """The decision over one key `k`, written by the branches `a`, `b`, `c` …"""
    results = [branch(chr(ord("a") + place), {"k": value}) for place, value in enumerate(values)]
    base = {} if before is ABSENT else {"k": before}
    return decide(region({"k": strategy}, **policy), *results, base=base)


def entry(decision: MergeDecision, key: str) -> dict[str, Any]:
    """The provenance of one key."""
    found = [each for each in decision.keys if isinstance(each, dict) and each["key"] == key]
    assert len(found) == 1
    return found[0]


def states(decision: MergeDecision, key: str) -> dict[str, str]:
    """The state of each branch's write of one key."""
    return {each["branch"]: each["state"] for each in entry(decision, key)["writes"]}


def plain(decision: MergeDecision) -> dict[str, Json]:
    """A decision as plain data, all of it."""
    return {
        "status": decision.status.value,
        "reason": decision.reason,
        "branches": decision.branches,
        "winner": decision.winner,
        "keys": decision.keys,
        "updates": decision.updates,
    }


def reread(value: Any) -> Any:
    """A value written as JSON and read again."""
    return json.loads(json.dumps(value))


numbers = st.one_of(
    st.integers(-3, 3),
    st.integers(-(10**40), 10**40),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([0.5, 1.0, -0.0, 2.0**53, 1e308, -1e308, 5e-324]),
)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
scalars = st.one_of(st.none(), st.booleans(), numbers, texts)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.one_of(st.sampled_from(["a", "b", "id"]), texts), inner, max_size=3),
    ),
    max_leaves=8,
)
"""Any JSON value: nested, Unicode, big numbers."""
