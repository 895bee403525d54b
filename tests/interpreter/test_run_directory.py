"""The specification's run directory: what is in it, when it is written, and what cannot get out."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from attractorc.interpreter.outcome import Outcome, Status
from attractorc.interpreter.ports import StoreError
from attractorc.interpreter.queries import events
from attractorc.interpreter.queries.run_directory import RunDirectory, run_in, stage_folder
from attractorc.interpreter.stores.memory import MemoryStore

from .journals import asking_plan, nested_run
from .pipelines import plan, quick, run, step, writes


def read(root: Path, name: str) -> Any:
    return json.loads((root / name).read_bytes())


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "logs"


def test_a_whole_journal_gives_the_specifications_files(root: Path) -> None:
    ran = nested_run()
    assert RunDirectory(root, ran.store, "run-1").export() == len(ran.records)
    manifest = read(root, "manifest.json")
    assert {key: manifest[key] for key in ("name", "goal", "run_id")} == {
        "name": "test",
        "goal": "Check it",
        "run_id": "run-1",
    }
    assert manifest["start_time"].endswith("Z")
    assert manifest["plan_digest"].startswith("sha256:")
    assert (root / "artifacts").is_dir()
    nodes = ["start", "prepare", "checks", "lint", "unit", "deep", "a", "inner_in", "exit"]
    assert all((root / node / "status.json").is_file() for node in nodes)
    assert (root / "unit" / "tool_output.txt").read_text() == "2 tests failed\n"
    assert not list(root.rglob(".unfinished-*"))


def test_the_checkpoint_says_where_the_run_stands(root: Path) -> None:
    ran = nested_run()
    RunDirectory(root, ran.store, "run-1").export()
    checkpoint = read(root, "checkpoint.json")
    assert checkpoint["current_node"] == "exit"
    assert checkpoint["status"] == "success"
    done = checkpoint["completed_nodes"]
    assert done[:2] == ["start", "prepare"]
    assert done[-3:] == ["checks", "gather", "exit"]
    assert sorted(done) == sorted(set(done))
    assert checkpoint["node_outcomes"]["unit"] == "fail"
    assert checkpoint["node_outcomes"]["checks"] == "partial_success"
    assert checkpoint["node_retries"] == {"unit": 1}
    assert checkpoint["joins"] == {"/checks.1": "merged", "/checks.1/deep/deep.1": "merged"}
    assert checkpoint["branches"] == []
    assert checkpoint["context"] == json.loads(json.dumps(dict(ran.context)))
    assert any("2 tests failed" in line for line in checkpoint["logs"])


def test_a_checkpoint_in_the_middle_has_its_open_branches(root: Path) -> None:
    ran = nested_run()
    directory = RunDirectory(root, ran.store, "run-1")
    for record in ran.records:
        if getattr(record, "kind", "") == "join_decided":
            break
        directory.feed(record)
    directory.flush(force=True)
    checkpoint = read(root, "checkpoint.json")
    assert checkpoint["status"] == "running"
    assert checkpoint["current_node"] == "prepare"
    open_paths = {branch["path"]: branch for branch in checkpoint["branches"]}
    assert set(open_paths) == {
        "/checks.1/lint",
        "/checks.1/unit",
        "/checks.1/deep",
        "/checks.1/deep/deep.1/a",
        "/checks.1/deep/deep.1/b",
    }
    assert open_paths["/checks.1/deep"]["status"] == "running"
    assert open_paths["/checks.1/deep"]["node"] == "deep"
    assert open_paths["/checks.1/deep/deep.1/a"]["status"] == "success"
    assert checkpoint["joins"]["/checks.1"] == "undecided"


def test_record_by_record_gives_the_same_as_a_whole_journal(tmp_path: Path) -> None:
    ran = nested_run()
    live, exported = tmp_path / "live", tmp_path / "exported"
    directory = RunDirectory(live, ran.store, "run-1")
    for record in ran.records:
        directory.feed(record)
        directory.feed(record)
        directory.flush()
    directory.flush(force=True)
    RunDirectory(exported, ran.store, "run-1").export()
    assert contents(live) == contents(exported)


def contents(root: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(root)): file.read_bytes() for file in root.rglob("*") if file.is_file()
    }


def test_what_came_before_the_first_record_is_read_from_the_store(root: Path) -> None:
    store = MemoryStore()
    run(asking_plan(), store=store)
    before = events(store, "run-1", limit=1000)
    store.post("run-1", "answer", {"question": "/approve.1", "choice": "Y"}, "t")
    run(asking_plan(), store=store, resume=True)
    directory = RunDirectory(root, store, "run-1")
    for record in events(store, "run-1", after=len(before), limit=1000):
        directory.feed(record)
    directory.flush(force=True)
    assert read(root, "checkpoint.json")["completed_nodes"] == ["start", "approve", "ship", "exit"]
    assert read(root, "manifest.json")["run_id"] == "run-1"


def test_checkpoints_are_written_at_most_ten_times_a_second(root: Path) -> None:
    ran = nested_run()
    now = [100.0]
    directory = RunDirectory(root, ran.store, "run-1", clock=lambda: now[0])
    *most, last = ran.records
    for record in most[:5]:
        directory.feed(record)
        directory.flush()
    first = read(root, "checkpoint.json")["timestamp"]
    written = (root / "checkpoint.json").stat().st_mtime_ns
    now[0] += 0.09
    for record in most[5:]:
        directory.feed(record)
        directory.flush()
    assert (root / "checkpoint.json").stat().st_mtime_ns == written
    now[0] += 0.02
    directory.flush()
    assert len(read(root, "checkpoint.json")["completed_nodes"]) > 1
    directory.feed(last)
    directory.flush(force=True)
    assert read(root, "checkpoint.json")["timestamp"] == last.timestamp >= first


def test_the_files_are_those_of_the_latest_attempt(root: Path) -> None:
    first = Outcome(
        Status.FAIL,
        failure_reason="no answer",
        artifacts={"prompt.md": b"one", "response.md": b"half", "first.txt": b"x"},
    )
    second = Outcome(
        Status.SUCCESS,
        notes="well done",
        preferred_label="next",
        context_updates={"k": 1},
        artifacts={"prompt.md": b"two", "../../evil": b"x"},
    )
    ran = run(plan(quick(step("ask", "exit"), 1)), {"ask": [first, second]})
    RunDirectory(root, ran.store, "run-1").export()
    assert (root / "ask" / "prompt.md").read_bytes() == b"two"
    assert not (root / "ask" / "response.md").exists()
    assert not (root / "ask" / "first%2Etxt").exists()
    assert (root / "ask" / "%2E%2E%2F%2E%2E%2Fevil").read_bytes() == b"x"
    status = read(root, "ask/status.json")
    assert (status["outcome"], status["attempt"]) == ("success", 2)
    assert (status["notes"], status["preferred_label"]) == ("well done", "next")
    assert status["context_updates"] == {"k": 1}


@pytest.mark.parametrize(
    ("path", "node", "expected"),
    [
        ("", "lint", "lint"),
        ("/f.1/x", "lint", "lint"),
        ("", "..", "%2E%2E"),
        ("", ".", "%2E"),
        ("", "../../etc/passwd", "%2E%2E%2F%2E%2E%2Fetc%2Fpasswd"),
        ("", "/abs", "%2Fabs"),
        ("", "manifest.json", "manifest%2Ejson"),
        ("", "a b\n", "a%20b%0A"),
        ("", "", "%"),
        ("/f.1/x%5B3%5D", "lint", "f.1/x%5B3%5D/lint"),
        ("/../x%5B3%5D", "lint", "%2E%2E/x%5B3%5D/lint"),
    ],
)
def test_a_stages_folder_is_below_the_root(path: str, node: str, expected: str) -> None:
    assert str(stage_folder(path, node)) == expected


def test_long_names_are_cut_and_stay_apart() -> None:
    one, two = stage_folder("", "n" * 999 + "1"), stage_folder("", "n" * 999 + "2")
    assert one != two
    assert len(str(one)) <= 120


def test_a_run_of_hostile_names_stays_in_its_directory(tmp_path: Path, root: Path) -> None:
    names = ["../../out", "..", "x" * 400, "é/\\:*?"]
    steps = [step(name, target) for name, target in zip(names, [*names[1:], "exit"], strict=True)]
    ran = run(plan(*steps, pipeline="../evil"), {names[0]: writes(k=1)})
    RunDirectory(root, ran.store, "run-1").export()
    assert [each.name for each in tmp_path.iterdir()] == ["logs"]
    assert len([each for each in root.iterdir() if each.is_dir()]) == len(names) + 3


def test_only_the_owner_can_read_it(root: Path) -> None:
    RunDirectory(root, nested_run().store, "run-1").export()
    modes = {stat.S_IMODE(each.stat().st_mode): each.is_dir() for each in (root, *root.rglob("*"))}
    assert modes == {0o700: True, 0o600: False}


def test_a_directory_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file")
    with pytest.raises(StoreError, match="the run directory cannot be written"):
        RunDirectory(tmp_path / "logs", nested_run().store, "run-1").export()


def test_a_directory_says_whose_it_is(root: Path, tmp_path: Path) -> None:
    RunDirectory(root, nested_run().store, "run-1").export()
    assert run_in(root) == "run-1"
    assert run_in(tmp_path) is None
    for text in ("", "[]", "{}", '{"run_id": 5}', "\xff"):
        (root / "manifest.json").write_text(text, encoding="latin-1")
        assert run_in(root) is None
