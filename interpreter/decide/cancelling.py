"""How a run that somebody cancelled comes to its end (semantics 9).

What runs is ended first; then every open branch gets its one terminal record and every open
question is withdrawn, innermost first; then the run is over. Pure. It must not know who
asked.
"""

from __future__ import annotations

from ..state import State
from .commands import Command, Commit, Finish
from .given_up import below


def decide_cancelled(state: State) -> tuple[Command, ...]:
    """Commands for a run that is being cancelled; () while something still runs."""
    if state.running:
        return ()
    records = tuple(below(state, state.trunk.path))
    return (Commit(records),) if records else (Finish("cancelled", state.reason),)
