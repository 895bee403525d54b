"""What is sent to a backend for one prompt: the prompt alone, or below what went before.

Apart from the agent handler, because every way of knowing what went before is told apart here:
a session of the backend's own, messages, a transcript, a preamble. It must not know any
particular backend.
"""

from __future__ import annotations

from typing import NamedTuple

from ..carried import COMPACT, FULL
from ..fidelity import as_text
from ..ports import Call

SEPARATOR = "\n\n---\n\n"
"""Stands between what went before and the stage's own prompt."""


class Sending(NamedTuple):
    """`text` goes to the backend with `call`. `shown` is all that the agent is told with it.

    `turn` is the part that the stage itself says: what the next stage of its thread is told of
    it, should there be no session.
    """

    call: Call
    text: str
    shown: str
    turn: str


def sending(call: Call, name: str, backend: object) -> Sending:
    """What to send to the backend of that name.

    A backend with `takes_messages = True` reads the turns before in `call.carried.conversation()`
    wherever `call.session` is empty, and is given only the new one. Any other is told them as
    text above the prompt. A session is handed on to the backend that gave it, and no other.
    """
    own = call.prompt or call.step.label or call.step.id
    carried = call.carried
    if carried.fidelity == FULL and call.session and carried.backend == name:
        return Sending(call, own, own, own)
    if call.session:
        call = call._replace(session="")
    conversation = carried.conversation()
    if carried.fidelity == FULL and conversation.exchanges:
        whole = as_text(conversation) + SEPARATOR + own
        takes = getattr(backend, "takes_messages", False)
        return Sending(call, own if takes else whole, whole, own)
    above = carried.preamble()
    whole = above + SEPARATOR + own if above else own
    return Sending(call, whole, whole, whole)


def sending_at_once(call: Call, name: str, backend: object) -> Sending:
    """As `sending`, for a backend that has its responses ready, and so reads no prompt.

    It is told of the run only where a fidelity asks for more than the usual list: a simulated run
    of thousands of stages is not to pay for lists that nobody reads.
    """
    if call.carried.fidelity == COMPACT:
        own = call.prompt or call.step.label or call.step.id
        return Sending(call, own, own, own)
    return sending(call, name, backend)
