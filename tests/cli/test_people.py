"""People on the command line: several open questions, late and second answers, a terminal."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import select
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from .inside import attractorc_inside

GATES = """digraph gates {
  start [shape=Mdiamond] exit [shape=Msquare]
  fan [shape=component] join [shape=tripleoctagon, merge="*: isolate; human.gate.*: isolate"]
  ship  [shape=hexagon, label="Ship it?"]
  name  [shape=hexagon, label="What is it called?", "human.type"=freeform]
  suite [shape=hexagon, label="Which?", "human.type"=multiple, "human.options"="unit, docs, lint"]
  work  [shape=parallelogram, tool_command="echo done > worked"]
  start -> fan -> {ship name suite work}
  ship -> join [label="[Y] Yes"]
  {name suite work} -> join
  join -> exit
}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / ".attractor").mkdir()
    (tmp_path / "gates.dot").write_text(GATES)
    return tmp_path


def test_gates_of_branches_park_together_and_are_answered_in_any_order(project: Path) -> None:
    parked = attractorc_inside("exec", "gates.dot", "--run-id", "r", cwd=project)
    assert parked.returncode == 3
    assert (project / "worked").exists()
    listed = attractorc_inside("questions", "r", "--open", cwd=project).stdout
    assert [line.split()[0] for line in listed.splitlines() if line.startswith("/")] == [
        "/fan.1/ship/ship.1",
        "/fan.1/name/name.1",
        "/fan.1/suite/suite.1",
    ]
    assert "in your own words" in listed
    assert "several may be chosen, with commas between, or none" in listed
    for node, choice in (("suite", "lint, 1"), ("ship", "y"), ("name", "call it Bob")):
        answered = attractorc_inside("answer", "r", node, choice, cwd=project)
        assert answered.returncode == 0, answered.stderr
    assert attractorc_inside("resume", "r", cwd=project).returncode == 0
    entries = attractorc_inside("questions", "r", "--json", cwd=project).stdout.splitlines()
    said = {entry["node_id"]: entry["selected"] for entry in map(json.loads, entries)}
    assert said == {"ship": "[Y] Yes", "name": "call it Bob", "suite": "unit, lint"}


WRONG = {
    "nonsense to a choice": (
        "ship",
        "perhaps",
        "'perhaps' is no choice of /fan.1/ship/ship.1: Y (yes)",
    ),
    "no words": ("name", "  ", "'  ' is no answer to /fan.1/name/name.1: write something"),
    "nonsense among several": (
        "suite",
        "unit, tests",
        "'unit, tests' is no answer to /fan.1/suite/suite.1: choose any of 1 (unit), 2 (docs), "
        "3 (lint), with commas between, or none",
    ),
    "a question that was never asked": (
        "shop",
        "y",
        "no open question is called 'shop' in r; open: /fan.1/ship/ship.1, /fan.1/name/name.1, "
        "/fan.1/suite/suite.1",
    ),
}


@pytest.mark.parametrize(("question", "choice", "told"), WRONG.values(), ids=WRONG)
def test_a_wrong_answer_is_one_sentence_and_loses_nothing(
    question: str, choice: str, told: str, project: Path
) -> None:
    attractorc_inside("exec", "gates.dot", "--run-id", "r", cwd=project)
    refused = attractorc_inside("answer", "r", question, choice, cwd=project)
    assert (refused.returncode, refused.stderr) == (2, f"attractorc: {told}\n")
    assert attractorc_inside("questions", "r", "--open", cwd=project).stdout.count("/fan.1/") == 3


def test_a_second_answer_before_the_run_goes_on_is_refused_and_the_first_counts(
    project: Path,
) -> None:
    attractorc_inside("exec", "gates.dot", "--run-id", "r", cwd=project)
    attractorc_inside("answer", "r", "name", "Bob", cwd=project)
    second = attractorc_inside("answer", "r", "name", "Alice", cwd=project)
    assert second.returncode == 2
    assert "has an answer already, 'Bob', which counts when the run goes on" in second.stderr
    attractorc_inside("resume", "r", cwd=project)
    late = attractorc_inside("answer", "r", "name", "Alice", cwd=project)
    assert late.stderr.startswith(
        "attractorc: the question /fan.1/name/name.1 of r is answered already: Bob; open: "
    )
    assert attractorc_inside("questions", "r", "--open", cwd=project).stdout.count("/fan.1/") == 2


def test_what_is_recorded_can_be_played_again_whatever_the_order(project: Path) -> None:
    (project / "answers").write_text(
        '{"node": "suite", "answer": "docs"}\n\n{"node": "name", "answer": "Bob"}\nyes\n'
    )
    recorded = attractorc_inside(
        *("exec", "gates.dot", "--run-id", "one", "--interviewer", "record:kept+queue:answers"),
        cwd=project,
    )
    assert recorded.returncode == 0, recorded.stderr
    kept = [json.loads(line) for line in (project / "kept").read_text().splitlines()]
    assert {one["node"]: one["answer"] for one in kept} == {
        "ship": "yes",
        "name": "Bob",
        "suite": "docs",
    }
    assert (project / "kept").stat().st_mode & 0o777 == 0o600
    lines = (project / "kept").read_text().splitlines()
    (project / "again").write_text("\n".join(reversed(lines)))
    played = attractorc_inside(
        *("exec", "gates.dot", "--run-id", "two", "--interviewer", "queue:again"), cwd=project
    )
    assert played.returncode == 0, played.stderr
    digests = [
        json.loads(attractorc_inside("show", run, "--json", cwd=project).stdout)["outcome_digest"]
        for run in ("one", "two")
    ]
    assert digests[0] == digests[1]


def test_a_recording_holds_no_secret_and_is_not_played_with_what_stands_for_one(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEPLOY_TOKEN", "hunter2-hunter2")
    (project / "answers").write_text(
        '{"node": "ship", "answer": "yes"}\n{"node": "suite", "answer": "docs"}\n'
        '{"node": "name", "answer": "with hunter2-hunter2"}\n'
    )
    recorded = attractorc_inside(
        *("exec", "gates.dot", "--interviewer", "record:kept+queue:answers"), cwd=project
    )
    assert recorded.returncode == 0, recorded.stderr
    kept = (project / "kept").read_text()
    assert "hunter2" not in kept
    line = 1 + next(n for n, one in enumerate(kept.splitlines()) if "with [redacted:" in one)
    played = attractorc_inside("exec", "gates.dot", "--interviewer", "queue:kept", cwd=project)
    assert (played.returncode, played.stderr) == (
        2,
        f"attractorc: kept:{line}: this answer held a secret, which was not recorded; write "
        "another one here\n",
    )


def test_an_answer_counts_also_where_it_cannot_be_recorded(project: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full here")
    ran = attractorc_inside(
        "exec", "gates.dot", "--interviewer", "record:/dev/full+auto", cwd=project
    )
    assert ran.returncode == 0, ran.stderr
    assert (
        "attractorc: /dev/full: the answer of /fan.1/ship/ship.1 is not recorded: no space left "
        "on device\n"
    ) in ran.stderr


def test_half_a_surrogate_pair_in_an_answer_is_recorded_as_json_spells_it(project: Path) -> None:
    (project / "answers").write_text(
        '{"node": "ship", "answer": "yes"}\n{"node": "suite", "answer": "docs"}\n'
        '{"node": "name", "answer": "\\ud83d"}\n'
    )
    ran = attractorc_inside(
        *("exec", "gates.dot", "--interviewer", "record:kept+queue:answers"), cwd=project
    )
    assert "Traceback" not in ran.stderr
    kept = [json.loads(line) for line in (project / "kept").read_text().splitlines()]
    assert {one["node"]: one["answer"] for one in kept}["name"] == "\ud83d"


MALFORMED = {
    "a file that is not there": (None, "the answers cannot be read: No such file or directory"),
    "a file that is no text": (b"\xff\xfe", "the answers cannot be read: they are no UTF-8"),
    "a line that is no JSON": (b'y\n{"answer": \n', ":2: begins with a brace and is no JSON: "),
    "a kind that is none": (b'{"kind": "maybe"}', ":1: 'kind' is 'maybe'; there are chosen, "),
    "an answer that is none": (b'{"node": "ship"}', ":1: has no 'answer', which is a text"),
    "a node that is none": (
        b'{"node": ["ship"], "answer": "y"}',
        ":1: 'question' and 'node' name a question each, by a text",
    ),
    "a line that is nested too deep": (
        b'{"node": ' + b"[" * 100_000,
        ":1: begins with a brace and is no JSON: ",
    ),
}


@pytest.mark.parametrize(("data", "told"), MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_queue_is_refused_before_anything_runs(
    data: bytes | None, told: str, project: Path
) -> None:
    if data is not None:
        (project / "answers").write_bytes(data)
    ran = attractorc_inside("exec", "gates.dot", "--interviewer", "queue:answers", cwd=project)
    assert ran.returncode == 2
    assert told in ran.stderr
    assert not (project / "worked").exists()


def test_an_unknown_interviewer_is_told_who_there_is(project: Path) -> None:
    ran = attractorc_inside("exec", "gates.dot", "--interviewer", "robot", cwd=project)
    assert ran.stderr.endswith(
        "there is no interviewer 'robot'; there are auto, console, park, queue:FILE and "
        "record:FILE\n"
    )


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("queue:", "--interviewer queue: names no file, as in queue:answers.jsonl"),
        ("record:", "--interviewer record: names no file, as in record:answers.jsonl"),
        (
            "record:kept+atuo",
            "--interviewer record:kept+atuo: there is no interviewer 'atuo'; did you mean 'auto'?",
        ),
    ],
)
def test_an_interviewer_without_what_it_needs_is_refused(
    name: str, told: str, project: Path
) -> None:
    ran = attractorc_inside("exec", "gates.dot", "--interviewer", name, cwd=project)
    assert (ran.returncode, ran.stderr) == (2, f"attractorc: {told}\n")
    assert not list(project.glob("kept*"))


class Typist:
    """Somebody at a pseudo-terminal, in front of a real process."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.pid, self._terminal = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execv(sys.executable, [sys.executable, "-m", "attractorc", *arguments])
        self.seen = ""

    def waits_for(self, text: str, limit_s: float = 30) -> None:
        """Read until a text was shown, or the terminal is closed."""
        until = time.monotonic() + limit_s
        while text not in self.seen:
            assert time.monotonic() < until, self.seen
            if select.select([self._terminal], [], [], 0.1)[0]:
                try:
                    self.seen += os.read(self._terminal, 4096).decode("utf-8", "replace")
                except OSError:
                    return
        self.seen = self.seen.partition(text)[2]

    def types(self, text: str) -> None:
        os.write(self._terminal, text.encode())

    def code(self, limit_s: float = 30) -> int:
        """How the process ends."""
        until = time.monotonic() + limit_s
        while time.monotonic() < until:
            if select.select([self._terminal], [], [], 0.05)[0]:
                with contextlib.suppress(OSError):
                    self.seen += os.read(self._terminal, 4096).decode("utf-8", "replace")
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.pid = 0
                return os.waitstatus_to_exitcode(status)
        raise AssertionError(self.seen)

    def close(self) -> None:
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self._terminal)


@pytest.fixture
def typist(project: Path) -> Iterator[Typist]:
    made = Typist(project, "exec", "gates.dot", "--run-id", "r")
    yield made
    made.close()


def test_a_terminal_is_asked_one_question_after_another_in_their_order(typist: Typist) -> None:
    typist.waits_for("Ship it?")
    typist.waits_for("Select: ")
    typist.types("perhaps\n")
    typist.waits_for("Please choose one of Y (yes).")
    typist.types("y\n")
    typist.waits_for("What is it called?")
    typist.waits_for("Answer: ")
    typist.types("Bob\n")
    typist.waits_for("3. lint")
    typist.waits_for("Select any: ")
    typist.types("1,3\n")
    assert typist.code() == 0
    assert "r: success" in typist.seen


def test_the_end_of_the_input_parks_and_the_answers_given_are_kept(
    typist: Typist, project: Path
) -> None:
    typist.waits_for("Select: ")
    typist.types("y\n")
    typist.waits_for("Answer: ")
    typist.types("\x04")
    assert typist.code() == 3
    still = attractorc_inside("questions", "r", "--open", cwd=project).stdout
    assert still.count("/fan.1/") == 2
    assert "ship" not in still


def test_ctrl_c_at_a_prompt_stops_and_the_question_stays_open(
    typist: Typist, project: Path
) -> None:
    typist.waits_for("Select: ")
    typist.types("\x03")
    assert typist.code() == 130
    assert attractorc_inside("questions", "r", "--open", cwd=project).stdout.count("/fan.1/") == 3
    again = Typist(project, "resume", "r")
    try:
        again.waits_for("Ship it?")
        again.waits_for("Select: ")
        again.types("y\n")
        again.waits_for("Answer: ")
        again.types("Bob\n")
        again.waits_for("Select any: ")
        again.types("none\n")
        assert again.code() == 0
    finally:
        again.close()
