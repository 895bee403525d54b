"""kill -9 of the whole engine, then `resume`: nothing that was finished runs again.

The engine is a real process with real tools and a real SQLite file. It is killed as soon as
the record of a chosen number has been printed; `make crash` tries every number, also while
resuming, the suite a few of them.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from attractorc.interpreter.driver.journal import read
from attractorc.interpreter.records import ParallelLifecycle, StageLifecycle
from attractorc.interpreter.stores.opening import open_store

EFFECT = 'echo \\"$ATTRACTOR_ATTEMPT_ID\\" >> effects'

# In a worktree, the run's own folder is where the repository is.
MAIN = "$(git rev-parse --path-format=absolute --git-common-dir)/.."

PIPELINES = {
    "chain": f"""
digraph chain {{
  start [shape=Mdiamond] exit [shape=Msquare]
  node [shape=parallelogram]
  a [tool_command="{EFFECT}"]
  b [tool_command="{EFFECT}; test $ATTRACTOR_ATTEMPT = 2" max_retries=2]
  c [tool_command="{EFFECT}"]
  start -> a -> b -> c -> exit
}}""",
    "region": f"""
digraph region {{
  start [shape=Mdiamond] exit [shape=Msquare]
  checks [shape=component, max_parallel=3]
  verdict [shape=tripleoctagon, merge="tool.output: collect"]
  node [shape=parallelogram]
  a [tool_command="{EFFECT}; echo a"]
  a2 [tool_command="{EFFECT}; echo a2"]
  b [tool_command="{EFFECT}; sleep 0.05; echo b"]
  c [tool_command="{EFFECT}; exit 1"]
  last [tool_command="{EFFECT}"]
  start -> checks -> {{a b c}}
  a -> a2 -> verdict
  {{b c}} -> verdict -> last -> exit
}}""",
    "nested": f"""
digraph nested {{
  start [shape=Mdiamond] exit [shape=Msquare]
  outer [shape=component]
  inner [shape=component, join="1 of (p, q)"]
  meet [shape=tripleoctagon, merge="tool.output: first"]
  join [shape=tripleoctagon, merge="*: collect"]
  node [shape=parallelogram]
  p [tool_command="{EFFECT}; echo p"]
  q [tool_command="{EFFECT}; sleep 5; echo q"]
  z [tool_command="{EFFECT}; echo z"]
  start -> outer -> {{inner z}}
  inner -> {{p q}} -> meet -> join
  z -> join -> exit
}}""",
    "dynamic": f"""
digraph dynamic {{
  start [shape=Mdiamond] exit [shape=Msquare]
  list [shape=parallelogram, tool_command="{EFFECT}; echo a; echo b; echo c", output=lines,
        writes=files]
  each [shape=component, for_each=files, join="k_of_n(2)", max_parallel=2]
  work [shape=parallelogram, max_retries=1, writes=done,
        tool_command="{EFFECT}; test $ATTRACTOR_ITEM$ATTRACTOR_ATTEMPT != b1; echo $ATTRACTOR_ITEM"]
  gather [shape=tripleoctagon, merge="done: append; *: isolate"]
  start -> list -> each -> work -> gather -> exit
}}""",
    "judged": f"""
digraph judged {{
  start [shape=Mdiamond] exit [shape=Msquare]
  checks [shape=component]
  verdict [shape=tripleoctagon, winner="max(score), prompt", merge="tool.output: winner"]
  review [shape=component]
  choice [shape=tripleoctagon, winner=human]
  node [shape=parallelogram]
  a [tool_command="{EFFECT}; echo a"]
  b [tool_command="{EFFECT}; echo b"]
  p [tool_command="{EFFECT}; echo p"]
  q [tool_command="{EFFECT}; echo q"]
  start -> checks -> {{a b}} -> verdict -> review -> {{p q}} -> choice -> exit
}}""",
    "worktrees": f"""
digraph worktrees {{
  start [shape=Mdiamond] exit [shape=Msquare]
  checks [shape=component, max_parallel=3, workspace=worktree]
  verdict [shape=tripleoctagon, merge_files=all]
  inner [shape=component, workspace=worktree]
  meet [shape=tripleoctagon, merge_files=all]
  node [shape=parallelogram]
  a [tool_command="(cd {MAIN}; {EFFECT}); printf 'one\\n2\\n3\\n' > text; echo a > a"]
  p [tool_command="(cd {MAIN}; {EFFECT}); echo p > p; ln -sf p link"]
  q [tool_command="(cd {MAIN}; {EFFECT}); printf '1\\n2\\nthree\\n' > text; rm -f gone"]
  c [tool_command="(cd {MAIN}; {EFFECT}); echo c > c; exit 1"]
  last [tool_command="{EFFECT}; cat text a p; test -h link; test ! -e gone"]
  start -> checks -> {{a inner c}}
  {{a c}} -> verdict -> last -> exit
  inner -> {{p q}} -> meet -> verdict
}}""",
    "gate": f"""
digraph gate {{
  start [shape=Mdiamond] exit [shape=Msquare]
  a [shape=parallelogram, tool_command="{EFFECT}"]
  ship [shape=hexagon, label="Ship it?"]
  b [shape=parallelogram, tool_command="{EFFECT}"]
  start -> a -> ship
  ship -> b [label="[Y] Yes"]
  ship -> a [label="[N] No"]
  b -> exit
}}""",
}

EVERY = os.environ.get("ATTRACTORC_CRASH") == "all"


def prepared(folder: Path, name: str) -> None:
    """A folder with the pipeline, in a repository where it needs one."""
    folder.mkdir(exist_ok=True)
    (folder / "p.dot").write_text(PIPELINES[name])
    if name == "worktrees":
        (folder / "text").write_text("1\n2\n3\n")
        (folder / "gone").write_text("g\n")
        (folder / ".gitignore").write_text("effects\n")
        git = ("git", "-C", str(folder), "-c", "user.name=T", "-c", "user.email=t@t")
        for arguments in (("init", "--quiet"), ("add", "."), ("commit", "--quiet", "-m", "x")):
            subprocess.run([*git, *arguments], check=True)


def files(folder: Path) -> dict[str, str]:
    """What is in a folder beside the run's own files."""
    own = ("effects", "runs.db", ".git")
    return {
        path.name: path.read_text() for path in folder.iterdir() if not path.name.startswith(own)
    }


def engine(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "attractorc", *arguments, "--store", "runs.db", "--json"]
    return subprocess.Popen(
        [*command, "--interviewer", "auto"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )


def killed_at(process: subprocess.Popen[str], number: int) -> bool:
    """Kill the engine when it has printed the record of this number; False if it ended first."""
    assert process.stdout is not None
    for line in process.stdout:
        if json.loads(line)["sequence_no"] >= number:
            os.kill(process.pid, signal.SIGKILL)
            process.stdout.close()
            process.wait()
            return True
    process.stdout.close()
    process.wait()
    return False


def finished(process: subprocess.Popen[str]) -> dict[str, object]:
    assert process.stdout is not None
    lines = process.stdout.read().splitlines()
    process.stdout.close()
    process.wait()
    return json.loads(lines[-1]) if lines else {}


def undisturbed(folder: Path, name: str) -> dict[str, object]:
    prepared(folder, name)
    return finished(engine(folder, "exec", "p.dot", "--run-id", "r"))


@pytest.mark.parametrize("name", PIPELINES)
def test_a_killed_engine_is_resumed_without_repeating_anything(name: str, tmp_path: Path) -> None:
    expected = undisturbed(tmp_path / "whole", name)
    assert (expected["kind"], expected["status"]) == ("finalized", "success")
    total = int(str(expected["sequence_no"]))
    numbers = range(1, total) if EVERY else sorted({total // 3, 2 * total // 3})
    killed = 0
    for number in numbers:
        folder = tmp_path / f"at-{number}"
        prepared(folder, name)
        if not killed_at(engine(folder, "exec", "p.dot", "--run-id", "r"), number):
            continue
        if not begun(folder):
            continue
        if number % 2:
            killed_at(engine(folder, "resume", "r"), number + 4)
        killed += 1
        last = finished(engine(folder, "resume", "r"))
        assert (last or ended(folder))["outcome_digest"] == expected["outcome_digest"], number
        assert_each_once(folder, number)
        assert files(folder) == files(tmp_path / "whole"), number
    print(f"{name}: killed and resumed at {killed} of {total} records, 0 failures")


def begun(folder: Path) -> bool:
    """Whether the run was durable when the engine died; before that there is nothing to lose."""
    store = open_store(str(folder / "runs.db"))
    try:
        return any(True for _ in read(store, "r"))
    except Exception:
        return False
    finally:
        store.close()


def ended(folder: Path) -> dict[str, object]:
    store = open_store(str(folder / "runs.db"))
    try:
        *_, (record, _turn) = read(store, "r")
        return {"outcome_digest": getattr(record, "outcome_digest", None)}
    finally:
        store.close()


def assert_each_once(folder: Path, number: int) -> None:
    """No attempt that came to an end was started again, and every branch ended once."""
    store = open_store(str(folder / "runs.db"))
    records = [record for record, _turn in read(store, "r")]
    store.close()
    stages = [one for one in records if isinstance(one, StageLifecycle)]
    over = Counter(
        one.stage_attempt_id for one in stages if one.kind in ("completed", "failed", "retrying")
    )
    assert set(over.values()) == {1}, number
    effects = Counter((folder / "effects").read_text().split())
    interrupted = Counter(
        one.stage_attempt_id for one in stages if one.kind in ("interrupted", "cancelled")
    )
    for attempt, times in effects.items():
        assert times <= 1 + interrupted[attempt], (number, attempt)
    kinds = ("completed", "failed", "skipped", "cancelled", "timed_out")
    ends = Counter(
        one.branch_path
        for one in records
        if isinstance(one, ParallelLifecycle) and one.kind in [f"branch_{k}" for k in kinds]
    )
    assert set(ends.values()) <= {1}, number


def test_what_the_dead_engines_tools_left_running_is_ended_first(tmp_path: Path) -> None:
    command = "echo $$ >> pids; test -f again || { touch again; sleep 60; }"
    (tmp_path / "p.dot").write_text(
        "digraph g { start [shape=Mdiamond] exit [shape=Msquare]"
        f' a [shape=parallelogram, tool_command="{command}"] start -> a -> exit }}'
    )
    process = engine(tmp_path, "exec", "p.dot", "--run-id", "r")
    until(lambda: (tmp_path / "again").exists())
    os.kill(process.pid, signal.SIGKILL)
    assert process.stdout is not None
    process.stdout.close()
    process.wait()
    orphan = int((tmp_path / "pids").read_text().split()[0])
    assert alive(orphan)
    last = finished(engine(tmp_path, "resume", "r"))
    assert last["status"] == "success"
    until(lambda: not alive(orphan))
    assert len((tmp_path / "pids").read_text().split()) == 2


def until(condition) -> None:
    limit = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < limit, "it did not come to pass in ten seconds"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    try:
        return stat.read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
