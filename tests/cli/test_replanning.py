"""`resume RUN FILE`: the same plan goes on, another one is told, and takes over if it may."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .inside import attractorc_inside

TEXT = """digraph p {
  start [shape=Mdiamond] exit [shape=Msquare]
  a [shape=parallelogram, tool_command="echo a >> ran"]
  ask [shape=hexagon, label="Go?"]
  b [shape=parallelogram, tool_command="echo b >> ran"]
  start -> a -> ask -> b [label="[Y] Yes"]
  b -> exit
}
"""
AFTER = TEXT.replace("echo b", "echo other")
BEFORE = TEXT.replace("echo a", "echo other")


def said(folder: Path, *arguments: str) -> tuple[int, str, str]:
    done = attractorc_inside(*arguments, "--store", "runs.db", cwd=folder)
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a run that waits for its answer."""
    (tmp_path / "p.dot").write_text(TEXT)
    code, _, _ = said(tmp_path, "exec", "p.dot", "--run-id", "r", "--interviewer", "park")
    assert code == 3
    return tmp_path


def ran(folder: Path) -> list[str]:
    return (folder / "ran").read_text().split()


def test_the_same_plan_goes_on_wherever_its_text_stands(folder: Path) -> None:
    (folder / "moved.dot").write_text(f"// said again\n{TEXT}")
    code, out, _ = said(folder, "resume", "r", "moved.dot", "--interviewer", "auto")
    assert (code, out.splitlines()[0]) == (0, "r: success")
    assert ran(folder) == ["a", "b"]


def test_another_plan_is_refused_with_what_has_changed(folder: Path) -> None:
    (folder / "p.dot").write_text(AFTER)
    code, out, err = said(folder, "resume", "r", "p.dot", "--interviewer", "auto")
    assert (code, out) == (2, "")
    assert err.splitlines() == [
        'p.dot:5:3: stage \'b\': command: "echo b >> ran" -> "echo other >> ran"',
        "attractorc: p.dot: this is not the plan that run 'r' goes by, see above; leave the file "
        "out to go on with that, or let this one take over with --accept-plan-change",
    ]
    assert ran(folder) == ["a"]
    code, _, _ = said(folder, "resume", "r", "--interviewer", "auto")
    assert (code, ran(folder)) == (0, ["a", "b"])


def test_an_accepted_plan_takes_over_and_every_command_knows_it(folder: Path) -> None:
    (folder / "p.dot").write_text(AFTER)
    logs = ("--logs", "logs")
    code, _, err = said(
        folder, "resume", "r", "p.dot", "--accept-plan-change", "--interviewer", "auto", *logs
    )
    assert code == 0, err
    assert "run r: goes by another plan from here on" in err.splitlines()
    assert ran(folder) == ["a", "other"]
    digest = said_digest(folder, "p.dot")
    assert json.loads(said(folder, "show", "r", "--json")[1])["plan_digest"] == digest
    assert json.loads((folder / "logs/manifest.json").read_text())["plan_digest"] == digest
    assert said(folder, "replay", "r")[0] == 0
    assert said(folder, "why", "r", "tool.output")[0] == 0
    assert said(folder, "export", "r", "again")[0] == 0
    fresh = ("--run-id", "s", "--interviewer", "auto")
    assert said(folder, "exec", "p.dot", *fresh)[0] == 0
    assert said(folder, "diff", "r", "s")[0] == 0
    events = [json.loads(line) for line in said(folder, "events", "r", "--json")[1].splitlines()]
    (change,) = [one for one in events if one["type"] == "attractor.plan_change"]
    assert (change["plan_digest"], change["changed"]) == (digest, ["stage b"])


def said_digest(folder: Path, file: str) -> str:
    return attractorc_inside("plan", file, "--digest", cwd=folder).stdout.strip()


def test_without_a_file_the_runs_own_is_read_again(folder: Path) -> None:
    (folder / "p.dot").write_text(AFTER)
    code, _, _ = said(folder, "resume", "r", "--accept-plan-change", "--interviewer", "auto")
    assert (code, ran(folder)) == (0, ["a", "other"])


def test_a_plan_file_takes_over_as_well(folder: Path) -> None:
    (folder / "new.dot").write_text(AFTER)
    made = attractorc_inside("plan", "new.dot", "-o", "new.json", "--json", cwd=folder)
    assert made.returncode == 0, made.stderr
    code, _, err = said(
        folder, "resume", "r", "new.json", "--accept-plan-change", "--interviewer", "auto"
    )
    assert (code, ran(folder)) == (0, ["a", "other"]), err


REFUSED = {
    "a stage that has run": (
        BEFORE,
        2,
        "attractorc: p.dot: cannot take over: the stage 'a' has started already (/a.1), and is "
        "another one; what was reached must stay as it is: start a new run with exec",
    ),
    "a stage that nobody can run": (
        AFTER.replace("b [", 'b [type="nobody.knows", ').replace(
            "shape=parallelogram, tool", "tool"
        ),
        2,
        "attractorc: node 'b' has the type 'nobody.knows', and no handler is given for it",
    ),
    "a file with errors": (TEXT.replace("-> exit", "-> exi"), 1, "has no plan"),
    "a file that is not there": (None, 2, "p.dot"),
}


@pytest.mark.parametrize("sentence", REFUSED)
def test_what_cannot_take_over_is_one_sentence_and_changes_nothing(
    sentence: str, folder: Path
) -> None:
    text, code, told = REFUSED[sentence]
    (folder / "p.dot").unlink()
    if text is not None:
        (folder / "p.dot").write_text(text)
    before = said(folder, "events", "r", "--json")[1]
    ended, out, err = said(folder, "resume", "r", "p.dot", "--accept-plan-change")
    assert (ended, out) == (code, "")
    assert told in err.splitlines()[-1]
    assert said(folder, "events", "r", "--json")[1] == before
    assert said(folder, "resume", "r", "--interviewer", "auto")[0] == 0


def test_an_order_that_the_run_was_told_still_holds(tmp_path: Path) -> None:
    text = """digraph p {
      start [shape=Mdiamond] exit [shape=Msquare]
      ask [shape=hexagon, label="Go?"]
      f [shape=component, decide=arrival] j [shape=tripleoctagon]
      x [shape=parallelogram, tool_command="true"]
      y [shape=parallelogram, tool_command="true"]
      start -> ask -> f [label="[Y] Yes"]
      f -> {x y} -> j -> exit
    }"""
    (tmp_path / "p.dot").write_text(text)
    said(tmp_path, "exec", "p.dot", "--run-id", "r", "--interviewer", "park", "--decide=declared")
    (tmp_path / "p.dot").write_text(
        text.replace("tripleoctagon]", "tripleoctagon, winner=arrival]")
    )
    code, _, err = said(tmp_path, "resume", "r", "p.dot", "--accept-plan-change")
    assert code == 2
    assert "nothing arrives first in declared order" in err.splitlines()[-1]


def test_a_simulated_run_takes_another_plan_as_well(tmp_path: Path) -> None:
    (tmp_path / "p.dot").write_text(TEXT)
    (tmp_path / "s.yaml").write_text("stages:\n  a: success\n  b: success\n")
    code, _, err = said(tmp_path, "exec", "p.dot", "--run-id", "r", "--simulate", "s.yaml")
    assert code == 3, err
    (tmp_path / "p.dot").write_text(AFTER)
    assert said(tmp_path, "answer", "r", "ask", "yes")[0] == 0
    code, out, err = said(tmp_path, "resume", "r", "p.dot", "--accept-plan-change")
    assert (code, out.splitlines()[0]) == (0, "r: success"), err
    assert "goes by another plan" in err


AGAIN = """digraph p {
  start [shape=Mdiamond] exit [shape=Msquare]
  a [shape=parallelogram, tool_command="echo a >> ran"]
  ask [shape=hexagon, label="Go?"]
  b [shape=parallelogram, tool_command="echo b >> ran"]
  start -> a -> ask
  ask -> a [label="[N] No", loop_restart=true]
  ask -> b [label="[Y] Yes"]
  b -> exit
}
"""


def test_a_run_that_is_started_anew_keeps_the_plan_that_was_accepted(tmp_path: Path) -> None:
    (tmp_path / "p.dot").write_text(AGAIN)
    (tmp_path / "answers").write_text("N\nY\n")
    said(tmp_path, "exec", "p.dot", "--run-id", "r", "--interviewer", "park")
    (tmp_path / "p.dot").write_text(AGAIN.replace("echo b", "echo other"))
    change = ("p.dot", "--accept-plan-change", "--interviewer", "queue:answers")
    code, out, err = said(tmp_path, "resume", "r", *change)
    assert (code, out.splitlines()[:2]) == (0, ["r: restarted as r.2", "r.2: success"]), err
    assert ran(tmp_path) == ["a", "a", "other"]
    assert said(tmp_path, "replay", "r.2")[0] == 0


def test_a_run_that_has_ended_is_said_before_what_has_changed(folder: Path) -> None:
    assert said(folder, "resume", "r", "--interviewer", "auto")[0] == 0
    (folder / "p.dot").write_text(AFTER)
    code, _, err = said(folder, "resume", "r", "p.dot")
    assert (code, err) == (
        4,
        "attractorc: the run 'r' has ended (success); there is nothing to resume\n",
    )
