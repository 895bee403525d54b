"""The ends of branches that nobody waits for any more: losers of a join, and late ones.

A loser is cancelled; a branch whose time is over arrives as timed out, to be taken in its
turn. What is still open below it ends with it, innermost first. Apart from `branches`, which
only knows that a branch can be ended. It must not know why it was given up.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..outcome import End
from ..records import Record
from ..state import Fork, State
from . import drafts
from .progress import reached
from .terminals import terminal


def given_up(state: State, fork: Fork) -> Iterator[Record]:
    """The records that end a fork's endable branches."""
    for index in fork.endable:
        branch = fork.branches[index]
        yield from below(state, branch.path)
        if fork.join is not None and fork.region.policy.losers == "cancel":
            yield terminal(state, fork, branch, End.CANCELLED)
        else:
            stage, _clause = reached(branch, state.walkers.get(branch.path))
            yield drafts.parallel(
                fork,
                "branch_arrived",
                branch_id=branch.id,
                branch_index=branch.index,
                branch_path=branch.path,
                status=End.TIMED_OUT.value,
                reason=branch.late,
                terminal_stage=stage or None,
            )


def below(state: State, top: str) -> Iterator[Record]:
    """The terminal records of all that is open below a walker, innermost first."""
    for walker in reversed(list(state.subtree(top))):
        inner = None if walker.fork is None else state.forks.get(walker.fork)
        if inner is not None:
            for one in inner.branches:
                if one.end is None:
                    yield terminal(state, inner, one, End.CANCELLED)
        for question, path in state.questions.items():
            if path == walker.path:
                yield drafts.withdrawn(walker, question)
