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
