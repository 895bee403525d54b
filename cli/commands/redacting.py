"""Which values are kept out of a run: by options, by configuration, by a run's own record.

Turns names, patterns and a file of values into what the journal looks for. Values come from
the environment and from that file, never from the command line, which others can read. It
must not know where secrets are looked for.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from .exits import Refused
from .files import read_one

if TYPE_CHECKING:
    from attractorc.compiler.value import Json
    from attractorc.interpreter.redaction import Secret, Secrets

Function = TypeVar("Function", bound=Callable[..., Any])

_ENTRY = re.compile(r"(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*(.*?)[ \t]*")


@dataclass(frozen=True, slots=True)
class Redaction:
    """`names` and `spared` are names of variables, or patterns; `file` holds NAME=VALUE lines."""

    names: tuple[str, ...] = ()
    spared: tuple[str, ...] = ()
    file: str | None = None

    def and_also(self, other: Redaction) -> Redaction:
        """Both; what either spares is spared, and the other's file is taken if there is one."""
        return Redaction(
            tuple(dict.fromkeys((*self.names, *other.names))),
            tuple(dict.fromkeys((*self.spared, *other.spared))),
            other.file or self.file,
        )

    def recorded(self) -> dict[str, Json]:
        """As a run's options keep it, for its resume; {} if nothing was asked for."""
        found: dict[str, Json] = {
            "names": list(self.names),
            "spared": list(self.spared),
            "file": self.file,
        }
        told = {name: value for name, value in found.items() if value}
        return {"redact": told} if told else {}


def of_run(options: Mapping[str, Json]) -> Redaction:
    """What a run was told when it was made."""
    told = options.get("redact")
    if not isinstance(told, Mapping):
        return Redaction()
    names, spared = told.get("names", ()), told.get("spared", ())
    assert isinstance(names, list | tuple)
    assert isinstance(spared, list | tuple)
    file = str(told["file"]) if "file" in told else None
    return Redaction(tuple(map(str, names)), tuple(map(str, spared)), file)


def redaction_options(function: Function) -> Function:
    """`--redact`, `--no-redact` and `--redact-file`, given to a command as one `redaction`."""

    @functools.wraps(function)
    def wrapped(
        *arguments: Any,
        redact: tuple[str, ...],
        no_redact: tuple[str, ...],
        redact_file: str | None,
        **more: Any,
    ) -> Any:
        import os

        for name in redact:
            if not any(fnmatchcase(each, name) for each in os.environ):
                raise Refused(f"--redact {name}: there is no such environment variable")
        file = None if redact_file is None else str(Path(redact_file).absolute())
        return function(*arguments, redaction=Redaction(redact, no_redact, file), **more)

    for option, words in (
        ("--redact-file", "Keep the values of its NAME=VALUE lines out of the run."),
        ("--no-redact", "This variable is no secret."),
        ("--redact", "Keep this variable's value out of the run, too."),
    ):
        many = option != "--redact-file"
        metavar = "NAME" if many else "FILE"
        wrapped = click.option(option, multiple=many, metavar=metavar, help=words)(wrapped)
    return wrapped  # type: ignore[return-value]


def secrets_of(redaction: Redaction, environment: Mapping[str, str]) -> Secrets:
    """What is to be kept out, with its values. Raises `Refused` for a file that is none."""
    from attractorc.interpreter.redaction import Secrets, secrets_in

    found = list(secrets_in(environment, redaction.names, redaction.spared))
    if redaction.file is not None:
        found += _listed(redaction.file)
    return Secrets(found)


def configured_for(file: str) -> Redaction:
    """What the configuration for a pipeline file says."""
    from .configuration import Configurations

    settings = Configurations().nearest(Path(file).parent)
    return Redaction(settings.redact, settings.no_redact)


def _listed(file: str) -> list[Secret]:
    from attractorc.interpreter.redaction import Secret

    found = []
    text = read_one(file).data.decode("utf-8", "surrogateescape")
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        entry = _ENTRY.fullmatch(line.strip())
        if entry is None:
            raise Refused(f"{file}:{number}: is no NAME=VALUE, as a file of secrets has them")
        name, value = entry[1], entry[2]
        if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
            value = value[1:-1]
        found.append(Secret(name, value, listed=True))
    return found


def note_inputs(values: Mapping[str, Json], secrets: Secrets) -> None:
    """Say which inputs hold secrets: stages will see what stands for them."""
    for name, value in values.items():
        for secret in secrets.names(value):
            click.echo(
                f"note: the input '{name}' holds the value of {secret}; stages get a marker "
                f"instead: let them read ${secret}",
                err=True,
            )


def with_recorded(redaction: Redaction, options: Mapping[str, Json]) -> Redaction:
    """What a run was told, and what its resume is told. The file may have moved."""
    told = of_run(options)
    if told.file and redaction.file is None and not Path(told.file).is_file():
        raise Refused(
            f"{told.file}: the file of secrets that the run was started with is not there any "
            "more; name it with --redact-file"
        )
    return told.and_also(redaction)
