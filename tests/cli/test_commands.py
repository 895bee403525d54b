"""The command table: help, lazy loading, exit codes, explain and schema."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import click
import pytest

from attractorc import commands
from attractorc.commands import COMMANDS, exits

HEAVY = ("lark", "jsonschema", "ruamel", "rich", "asyncio", "sqlite3", "msgpack")


def ended(*arguments: str) -> int:
    with pytest.raises(SystemExit) as raised:
        commands.run(arguments)
    code = raised.value.code
    assert isinstance(code, int)
    return code


@pytest.mark.parametrize("code", ["import attractorc", "attractorc.__main__.main()"])
def test_nothing_heavy_is_imported_before_it_is_used(code: str) -> None:
    script = (
        "import sys, attractorc.__main__\n"
        "sys.argv = ['attractorc', '--help']\n"
        f"try: {code}\n"
        "except SystemExit: pass\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert done.stderr.decode().strip() == "[]"


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_says_what_it_does_and_gives_an_example(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended(name, "--help") == 0
    told = " ".join(capsys.readouterr().out.split())
    assert f"Example: attractorc {name}" in told
    assert "--debug" in told
    command = import_module(f"attractorc.commands.{name.replace('-', '_')}").command
    assert isinstance(command, click.Command)
    assert command.get_short_help_str(100) == COMMANDS[name]


def test_the_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert ended("--help") == 0
    told = capsys.readouterr().out
    assert all(f"{name} " in told and line in told for name, line in COMMANDS.items())


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        pytest.param((), 2, "Usage: attractorc", id="nothing"),
        pytest.param(("chek",), 2, "did you mean 'check'?", id="a slip in a command"),
        pytest.param(("check", "--formt"), 2, "--format", id="a slip in an option"),
        pytest.param(("explain", "no_default"), 2, "'no_default_edge'", id="a slip in a rule"),
        pytest.param(("schema", "plans"), 2, "diagnostic", id="no such schema"),
        pytest.param(("plan",), 2, "FILE", id="a missing argument"),
    ],
)
def test_misuse_is_a_sentence_and_ends_with_2(
    arguments: Sequence[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended(*arguments) == code
    printed = capsys.readouterr()
    assert said in printed.err
    assert printed.out == ""


def test_our_own_fault_is_one_line_and_ends_with_70(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(**_: object) -> None:
        raise AssertionError("a wheel\ncame off")

    monkeypatch.setattr("attractorc.commands.schema.command.callback", broken)
    assert ended("schema") == 70
    assert capsys.readouterr().err == (
        "attractorc: internal error, please report it: AssertionError: a wheel came off "
        "(run again with --debug to see where)\n"
    )
    for arguments in (("--debug", "schema"), ("schema", "--debug")):
        with pytest.raises(AssertionError):
            commands.run(arguments)


def test_a_refusal_ends_with_its_own_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def parked(**_: object) -> None:
        raise exits.Refused("it waits for an answer", exits.Exit.PARKED)

    monkeypatch.setattr("attractorc.commands.schema.command.callback", parked)
    assert ended("schema") == 3
    assert capsys.readouterr().err == "attractorc: it waits for an answer\n"


def test_an_interrupt_ends_with_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(**_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("attractorc.commands.schema.command.callback", interrupted)
    assert ended("schema") == 130
    assert capsys.readouterr().err.strip() == "attractorc: interrupted"


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert ended("--version") == 0
    assert capsys.readouterr().out.startswith("attractorc, version 0.")


def test_explain_prints_a_page_and_lists_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert ended("explain", "reachability") == 0
    assert "Every node must be reachable" in capsys.readouterr().out
    assert ended("explain") == 0
    listed = capsys.readouterr().out.splitlines()
    assert any(line.startswith("syntax ") and " error " in line for line in listed)
    assert listed == sorted(listed)


def test_schemas_are_listed_and_printed_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert ended("schema") == 0
    names = capsys.readouterr().out.split()
    assert {"diagnostic", "event", "outcome", "pipeline", "plan", "query"} <= set(names)
    for name in names:
        assert ended("schema", name) == 0
        printed = json.loads(capsys.readouterr().out)
        if name == "registry":
            assert printed["registry_version"] == 1
            continue
        draft = printed["$schema"]
        assert draft.startswith(("https://json-schema.org/", "http://json-schema.org/draft-07/"))


def test_the_table_and_the_modules_fit() -> None:
    apart = {"__init__", "compiling", "exits", "files", "terminal"}
    folder = Path(commands.__file__).parent
    modules = {
        file.stem
        for file in folder.glob("*.py")
        if "\ncommand" in file.read_text("utf-8") or "def command(" in file.read_text("utf-8")
    }
    assert modules - apart == {name.replace("-", "_") for name in COMMANDS}
