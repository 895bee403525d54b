"""The agent backend that only pretends: for trying a pipeline without any model.

Every response says so, loudly, so that nobody takes one for a real answer. It has no
effects, and is the same every time. It must not know any other backend.
"""

from __future__ import annotations

from attractorc.compiler.plan.model import Agent
from attractorc.compiler.value import canonical

from ..ports import Call
from .agent import Response

SIMULATED = "[Simulated]"


class SimulateBackend:
    """Answers each prompt with a sentence that begins with `[Simulated]`.

    Where a winner is asked for, the first candidate is named below it.
    """

    def unready(self, agent: Agent) -> str | None:
        return None

    async def respond(self, call: Call, agent: Agent, prompt: str) -> Response:
        return self.respond_at_once(call, agent, prompt)

    def respond_at_once(self, call: Call, agent: Agent, prompt: str) -> Response:
        text = f"{SIMULATED} Response for stage: {call.step.id}"
        if call.candidates:
            text += f"\n{canonical({'winner': call.candidates[0]})}"
        return Response(text)
