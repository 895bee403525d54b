"""The tool handler: a shell command, its exit status, its output as context.

The command is the author's text and no value is ever put into it; values reach it through
the environment. It must not know who reads what it returns.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from attractorc.compiler.plan.model import Step, Tool
from attractorc.compiler.value import Json, NotJson

from ..outcome import Outcome, Status, failed
from ..ports import Call
from .agent_output import as_line_text
from .exit_code import Verdict, verdict
from .json_text import read_object
from .process_groups import GRACE_S
from .processes import CannotStart, Captured, Ended, Program, run_program
from .results import declared_key
from .stage_files import stage_environment, stage_folder, write_context
from .status_file import decided

OUTPUT_KEY = "tool.output"
OUTPUT_FILE = "tool_output.txt"


class ToolHandler:
    """Runs a tool's command with `sh -c` in the call's workspace (semantics 9)."""

    gated = True  # its shell starts while the disk is waited for, and the command after that

    def __init__(
        self, environment: Mapping[str, str], grace_s: float = GRACE_S, *, lenient: bool = False
    ) -> None:
        """`environment` is what commands inherit; `grace_s` what a cancelled one is given.

        `lenient` is how status files are read.
        """
        self._environment = dict(environment)
        self._grace_s = grace_s
        self._lenient = lenient

    async def run(self, call: Call) -> Outcome:
        work = call.step.work
        if not isinstance(work, Tool):
            raise TypeError(f"'{call.step.id}' is no tool")
        try:
            files = stage_folder(call)
            program = Program(
                argv=(),
                folder=call.workspace,
                environment=stage_environment(call, files, self._environment),
                command=work.command,
            )
            ended = await run_program(
                program,
                call.report,
                call.durable,
                prepare=partial(write_context, call, files),
                grace_s=self._grace_s,
            )
        except CannotStart as error:
            return failed(str(error), permanent=error.permanent)
        outcome = tool_outcome(call.step, work, ended)
        return decided(outcome, files.status, call.step, lenient=self._lenient)


def tool_outcome(step: Step, tool: Tool, ended: Ended) -> Outcome:
    """What the end of a tool's command means, before any status file.

    `tool.output` is always set: the last 64 KiB of standard output as text; with
    `output=lines` and no one key declared, its lines. Trailing newlines are left out of
    texts, as a shell leaves them out of `$(...)`.
    """
    result = verdict(ended, "the command")
    updates: dict[str, Json] = {OUTPUT_KEY: _last(ended.stdout)}
    if tool.output == "json":
        try:
            updates |= _json(ended.stdout)
        except NotJson as error:
            if result.status is Status.SUCCESS:
                reason = f"the command should print a JSON object, but what it printed: {error}"
                result = Verdict(Status.FAIL, reason)
    elif tool.output != "none":
        updates |= _plain(step, tool, ended.stdout)
    return Outcome(
        status=result.status,
        context_updates=updates,
        notes=f"Tool completed: {tool.command}" if result.status.succeeded else "",
        failure_reason=result.reason,
        permanent=result.permanent,
        source="exit_code",
        artifacts={OUTPUT_FILE: _both(ended)},
    )


def _json(stdout: Captured) -> dict[str, Json]:
    if not stdout.complete:
        raise NotJson(f"it is longer than {len(stdout.head) // 1024 // 1024} MiB")
    return read_object(stdout.head)


def _plain(step: Step, tool: Tool, stdout: Captured) -> dict[str, Json]:
    key = declared_key(step)
    if tool.output == "lines":
        lines = stdout.whole().decode("utf-8", "replace").split("\n")
        if not lines[-1]:
            lines.pop()
        return {key or OUTPUT_KEY: [line.removesuffix("\r") for line in lines]}
    return {key: as_line_text(stdout.whole())} if key else {}


def _last(stdout: Captured) -> str:
    if len(stdout.tail) == stdout.size:
        return as_line_text(stdout.tail)
    # The cut may have gone through a character: what is left of it is no text.
    return as_line_text(stdout.tail.lstrip(bytes(range(0x80, 0xC0))))


def _both(ended: Ended) -> bytes:
    """Standard output, then standard error: in an order that equal runs share."""
    stdout, stderr = ended.stdout.whole(), ended.stderr.whole()
    if not stderr:
        return stdout
    newline = b"" if not stdout or stdout.endswith(b"\n") else b"\n"
    return stdout + newline + b"--- standard error ---\n" + stderr
