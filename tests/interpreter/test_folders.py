"""The private folders of stages: made for an attempt, left, emptied, used again."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from attractorc.compiler.driver import compile_bytes
from attractorc.interpreter.driver.calls import Folders
from attractorc.interpreter.handlers import built_in
from attractorc.interpreter.handlers.processes import _shell
from attractorc.interpreter.records import StageLifecycle
from attractorc.interpreter.state import Walker

from .pipelines import run


def standing(stage: str) -> Walker:
    """As much of a walker as a folder depends on."""
    return cast(Walker, SimpleNamespace(writer=f"/{stage}.1@1", path="", node=stage))


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(tmp_path, tmp_path / "store.stages" / "run")


def over(folders: Folders, stage: str) -> None:
    folders.leave(standing(stage))
    folders.tidy()


def test_a_stage_gets_the_emptied_folder_of_another_under_a_name_of_its_own(
    folders: Folders,
) -> None:
    one = folders.make(standing("a"))
    (one / "left").write_text("x")
    (one / "deep" / "er").mkdir(parents=True)
    (one / "deep" / "er" / "file").write_text("x")
    one.chmod(0o755)
    number = one.stat().st_ino
    over(folders, "a")
    two = folders.make(standing("b"))
    assert two != one
    assert not one.exists(), "who still writes there writes nowhere"
    assert two.stat().st_ino == number
    assert list(two.iterdir()) == []
    assert stat.S_IMODE(two.stat().st_mode) == 0o700


def test_what_a_stage_left_is_there_until_it_is_tidied(folders: Folders) -> None:
    one = folders.make(standing("a"))
    (one / "left").write_text("x")
    folders.leave(standing("a"))
    two = folders.make(standing("b"))
    assert (one / "left").exists()
    assert list(two.iterdir()) == []
    folders.tidy()
    assert list(one.iterdir()) == []


def test_a_link_in_the_place_of_a_folder_is_taken_away_and_not_followed(
    folders: Folders, tmp_path: Path
) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").write_text("x")
    one = folders.make(standing("a"))
    one.rmdir()
    one.symlink_to(precious)
    over(folders, "a")
    assert not one.is_symlink()
    assert (precious / "file").read_text() == "x"
    assert folders.spare == []


def test_an_attempt_that_runs_again_has_no_old_status_file_and_its_other_files(
    folders: Folders,
) -> None:
    for name in ("status.json", "notes"):
        (folders.make(standing("a")) / name).write_text("x")
        assert folders.make(standing("a")).is_dir()
    assert [each.name for each in folders.make(standing("a")).iterdir()] == ["notes"]


def test_the_folders_of_a_run_directory_stay_as_they_are(tmp_path: Path) -> None:
    folders = Folders(tmp_path, tmp_path / "stages", logs_root=tmp_path / "logs")
    one = folders.make(standing("a"))
    (one / "kept").write_text("x")
    over(folders, "a")
    assert (one / "kept").exists()


def test_a_run_leaves_no_folder(folders: Folders, tmp_path: Path) -> None:
    for stage in "abc":
        folders.make(standing(stage))
    folders.leave(standing("a"))
    folders.close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("bin:/bin", "sh"),
        ("/bin:", "sh"),
        ("", "sh"),
        ("/nowhere", "sh"),
        ("/nowhere:/bin", "/bin/sh"),
    ],
    ids=["a relative folder", "the current folder", "nothing", "no shell there", "an absolute one"],
)
def test_where_the_shell_is_does_not_depend_on_this_process_own_folder(
    path: str, found: str
) -> None:
    assert _shell(path) == found


@pytest.mark.parametrize("hooks", ["", 'tool_hooks.pre="true"'], ids=["alone", "after hooks"])
def test_a_run_of_many_programs_needs_few_folders(tmp_path: Path, hooks: str) -> None:
    names = [f"n{number}" for number in range(8)]
    counts = 'tool_command="ls \\"$ATTRACTOR_STAGE_DIR/..\\" | wc -l"'
    text = f"""digraph p {{
      {hooks}
      start [shape=Mdiamond] exit [shape=Msquare] node [shape=parallelogram, {counts}]
      start -> {" -> ".join(names)} -> exit }}"""
    made = compile_bytes(text.encode(), "p.dot").plan
    assert made is not None
    handlers = built_in(dict(os.environ))
    came = run(made, handlers=handlers, folder=tmp_path)
    assert came.result.status == "success"
    told = [
        int(str(one.context_updates["tool.output"]))
        for one in came.of(StageLifecycle, "completed")
        if one.node_id in names
    ]
    assert len(told) == len(names)
    assert max(told) <= 2, "that of the stage, and the one before it until it is tidied"
