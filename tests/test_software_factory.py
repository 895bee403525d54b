"""The software factory over its real sample: agents that edit, worktrees, a vote, a person.

The runs are real: git repositories, processes, a store. What agents would write, stubs write.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from . import forked
from .test_crash import alive
from .test_examples import EXAMPLES, attractorc

FACTORY = EXAMPLES / "software_factory"
BRANCHES = ("simple", "careful", "quick")
TESTS = ("test_simple", "test_careful", "test_quick")
ENDS = ("release", "exit")
WAITS = """#!/bin/sh
# The stub, but that `careful` never comes to its end where the file `wait` is.
if [ "$1" = careful ] && [ -e {folder}/wait ]; then echo $$ > {folder}/careful; sleep 600; fi
echo "$1" >> {folder}/asked
exec "{python}" "{stub}" "$1"
"""


CLAUDE = """#!{python}
import json, os, subprocess, sys

node = os.environ["ATTRACTOR_NODE_ID"]
with open("{folder}/called", "a") as called:
    print(json.dumps([node, *sys.argv[1:]]), file=called)
said = subprocess.run(["{python}", "{stub}", node], stdin=sys.stdin, capture_output=True, text=True)
told = dict(type="result", is_error=False, result=said.stdout.strip(), session_id="of-" + node)
print(json.dumps(told))
"""


@dataclass
class Factory:
    """A folder with a project of its own, and the runs that change it."""

    folder: Path

    def __post_init__(self) -> None:
        made = subprocess.run(
            ["sh", str(FACTORY / "new_project.sh"), str(self.project)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert made.returncode == 0, made.stderr

    @property
    def project(self) -> Path:
        return self.folder / "titles"

    def __call__(self, command: str, *arguments: str, code: int = 0) -> str:
        store = ("--store", "runs.db")
        done = attractorc(command, *arguments, *store, cwd=self.folder)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    def run(self, *options: str, suffix: str = ".dot", code: int = 0) -> str:
        given = (str(FACTORY / f"factory{suffix}"), "-C", "titles", "--run-id", "one")
        return self("exec", *given, *options, code=code)

    def git(self, *arguments: str) -> list[str]:
        done = subprocess.run(
            ["git", "-C", str(self.project), *arguments], capture_output=True, text=True, check=True
        )
        return done.stdout.splitlines()

    def told(self, command: str, *arguments: str) -> list[dict[str, Any]]:
        lines = self(command, "one", *arguments, "--json").splitlines()
        return [json.loads(line) for line in lines]

    def why(self, target: str) -> dict[str, Any]:
        (found,) = self.told("why", target)
        data: dict[str, Any] = found["data"]
        return data

    def value(self, key: str) -> Any:
        return self.why(key)["origin"]["value"]

    def stages(self) -> list[str]:
        return [each["attempt_id"] for each in self.told("attempts")]

    def worktree(self, branch: str) -> Path:
        return self.folder / "runs.db.workspaces" / "one" / "build.1" / branch

    def digest(self) -> str:
        shown = self("show", "one").splitlines()
        (line,) = [line for line in shown if line.split()[0] == "outcome"]
        return line.split()[1]


@pytest.fixture
def factory(tmp_path: Path) -> Factory:
    return Factory(tmp_path)


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Factory:
    """A run with stubs that nothing interrupted; a person has read what came of it and said yes."""
    factory = Factory(tmp_path_factory.mktemp("released"))
    factory.run("--backend", "stub", "--interviewer", "park", code=3)
    (factory.folder / "status").write_text("\n".join(factory.git("status", "--porcelain")))
    (factory.folder / "log").write_text("\n".join(factory.git("log", "--format=%s")))
    factory("answer", "one", "review", "yes")
    factory("resume", "one")
    return factory


class TestStubs:
    def test_each_branch_has_a_worktree_in_which_its_own_tests_really_ran(
        self, released: Factory
    ) -> None:
        worktrees = "\n".join(released.git("worktree", "list"))
        assert [str(released.worktree(name)) in worktrees for name in BRANCHES] == [True] * 3
        texts = {(released.worktree(name) / "titles" / "slugs.py").read_text() for name in BRANCHES}
        assert len(texts) == 3
        by_hand = subprocess.run(
            [sys.executable, "-B", "-m", "unittest"],
            cwd=released.worktree("careful"),
            capture_output=True,
            text=True,
            check=False,
        )
        assert (by_hand.returncode, "Ran 5 tests" in by_hand.stderr) == (0, True), by_hand.stderr
        results = {each["branch_id"]: each for each in released.value("parallel.results")}
        assert [results[name]["status"] for name in BRANCHES] == ["success"] * 3
        assert [results[name]["score"] for name in BRANCHES] == [100] * 3
        for name, slug in (("simple", "crème-brûlée"), ("careful", "creme-brulee")):
            made = released.value(f"parallel.build.branch.{name}.context.tool.output")
            assert json.loads(made)["behaviour"][0] == slug

    def test_an_agent_may_commit_or_leave_it(self, released: Factory) -> None:
        heads = {
            name: released.git("log", "--format=%an", f"attractorc/one/build.1/{name}")
            for name in BRANCHES
        }
        assert "A stub" in heads["simple"]
        assert "A stub" not in heads["careful"] + heads["quick"]

    def test_who_breaks_a_test_is_told_and_mends_it_in_its_own_conversation(
        self, released: Factory
    ) -> None:
        tries = [
            (each["stage"].rsplit("/")[-1], each["status"], each["reason"])
            for each in released.told("attempts")
            if each["path"] == "/build.1/quick"
        ]
        assert [(stage, status) for stage, status, _ in tries] == [
            ("quick.1", "success"),
            ("test_quick.1", "fail"),
            ("quick.2", "success"),
            ("test_quick.2", "success"),
        ]
        assert tries[1][2] == (
            "the command exited with status 1: 1 test failed: test_a_title_without_words"
        )
        released("export", "one", "logs")
        told = (released.folder / "logs" / "quick" / "prompt.md").read_text()
        assert told.startswith("## The conversation so far")
        assert told.endswith('so far: ["test_a_title_without_words"]\n')

    def test_the_vote_leaves_two_and_an_agent_chooses_after_looking_at_their_files(
        self, released: Factory
    ) -> None:
        winner = released.why("build")["merge"]["winner"]
        assert (winner["id"], winner["method"]) == ("quick", "vote(behaviour), prompt")
        assert winner["asked"]["candidates"] == ["simple", "quick"]
        (asked,) = [each for each in released.told("attempts") if each["node_id"] == "choose"]
        assert asked["agent"] == {"backend": "stub"}

    def test_the_winners_files_wait_for_a_person_and_no_others(self, released: Factory) -> None:
        assert (released.folder / "log").read_text() == "Begin"
        assert (released.folder / "status").read_text().split("\n") == [
            " M titles/__init__.py",
            "?? tests/test_slugs.py",
            "?? titles/slugs.py",
        ]
        for name in ("titles/__init__.py", "tests/test_slugs.py", "titles/slugs.py"):
            mine = (released.project / name).read_bytes()
            assert mine == (released.worktree("quick") / name).read_bytes()
        (question,) = released.told("questions")
        assert (question["node_id"], question["selected"]) == ("review", "[Y] Yes")

    def test_there_is_one_release(self, released: Factory) -> None:
        assert sum("/release.1" in each["stage"] for each in released.told("attempts")) == 1
        assert released.git("log", "--format=%s") == ["Release 0.2.0", "Begin"]
        assert released.git("tag") == ["v0.2.0"]
        assert released.git("status", "--porcelain") == []
        assert released.value("version") == "0.2.0"
        released("replay", "one")

    def test_the_twin_comes_to_the_same_one_branch_after_the_other(
        self, released: Factory, factory: Factory
    ) -> None:
        (factory.folder / "answers").write_text("yes\n")
        given = ("--backend", "stub", "--interviewer", "queue:answers", "--jobs", "1")
        factory.run(*given, suffix=".yaml")
        assert factory.digest() == released.digest()
        assert factory.git("log", "--format=%T", "-1") == released.git("log", "--format=%T", "-1")


def test_a_well_known_agents_program_needs_no_other_pipeline(
    released: Factory, factory: Factory
) -> None:
    program = factory.folder / "bin" / "claude"
    program.parent.mkdir()
    stub = FACTORY / "agents" / "stub.py"
    program.write_text(CLAUDE.format(python=sys.executable, folder=factory.folder, stub=stub))
    program.chmod(0o755)
    factory.run("--backend", "claude", "--interviewer", "auto")
    assert factory.digest() == released.digest()
    lines = (factory.folder / "called").read_text().splitlines()
    called = [(node, arguments) for node, *arguments in map(json.loads, lines)]
    allowed = ["--permission-mode acceptEdits" in " ".join(arguments) for _, arguments in called]
    assert allowed == [True] * 6, "attractorc.toml says what an agent may do"
    goes_on = [(node, args[-1]) for node, args in called if "--resume" in args]
    assert goes_on == [("quick", "of-quick")], "who mends goes on with its own session"


@pytest.mark.parametrize("suffix", [".dot", ".yaml"])
def test_simulated_agents_leave_nothing_to_release(factory: Factory, suffix: str) -> None:
    factory.run("--backend", "simulate", "--interviewer", "auto", suffix=suffix)
    assert factory.value("score") == 0
    assert factory.why("build")["merge"]["winner"]["asked"]["answer"] == "simple"
    ran = {each["node_id"] for each in factory.told("attempts")}
    assert ran == {"start", "plan", "build", *BRANCHES, *TESTS, "choose", "review", *ENDS}
    assert factory.value("version") == "nothing has changed: there is no new version"
    assert (factory.git("log", "--format=%s"), factory.git("tag")) == (["Begin"], [])


def test_killed_while_agents_write_it_goes_on_and_comes_to_the_same(
    released: Factory, factory: Factory
) -> None:
    slow = factory.folder / "slow.sh"
    stub = FACTORY / "agents" / "stub.py"
    slow.write_text(WAITS.format(folder=factory.folder, python=sys.executable, stub=stub))
    slow.chmod(0o755)
    (factory.folder / "wait").touch()
    command = [sys.executable, "-m", "attractorc", "exec", str(FACTORY / "factory.dot")]
    command += ["-C", "titles", "--run-id", "one", "--store", "runs.db", "--interviewer", "park"]
    command += ["--backend", "command", "--agent-command", f"{slow} {{node}}"]
    with (factory.folder / "progress").open("w") as progress:
        engine = forked.Process(
            command, cwd=factory.folder, stdout=progress, stderr=progress, env=with_python(factory)
        )
        told = until(factory.folder / "progress", "quick › test_quick: ok", "simple › test_simple")
    hung = int((factory.folder / "careful").read_text())
    engine.send_signal(signal.SIGKILL)
    engine.wait()
    assert "careful › careful: ok" not in told
    assert alive(hung), "its program is left behind"
    (factory.folder / "wait").unlink()
    factory("resume", "one", code=3)
    assert not alive(hung)
    factory("answer", "one", "review", "yes")
    factory("resume", "one")
    asked = (factory.folder / "asked").read_text().split()
    assert sorted(asked) == ["careful", "choose", "plan", "quick", "quick", "simple"]
    assert factory.digest() == released.digest()
    assert factory.git("log", "--format=%s") == ["Release 0.2.0", "Begin"]


def with_python(factory: Factory) -> dict[str, str]:
    """The environment in which `python3` is this Python."""
    tools = factory.folder / "bin"
    tools.mkdir(exist_ok=True)
    with contextlib.suppress(FileExistsError):
        (tools / "python3").symlink_to(sys.executable)
    return {**os.environ, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"}


def until(file: Path, *parts: str) -> str:
    """What a file says once all parts are in it."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        text = file.read_text()
        if all(part in text for part in parts):
            return text
        time.sleep(0.05)
    raise AssertionError(text)


def undone(factory: Factory, *commands: str) -> None:
    for command in commands:
        factory.git(*command.split())


@pytest.mark.parametrize(
    "back",
    [
        pytest.param(["tag --delete v0.2.0"], id="before the tag"),
        pytest.param(["tag --delete v0.2.0", "reset --soft HEAD~"], id="before the commit"),
        pytest.param(
            ["tag --delete v0.2.0", "reset --soft HEAD~", "restore -SW VERSION"],
            id="before the version",
        ),
    ],
)
def test_a_release_that_is_killed_half_way_is_finished_and_not_made_twice(
    factory: Factory, back: list[str]
) -> None:
    (factory.project / "NEWS").write_text("new\n")
    given = {"ATTRACTOR_ATTEMPT_ID": "one:/release.1@1", "ATTRACTOR_INPUT_TASK": "Say news"}
    release = [sys.executable, "-B", "tools/release.py"]
    for again in (True, False):
        done = subprocess.run(
            release,
            cwd=factory.project,
            env={**os.environ, **given},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stdout) == (0, "0.2.0\n"), done.stderr
        if again:
            undone(factory, *back)
    assert factory.git("tag") == ["v0.2.0"]
    assert factory.git("log", "--format=%s") == ["Release 0.2.0", "Begin"]
    assert factory.git("status", "--porcelain") == []
    assert (factory.project / "VERSION").read_text() == "0.2.0\n"
    assert (factory.project / "CHANGELOG.md").read_text() == (
        "# Changes\n\n## 0.2.0\n\nSay news\n\n## 0.1.0\n\nAdd titles.shorten.\n"
    )
