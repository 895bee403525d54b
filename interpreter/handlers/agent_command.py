"""The agent backend that is any program: prompt on standard input, response on its output.

The command is split into arguments once, when it is configured, and never sees a shell; a
placeholder is replaced inside its own argument, so no value can become a second one. It
must not know any particular agent.
"""

from __future__ import annotations

import os
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
from .agent_errors import judged
from .agent_output import Form, NotUnderstood, Said, as_line_text, plain, shortened
from .exit_code import verdict
from .process_groups import GRACE_S
from .processes import CannotStart, Ended, Program, run_program
from .stage_files import StageFiles, stage_environment, stage_files

PLACEHOLDERS = (
    *("model", "provider", "provider_model", "effort", "session"),
    *("node", "prompt", "prompt_file"),
)
ERRORS_FILE = "agent_errors.txt"
OUTPUT_FILE = "agent_output.txt"
PROMPT_FILE = "agent_prompt.md"
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
_PLACES = {
    "model": ("model", "provider_model"),
    "effort": ("effort",),
}


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

    `{model}`, `{provider}`, `{provider_model}` (`provider/model`, or the model alone),
    `{effort}`, `{session}`, `{node}`, `{prompt}` and `{prompt_file}` may stand in arguments; with
    one of the last two nothing is written to standard input. An argument whose placeholder has
    no value is left out, and with it the option before it (`--model {model}`).
    """

    def __init__(
        self,
        argv: Sequence[str],
        environment: Mapping[str, str],
        grace_s: float = GRACE_S,
        *,
        goes_on: Sequence[str] = (),
        form: Form = plain,
        strict_errors: bool = False,
    ) -> None:
        """`environment` is what the program inherits, `goes_on` the command line with which it
        goes on with a session, where that is another one. `form` reads what it prints; with
        `strict_errors` its errors are told apart by their words. Raises `BadCommand`.
        """
        self._argv = _checked(argv)
        self._goes_on = _checked(goes_on) if goes_on else self._argv
        self._environment = dict(environment)
        self._grace_s = grace_s
        self._form = form
        self._strict_errors = strict_errors

    def unready(self, agent: Agent) -> str | None:
        program = self._argv[0]
        if shutil.which(program, path=self._environment.get("PATH")) is not None:
            return None
        return (
            f"the agent program '{program}' is not found, or may not be executed; install it, "
            "or choose another agent"
        )

    async def respond(self, call: Call, agent: Agent, prompt: str) -> Response:
        template = self._goes_on if call.session else self._argv
        named = {name for argument in template for name in _PLACEHOLDER.findall(argument)}
        try:
            files = stage_files(call)
            if "prompt_file" in named:
                _write_prompt(files, prompt)
            program = Program(
                argv=_arguments(template, _values(call, agent, prompt, files)),
                folder=call.workspace,
                environment=stage_environment(call, files, self._environment),
                stdin=None
                if named & {"prompt", "prompt_file"}
                else prompt.encode("utf-8", "replace"),
            )
            ended = await run_program(program, call.report, grace_s=self._grace_s)
        except CannotStart as error:
            return Response("", Status.FAIL, str(error), error.permanent)
        response = self._response(ended, files)
        return response._replace(ignored=_unused(named, call, agent))

    def _response(self, ended: Ended, files: StageFiles) -> Response:
        """What the end of the program and its output mean."""
        result = verdict(ended, "the agent program")
        fault = ""
        try:
            said = self._form(ended.stdout)
        except NotUnderstood as error:
            said, fault = Said(as_line_text(ended.stdout.whole())), str(error)
        status, reason, permanent = result.status, result.reason, result.permanent
        source = "exit_code"
        if said.error is not None:
            source = "agent_output"
            reason = f"the agent program reports an error: {shortened(said.error)}"
            status = status if status is not Status.SUCCESS else Status.FAIL
        elif fault and status is Status.SUCCESS:
            status, reason = Status.FAIL, f"the agent program ended well, but {fault}"
        if self._strict_errors and status is Status.FAIL and not permanent:
            status, permanent = judged(said.error or reason)
        return Response(
            text=said.text,
            status=status,
            failure_reason=reason,
            permanent=permanent,
            source=source,
            status_file=files.status,
            artifacts=self._artifacts(ended),
            session=said.session,
            usage=said.usage,
        )

    def _artifacts(self, ended: Ended) -> dict[str, bytes]:
        errors = ended.stderr.whole()
        kept = {ERRORS_FILE: errors} if errors else {}
        if self._form is not plain:
            kept[OUTPUT_FILE] = ended.stdout.whole()
        return kept


def _checked(argv: Sequence[str]) -> tuple[str, ...]:
    if not argv or not argv[0]:
        raise BadCommand("the agent command is empty")
    for argument in argv:
        for name in _PLACEHOLDER.findall(argument):
            _known(name)
    # A path is meant from where the engine was started, not from a stage's workspace.
    program = str(Path(argv[0]).absolute()) if "/" in argv[0] else argv[0]
    return (program, *argv[1:])


def _known(name: str) -> None:
    if name not in PLACEHOLDERS:
        meant = nearest(name, PLACEHOLDERS)
        hint = f"did you mean {{{meant}}}?" if meant else "known: " + ", ".join(PLACEHOLDERS)
        raise BadCommand(f"the agent command has an unknown placeholder {{{name}}}; {hint}")


def _values(call: Call, agent: Agent, prompt: str, files: StageFiles) -> dict[str, str]:
    model, provider = agent.model or "", agent.provider or ""
    qualified = f"{provider}/{model}" if model and provider and "/" not in model else model
    return {
        "model": model,
        "provider": provider,
        "provider_model": qualified,
        "effort": agent.effort or "",
        "session": call.session,
        "node": call.step.id,
        "prompt": prompt,
        "prompt_file": str(files.folder / PROMPT_FILE),
    }


def _arguments(template: tuple[str, ...], values: Mapping[str, str]) -> tuple[str, ...]:
    argv: list[str] = []
    for argument in template:
        names = _PLACEHOLDER.findall(argument)
        if all(values[name] for name in names):
            argv.append(_PLACEHOLDER.sub(lambda match: values[match[1]], argument))
        elif argument == f"{{{names[0]}}}" and argv[-1].startswith("-") and len(argv) > 1:
            argv.pop()
    return tuple(argv)


def _write_prompt(files: StageFiles, prompt: str) -> None:
    path = files.folder / PROMPT_FILE
    try:
        path.unlink(missing_ok=True)
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(handle, "wb") as written:
            written.write(prompt.encode("utf-8", "replace"))
    except OSError as error:
        reason = f"cannot write the prompt into the stage's folder: {error.strerror}"
        raise CannotStart(reason, permanent=False) from error


def _unused(named: set[str], call: Call, agent: Agent) -> tuple[str, ...]:
    """What the stage asks for and the command line has no place for."""
    asked = {"model": agent.model, "effort": agent.effort}
    told = [
        f"the agent's command line has no place for the {name} '{value}'"
        for name, value in asked.items()
        if value and not named.intersection(_PLACES[name])
    ]
    if call.session and "session" not in named:
        told.append("the agent cannot go on with a session; it began a fresh one")
    return tuple(told)
