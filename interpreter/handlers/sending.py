"""What is sent to a backend for one prompt: the prompt alone, or below what went before.

Apart from the agent handler, because every way of knowing what went before is told apart here:
a session of the backend's own, messages, a transcript, a preamble. It must not know any
particular backend.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..carried import FULL
from ..fidelity import as_text
from ..ports import Call

SEPARATOR = "\n\n---\n\n"
"""Stands between what went before and the stage's own prompt."""


@dataclass(frozen=True, slots=True)
class Sending:
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
        call = replace(call, session="")
    conversation = carried.conversation()
    if carried.fidelity == FULL and conversation.exchanges:
        whole = as_text(conversation) + SEPARATOR + own
        takes = getattr(backend, "takes_messages", False)
        return Sending(call, own if takes else whole, whole, own)
    whole = carried.preamble + SEPARATOR + own if carried.preamble else own
    return Sending(call, whole, whole, whole)
