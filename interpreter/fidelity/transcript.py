"""A thread's conversation, for a backend that keeps no session: its newest turns, as text.

What is too long for any model is left out from its beginning, and that is said. It must not
know where turns are kept.
"""

from __future__ import annotations

from collections.abc import Callable

from ..carried import Conversation, Exchange
from .tokens import QUARTERS, quarters

CONVERSATION_TOKENS = 60_000
"""The most tokens of a conversation that is told again, as `tokens` estimates them."""


def latest(count: int, load: Callable[[int], Exchange]) -> Conversation:
    """The newest of `count` turns that fit; `load` reads one by its index."""
    room = CONVERSATION_TOKENS * QUARTERS
    found: list[Exchange] = []
    for index in reversed(range(count)):
        exchange = load(index)
        room -= quarters(exchange.prompt) + quarters(exchange.response)
        if room < 0:
            break
        found.append(exchange)
    return Conversation(tuple(reversed(found)), count - len(found))


def as_text(conversation: Conversation) -> str:
    """The conversation as what stands above the next prompt."""
    parts = ["## The conversation so far"]
    if conversation.left_out:
        turns = "turn is" if conversation.left_out == 1 else "turns are"
        parts.append(f"({conversation.left_out} earlier {turns} left out.)")
    for exchange in conversation.exchanges:
        parts.append(f"### You were told\n\n{exchange.prompt.strip()}")
        parts.append(f"### You answered\n\n{exchange.response.strip()}")
    return "\n\n".join(parts)
