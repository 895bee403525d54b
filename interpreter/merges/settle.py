"""One key from its writes to its decision: rule, strategy, conflict, resolution, states.

The states are the conservation law: every write of every branch gets exactly one, also
those of branches that do not contribute. It must not know other keys, nor how a decision
is written down.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias, assert_never

from attractorc.compiler.policy import Merge, MergeRule, OnConflict, StrategyName
from attractorc.compiler.value import NotJson, checked

from .contribution import (
    Conflict,
    Contribution,
    Dropped,
    Isolated,
    Kept,
    Merged,
    Settlement,
    Valued,
    Write,
    clash,
    cut,
    valued,
)
from .table import STRATEGIES

State: TypeAlias = Literal["merged", "not_chosen", "isolated", "dropped", "excluded", "conflict"]


@dataclass(frozen=True, slots=True)
class KeyDecision:
    """What became of one key.

    `writes` are all branches' in declared order, `states` theirs by branch id. `result` is
    the merged value, None without one. `conflict` is kept also where it was resolved;
    `resolved_by` then names how.
    """

    key: str
    rule: MergeRule
    base: Valued | None
    writes: tuple[Write, ...]
    states: Mapping[str, State]
    result: Valued | None = None
    conflict: Conflict | None = None
    resolved_by: OnConflict | None = None

    @property
    def unresolved(self) -> bool:
        """Whether the key stays in conflict, so that the fan-in fails."""
        return self.conflict is not None and self.resolved_by is None

    def unapplied(self) -> KeyDecision:
        """The same key where nothing of the merge is applied: no result, writes excluded."""
        if self.unresolved:
            return self
        excluded: dict[str, State] = {write.branch: "excluded" for write in self.writes}
        return replace(self, states=excluded, result=None)


def settle(
    key: str,
    rule: MergeRule,
    policy: Merge,
    base: Valued | None,
    writes: tuple[Write, ...],
    contributing: frozenset[str],
    winner: str | None,
) -> KeyDecision:
    """Decide a key that at least one branch wrote."""
    states: dict[str, State] = {write.branch: "excluded" for write in writes}
    heard = tuple(write for write in writes if write.branch in contributing)
    decision = KeyDecision(key, rule, base, writes, states)
    if not heard:
        return decision
    contribution = Contribution(base, heard, winner, rule.argument)
    settlement, result = _settled(rule.strategy, contribution)
    conflict, resolved_by = None, None
    if isinstance(settlement, Conflict):
        conflict = settlement
        if policy.on_conflict != "fail":
            settlement, result = _settled(policy.on_conflict, contribution)
            if isinstance(settlement, Conflict):
                conflict = replace(conflict, why=f"{conflict.why}, and {settlement.why}")
            else:
                resolved_by = policy.on_conflict
    for write in heard:
        states[write.branch] = _state(settlement, write)
    return replace(decision, result=result, conflict=conflict, resolved_by=resolved_by)


def _settled(
    strategy: StrategyName, contribution: Contribution
) -> tuple[Settlement, Valued | None]:
    """A strategy's answer and its value, if it has one; a value that is no JSON is a conflict."""
    settlement = STRATEGIES[strategy].settle(contribution)
    if not isinstance(settlement, Merged):
        return settlement, None
    try:
        return settlement, valued(checked(settlement.value))
    except NotJson as error:
        return clash(f"the result cannot be kept ({error})", contribution.writes), None


def _state(settlement: Settlement, write: Write) -> State:
    match settlement:
        case Merged(_, chosen):
            return "merged" if chosen is None or write.branch in chosen else "not_chosen"
        case Kept():
            return "not_chosen"
        case Isolated():
            return "isolated"
        case Dropped():
            return "dropped"
        case Conflict():
            return "conflict"
        case _ as never:
            assert_never(never)


_NAMED_AT_MOST = 4


def conflict_text(decision: KeyDecision) -> str:
    """A key's conflict as a sentence: the key, its strategy, the branches and their values."""
    assert decision.conflict is not None, "only a conflict can be told"
    said = [
        f"'{branch}' wrote {cut(text)}" for branch, text in decision.conflict.said[:_NAMED_AT_MOST]
    ]
    more = len(decision.conflict.said) - len(said)
    listed = ", ".join(said) + (f" and {more} more" if more else "")
    return (
        f"'{decision.key}' cannot be merged by {decision.rule.strategy}: {decision.conflict.why}"
        + (f": {listed}" if listed else "")
    )
