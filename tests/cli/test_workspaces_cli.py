"""Branches with files of their own on the command line: exec --workspace, why, show, gc."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import jsonschema
import pytest

from attractorc.interpreter.ports import RunRow
from attractorc.interpreter.queries.schema import query_schema
from attractorc.interpreter.stores.memory import MemoryStore
from attractorc.interpreter.workspaces.leftovers import Retention, leftovers

from .inside import attractorc_inside

PIPELINE = """digraph g {
  start [shape=Mdiamond] exit [shape=Msquare]
  checks [shape=component]
  verdict [shape=tripleoctagon, merge_files=all, on_conflict=POLICY]
  a [shape=parallelogram, tool_command="echo from a > text; echo a > mine"]
  b [shape=parallelogram, tool_command="B"]
  start -> checks -> {a b} -> verdict -> exit
}
"""


def git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=T", "-c", "user.email=t@t", "-c", "commit.gpgsign=false")
    ended = subprocess.run(
        ["git", "-C", str(folder), *who, *arguments], capture_output=True, text=True, check=True
    )
    return ended.stdout.strip()


def project(folder: Path, b: str = "echo b > yours", policy: str = "fail") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "p.dot").write_text(PIPELINE.replace("B", b).replace("POLICY", policy))
    (folder / "text").write_text("at first\n")
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message=first")
    return folder


def attractorc(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return attractorc_inside(*arguments, cwd=folder)


@pytest.mark.parametrize("kind", ["copy", "worktree"])
def test_exec_gives_branches_files_of_their_own_and_says_where_they_are(
    kind: str, tmp_path: Path
) -> None:
    here = project(tmp_path / "p")
    ended = attractorc(here, "exec", "p.dot", "--workspace", kind, "--run-id", "r")
    assert ended.returncode == 0, ended.stderr
    assert (here / "text").read_text() == "from a\n"
    assert (here / "yours").exists()
    first = json.loads(attractorc(here, "events", "r", "--json").stdout.splitlines()[0])
    assert first["options"] == {"workspace": kind}
    places = here / ".attractor" / "runs.db.workspaces" / "r" / "checks.1"
    shown = attractorc(here, "branches", "r").stdout
    on = ", on 'attractorc/r/checks.1/a'" if kind == "worktree" else ""
    assert f"files of /checks.1/a: {places / 'a'}{on}, 2 changed\n" in shown
    assert "2 workspaces are kept until 'attractorc gc'" in attractorc(here, "show", "r").stdout
    told = attractorc(here, "why", "r", "verdict").stdout
    assert f"  merge_files=all, workspace={kind}: 3 files of the workspace changed\n" in told
    assert "    text modified  [merged: a]\n" in told
    assert attractorc(here, "why", "r", "yours").stdout == (
        "at fan-in 'verdict' (fan-out 'checks'): yours added  [merged: b]\n"
    )
    assert attractorc(here, "gc", "--older-than", "0").returncode == 0
    assert f"{places / 'a'} (removed)" in attractorc(here, "branches", "r").stdout
    assert "workspaces are kept" not in attractorc(here, "show", "r").stdout


def test_a_conflict_is_told_by_file_and_branches_and_changes_nothing(tmp_path: Path) -> None:
    here = project(tmp_path / "p", b="echo from b > text")
    ended = attractorc(here, "exec", "p.dot", "--workspace", "worktree", "--run-id", "r")
    assert ended.returncode == 1
    assert "'text': 'a' and 'b' changed the same lines" in ended.stderr + ended.stdout
    assert git(here, "status", "--porcelain") == "?? .attractor/"
    assert "'text': 'a' and 'b' changed the same lines" in attractorc(here, "why", "r").stdout
    asked = attractorc(here, "why", "r", "text").stdout.splitlines()
    assert asked == [
        "at fan-in 'verdict' (fan-out 'checks'): text  [in conflict: a, b]",
        "  conflict: 'text': 'a' and 'b' changed the same lines",
    ]


def test_a_fan_out_without_a_repository_fails_with_one_sentence(tmp_path: Path) -> None:
    here = project(tmp_path / "p")
    subprocess.run(["rm", "-rf", str(here / ".git")], check=True)
    (here / ".attractor").mkdir()
    ended = attractorc(here, "exec", "p.dot", "--workspace", "worktree", "--run-id", "r")
    assert ended.returncode == 1
    reason = json.loads(attractorc(here, "show", "r", "--json").stdout)["reason"]
    assert reason.startswith("the branches of 'checks' cannot have workspaces of their own: ")
    assert reason.endswith("use workspace=copy there")
    assert attractorc(here, "branches", "r").stdout == "no branches\n"


def test_a_run_that_is_kept_nowhere_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = project(tmp_path / "p")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    ended = attractorc(here, "exec", "p.dot", "--workspace", "worktree", "--store", "memory:")
    assert ended.returncode == 0, ended.stderr
    assert list(scratch.iterdir()) == []
    assert git(here, "for-each-ref", "--format=%(refname)") == "refs/heads/main"
    assert git(here, "status", "--porcelain") == "M text\n?? mine\n?? yours"


def test_a_resume_goes_on_with_the_workspaces_that_the_run_was_given(tmp_path: Path) -> None:
    here = project(tmp_path / "p")
    text = (here / "p.dot").read_text()
    asks = '  a2 [shape=hexagon, label="Go on?"]\n  a -> a2 -> verdict\n  b -> verdict -> exit\n'
    text = text.replace("  start -> checks -> {a b} -> verdict -> exit\n", asks)
    (here / "p.dot").write_text(text.replace(asks, f"  start -> checks -> {{a b}}\n{asks}"))
    ended = attractorc(here, "exec", "p.dot", "--workspace", "copy", "--run-id", "r")
    assert ended.returncode == 3, ended.stderr
    assert (here / "text").read_text() == "at first\n"
    assert attractorc(here, "gc", "--older-than", "0").stdout == "nothing to remove\n"
    assert attractorc(here, "answer", "r", "a2", "1").returncode == 0
    assert attractorc(here, "resume", "r").returncode == 0
    assert (here / "text").read_text() == "from a\n"


# --- gc -----------------------------------------------------------------------------------


def test_gc_removes_what_ended_runs_left_and_says_so(tmp_path: Path) -> None:
    here = project(tmp_path / "p")
    for number in (1, 2, 3):
        git(here, "checkout", "--quiet", "--", ".")
        for name in ("mine", "yours"):
            (here / name).unlink(missing_ok=True)
        ended = attractorc(
            here, "exec", "p.dot", "--workspace", "worktree", "--run-id", f"r{number}"
        )
        assert ended.returncode == 0
    root = here / ".attractor" / "runs.db.workspaces"
    assert attractorc(here, "gc").stdout == "nothing to remove\n"
    tried = attractorc(here, "gc", "--older-than", "0", "--keep", "1", "--dry-run").stdout
    first, second, total = tried.splitlines()
    assert first.startswith("r1: 2 workspaces, ")
    assert second.startswith("r2: 2 workspaces, ")
    assert total.startswith("would remove what 2 runs left, ")
    assert len([each for each in root.iterdir() if each.is_dir()]) == 3
    git(here / ".attractor/runs.db.workspaces/r2/checks.1/a", "checkout", "--quiet", "--detach")
    git(here, "checkout", "--quiet", "--force", "attractorc/r2/checks.1/a")
    done = attractorc(here, "gc", "--older-than", "0", "--keep", "1").stdout
    assert "  the branch 'attractorc/r2/checks.1/a' stays: it is checked out\n" in done
    assert done.splitlines()[-1].startswith("removed what 2 runs left, ")
    assert sorted(each.name for each in root.iterdir() if each.is_dir()) == ["r3"]
    listed = git(here, "branch", "--list", "--format=%(refname:short)").splitlines()
    assert [name for name in listed if name.startswith("attractorc/")] == [
        "attractorc/r2/checks.1/a",
        "attractorc/r3/checks.1/a",
        "attractorc/r3/checks.1/b",
    ]
    line = json.loads(attractorc(here, "gc", "--older-than", "0", "--json").stdout)
    jsonschema.validate(line, {**query_schema(), "anyOf": [{"$ref": "#/$defs/gc"}]})
    assert (line["run_id"], line["workspaces"], line["removed"]) == ("r3", 2, True)
    assert attractorc(here, "runs").stdout.count("success") == 3


@pytest.mark.parametrize("age", ["soon", "", "-1d"])
def test_an_age_that_is_none_is_refused(age: str, tmp_path: Path) -> None:
    ended = attractorc(project(tmp_path / "p"), "gc", f"--older-than={age}")
    assert ended.returncode == 2
    assert f"'{age}' is no duration" in ended.stderr


def test_which_runs_keep_what_they_left_is_a_matter_of_end_age_and_count(tmp_path: Path) -> None:
    store = MemoryStore()
    runs = [
        ("r1", "success", "01"),
        ("r2", "parked", "02"),
        ("r3", "fail", "03"),
        ("r4", "running", "04"),
        ("r5", "cancelled", "05"),
    ]
    for run_id, status, day in runs:
        when = f"2026-01-{day}T00:00:00.000Z"
        context = store.create_context()
        store.create_run(RunRow(run_id, context, "p", "d", status, when, when))
        (tmp_path / run_id).mkdir()
    (tmp_path / "unknown").mkdir()
    os.utime(tmp_path / "unknown", (0, 0))
    day_ms = 86_400_000
    now = 1_767_225_600_000 + 9 * day_ms  # the tenth of January 2026

    def going(days: int, keep: int) -> list[str]:
        wanted = Retention(days * day_ms, keep)
        return [each.run_id for each in leftovers(store, tmp_path, wanted, now)]

    assert going(0, 0) == ["unknown", "r1", "r3", "r5"]
    assert going(6, 0) == ["unknown", "r1", "r3"]
    assert going(0, 2) == ["unknown", "r1"]
    assert going(40, 0) == ["unknown"]
    assert leftovers(store, tmp_path / "none", Retention(0, 0), now) == ()
