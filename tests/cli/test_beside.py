"""Files beside a pipeline: the commands read them, from its folder and from nowhere else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from attractorc.commands.beside import files_in
from attractorc.compiler.source import FILE_LIMIT, Unreadable

from .. import forked

PIPELINE = """digraph g {
  start [shape=Mdiamond]
  plan [prompt="@prompts/plan.md"]
  exit [shape=Msquare]
  start -> plan -> exit
}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A pipeline's folder, with something beside it that is none of its business."""
    (tmp_path / "secret.md").write_text("secret", "utf-8")
    found = tmp_path / "pipeline"
    (found / "prompts").mkdir(parents=True)
    (found / "g.dot").write_text(PIPELINE, "utf-8")
    (found / "prompts/plan.md").write_text("Plan it", "utf-8")
    return found


def attractorc(*arguments: str, cwd: Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return forked.run(
        [sys.executable, "-m", "attractorc", *arguments],
        cwd=cwd,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )


def refused(folder: Path, path: str) -> str:
    read = files_in(folder)
    assert read is not None
    with pytest.raises(Unreadable) as found:
        read(path)
    return str(found.value)


def test_a_file_in_the_folder_or_below_is_read(folder: Path) -> None:
    read = files_in(folder)
    assert read is not None
    assert read("prompts/plan.md") == b"Plan it"


def test_a_link_inside_the_folder_is_followed_and_none_out_of_it(folder: Path) -> None:
    (folder / "inside.md").symlink_to("prompts/plan.md")
    (folder / "outside.md").symlink_to("../secret.md")
    (folder / "up").symlink_to("..")
    read = files_in(folder)
    assert read is not None
    assert read("inside.md") == b"Plan it"
    for path in ("outside.md", "up/secret.md", "../secret.md", str(folder.parent / "secret.md")):
        assert refused(folder, path) == "leads out of the pipeline's folder"


def test_a_folder_that_is_itself_a_link_is_still_the_folder(folder: Path) -> None:
    link = folder.parent / "link"
    link.symlink_to(folder)
    read = files_in(link)
    assert read is not None
    assert read("prompts/plan.md") == b"Plan it"


def test_what_is_no_regular_file_is_refused_without_waiting(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    (folder / "loop").symlink_to("loop")
    assert refused(folder, "pipe") == "is not a regular file"
    assert refused(folder, "prompts") == "is a folder"
    assert refused(folder, "none") == "does not exist"
    assert refused(folder, "g.dot/x").startswith("cannot be read: ")
    assert refused(folder, "loop").startswith("cannot be read: ")
    assert refused(folder, "x" * 5000).startswith("cannot be read: ")


def test_no_more_is_read_than_shows_that_a_file_is_too_large(folder: Path) -> None:
    (folder / "big").write_bytes(b"x" * (FILE_LIMIT + 100))
    read = files_in(folder)
    assert read is not None
    assert len(read("big")) == FILE_LIMIT + 1


def test_check_reads_prompts_from_the_folder_of_the_pipeline_wherever_it_is_called(
    folder: Path,
) -> None:
    for cwd, name in [(folder, "g.dot"), (folder.parent, "pipeline/g.dot"), (folder, ".")]:
        done = attractorc("check", name, cwd=cwd)
        assert (done.returncode, done.stdout) == (0, ""), done.stdout
    (folder / "prompts/plan.md").unlink()
    done = attractorc("check", "pipeline/g.dot", "--format", "concise", cwd=folder.parent)
    assert done.returncode == 1
    assert "error[missing_prompt_file] the prompt file 'prompts/plan.md' does not exist" in (
        done.stdout
    )


def test_standard_input_has_a_folder_only_if_it_is_given_a_name(folder: Path) -> None:
    done = attractorc("check", "-", cwd=folder, stdin=PIPELINE)
    assert done.returncode == 1
    assert "the pipeline was given as text" in done.stdout
    done = attractorc("check", "-", "--stdin-filename", "g.dot", cwd=folder, stdin=PIPELINE)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_plan_holds_the_text_of_the_file(folder: Path) -> None:
    first = attractorc("plan", "--digest", "pipeline/g.dot", cwd=folder.parent).stdout
    (folder / "prompts/plan.md").write_text("Plan it better", "utf-8")
    second = attractorc("plan", "--digest", "pipeline/g.dot", cwd=folder.parent).stdout
    assert first.startswith("sha256:")
    assert first != second
    assert "Plan it better" in attractorc("plan", "g.dot", "--json", cwd=folder).stdout
