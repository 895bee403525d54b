"""The command line: a table of commands, loaded by name, and how a process ends.

One module a command, thin, with a `command`; a module is imported only when its command is
called, so that `check` stays instant. Every way to end is decided here, in `run`: what is
the user's to mend is one sentence, and a traceback is shown only with `--debug`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from io import TextIOWrapper

import click

from .exits import Exit, Refused

COMMANDS: dict[str, str] = {
    "check": "Find what is wrong with pipeline files.",
    "explain": "Say what a rule means, with examples.",
    "plan": "Compile a pipeline and show its plan.",
    "convert": "Write a pipeline in the other language.",
    "fmt": "Lay pipeline files out.",
    "exec": "Run a pipeline.",
    "test": "Run the scripted cases of pipelines.",
    "resume": "Go on after a crash, a stop, or an answer.",
    "answer": "Answer a question of a run.",
    "pause": "Stop a run at its next boundary; it can be resumed.",
    "cancel": "End a run for good.",
    "runs": "List runs.",
    "show": "Show one run in short.",
    "events": "Show what happened in a run.",
    "branches": "Show the branches of a run.",
    "joins": "Show the joins of a run.",
    "fan-in-decisions": "Show the merge decisions of a run.",
    "lineage": "Show where a value or a stage came from.",
    "checkpoints": "Show where a run stood whenever it was left.",
    "attempts": "Show every try at every stage.",
    "timeline": "Show what happened to the stages of a run.",
    "questions": "Show the questions of a run.",
    "why": "Explain joins and values.",
    "replay": "Prove that a run's journal gives its decisions.",
    "diff": "Find the first decision where two runs part.",
    "export": "Write a run's directory.",
    "mirror": "Send a run to a CXDB server, or compare it with what is there.",
    "gc": "Remove what ended runs left behind.",
    "schema": "Print a JSON Schema.",
}


@dataclass(slots=True)
class Session:
    """What the options before and after a command's name say about the whole process."""

    debug: bool = False


def _debug(context: click.Context, _parameter: click.Parameter, given: bool) -> None:
    if given:
        context.ensure_object(Session).debug = True


def _debug_option() -> click.Option:
    return click.Option(
        ["--debug"],
        is_flag=True,
        expose_value=False,
        callback=_debug,
        help="Show a traceback when something breaks.",
    )


class CommandTable(click.Group):
    """The commands of `COMMANDS`, each imported when it is asked for."""

    def list_commands(self, _context: click.Context) -> list[str]:
        """The names, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        """The command of that name, from its module."""
        if name not in COMMANDS:
            return None
        command: click.Command = import_module(f".{name.replace('-', '_')}", __name__).command
        if not any("--debug" in parameter.opts for parameter in command.params):
            command.params.append(_debug_option())
        return command

    def resolve_command(
        self, context: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, but a slip gets the nearest name without importing any command."""
        if args[0] in COMMANDS or args[0].startswith("-"):
            return super().resolve_command(context, args)
        from attractorc.compiler.value import nearest

        meant = nearest(args[0], COMMANDS)
        hint = f"; did you mean '{meant}'?" if meant else ""
        raise click.UsageError(f"there is no command '{args[0]}'{hint}", context)

    def format_commands(self, _context: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, from the table alone."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


group = CommandTable(
    name="attractorc",
    params=[_debug_option()],
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    help=(
        "Compile and run Attractor pipelines: graphs of agent, tool and human stages,"
        " written in DOT or YAML."
    ),
    epilog="Example: attractorc check review.dot",
)
group = click.version_option(package_name="attractorc", prog_name="attractorc")(group)


def run(arguments: Sequence[str] | None = None) -> None:
    """Run one command and end the process with its exit code (`Exit` lists them)."""
    session = Session()
    code: int = Exit.DONE
    try:
        code = _ended(arguments, session)
        sys.stdout.flush()
    except BrokenPipeError:
        # Nobody reads on: whatever is still buffered must not be complained about at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = code or Exit.NOT_HELD
    sys.exit(int(code))


def _ended(arguments: Sequence[str] | None, session: Session) -> int:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = group.main(arguments, prog_name="attractorc", standalone_mode=False, obj=session)
        return code if isinstance(code, int) else Exit.DONE
    except click.ClickException as error:
        error.show()
        return Exit.USAGE
    except Refused as refused:
        _say(str(refused))
        return refused.code
    except (click.Abort, KeyboardInterrupt):
        _say("interrupted")
        return Exit.INTERRUPTED
    except BrokenPipeError:
        raise
    except Exception as error:
        if session.debug:
            raise
        told = " ".join(str(error).split())
        _say(
            f"internal error, please report it: {type(error).__name__}: {told} "
            "(run again with --debug to see where)"
        )
        return Exit.INTERNAL


def _say(message: str) -> None:
    from .tables import printable

    click.echo(f"attractorc: {printable(message)}", err=True)
