"""The fan-in's decision: candidates, winner, contributors, keys, and what is written.

Control only: what each part means is in its own module. All or nothing: one conflict that
stays unresolved, and no key of the merge is applied.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias, assert_never

from attractorc.compiler.plan.model import Region
from attractorc.compiler.policy import MergeFrom
from attractorc.compiler.value import Json, canonical, encoded

from ..outcome import End, Status
from .contribution import Valued, Write, valued
from .model import BranchResult, MergeDecision
from .provenance import branch_entry, key_entry, winner_entry
from .rules import by_specificity, isolated_key, rule_for
from .settle import KeyDecision, conflict_text, settle
from .winner import NO_ANSWERS, Answers, Asking, Selection, select

Results: TypeAlias = tuple[BranchResult, ...]


def merge(
    region: Region,
    results: Results,
    base: Mapping[str, Json],
    satisfied: bool,
    answers: Answers = NO_ANSWERS,
    fault: str = "",
) -> MergeDecision:
    """Combine branch results, given in declared order, over the context at the fork.

    A pure function: the same values give the same canonical bytes. Values must be JSON. Whoever
    the winner rule asks has been asked: `answers` holds what came of it, or `fault`, a sentence,
    says why nothing did.
    """
    assert len({result.id for result in results}) == len(results), "a branch stands here once"
    for result in results:
        taken_off = result.taken and result.end is End.CANCELLED
        assert not taken_off, f"the cancelled branch '{result.id}' cannot count"
    if not satisfied:
        return _failed(region, results, base, Selection(None, "none"), "the join is not satisfied")
    selection = select(region.winner, candidates(results), answers)
    if isinstance(selection, Asking):
        assert fault, f"nobody was asked yet: {selection}"
        selection = Selection(None, "error", fault=fault, asked=selection)
    if selection.fault:
        return _failed(region, results, base, selection, selection.fault)
    contributing = _contributing(region.merge.source, results, selection.winner)
    keys = _keys(region, results, base, contributing, selection.winner)
    conflicts = [decision for decision in keys if decision.unresolved]
    if conflicts:
        keys = tuple(decision.unapplied() for decision in keys)
        updates: dict[str, Json] = {}
    else:
        updates = dict(sorted(_updates(region, results, keys, selection)))
    return MergeDecision(
        status=Status.FAIL if conflicts else Status.SUCCESS,
        reason=_told(conflicts),
        branches=tuple(branch_entry(each, each.id in contributing) for each in results),
        winner=winner_entry(region.winner, selection),
        keys=tuple(map(key_entry, keys)),
        updates=updates,
    )


def candidates(results: Results) -> Results:
    """The branches that can win."""
    return tuple(each for each in results if each.candidate)


def _failed(
    region: Region,
    results: Results,
    base: Mapping[str, Json],
    selection: Selection,
    reason: str,
) -> MergeDecision:
    """No merge: every write is excluded."""
    keys = _keys(region, results, base, frozenset(), None)
    return MergeDecision(
        status=Status.FAIL,
        reason=reason,
        branches=tuple(branch_entry(each, contributes=False) for each in results),
        winner=winner_entry(region.winner, selection),
        keys=tuple(map(key_entry, keys)),
        updates={},
    )


def _contributing(source: MergeFrom, results: Results, winner: str | None) -> frozenset[str]:
    match source:
        case "candidates":
            return frozenset(each.id for each in results if each.candidate)
        case "all":
            return frozenset(
                each.id
                for each in results
                if each.candidate or (each.taken and each.end is End.FAIL)
            )
        case "winner":
            return frozenset(() if winner is None else (winner,))
        case _ as never:
            assert_never(never)


def _keys(
    region: Region,
    results: Results,
    base: Mapping[str, Json],
    contributing: frozenset[str],
    winner: str | None,
) -> tuple[KeyDecision, ...]:
    """Every key that any branch wrote, sorted, decided."""
    rules = by_specificity(region.merge)
    writes: dict[str, list[Write]] = {}
    for each in results:
        for key, written in each.writes.items():
            write = Write(written.value, canonical(written.value), each.id, written.writer)
            writes.setdefault(key, []).append(write)
    return tuple(
        settle(
            key,
            rule_for(key, rules),
            region.merge,
            _base(base, key),
            tuple(writes[key]),
            contributing,
            winner,
        )
        for key in sorted(writes)
    )


def _base(base: Mapping[str, Json], key: str) -> Valued | None:
    return valued(base[key]) if key in base else None


def _updates(
    region: Region, results: Results, keys: Iterable[KeyDecision], selection: Selection
) -> Iterator[tuple[str, Json]]:
    for decision in keys:
        if decision.result is not None:
            yield decision.key, decision.result.value
        for write in decision.writes:
            if decision.states[write.branch] == "isolated":
                yield isolated_key(region.fan_out, write.branch, decision.key), write.value
    best = next((each for each in results if each.id == selection.winner), None)
    score = best.writes.get("score") if best is not None else None
    facts: dict[str, Json] = {
        "best_id": best.id if best is not None else None,
        "best_outcome": best.end.value if best is not None else None,
        "best_score": score.value if score is not None else None,
        "candidate_count": len(selection.ranking),
        "method": selection.method,
    }
    for name, value in facts.items():
        yield f"parallel.fan_in.{name}", value
        yield f"parallel.{encoded(region.fan_out)}.fan_in.{name}", value


_TOLD_AT_MOST = 3


def _told(conflicts: list[KeyDecision]) -> str:
    told = [conflict_text(decision) for decision in conflicts[:_TOLD_AT_MOST]]
    more = len(conflicts) - len(told)
    return "; ".join(told) + (f"; and {more} more keys" if more else "")
