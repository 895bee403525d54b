"""The agent backends of a run, by name: presets, endpoints, and what the configuration adds.

One table of the configuration becomes one backend; a table with the name of a preset, or
`openai`, says more about that one. Made before a run, without starting anything. It must not
know where configuration comes from, nor who chooses among backends.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from attractorc.compiler.value import Json, nearest

from ..redaction import NO_SECRETS, Secrets
from .agent import Backend
from .agent_command import BadCommand, CommandBackend, split_command
from .agent_openai import OpenAIBackend
from .agent_output import FORMS
from .agent_presets import PRESETS
from .endpoint import KEY_VARIABLE, Endpoint, from_environment
from .process_groups import GRACE_S

OPENAI = "openai"
COMMAND = "command"
RESERVED = ("simulate", COMMAND)
_PROGRAM_KEYS: Mapping[str, type] = {"preset": str, "program": str, "options": list}
_COMMAND_KEYS: Mapping[str, type] = {"command": str, "resume-command": str, "output": str}
_ENDPOINT_KEYS: Mapping[str, type] = {
    "endpoint": str,
    "api-key-env": str,
    "model": str,
    "tries": int,
    "connect-timeout": float,
    "read-timeout": float,
    "timeout": float,
    "stream": bool,
    "ca-file": str,
    "plain-http": bool,
}
_KINDS: Mapping[str, Mapping[str, type]] = {
    "preset": _PROGRAM_KEYS,
    "command": _COMMAND_KEYS,
    "endpoint": _ENDPOINT_KEYS,
}
_TYPES = {
    str: "a text",
    list: "a list of texts",
    int: "a whole number from 1",
    bool: "true or false",
}
_SECONDS = "a number of seconds above 0"


class BadAgent(ValueError):
    """An agent is configured wrongly; one sentence, beginning with its name."""


def key_variables(tables: Mapping[str, Mapping[str, Json]]) -> tuple[str, ...]:
    """The variables of the environment that hold the keys of endpoints."""
    names = (str(table.get("api-key-env") or "") for table in tables.values())
    return (KEY_VARIABLE, *filter(None, names))


def backends_of(
    tables: Mapping[str, Mapping[str, Json]],
    environment: Mapping[str, str],
    *,
    command: str | None = None,
    backend: str = "",
    grace_s: float = GRACE_S,
    secrets: Secrets = NO_SECRETS,
) -> dict[str, Backend]:
    """All backends of a run beside `simulate`. `tables` are the configuration's, by name.

    `command` is a command line: the program and the first options of `backend`, where that is a
    preset's, else the backend `command`. `secrets` are kept out of files. Raises `BadAgent` and
    `BadCommand`.
    """
    usual = OpenAIBackend(from_environment(environment), secrets=secrets)
    found: dict[str, Backend] = {OPENAI: usual}
    given = () if command is None else split_command(command)
    if command is not None and not given:
        raise BadCommand("the agent command is empty")
    wanted: dict[str, Mapping[str, Any]] = {**{key: {} for key in PRESETS}, **tables}
    for name, table in wanted.items():
        if name in RESERVED:
            raise BadAgent(f"'{name}' is a backend of its own; give the agent another name")
        kind = _kind(name, table)
        _check(name, kind, table)
        if kind == "endpoint":
            found[name] = OpenAIBackend(_endpoint(table, environment), secrets=secrets)
        elif kind == "command":
            found[name] = _own(name, table, environment, grace_s)
        else:
            over = given if name == backend else ()
            found[name] = _preset(name, table, over, environment, grace_s)
            given = () if over else given
    if given:
        found[COMMAND] = CommandBackend(given, environment, grace_s)
    return found


def takes_command(backend: str, tables: Mapping[str, Mapping[str, Json]]) -> bool:
    """Whether a command line that is given to a run is this backend's."""
    if backend == COMMAND:
        return True
    table = tables.get(backend, {})
    return "preset" in table or (backend in PRESETS and _kind(backend, table) == "preset")


def _kind(name: str, table: Mapping[str, Any]) -> str:
    for kind in _KINDS:
        if kind in table:
            return kind
    if name in PRESETS:
        return "preset"
    if name == OPENAI:
        return "endpoint"
    raise BadAgent(
        f"{name}: says nothing of what it is; write preset, command or endpoint, as in "
        'preset = "claude"'
    )


def _check(name: str, kind: str, table: Mapping[str, Any]) -> None:
    keys = _KINDS[kind]
    for key, value in table.items():
        if key not in keys:
            meant = nearest(key, keys)
            hint = f"did you mean '{meant}'?" if meant else f"known: {', '.join(keys)}"
            raise BadAgent(f"{name}: an agent with '{kind}' has no key '{key}'; {hint}")
        wanted = keys[key]
        if not _fits(value, wanted):
            what = _SECONDS if wanted is float else _TYPES[wanted]
            raise BadAgent(f"{name}, {key}: must be {what}")


def _fits(value: Any, wanted: type) -> bool:
    if wanted is bool or isinstance(value, bool):
        return wanted is bool and isinstance(value, bool)
    if wanted is list:
        return isinstance(value, list) and all(isinstance(each, str) for each in value)
    if wanted is float:
        return isinstance(value, int | float) and 0 < value < 1e9
    if wanted is int:
        return isinstance(value, int) and 0 < value < 1000
    return isinstance(value, wanted)


def _preset(
    name: str,
    table: Mapping[str, Any],
    over: tuple[str, ...],
    environment: Mapping[str, str],
    grace_s: float,
) -> Backend:
    chosen = table.get("preset", name)
    if chosen not in PRESETS:
        meant = nearest(chosen, PRESETS)
        hint = f"did you mean '{meant}'?" if meant else f"there are {', '.join(PRESETS)}"
        raise BadAgent(f"{name}: there is no preset '{chosen}'; {hint}")
    preset = PRESETS[chosen]
    program = over[0] if over else table.get("program")
    options = (*over[1:], *table.get("options", ()))
    starts, goes_on = preset.commands(program, options)
    form = FORMS[preset.output]
    return CommandBackend(
        starts, environment, grace_s, goes_on=goes_on, form=form, strict_errors=True
    )


def _own(
    name: str, table: Mapping[str, Any], environment: Mapping[str, str], grace_s: float
) -> Backend:
    output = table.get("output", "plain")
    if output not in FORMS:
        raise BadAgent(f"{name}, output: must be one of {', '.join(FORMS)}, not '{output}'")
    try:
        argv = split_command(table["command"])
        goes_on = split_command(table.get("resume-command", ""))
        return CommandBackend(argv, environment, grace_s, goes_on=goes_on, form=FORMS[output])
    except BadCommand as error:
        raise BadAgent(f"{name}: {error}") from error


def _endpoint(table: Mapping[str, Any], environment: Mapping[str, str]) -> Endpoint:
    variable = table.get("api-key-env", KEY_VARIABLE)
    usual = from_environment(environment)
    return replace(
        usual,
        url=table.get("endpoint", usual.url),
        key_variable=variable,
        key=environment.get(variable, "") if variable else "",
        model=table.get("model", ""),
        tries=table.get("tries", usual.tries),
        connect_s=table.get("connect-timeout", usual.connect_s),
        read_s=table.get("read-timeout", usual.read_s),
        total_s=table.get("timeout", usual.total_s),
        stream=table.get("stream", True),
        ca_file=table.get("ca-file", ""),
        plain_http=table.get("plain-http", False),
    )
