"""The agent backend that is any program: prompt on standard input, response on its output.

The command is split into arguments once, when it is configured, and never sees a shell; a
placeholder is replaced inside its own argument, so no value can become a second one. It
must not know any particular agent.
"""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from attractorc.compiler.plan.model import Agent
from attractorc.compiler.value import nearest

from ..outcome import Status
from ..ports import Call
from .agent import Response
from .exit_code import verdict
from .process_groups import GRACE_S
from .processes import CannotStart, Program, run_program
from .stage_files import stage_environment, stage_files
from .tool import as_line_text

PLACEHOLDERS = ("model", "provider", "effort", "node", "prompt")
ERRORS_FILE = "agent_errors.txt"
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


class BadCommand(ValueError):
    """The configured agent command cannot be used; one sentence."""


def split_command(text: str) -> tuple[str, ...]:
    """The arguments of a command as a shell would split it, without a shell. `BadCommand`."""
    try:
        return tuple(shlex.split(text))
    except ValueError as error:
        reason = str(error)[:1].lower() + str(error)[1:]
        raise BadCommand(f"the agent command cannot be split: {reason}: {text}") from error


class CommandBackend:
    """Runs a program for each prompt; exit statuses and status file as for tools.

    `{model}`, `{provider}`, `{effort}`, `{node}` and `{prompt}` may stand in arguments; with
    `{prompt}` nothing is written to standard input. An argument whose placeholder has no
    value is left out, and with it the option before it (`--model {model}`).
    """

    def __init__(
        self, argv: Sequence[str], environment: Mapping[str, str], grace_s: float = GRACE_S
    ) -> None:
        """`environment` is what the program inherits. Raises `BadCommand`."""
        if not argv or not argv[0]:
            raise BadCommand("the agent command is empty")
        for argument in argv:
            for name in _PLACEHOLDER.findall(argument):
                _known(name)
        # A path is meant from where the engine was started, not from a stage's workspace.
        program = str(Path(argv[0]).absolute()) if "/" in argv[0] else argv[0]
        self._argv = (program, *argv[1:])
        self._environment = dict(environment)
        self._grace_s = grace_s

    def unready(self) -> str | None:
        program = self._argv[0]
        if shutil.which(program, path=self._environment.get("PATH")) is not None:
            return None
        return f"the agent program '{program}' is not found, or may not be executed"

    async def respond(self, call: Call, agent: Agent, prompt: str) -> Response:
        argv = self._arguments(call, agent, prompt)
        in_argument = any("{prompt}" in argument for argument in self._argv)
        try:
            files = stage_files(call)
            program = Program(
                argv=argv,
                folder=call.workspace,
                environment=stage_environment(call, files, self._environment),
                stdin=None if in_argument else prompt.encode("utf-8", "replace"),
            )
            ended = await run_program(program, call.report, grace_s=self._grace_s)
        except CannotStart as error:
            return Response("", Status.FAIL, str(error), error.permanent)
        result = verdict(ended, "the agent program")
        errors = ended.stderr.whole()
        return Response(
            text=as_line_text(ended.stdout.whole()),
            status=result.status,
            failure_reason=result.reason,
            permanent=result.permanent,
            source="exit_code",
            status_file=files.status,
            artifacts={ERRORS_FILE: errors} if errors else {},
        )

    def _arguments(self, call: Call, agent: Agent, prompt: str) -> tuple[str, ...]:
        values = {
            "model": agent.model or "",
            "provider": agent.provider or "",
            "effort": agent.effort or "",
            "node": call.step.id,
            "prompt": prompt,
        }
        argv: list[str] = []
        for argument in self._argv:
            names = _PLACEHOLDER.findall(argument)
            if all(values[name] for name in names):
                argv.append(_PLACEHOLDER.sub(lambda match: values[match[1]], argument))
            elif argument == f"{{{names[0]}}}" and argv[-1].startswith("-") and len(argv) > 1:
                argv.pop()
        return tuple(argv)


def _known(name: str) -> None:
    if name not in PLACEHOLDERS:
        meant = nearest(name, PLACEHOLDERS)
        hint = f"did you mean {{{meant}}}?" if meant else "known: " + ", ".join(PLACEHOLDERS)
        raise BadCommand(f"the agent command has an unknown placeholder {{{name}}}; {hint}")
