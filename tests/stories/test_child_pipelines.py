"""Stories of pipelines that run as a stage and go wrong: the parent knows, and goes on."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from .telling import RUN, Story, orphans, until

pytestmark = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")

CHILD = """digraph child {
  start [shape=Mdiamond]
  exit [shape=Msquare]
  node [shape=parallelogram]
  first [tool_command="echo first >> ran"]
  fan [shape=component, join=all_success]
  one [tool_command="sh one.sh"]
  other [tool_command="echo other >> ran"]
  join [shape=tripleoctagon, merge="draft: one"]
  last [tool_command="echo done", writes=draft]
  start -> first -> fan -> {one other} -> join -> last -> exit
}"""
HANGS = "touch hanging; sleep 600 & sleep 600"
MENDED = "echo one >> ran"
AGENT = 'work [prompt="Do the work", writes=draft, llm_model=m, ]'


def child(folder: Path, script: str, work: str) -> Story:
    """A story whose stage is a pipeline, in one branch of which a script goes wrong."""
    story = Story(folder)
    (folder / "child.dot").write_text(CHILD)
    (folder / "one.sh").write_text(script)
    text = (folder / "story.dot").read_text()
    assert AGENT in text
    (folder / "story.dot").write_text(text.replace(AGENT, f"work [{work}, writes=draft]"))
    return story


def ran(folder: Path) -> list[str]:
    """The stages of the child that ran, as they say themselves."""
    return sorted((folder / "ran").read_text().split())


def test_a_child_pipeline_fails(tmp_path: Path) -> None:
    story = child(tmp_path, "echo no disk >&2; exit 1", 'pipeline="child.dot"')
    story.failed("the pipeline 'child' failed: 'one' failed; all_success needs every branch")
    within = story.asked("attempts", RUN, "--node", "one", "--status", "fail").stdout
    assert "the command exited with status 1: no disk" in within, "its own stage says more"
    (tmp_path / "one.sh").write_text(MENDED)
    story.goes_on()
    assert ran(tmp_path) == ["first", "first", "one", "other", "other"], "it began anew"


def test_a_child_pipeline_hangs_until_the_time_of_its_stage_is_over(tmp_path: Path) -> None:
    story = child(tmp_path, HANGS, 'pipeline="child.dot", timeout=3s')
    story.failed("timed out after 3s")
    assert (tmp_path / "hanging").exists(), "it never came to hang"
    (tmp_path / "one.sh").write_text(MENDED)
    story.goes_on()


def test_an_engine_dies_while_a_child_pipeline_works(tmp_path: Path) -> None:
    story = child(tmp_path, HANGS, 'pipeline="child.dot"')
    process = story.started()
    until(lambda: (tmp_path / "hanging").exists() and ran(tmp_path) == ["first", "other"])
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert orphans() != [], "the tool outlives its engine until the run is resumed"
    (tmp_path / "one.sh").write_text(MENDED)
    done = story.told("resume", RUN)
    assert done.returncode == 0, done.stderr
    assert orphans() == []
    assert [each["result"] for each in story.tries()] == ["completed"]
    assert ran(tmp_path).count("first") == 1, "what was done in it stays done"
    assert story.asked("replay", RUN).returncode == 0


def test_a_child_pipeline_whose_file_is_gone_is_told_before_the_run(tmp_path: Path) -> None:
    story = child(tmp_path, MENDED, 'pipeline="child.dot"')
    (tmp_path / "child.dot").rename(tmp_path / "away.dot")
    refused = story.begin()
    assert refused.returncode == 1
    assert "child.dot" in refused.stderr
    assert "does not exist" in refused.stderr
    assert story.asked("show", RUN).returncode != 0
    (tmp_path / "away.dot").rename(tmp_path / "child.dot")
    assert story.begin().returncode == 0
    (tmp_path / "child.dot").unlink()
    assert story.asked("replay", RUN).returncode == 0, "the run needs the file no more"


SUPERVISED = (
    'shape=house, "stack.child_dotfile"="child.dot", "manager.poll_interval"=200ms,'
    ' "manager.max_cycles"=5, "manager.actions"="observe, wait"'
)


def test_a_supervisor_gives_up_on_a_pipeline_that_never_ends(tmp_path: Path) -> None:
    story = child(tmp_path, HANGS, SUPERVISED.replace("=5", "=15"))
    story.failed("'work' looked at its pipeline 15 times")
    assert (tmp_path / "hanging").exists(), "it never came to hang"
    (tmp_path / "one.sh").write_text(MENDED)
    story.goes_on()


def test_a_supervised_pipeline_fails(tmp_path: Path) -> None:
    story = child(tmp_path, "exit 1", SUPERVISED.replace("=5", "=500"))
    story.failed("the pipeline 'child' failed: ")
    told = story.asked("why", RUN, "stack.child.status").stdout
    assert told.startswith('stack.child.status = "failed"')
    (tmp_path / "one.sh").write_text(MENDED)
    story.goes_on()
