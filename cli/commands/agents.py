"""Who answers the prompts of a run: by options, by configuration, by a run's own record.

What a run was made with goes into its record, without any key, so that its resume asks the
same agents. Keys come from the environment. It must not know how an agent is asked.
"""

from __future__ import annotations

import functools
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from .exits import Refused
from .settings import READINGS

if TYPE_CHECKING:
    from attractorc.compiler.plan.model import Plan
    from attractorc.compiler.value import Json
    from attractorc.interpreter.handlers.agent import Backend
    from attractorc.interpreter.redaction import Secrets

Function = TypeVar("Function", bound=Callable[..., Any])

DEFAULT = "simulate"


@dataclass(frozen=True, slots=True)
class Agents:
    """`backend` is the run's choice, None if nothing was said; `command` its program's line.

    `tables` are configured agents by name, `providers` backends by `llm_provider`,
    `status_file` how status files are read, None if nothing was said. `place` is the file that
    configures them, '' if none is known.
    """

    backend: str | None = None
    command: str | None = None
    tables: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    providers: Mapping[str, str] = field(default_factory=dict)
    status_file: str | None = None
    place: str = ""

    @property
    def chosen(self) -> str:
        """The backend of nodes that name none and have no provider with one."""
        return self.backend or DEFAULT

    @property
    def lenient(self) -> bool:
        """Whether status files are read leniently."""
        return self.status_file == READINGS[1]

    def over(self, other: Agents) -> Agents:
        """These, and where they say nothing what the others say.

        A backend that is chosen here goes before the others' providers. Another one than theirs
        is not started by their command line.
        """
        is_theirs = self.backend in (None, other.chosen)
        return Agents(
            self.backend or other.backend,
            self.command or (other.command if is_theirs else None),
            {**other.tables, **self.tables},
            self.providers if self.backend else {**other.providers, **self.providers},
            self.status_file or other.status_file,
            self.place or other.place,
        )

    def recorded(self) -> dict[str, Json]:
        """As a run's options keep it, for its resume; {} if nothing was said."""
        told: dict[str, Json] = {
            "backend": self.backend,
            "agent_command": self.command,
            "agents": {name: dict(table) for name, table in self.tables.items()},
            "providers": dict(self.providers),
            "status_file": self.status_file,
        }
        return {name: value for name, value in told.items() if value}

    def backends(self, environment: Mapping[str, str], hidden: Secrets) -> Mapping[str, Backend]:
        """All backends beside `simulate`. What is `hidden` stands in no file. Raises `Refused`."""
        from attractorc.interpreter.handlers.agent_choice import BadAgent, backends_of
        from attractorc.interpreter.handlers.agent_command import BadCommand

        if self.backend == "command" and self.command is None:
            raise Refused(
                "--backend command needs to know the program: give --agent-command 'PROGRAM ARGS'"
            )
        try:
            return backends_of(
                self.tables,
                environment,
                command=self.command,
                backend=self.chosen,
                secrets=hidden,
            )
        except BadCommand as error:
            raise Refused(f"--agent-command: {error}") from error
        except BadAgent as error:
            place = self.place or "the run's configuration"
            raise Refused(f"{place}, agents: {error}") from error

    def secrets(self, environment: Mapping[str, str]) -> tuple[str, ...]:
        """The variables that hold keys of these agents, as far as they could be secrets."""
        from attractorc.interpreter.handlers.agent_choice import key_variables
        from attractorc.interpreter.redaction import SHORTEST

        names = key_variables(self.tables)
        return tuple(name for name in names if len(environment.get(name, "")) >= SHORTEST)


def of_run(options: Mapping[str, Json]) -> Agents:
    """What a run was told when it was made."""
    told = cast("Mapping[str, Any]", options)
    return Agents(
        told.get("backend"),
        told.get("agent_command"),
        told.get("agents", {}),
        told.get("providers", {}),
        told.get("status_file"),
    )


def refuse_unused_command(given: Agents, agents: Agents, plan: Plan) -> None:
    """Refuse a command line for a program that no stage of the plan could be answered by.

    `given` is what this command was told, `agents` all that holds for the run.
    """
    from attractorc.interpreter.handlers.agent_choice import COMMAND, takes_command
    from attractorc.interpreter.state.memory import agent_of

    if given.command is None or takes_command(agents.chosen, agents.tables):
        return
    asked = (agent_of(step) for one in plan.family for step in one.steps.values())
    if COMMAND in {one.backend for one in asked if one} or COMMAND in agents.providers.values():
        return
    raise Refused(
        f"--agent-command: nobody runs it, because '{agents.chosen}' is who answers prompts; add "
        f"--backend {COMMAND}"
    )


def refuse_marker(agents: Agents) -> None:
    """What held a secret was kept without it, so it cannot be used again."""
    from attractorc.compiler.value import canonical
    from attractorc.interpreter.redaction import has_marker

    if agents.command is not None and has_marker(agents.command):
        raise Refused(
            "the run's agent command held a secret, which was not kept; give it again with "
            "--agent-command"
        )
    for name, table in agents.tables.items():
        if has_marker(canonical(dict(table))):
            raise Refused(
                f"the run's agent '{name}' was configured with a secret, which was not kept; "
                "give another one with --backend"
            )


def configured_agents(file: str) -> Agents:
    """What the configuration for a pipeline file says."""
    from .configuration import Configurations

    settings = Configurations().nearest(Path(file).parent)
    lenient = settings.status_file if settings.status_file == READINGS[1] else None
    return Agents(
        settings.backend, None, settings.agents, settings.providers, lenient, settings.place
    )


def located(table: Mapping[str, Any], folder: Path) -> Mapping[str, Any]:
    """A configured agent whose relative paths are meant from a folder.

    A program without a slash is looked for on the PATH, as in a shell.
    """
    found = dict(table)
    if isinstance(file := table.get("ca-file"), str) and file:
        found["ca-file"] = str(folder / file)
    if isinstance(program := table.get("program"), str) and "/" in program:
        found["program"] = str(folder / program)
    for key in ("command", "resume-command"):
        if isinstance(line := table.get(key), str):
            found[key] = _located_line(line, folder)
    return found


def _located_line(line: str, folder: Path) -> str:
    try:
        words = shlex.split(line)
    except ValueError:
        return line  # its fault is told where the command is used
    if not words or "/" not in words[0] or Path(words[0]).is_absolute():
        return line
    return shlex.join((str(folder / words[0]), *words[1:]))


def agent_options(function: Function) -> Function:
    """`--backend`, `--agent-command` and `--status-file`, given as one `agents`."""

    @functools.wraps(function)
    def wrapped(
        *arguments: Any,
        backend: str | None,
        agent_command: str | None,
        status_file: str | None,
        **more: Any,
    ) -> Any:
        if backend == "":
            raise Refused("--backend: must be a name, as in claude")
        if agent_command == "":
            raise Refused("--agent-command: the agent command is empty")
        given = Agents(backend, agent_command, status_file=status_file)
        return function(*arguments, agents=given, **more)

    wrapped = click.option(
        "--status-file",
        type=click.Choice(READINGS),
        help="How status files of stages are read (default: strict).",
    )(wrapped)
    wrapped = click.option(
        "--agent-command",
        metavar="COMMAND",
        help="The program of --backend command, or a preset's, with options.",
    )(wrapped)
    return click.option(
        "--backend",
        metavar="NAME",
        help="Who answers prompts: simulate (default), command, openai, a preset such as claude, "
        "or a configured agent.",
    )(wrapped)  # type: ignore[return-value]
