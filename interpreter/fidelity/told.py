"""What an agent's attempt is told, as its call carries it.

Taken from what the attempt's start says in the journal, so that nothing is resolved twice. It
must not know who is told.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ..carried import COMPACT, FULL, Carried, Conversation, Exchange, no_conversation
from ..state import State, Walker
from ..state.memory import Memory, Thread
from ..tuples import tupled
from .preamble import preamble
from .transcript import latest


def told(state: State, walker: Walker, blob: Callable[[str], bytes]) -> tuple[Carried, str]:
    """What the walker's current attempt carries, and the session that it goes on with.

    `blob` reads what was said in earlier turns.
    """
    memory = walker.memory
    assert memory is not None, f"{walker.stage} is in a run without agents"
    fidelity = memory.fidelity or COMPACT
    text = partial(preamble, state, walker, fidelity)
    if fidelity != FULL:
        return tupled(Carried, (fidelity, memory.thread, "", text, no_conversation)), ""
    thread = _thread(memory)
    if thread is None:
        return Carried(fidelity, memory.thread, preamble=text), ""
    turns, count = thread.turns, len(thread.turns)

    def conversation() -> Conversation:
        return latest(count, lambda index: _exchange(*turns[index], blob))

    carried = Carried(
        fidelity,
        memory.thread,
        thread.backend if thread.session else "",
        text,
        conversation,
    )
    return carried, thread.session


def _thread(memory: Memory) -> Thread | None:
    return None if memory.threads is None else memory.threads.get(memory.thread)


def _exchange(prompt: str, response: str, blob: Callable[[str], bytes]) -> Exchange:
    return Exchange(_text(prompt, blob), _text(response, blob))


def _text(digest: str, blob: Callable[[str], bytes]) -> str:
    return blob(digest).decode("utf-8", "replace") if digest else ""
