"""Stories of agent programs that go wrong: each ends with a clear record, and goes on."""

from __future__ import annotations

import contextlib
import re
import signal
import sqlite3
import time
from pathlib import Path

import pytest

from .telling import RUN, Story, orphans, until

pytestmark = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")


def own(folder: Path, script: str, more: str = "") -> Story:
    """A story of an agent that is a shell script."""
    (folder / "agent.sh").write_text(script)
    (folder / "attractorc.toml").write_text('[agents.own]\ncommand = "sh agent.sh"\n')
    return Story(folder, more, "own")


def mended(folder: Path) -> None:
    (folder / "agent.sh").write_text("cat > /dev/null; echo done\n")


def longest_record(folder: Path) -> int:
    """The size of the longest record in the story's store, in bytes."""
    with contextlib.closing(sqlite3.connect(folder / "s.db")) as store:
        (size,) = store.execute("select max(length(payload)) from turns").fetchone()
    return int(size)


def test_an_agent_that_hangs_is_ended_with_all_its_processes(tmp_path: Path) -> None:
    story = Story(tmp_path, "timeout=3s", environment={"STUB_MODE": "hang"})
    story.failed("timed out after 3 s")
    assert (tmp_path / "hanging").exists(), "it never came to hang"
    story.goes_on(STUB_MODE="answer")


@pytest.mark.parametrize("name", ["KILL", "SEGV", "TERM"])
def test_an_agent_that_dies_by_a_signal(tmp_path: Path, name: str) -> None:
    story = own(tmp_path, f"cat > /dev/null; echo so far; kill -{name} $$")
    record = story.failed(f"the agent program was ended by SIG{name}: so far")
    assert record["source"] == "exit_code"
    mended(tmp_path)
    story.goes_on()


def test_an_agent_that_floods_its_output(tmp_path: Path) -> None:
    story = Story(tmp_path, environment={"STUB_MODE": "flood"})
    process = story.started()
    peak_kib = 0
    while process.poll() is None:  # what `wait4` tells counts the memory of whoever forked, too
        with contextlib.suppress(OSError, ValueError, IndexError):
            told = Path(f"/proc/{process.pid}/status").read_text()
            peak_kib = max(peak_kib, int(told.partition("VmHWM:")[2].split()[0]))
        time.sleep(0.02)
    assert process.returncode == 3
    assert 0 < peak_kib < 400 * 1024, "the engine's memory is to be bounded"
    (record,) = story.tries()
    assert "it printed no JSON object of the type 'result'" in record["reason"]
    kept = story.kept("agent_output.txt")
    assert 16 * 1024 * 1024 < len(kept) < 17 * 1024 * 1024
    assert re.search(rb"\n\[\d+ bytes left out here\]\n", kept)
    assert kept.endswith(b"x" * 65536)
    assert longest_record(tmp_path) < 128 * 1024, "no record holds a flood"
    assert orphans() == []
    story.goes_on(STUB_MODE="answer")


def test_an_agent_that_writes_a_broken_status_file(tmp_path: Path) -> None:
    story = own(tmp_path, """echo '{"outcome": "success"' > "$ATTRACTOR_STATUS_FILE"; echo hi""")
    record = story.failed("the status file cannot be used: it is not JSON")
    assert record["source"] == "status_file"
    assert story.kept("response.md") == b"hi"
    mended(tmp_path)
    story.goes_on()


def test_an_agent_that_claims_success_and_then_dies_is_believed_and_it_is_told(
    tmp_path: Path,
) -> None:
    story = own(
        tmp_path, """echo '{"outcome": "success"}' > "$ATTRACTOR_STATUS_FILE"; kill -9 $$"""
    )
    assert story.begin().returncode == 0
    (record,) = story.tries()
    assert (record["source"], record["status"]) == ("status_file", "success")
    assert record["ignored"][-1] == (
        "the status file says success, and goes before: the agent program was ended by SIGKILL"
    )


def test_an_agent_that_asks_for_a_retry_for_ever_comes_to_the_end_of_its_budget(
    tmp_path: Path,
) -> None:
    story = own(tmp_path, "echo not yet >&2; exit 75", "max_retries=2")
    story.failed("gave up after 3 tries: the agent program exited with status 75", tries=3)
    assert [each["result"] for each in story.tries()] == ["retrying", "retrying", "failed"]
    mended(tmp_path)
    story.goes_on()


def test_an_agent_that_reports_an_error_and_ends_well(tmp_path: Path) -> None:
    story = Story(tmp_path, environment={"STUB_MODE": "error"})
    record = story.failed("the agent program reports an error: the model gave up")
    assert record["source"] == "agent_output"
    story.goes_on(STUB_MODE="answer")


def test_an_agent_whose_key_is_refused_is_not_tried_again(tmp_path: Path) -> None:
    story = Story(tmp_path, "max_retries=5", environment={"STUB_MODE": "refused"})
    story.failed("Invalid API key", tries=1)
    story.goes_on(STUB_MODE="answer")


def test_an_agent_whose_service_is_busy_is_tried_again(tmp_path: Path) -> None:
    story = Story(tmp_path, "max_retries=1", environment={"STUB_MODE": "busy"})
    story.failed("gave up after 2 tries: the agent program reports an error: 429", tries=2)
    story.goes_on(STUB_MODE="answer")


def test_a_program_that_is_missing_is_told_before_the_run(tmp_path: Path) -> None:
    story = Story(tmp_path)
    (tmp_path / "programs" / "claude").unlink()
    refused = story.begin()
    assert refused.returncode == 2
    assert refused.stderr == (
        "attractorc: node 'work' cannot be run: the agent program 'claude' is not found, or may "
        "not be executed; install it, or choose another agent\n"
    )
    assert story.asked("show", RUN).returncode != 0
    Story(tmp_path)
    assert story.begin().returncode == 0


def test_a_program_that_vanishes_in_the_middle_of_a_run(tmp_path: Path) -> None:
    story = Story(tmp_path)
    text = (tmp_path / "story.dot").read_text()
    gone = 'gone [shape=parallelogram, tool_command="rm programs/claude"] start -> gone -> work'
    (tmp_path / "story.dot").write_text(text.replace("start -> work", gone))
    story.failed("the agent program exited with status 127")
    Story(tmp_path)
    story.goes_on()


def test_a_huge_single_line(tmp_path: Path) -> None:
    story = own(tmp_path, "cat > /dev/null; head -c 3000000 /dev/zero | tr '\\0' 'x'")
    assert story.begin().returncode == 0
    assert story.kept("response.md") == b"x" * 3_000_000
    assert longest_record(tmp_path) < 128 * 1024


def test_output_that_is_no_text(tmp_path: Path) -> None:
    story = own(tmp_path, "cat > /dev/null; printf 'a\\377b\\000c\\n'")
    assert story.begin().returncode == 0
    told = story.asked("why", RUN, "draft", "--json").stdout
    assert "a\ufffdb" in told or "a\\ufffdb" in told


def test_an_agent_that_never_reads_its_prompt(tmp_path: Path) -> None:
    story = own(tmp_path, "exec <&-; echo done")
    assert story.begin().returncode == 0


def test_an_agent_that_leaves_a_process_behind(tmp_path: Path) -> None:
    story = own(tmp_path, "cat > /dev/null; sleep 600 & echo done")
    assert story.begin().returncode == 0
    assert orphans() == []


def test_an_engine_that_dies_while_its_agent_works(tmp_path: Path) -> None:
    story = Story(tmp_path, environment={"STUB_MODE": "hang"})
    process = story.started()
    until((tmp_path / "hanging").exists)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert orphans() != [], "the agent outlives its engine until the run is resumed"
    story.environment["STUB_MODE"] = "answer"
    assert story.told("resume", RUN).returncode == 0
    assert orphans() == []
    interrupted, done = story.tries()
    assert (interrupted["result"], done["result"]) == ("interrupted", "completed")
    assert interrupted["stage_attempt_id"] == done["stage_attempt_id"]


def test_a_run_that_is_stopped_at_once_while_its_agent_works(tmp_path: Path) -> None:
    story = Story(tmp_path, environment={"STUB_MODE": "hang"})
    process = story.started()
    until((tmp_path / "hanging").exists)
    process.send_signal(signal.SIGINT)
    time.sleep(0.3)  # two signals at once are one to the kernel
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 130
    assert orphans() == []
    story.environment["STUB_MODE"] = "answer"
    assert story.told("resume", RUN).returncode == 0
