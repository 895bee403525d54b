"""The counting policies: how many successes a join needs, and whether it waits for all.

Every policy that is no formula is one threshold, fixed when the branches are forked: it is
met by that many successes, and lost when so many can no longer be had. That is exact, also
where failed branches leave the count: nothing has to be guessed about the open ones. It
must not know which branch ended how, only how many.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from attractorc.compiler.policy import FanOut, Join, JoinKind

from .verdict import Counts, Verdict


@dataclass(frozen=True, slots=True)
class Threshold:
    """At least this many successes, and with `every_end` no open branch either."""

    successes: int
    every_end: bool = False


def _k_of_n(join: Join, count: int) -> Threshold:
    assert join.k is not None, "the compiler lets no k_of_n pass without its k"
    assert join.k >= 1, "k is at least 1"
    return Threshold(join.k)


def _quorum(join: Join, count: int) -> Threshold:
    assert join.ratio is not None, "the compiler lets no quorum pass without its ratio"
    assert 0 < join.ratio <= 1, "a quorum is a part of the count"
    return Threshold(max(1, math.ceil(join.ratio * count)))


THRESHOLDS: Mapping[JoinKind, Callable[[Join, int], Threshold]] = {
    "wait_all": lambda join, count: Threshold(1, every_end=True),
    "all_success": lambda join, count: Threshold(max(1, count)),
    "first_success": lambda join, count: Threshold(1),
    "k_of_n": _k_of_n,
    "quorum": _quorum,
    "majority": lambda join, count: Threshold(count // 2 + 1),
    "all_done": lambda join, count: Threshold(0, every_end=True),
}
"""Each counting policy's threshold over a count of branches; `formula` is not one of them."""


def threshold(policy: FanOut, activated: int) -> Threshold:
    """The threshold of a fan-out that activated so many branches.

    Under `error_policy=ignore` the final count is the successes themselves. A part of the
    count that is at most all of it is then reached by the first success, whatever the open
    branches do, and by nothing less: the threshold is that of a count of one.
    """
    count = 1 if policy.error_policy == "ignore" else activated
    return THRESHOLDS[policy.join.kind](policy.join, count)


def counted(policy: FanOut, needed: Threshold, counts: Counts) -> Verdict:
    """The verdict over counts: None unless every way in which the rest can end agrees."""
    reached = counts.succeeded >= needed.successes
    if not reached and counts.succeeded + counts.open < needed.successes:
        return Verdict(False, _lost(policy, needed, counts))
    if needed.every_end and counts.open:
        return Verdict(None, f"{_standing(policy, counts)}; {policy.join.text} waits for all")
    if not reached:
        return Verdict(None, f"{_standing(policy, counts)}; {_need(policy, needed)}")
    if needed.every_end:
        return Verdict(True, f"{_every(counts)} ended, {counts.succeeded} succeeded")
    return Verdict(True, f"{_standing(policy, counts)}; {_need(policy, needed)}")


def _lost(policy: FanOut, needed: Threshold, counts: Counts) -> str:
    if not counts.activated:
        return f"no branch was activated; {_need(policy, needed)}"
    if needed.every_end:
        return f"{_every(counts)} ended and none succeeded; {_need(policy, needed)}"
    more = f" and only {counts.open} more could" if counts.open else ""
    return f"{counts.succeeded} of {counts.activated} succeeded{more}; {_need(policy, needed)}"


def _standing(policy: FanOut, counts: Counts) -> str:
    ignored = policy.error_policy == "ignore" and counts.failed
    return f"{counts.succeeded} of {counts.activated} succeeded" + (
        f", {counts.failed} failed and are ignored" if ignored else ""
    )


def _need(policy: FanOut, needed: Threshold) -> str:
    return f"{policy.join.text} needs {needed.successes}"


def _every(counts: Counts) -> str:
    return "the only branch" if counts.activated == 1 else f"all {counts.activated} branches"
