"""What the README and the docs show is true: their files exist, their commands say just that.

A `<!-- file: NAME -->` before a fenced block names the file that it is; `<!-- try -->` marks
a console session. All sessions of a page run in one shell, in a folder that is empty but for
these files; those of an example in a copy of its folder. `...` stands for what differs from run
to run.
"""

from __future__ import annotations

import doctest
import os
import re
import shutil
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from attractorc.commands import COMMANDS
from attractorc.compiler.driver import compile_bytes

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted(ROOT.glob("examples/*/README.md"))
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *EXAMPLES)
FENCED = re.compile(
    r"^<!-- (file: (?P<name>[\w./-]+)|try) -->\n```\w+\n(?P<text>.*?)^```$", re.M | re.S
)
PIPELINES = re.compile(r"^```(dot|yaml)\n(.*?)^```$", re.M | re.S)
END = "=== end of a command ==="
FLAGS = doctest.ELLIPSIS


@dataclass(frozen=True, slots=True)
class Command:
    """One command of a session and what it prints, both streams together."""

    typed: str
    expected: str


def files_of(text: str) -> dict[str, str]:
    return {found["name"]: found["text"] for found in FENCED.finditer(text) if found["name"]}


def commands_of(text: str) -> list[Command]:
    commands: list[Command] = []
    for found in FENCED.finditer(text):
        if found["name"]:
            continue
        for part in re.split(r"^\$ ", found["text"], flags=re.M)[1:]:
            typed, _, expected = part.partition("\n")
            commands.append(Command(typed, expected))
    return commands


def printed_by(commands: list[Command], folder: Path) -> list[str]:
    """What each command prints, in one shell; its exit status is the next one's `$?`."""
    programs = folder.parent / "bin"
    programs.mkdir()
    program = programs / "attractorc"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m attractorc "$@"\n', "utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    script = "".join(
        f"{command.typed}\n__status=$?; echo '{END}'; (exit $__status)\n" for command in commands
    )
    done = subprocess.run(
        ["sh", "-c", script],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        env={
            **os.environ,
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "XDG_STATE_HOME": str(folder.parent / "state"),
        },
    )
    return done.stdout.split(f"{END}\n")[:-1]


@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if commands_of(page.read_text("utf-8"))],
    ids=lambda page: page.name if page not in EXAMPLES else page.parent.name,
)
def test_every_session_prints_what_the_page_shows(page: Path, tmp_path: Path) -> None:
    text = page.read_text("utf-8")
    folder = tmp_path / "empty"
    if page in EXAMPLES:
        shutil.copytree(page.parent, folder)
    else:
        folder.mkdir()
    for name, content in files_of(text).items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(content, "utf-8")
    commands = commands_of(text)
    printed = printed_by(commands, folder)
    assert len(printed) == len(commands), printed
    checker = doctest.OutputChecker()
    for command, said in zip(commands, printed, strict=True):
        example = doctest.Example(command.typed, command.expected)
        assert checker.check_output(command.expected, said, FLAGS), (
            f"$ {command.typed}\n{checker.output_difference(example, said, FLAGS)}"
        )


def test_the_first_lines_are_the_two_commands() -> None:
    first, second, *_ = PAGES[0].read_text("utf-8").splitlines()
    assert first.split("#")[0].strip() == "make run"
    assert second.split("#")[0].strip() == "make test"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_whole_pipeline_on_a_page_is_without_findings(page: Path) -> None:
    beside = files_of(page.read_text("utf-8"))
    for language, text in PIPELINES.findall(page.read_text("utf-8")):
        if text.startswith(("digraph", "pipeline:")):
            name = "example" if page.name == "rules.md" else page.stem
            compiled = compile_bytes(
                text.encode(), f"{name}.{language}", files=lambda path: beside[path].encode()
            )
            assert compiled.diagnostics == (), text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_into_the_project_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text("utf-8")):
        assert (page.parent / target).exists(), target


def test_the_readme_names_every_command_that_exists_and_denies_none() -> None:
    text = PAGES[0].read_text("utf-8")
    there, _, missing = text.partition("## What this version does not do")
    assert [name for name in COMMANDS if not re.search(rf"`(attractorc )?{name}\b", there)] == []
    assert [name for name in COMMANDS if f"`{name}`" in missing] == []
