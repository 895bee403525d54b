"""The laws: what must hold of every state of a run, and of every run that has ended.

What happened is told by `Facts`, which the walk keeps by itself; what should have come of
it says the oracle. It must not know how a run came to where it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from attractorc.compiler.value import Json, canonical
from attractorc.interpreter.outcome import End

from .fanouts import BASE, SCORES, STAGE
from .machine import Run
from .oracle import Expected, Taken, fan_out_status


@dataclass(frozen=True, slots=True)
class Facts:
    """What happened to the branches: `ended` in the order in which they came.

    `struck` are those that had ended when the `join_timeout` struck, None while it has not.
    `times` says of each branch whose time is over which time it was: what is told of it
    differs, and rightly.
    """

    skipped: tuple[str, ...]
    ended: Taken = ()
    struck: frozenset[str] | None = None
    times: frozenset[tuple[str, str]] = frozenset()

    def ended_with(self, name: str, end: End) -> Facts:
        """One more branch has ended."""
        return replace(self, ended=(*self.ended, (name, end)))

    def late(self, name: str) -> Facts:
        """The time of a branch is over; it ends when its attempt does."""
        return replace(self, times=self.times | {(name, "its own")})

    def struck_by(self, names: Sequence[str], running: Sequence[str]) -> Facts:
        """The time of all is over; those without an attempt end at once, in declared order."""
        had_come = frozenset(name for name, _ in self.ended)
        late = {name for name, _ in self.times}
        left = [name for name in names if name not in (*self.skipped, *had_come)]
        times = {(one, "all, at work" if one in running else "all") for one in left}
        facts = replace(
            self,
            struck=had_come,
            times=self.times | {time for time in times if time[0] not in late},
        )
        for name in left:
            if name not in running:
                facts = facts.ended_with(name, End.TIMED_OUT)
        return facts

    def only(self, taken: Taken) -> Facts:
        """Without what became of branches whose ends were not taken."""
        names = {name for name, _ in taken}
        struck = None if self.struck is None else self.struck & names
        times = frozenset(time for time in self.times if time[0] in names)
        return replace(self, ended=taken, struck=struck, times=times)

    def sorted(self, names: Sequence[str]) -> Facts:
        """With the ends in declared order, because there the order must not matter."""
        return replace(self, ended=tuple(sorted(self.ended, key=lambda one: names.index(one[0]))))

    def key(self, *, ordered: bool) -> tuple[object, ...]:
        """What tells these facts from others, with or without the order of the ends."""
        ended = self.ended if ordered else frozenset(self.ended)
        return (self.skipped, ended, self.struck, self.times)


def standing(run: Run, page: Expected, where: object) -> None:
    """The law of the join: decided as soon as it is determined, and never otherwise."""
    assert bool(run.joins) == (page.satisfied is not None), where
    fork = run.state.forks[STAGE]
    if run.joins:
        assert len(run.joins) == 1, where
        join = run.joins[0].join
        assert join["satisfied"] is page.satisfied, where
        taken = [{"branch": name, "end": end.value} for name, end in page.taken]
        assert join["taken"] == taken, where
    assert fork.tally.verdict.satisfied is page.known, where
    for branch in fork.branches:
        if branch.end is not None:
            assert branch.end is page.ends[branch.id], (where, branch.id)


def finished(run: Run, names: Sequence[str], page: Expected, where: object) -> str:
    """What must hold of a run that has ended; its result as canonical JSON."""
    assert run.finish is not None, where
    assert page.satisfied is not None, where
    assert set(page.ends) == set(names), where
    assert not run.out, where
    assert not run.state.running, where
    assert run.terminals == {f"{STAGE}/{name}" for name in names}, where
    context = run.state.trunk.context.flat()
    told = {one["branch_id"]: one["status"] for one in context["parallel.results"]}
    assert told == {name: end.value for name, end in page.ends.items()}, where
    _merged(run, names, page, where)
    return canonical([run.finish.status, run.finish.reason, decided(run), context])


def _merged(run: Run, names: Sequence[str], page: Expected, where: object) -> None:
    context = run.state.trunk.context
    (merge,), (left,) = run.merges, run.left
    good = [name for name in names if page.ends[name].succeeded]
    status = fan_out_status(bool(page.satisfied), page.ends)
    assert left.status == status, where
    assert left.success_count == len(good), where
    assert run.finish is not None
    assert (run.finish.status == "fail") == (status == "fail"), where
    if not page.satisfied:
        assert merge.winner["id"] is None, where
        assert {key: context.get(key) for key in BASE} == BASE, where
        return
    best = max(
        good,
        key=lambda name: (page.ends[name] is End.SUCCESS, SCORES[name], -ord(name)),
        default=None,
    )
    assert context["parallel.fan_in.best_id"] == best, where
    assert context["n"] == ["base", *good], where
    assert context["total"] == 10 + sum(SCORES[name] for name in good), where
    assert context.get("who") == (good[-1] if good else None), where


def decided(run: Run) -> Json:
    """Join and merge decisions as data, without the ids of a store."""
    return [
        *(dict(record.join) for record in run.joins),
        *(
            {
                "status": record.status,
                "reason": record.reason,
                "join": record.join,
                "branches": [
                    {k: v for k, v in branch.items() if k not in ("context", "terminal_turn")}
                    for branch in record.branches
                    if isinstance(branch, dict)
                ],
                "winner": record.winner,
                "keys": record.keys,
                "updates": record.context_updates,
            }
            for record in run.merges
        ),
    ]
