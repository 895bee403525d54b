"""What an agent's call carries over from the stages before it.

Plain data between the driver and whoever answers prompts: a fidelity, a thread, a preamble, the
conversation so far. Apart from the ports, so that hosts and backends can name these alone. It
must not know how any of it is decided.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

FULL = "full"
TRUNCATE = "truncate"
COMPACT = "compact"
SUMMARY_LOW = "summary:low"
SUMMARY_MEDIUM = "summary:medium"
SUMMARY_HIGH = "summary:high"


@dataclass(frozen=True, slots=True)
class Exchange:
    """One turn of a thread: what a stage told its agent, and what the agent said."""

    prompt: str
    response: str


@dataclass(frozen=True, slots=True)
class Conversation:
    """The turns of a thread so far, oldest first; `left_out` counts older ones that are not here.

    Secrets are taken out of it, as of everything that is kept.
    """

    exchanges: tuple[Exchange, ...] = ()
    left_out: int = 0


def no_conversation() -> Conversation:
    """What a call of a fresh session has to go on with."""
    return Conversation()


class Carried(NamedTuple):
    """How much of a run an agent is told beside its prompt (specification 5.4).

    `fidelity` is the mode of this attempt. `thread` is the key of the conversation that the
    stage goes on with, or begins; '' where the next stage cannot go on with it. `backend` is the
    name of the one whose session is in `Call.session`, '' where there is none. `preamble` makes
    what stands above the prompt wherever there is no session to go on with; `conversation` reads
    the thread's turns from the store. Both may be called while the attempt runs, on the thread of
    the event loop.
    """

    fidelity: str = COMPACT
    thread: str = ""
    backend: str = ""
    preamble: Callable[[], str] = str
    conversation: Callable[[], Conversation] = no_conversation


NOTHING = Carried()
