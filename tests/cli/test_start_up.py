"""`check` starts quickly, because it imports only what the file at hand needs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PLAIN = """\
digraph g {
  start [shape=Mdiamond]
  exit [shape=Msquare]
  build [prompt="Build: ${context.what}", max_retries=2, timeout="900s"]
  checks [shape=component, join="wait_all"]
  lint [shape=parallelogram, tool_command="make lint"]
  test [shape=parallelogram, tool_command="make test"]
  joined [shape=tripleoctagon]
  start -> build -> checks -> {lint test} -> joined
  joined -> exit [condition="outcome=success"]
  joined -> build
}
"""
SLOW = ("lark", "ruamel", "jsonschema", "rich", "asyncio", "sqlite3", "msgpack", "hashlib")
UNUSED = ("attractorc.interpreter", "attractorc.compiler.lower", "attractorc.compiler.plan.model")


def imported(file: Path) -> set[str]:
    """The names of all modules that a check of a file imports."""
    command = [sys.executable, "-X", "importtime", "-m", "attractorc", "check", str(file)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    lines = [line for line in ended.stderr.splitlines() if line.startswith("import time:")]
    return {line.rsplit("|", 1)[-1].strip() for line in lines}


def among(names: set[str], packages: tuple[str, ...]) -> list[str]:
    return sorted(name for name in names if name.startswith(packages))


def test_a_check_of_plain_dot_imports_nothing_slow(tmp_path: Path) -> None:
    file = tmp_path / "g.dot"
    file.write_text(PLAIN, "utf-8")
    names = imported(file)
    assert "attractorc.compiler.frontend.dot_plain" in names
    assert among(names, SLOW + UNUSED) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [('"Build: ', '"Build: " + "'), ("outcome=success", "!(outcome=fail)")],
    ids=["texts joined by plus", "a condition that is more than equalities"],
)
def test_what_needs_a_grammar_gets_its_parser_only(tmp_path: Path, old: str, new: str) -> None:
    file = tmp_path / "g.dot"
    file.write_text(PLAIN.replace(old, new), "utf-8")
    names = imported(file)
    assert "lark" in names
    assert among(names, ("ruamel", "jsonschema", "rich", "asyncio", *UNUSED)) == []


INTERRUPTED = """
import os, signal, sys

class Presses:
    \"\"\"Ctrl-C at the moment in which each of some modules is about to be imported.\"\"\"

    def find_spec(self, name, path=None, target=None):
        if name in pressed:
            os.kill(os.getpid(), signal.SIGINT)

pressed, sys.argv[1:] = sys.argv[1:], ["schema"]
sys.meta_path.insert(0, Presses())
from attractorc.__main__ import main
main()
"""


@pytest.mark.parametrize(
    "modules",
    [
        ("attractorc.commands",),
        ("attractorc.commands.exits",),
        ("attractorc.commands.schema",),
        ("attractorc.commands.schema", "attractorc.commands.tables"),
    ],
    ids=[
        "before there is a command",
        "in the middle of an import",
        "while the command is looked for",
        "once more while that is said",
    ],
)
def test_who_interrupts_the_start_reads_one_line(modules: tuple[str, ...]) -> None:
    command = [sys.executable, "-c", INTERRUPTED, *modules]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr.strip()) == (130, "attractorc: interrupted")
