"""What holds of every run, whatever its case is about.

Read from the observation alone, so that it holds other implementations to the law, too. It
must not know what a case expects.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from .observation import FanOut, Seen

Law = Callable[[Seen], Iterator[str]]
_TERMINAL = {
    "success": "branch_completed",
    "partial_success": "branch_completed",
    "fail": "branch_failed",
    "skipped": "branch_skipped",
    "cancelled": "branch_cancelled",
    "timed_out": "branch_timed_out",
}
STATES = ("merged", "not_chosen", "isolated", "dropped", "excluded", "conflict")


def one_terminal_record(run: Seen) -> Iterator[str]:
    """Section 4: every branch gets exactly one terminal record, also if it never started."""
    for region in _left(run):
        terminal = Counter(_terminals(region))
        for branch, end in region.ends.items():
            if terminal.pop(f"{_TERMINAL.get(end, '')} {branch}", 0) != 1:
                yield f"{region.join.fan_out}: '{branch}' has no single terminal record"
        if terminal:
            yield f"{region.join.fan_out}: further terminal records: {', '.join(terminal)}"


def arrives_once(run: Seen) -> Iterator[str]:
    """Section 4: a walker's stop is recorded once, before its terminal record."""
    for region in _regions(run):
        for branch in region.ends:
            places = [i for i, it in enumerate(region.records) if it == f"branch_arrived {branch}"]
            if len(places) > 1:
                yield f"{region.join.fan_out}: '{branch}' arrived {len(places)} times"
            ends = [
                i
                for i, it in enumerate(region.records)
                if it in {f"{kind} {branch}" for kind in _TERMINAL.values()}
            ]
            if places and ends and ends[0] < places[0]:
                yield f"{region.join.fan_out}: '{branch}' ended before it arrived"


def decided_once(run: Seen) -> Iterator[str]:
    """Section 5: once a decision is made, learning more never changes it."""
    for region in _regions(run):
        if region.records.count("join_decided") > 1:
            yield f"{region.join.fan_out}: its join was decided more than once"


def leaves_last(run: Seen) -> Iterator[str]:
    """Section 5: control leaves the fan-out only when every loser has ended."""
    for region in _left(run):
        left = region.records.index("completed")
        if any(record.startswith("branch_") for record in region.records[left:]):
            yield f"{region.join.fan_out}: a branch had records after control had left"


def taken_have_ends(run: Seen) -> Iterator[str]:
    """Section 5: an end is taken once, and a loser's is not."""
    for region in _regions(run):
        taken = [one.branch for one in region.join.taken]
        if len(taken) != len(set(taken)):
            yield f"{region.join.fan_out}: an end was taken twice"
        for branch in taken:
            if region.ends.get(branch) in ("cancelled", "skipped"):
                yield f"{region.join.fan_out}: '{branch}' was taken and is {region.ends[branch]}"


def conserves_writes(run: Seen) -> Iterator[str]:
    """Section 6: each write is found exactly once, in one of six states, with its writer."""
    for region in _regions(run):
        for key, by in region.writes.items():
            for branch, state in by.items():
                place = f"{region.join.fan_out}: '{key}' of '{branch}'"
                if state not in STATES:
                    yield f"{place} is '{state}'"
                if not region.writers[key][branch].startswith(f"{region.join.fan_out}/"):
                    yield f"{place} was written outside of its branch"
                if region.ends[branch] in ("cancelled", "skipped"):
                    yield f"{place} takes part, though the branch is {region.ends[branch]}"
                if region.join.satisfied is False and state != "excluded":
                    yield f"{place} is {state}, though the join is not satisfied"


def winner_is_a_candidate(run: Seen) -> Iterator[str]:
    """Section 6: the winner is a branch that ended well; none where the join failed."""
    for region in _regions(run):
        winner = region.join.winner
        if winner is None:
            continue
        if region.ends.get(winner) not in ("success", "partial_success"):
            yield f"{region.join.fan_out}: '{winner}' won and is {region.ends.get(winner)}"
        if region.join.satisfied is not True:
            yield f"{region.join.fan_out}: '{winner}' won, though the join is not satisfied"


def keeps_stages_apart(run: Seen) -> Iterator[str]:
    """Section 1: a stage id is one visit of one node on one path."""
    twice = [stage for stage, n in Counter(s["stage"] for s in run.stages).items() if n > 1]
    yield from (f"'{stage}' began twice" for stage in twice)


LAWS: tuple[Law, ...] = (
    one_terminal_record,
    arrives_once,
    decided_once,
    leaves_last,
    taken_have_ends,
    conserves_writes,
    winner_is_a_candidate,
    keeps_stages_apart,
)


def broken(run: Seen) -> list[str]:
    """The laws that do not hold, each with the sentence that says so."""
    return [f"{(law.__doc__ or '').split(':')[0]}: {said}" for law in LAWS for said in law(run)]


def _regions(run: Seen) -> Iterator[FanOut]:
    for region in run.regions.values():
        assert isinstance(region, FanOut)
        yield region


def _left(run: Seen) -> Iterator[FanOut]:
    """The fan-outs that control has left; the others stand in a branch that was given up."""
    yield from (region for region in _regions(run) if "completed" in region.records)


def _terminals(region: FanOut) -> Iterator[str]:
    kinds = set(_TERMINAL.values())
    yield from (record for record in region.records if record.partition(" ")[0] in kinds)
