"""The run directory of a run that is gone on with: the one that it was given, whoever asks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .inside import attractorc_inside

GATE = """digraph gate {
  start [shape=Mdiamond] exit [shape=Msquare]
  ask [shape=hexagon, label="Ship it?"]
  work [shape=parallelogram, tool_command="echo $ATTRACTOR_LOGS_ROOT >> roots"]
  start -> work
  work -> ask
  ask -> exit [label="[Y] Yes"]
  ask -> work [label="[A] Again", loop_restart=true]
}
"""
STORE = ("--store", "runs.db")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "gate.dot").write_text(GATE)
    begun = ("exec", "gate.dot", "--run-id", "r", "--logs", "logs", *STORE)
    assert attractorc_inside(*begun, cwd=tmp_path).returncode == 3
    return tmp_path


def went_on(project: Path, run: str, choice: str, *options: str, code: int = 0) -> None:
    answered = attractorc_inside("answer", run, "ask", choice, *STORE, cwd=project)
    assert answered.returncode == 0, answered.stderr
    resumed = attractorc_inside("resume", run, *options, *STORE, cwd=project)
    assert resumed.returncode == code, resumed.stdout + resumed.stderr


def checkpoint(folder: Path) -> tuple[str, str]:
    found = json.loads((folder / "checkpoint.json").read_text())
    return found["run_id"], found["status"]


def test_a_resume_goes_on_with_the_directory_of_the_run(project: Path) -> None:
    assert checkpoint(project / "logs") == ("r", "parked")
    elsewhere = project / "elsewhere"
    elsewhere.mkdir()
    given = ("--store", str(project / "runs.db"))
    attractorc_inside("answer", "r", "ask", "y", *given, cwd=elsewhere)
    assert attractorc_inside("resume", "r", *given, cwd=elsewhere).returncode == 0
    assert checkpoint(project / "logs") == ("r", "success")
    assert (project / "logs" / "ask" / "status.json").exists()
    assert list(elsewhere.iterdir()) == []


def test_another_one_may_be_named(project: Path) -> None:
    went_on(project, "r", "y", "--logs", "other")
    assert checkpoint(project / "logs") == ("r", "parked")
    assert checkpoint(project / "other") == ("r", "success")
    assert (project / "other" / "work" / "status.json").exists(), "what came before is there, too"


def test_each_run_that_follows_has_its_own_also_after_a_resume(project: Path) -> None:
    went_on(project, "r", "a", code=3)
    assert checkpoint(project / "logs.2") == ("r.2", "parked")
    went_on(project, "r.2", "a", code=3)
    went_on(project, "r.3", "y")
    assert [checkpoint(project / name) for name in ("logs", "logs.2", "logs.3")] == [
        ("r", "restarted"),
        ("r.2", "restarted"),
        ("r.3", "success"),
    ]
    roots = (project / "roots").read_text().split()
    assert roots == [str(project / name) for name in ("logs", "logs.2", "logs.3")]
    assert sorted(each.name for each in project.glob("logs*")) == ["logs", "logs.2", "logs.3"]


def test_a_run_without_one_gets_none(project: Path) -> None:
    begun = ("exec", "gate.dot", "--run-id", "plain", *STORE)
    assert attractorc_inside(*begun, cwd=project).returncode == 3
    went_on(project, "plain", "y")
    assert [each.parent.name for each in project.glob("*/manifest.json")] == ["logs"]


def test_a_name_that_held_a_secret_was_not_kept_and_must_be_given_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BUILD_TOKEN", "t0ken-4711")
    (tmp_path / "gate.dot").write_text(GATE)
    begun = ("exec", "gate.dot", "--run-id", "r", "--logs", "for-t0ken-4711", *STORE)
    assert attractorc_inside(*begun, cwd=tmp_path).returncode == 3
    assert b"t0ken-4711" not in (tmp_path / "runs.db").read_bytes()
    attractorc_inside("answer", "r", "ask", "y", *STORE, cwd=tmp_path)
    refused = attractorc_inside("resume", "r", *STORE, cwd=tmp_path)
    assert (refused.returncode, refused.stderr) == (
        2,
        "attractorc: the name of the run's directory held a secret, which was not kept; give it "
        "again with --logs\n",
    )
    again = ("resume", "r", "--logs", "for-t0ken-4711", *STORE)
    assert attractorc_inside(*again, cwd=tmp_path).returncode == 0
