"""The machine: from the state of a run to what to do next; pure.

`decide` looks at one walker or fork that needs a decision and gives commands for it; the
driver carries them out and asks again until nothing is left to say. `settle` turns what
came from outside into records. No clock, no file, no random number.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..state import State
from .branches import decide_fork
from .cancelling import decide_cancelled
from .commands import Ask, Cancel, Command, Commit, FileWork, Finish, Limits, StartAttempt
from .stages import decide_walker, start_attempt

__all__ = [
    "Ask",
    "Cancel",
    "Command",
    "Commit",
    "FileWork",
    "Finish",
    "Limits",
    "StartAttempt",
    "candidates",
    "decide",
]


def decide(state: State, limits: Limits) -> tuple[Command, ...]:
    """The next commands, () when nothing can be decided until something happens.

    Decisions come before attempts, so that a join that is decided cancels what has not
    started.
    """
    if state.cancelling:
        return decide_cancelled(state)
    while state.ready:
        commands = _walkers(state, limits)
        if commands:
            return commands
        if commands is not None:  # else one of them waits for a slot now
            break
    for stage in list(state.forks_ready):
        commands = decide_fork(state, state.forks[stage], limits)
        if commands:
            return commands
        state.rest(stage)
    if limits.stopping or (limits.jobs is not None and len(state.running) >= limits.jobs):
        return ()
    for path in state.startable:
        return start_attempt(state, state.walkers[path])
    return ()


def candidates(state: State, limits: Limits) -> Iterator[tuple[Command, ...]]:
    """All that could be decided now, one walker or fork after the other; for a replay.

    `decide` gives the first of these. Which of several is decided first says nothing: they
    are about different walkers and forks.
    """
    if state.cancelling:
        yield decide_cancelled(state)
        return
    for path in list(state.ready):
        yield decide_walker(state, state.walkers[path], limits)
    for stage in list(state.forks_ready):
        yield decide_fork(state, state.forks[stage], limits)
    for path in list(state.startable):
        yield start_attempt(state, state.walkers[path])


def _walkers(state: State, limits: Limits) -> tuple[Command, ...] | None:
    """What a walker does next; None if one was taken from those that are ready to decide."""
    for path in state.ready:
        commands = decide_walker(state, state.walkers[path], limits)
        if commands:
            if isinstance(commands[0], FileWork):
                state.wait(path)
            return commands
        if path not in state.ready:
            return None
    return ()
