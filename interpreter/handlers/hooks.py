"""Tool hooks: the author's commands before and after a call that a stage makes.

A call is a tool stage's command, or the whole work of an agent: what an agent's program does
inside, the engine does not see (its hooks reach it as variables). Wraps a handler, so that
none knows of hooks. It must not know what the call does.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from typing import Any, Literal

from attractorc.compiler.plan.model import Tool
from attractorc.compiler.value import Json, canonical

from ..outcome import Outcome, Status, failed
from ..ports import Call, Handler
from .exit_code import Verdict, verdict
from .process_groups import GRACE_S
from .processes import CannotStart, Ended, Program, run_program
from .stage_files import StageFiles, stage_environment, stage_files

HOOK_LIMIT_S = 60.0
"""A hook that takes longer is ended, and has failed."""

SOURCE = "hook"
_OUTPUTS = ("response.md", "tool_output.txt")
_OUTPUT_LIMIT = 64 * 1024
_RULE = b"--- standard error ---\n"


class HookedHandler:
    """Runs a step's hooks around a handler; without hooks it is the handler.

    `pre` that exits with 0 lets the call be made; else it is not made, and the stage has failed,
    or with 75 asks for a retry, like a tool. What becomes of `post` changes no outcome: it is
    noted. Both are given the stage's environment and a JSON object on standard input.
    """

    def __init__(
        self,
        inner: Handler,
        environment: Mapping[str, str],
        grace_s: float = GRACE_S,
        limit_s: float = HOOK_LIMIT_S,
    ) -> None:
        """`environment` is what hooks inherit, `limit_s` what each of them may take."""
        self.inner = inner
        self._environment = dict(environment)
        self._grace_s = grace_s
        self._limit_s = limit_s
        self.gated = bool(getattr(inner, "gated", False))
        at_once = getattr(inner, "at_once", None)
        if at_once is not None:
            self.at_once = at_once

    async def run(self, call: Call) -> Outcome:
        """Run the attempt, between its hooks."""
        step = call.step
        if step.pre_hook is None and step.post_hook is None:
            return await self.inner.run(call)
        files = None
        artifacts: dict[str, bytes] = {}
        if step.pre_hook is not None:
            try:
                files = stage_files(call)
            except CannotStart as error:
                return failed(str(error), permanent=error.permanent)
            said = await self._said(call, files, "pre", step.pre_hook, {}, artifacts)
            if said.status is not Status.SUCCESS:
                return Outcome(
                    said.status,
                    failure_reason=f"the call was not made: {said.reason}",
                    permanent=said.permanent,
                    source=SOURCE,
                    artifacts=artifacts,
                )
        outcome = await self.inner.run(call)
        if step.post_hook is not None:
            told = {"outcome": _told(outcome)}
            try:
                # A backend without a program has made no files.
                files = files or stage_files(call)
                said = await self._said(call, files, "post", step.post_hook, told, artifacts)
            except CannotStart as error:
                said = Verdict(Status.FAIL, f"the post hook cannot be run: {error}")
            if said.status is not Status.SUCCESS:
                note = f"{outcome.notes}; {said.reason}" if outcome.notes else said.reason
                outcome = outcome._replace(notes=note)
        return outcome._replace(artifacts={**outcome.artifacts, **artifacts})

    async def _said(
        self,
        call: Call,
        files: StageFiles,
        which: Literal["pre", "post"],
        command: str,
        more: Mapping[str, Json],
        artifacts: dict[str, bytes],
    ) -> Verdict:
        """What the end of a hook means; what it wrote becomes an artifact."""
        what = f"the {which} hook"
        try:
            program = Program(
                argv=("sh", "-c", command),
                folder=call.workspace,
                environment=self._variables(call, files, which, more),
                stdin=(canonical({**_asked(call, which), **more}) + "\n").encode(
                    "utf-8", "replace"
                ),
            )
            async with asyncio.timeout(self._limit_s) as limit:
                ended = await run_program(program, call.report, call.durable, grace_s=self._grace_s)
        except CannotStart as error:
            return Verdict(Status.FAIL, f"{what} cannot be run: {error}", error.permanent)
        except TimeoutError:
            if not limit.expired():
                raise
            return Verdict(Status.FAIL, f"{what} took longer than {self._limit_s:g} s")
        if written := _written(ended):
            artifacts[f"{which}_hook.txt"] = written
        return verdict(ended, what)

    def _variables(
        self, call: Call, files: StageFiles, which: str, more: Mapping[str, Any]
    ) -> dict[str, str]:
        known = stage_environment(call, files, self._environment)
        return {
            **known,
            "ATTRACTOR_STATUS_FILE": "",  # a stage's outcome is not the hook's to say
            "ATTRACTOR_HOOK": which,
            "ATTRACTOR_TOOL": _tool(call),
            "ATTRACTOR_OUTCOME": str(more["outcome"]["status"]) if more else "",
        }


def _tool(call: Call) -> str:
    return "shell" if isinstance(call.step.work, Tool) else "agent"


def _asked(call: Call, which: str) -> dict[str, Json]:
    """What a hook is told of the call, beside its environment."""
    work = call.step.work
    asked: dict[str, Json] = {
        "hook": which,
        "tool": _tool(call),
        "run_id": call.run_id,
        "node_id": call.step.id,
        "path": call.path,
        "branch_id": call.branch_id,
        "visit": call.visit,
        "attempt": call.attempt,
        "stage_attempt_id": call.attempt_id,
        "workspace": os.fspath(call.workspace),
    }
    if isinstance(work, Tool):
        return {**asked, "command": work.command}
    return {**asked, "prompt": call.prompt}


def _told(outcome: Outcome) -> dict[str, Json]:
    """What a hook is told of what came of the call; of the output its end."""
    output = next((outcome.artifacts[one] for one in _OUTPUTS if one in outcome.artifacts), b"")
    return {
        "status": outcome.status.value,
        "failure_reason": outcome.failure_reason,
        "notes": outcome.notes,
        "output": output[-_OUTPUT_LIMIT:].decode("utf-8", "replace"),
    }


def _written(ended: Ended) -> bytes:
    stdout, stderr = ended.stdout.whole(), ended.stderr.whole()
    return stdout + (_RULE + stderr if stderr else b"")
