"""The tally of one fan-out: ends go in one by one, and at some point the join is decided.

The one place where error policies and the standing of a decision are kept: once decided, a
verdict never changes, whatever is learned afterwards. Taking an end costs O(1) under the
counting policies; under a formula, one reading of it if it names the branch. It must not
know in which order ends ought to be taken: that is its caller's business.
"""

from __future__ import annotations

from collections.abc import Mapping

from attractorc.compiler.policy import FanOut, branches_named

from ..outcome import End
from .formula import Reading, end_text, evidence, read
from .threshold import counted, threshold
from .verdict import Counts, Verdict


class Tally:
    """Counts the ends of a fan-out's branches as they are taken into account.

    Starts from ends by branch id in declared order: None is not taken yet, and `skipped`
    is given from the start, because activation is decided at the fork. Ends that are given
    already count as taken in that order. Owned and updated by whoever folds the journal.
    """

    __slots__ = (
        "_activated",
        "_ends",
        "_first_failed",
        "_named",
        "_needed",
        "_numbers",
        "_policy",
        "_reading",
        "_verdict",
    )

    def __init__(
        self, policy: FanOut, ends: Mapping[str, End | None], *, vacuous: bool = False
    ) -> None:
        """`vacuous`: a `for_each` over nothing, which is satisfied whatever the policy."""
        self._policy = policy
        self._ends: dict[str, End | None] = {
            branch: end if end is End.SKIPPED else None for branch, end in ends.items()
        }
        self._activated = sum(1 for end in self._ends.values() if end is None)
        self._numbers = {True: 0, False: 0}
        self._first_failed = ""
        formula = policy.join.formula
        self._named = frozenset(branches_named(formula)) if formula is not None else frozenset()
        assert self._named <= self._ends.keys(), "the compiler lets no unknown branch pass"
        self._needed = None if formula is not None else threshold(policy, self._activated)
        self._reading: Reading | None = None
        self._verdict = Verdict(None, "")
        if vacuous:
            assert not ends, "a collection without elements has no branches"
            self._verdict = Verdict(True, "there is nothing to wait for: no elements, no branches")
        for branch, end in ends.items():
            if end is None or end is End.SKIPPED:
                continue
            if end.failed and policy.error_policy == "fail_fast":
                self._settle()  # what the ends before this failure decided stands
            self._count(branch, end)
        self._settle()

    @property
    def verdict(self) -> Verdict:
        """The verdict over what has been taken; once decided, it stands."""
        return self._verdict

    @property
    def counts(self) -> Counts:
        """The numbers behind the verdict; they go on counting after a decision (drain)."""
        skipped = len(self._ends) - self._activated
        return Counts(self._activated, self._numbers[True], self._numbers[False], skipped)

    def take(self, branch: str, end: End) -> Verdict:
        """Take one branch's end into account: the verdict after it.

        Each activated branch is taken once; `skipped` is known from the start, and a
        cancelled branch is never taken.
        """
        self._count(branch, end)
        self._settle()
        return self._verdict

    def _count(self, branch: str, end: End) -> None:
        assert branch in self._ends, f"'{branch}' is no branch of this fan-out"
        assert self._ends[branch] is None, f"the end of '{branch}' is taken a second time"
        assert end.succeeded or end.failed, f"an end that is {end} is never taken"
        self._ends[branch] = end
        self._numbers[end.succeeded] += 1
        if end.failed and not self._first_failed:
            self._first_failed = branch
        if branch in self._named:
            self._reading = None

    def _settle(self) -> None:
        if self._verdict.satisfied is None:
            self._verdict = self._judged()

    def _judged(self) -> Verdict:
        if self._first_failed and self._policy.error_policy == "fail_fast":
            return Verdict(False, f"{self._failure}; error_policy=fail_fast")
        counts = self.counts
        if self._needed is None:
            return self._read(counts)
        verdict = counted(self._policy, self._needed, counts)
        every = self._needed.successes == counts.activated and not self._needed.every_end
        if verdict.satisfied is False and every and self._first_failed:
            reason = f"{self._failure}; {self._policy.join.text} needs every branch"
            return Verdict(False, reason)
        return verdict

    def _read(self, counts: Counts) -> Verdict:
        """A formula's verdict: its value, and a count that is not zero."""
        formula, text = self._policy.join.formula, self._policy.join.text
        assert formula is not None, "a join without a threshold has a formula"
        ignoring = self._policy.error_policy == "ignore"
        if not counts.activated:
            return Verdict(False, f"no branch was activated; {text} needs one")
        if ignoring and not counts.succeeded and not counts.open:
            return Verdict(False, f"all that was activated failed and is ignored; {text} needs one")
        if self._reading is None:
            self._reading = read(formula, self._ends)
        value, branches = self._reading
        uncounted = ignoring and not counts.succeeded
        if value is None or (value and uncounted):
            done = counts.activated - counts.open
            return Verdict(None, f"{done} of {counts.activated} ended; {text} is not known yet")
        word = "true" if value else "false"
        return Verdict(value, f"{evidence(branches, self._ends)}; {text} is {word}")

    @property
    def _failure(self) -> str:
        return f"'{self._first_failed}' {end_text(self._ends[self._first_failed])}"


def evaluate(policy: FanOut, ends: Mapping[str, End | None]) -> Verdict:
    """The verdict over ends taken so far, by branch id in declared order; None: unknown.

    O(n). A fold over many ends keeps a `Tally` instead. Under `fail_fast` the ends are read
    in the mapping's order; a run that stops at its first verdict sees the same either way.
    """
    return Tally(policy, ends).verdict
