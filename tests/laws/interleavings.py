"""Every interleaving of one script: what ends when, at any `--jobs` and max_parallel.

For pipelines with more to them than one stage a branch: nested regions, retries, loops,
drained losers, formulas. A script gives each stage its outcomes, by attempt and visit; all
orders in which attempts end and delays pass are gone through, equal states once (see
`lattice`), and the canonical outcomes that they lead to are collected.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from attractorc.compiler.plan.model import Plan
from attractorc.compiler.value import canonical
from attractorc.interpreter.outcome import Outcome, Status

from .machine import CANCELLED, Ending, Run, opened
from .snapshots import Keys, copied

Script = Mapping[str, Sequence[Outcome]]
"""By node id: the outcome of each attempt, counted over all visits; the last one stands."""

DONE = (Outcome(Status.SUCCESS),)
LIMIT = 200_000


def outcomes(plan: Plan, script: Script, jobs: int | None = None) -> frozenset[str]:
    """The canonical outcomes, as canonical JSON, of all interleavings."""
    keys = Keys()
    pending = [opened(plan, jobs=jobs, keep=True)]
    seen = {keys.of(pending[0])}
    found: set[str] = set()
    while pending:
        for after in _steps(pending.pop(), script):
            if after.finish is not None:
                assert not after.out
                found.add(canonical(after.outcome()))
                continue
            key = keys.of(after)
            if key not in seen:
                seen.add(key)
                pending.append(after)
        assert len(seen) < LIMIT, "this script has too many interleavings to go through"
    return frozenset(found)


def _steps(run: Run, script: Script) -> Iterator[Run]:
    assert run.out or list(run.backoffs()), "nothing can happen, and the run has not ended"
    for path in run.out:
        for ending in _endings(run, path, script):
            after = copied(run)
            after.finished(path, ending)
            yield after
    for path in run.backoffs():
        after = copied(run)
        after.delay_over(path)
        yield after


def _endings(run: Run, path: str, script: Script) -> tuple[Ending, ...]:
    walker = run.state.walkers[path]
    given = script.get(walker.node, DONE)
    # The visits of a node on one path follow each other, so this counts what came before.
    attempt = walker.attempt - 1 + (walker.visit - 1)
    outcome = given[min(attempt, len(given) - 1)]
    return (CANCELLED, outcome) if walker.doomed else (outcome,)


def at_width(plan: Plan, width: int) -> Plan:
    """The same plan with this max_parallel in every fan-out."""
    regions = {
        name: replace(region, policy=replace(region.policy, max_parallel=width))
        for name, region in plan.regions.items()
    }
    return replace(plan, regions=regions)
