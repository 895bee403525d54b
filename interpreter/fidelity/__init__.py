"""Context fidelity: how much of a run an agent is told, and whose conversation it goes on with.

Pure: what a stage resolves to and what its preamble says are functions of the plan and of what
the journal has left in the state (specification 5.4). It must not know any backend.
"""

from __future__ import annotations

from .preamble import BUDGETS, preamble
from .resolution import Resolved, attempt_fields, resolved
from .told import told
from .transcript import CONVERSATION_TOKENS, as_text, latest

__all__ = [
    "BUDGETS",
    "CONVERSATION_TOKENS",
    "Resolved",
    "as_text",
    "attempt_fields",
    "latest",
    "preamble",
    "resolved",
    "told",
]
