"""kill -9 of the whole engine, then `resume`: nothing that was finished runs again.

The engine is a real process with real tools and a real SQLite file. It is killed at a chosen
append, barrier or handler boundary, and again while it resumes; `make crash` tries every one, the
suite a few of them.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from attractorc.interpreter.driver.journal import read
from attractorc.interpreter.ports import StoreError
from attractorc.interpreter.records import ParallelLifecycle, PlanChange, Record, StageLifecycle
from attractorc.interpreter.stores.opening import open_store

from .dying import COUNTED, Engine, started

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
    "timeouts": f"""
digraph timeouts {{
  start [shape=Mdiamond] exit [shape=Msquare]
  checks [shape=component, branch_timeout="2s", join="any_success"]
  verdict [shape=tripleoctagon, merge="tool.output: collect"]
  node [shape=parallelogram]
  hangs [tool_command="{EFFECT}; sleep 60", timeout="300ms", max_retries=1]
  a [tool_command="{EFFECT}; echo a"]
  late [tool_command="{EFFECT}; sleep 60"]
  last [tool_command="{EFFECT}"]
  start -> hangs
  hangs -> exit [condition="outcome=success"]
  hangs -> checks [condition="outcome=fail"]
  checks -> {{late a}} -> verdict -> last -> exit
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

CHANGED = (
    PIPELINES["region"]
    .replace(
        f'last [tool_command="{EFFECT}"]',
        f'last [tool_command="{EFFECT}; echo other"] more [tool_command="{EFFECT}"]',
    )
    .replace("verdict -> last -> exit", "verdict -> last -> more -> exit")
)
"""The pipeline `region`, as somebody has changed it while it ran: behind its fan-in."""

EVERY = os.environ.get("ATTRACTORC_CRASH") == "all"


def prepared(folder: Path, text: str) -> None:
    """A folder with the pipeline, in a repository where it needs one."""
    folder.mkdir(exist_ok=True)
    (folder / "p.dot").write_text(text)
    if text == PIPELINES["worktrees"]:
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


def engine(folder: Path, *arguments: str, dies_at: int = 0) -> Engine:
    """An engine, which kills itself at a boundary of that number (`tests.dying`)."""
    more = ("--store", "runs.db", "--json", "--interviewer", "auto")
    return started(folder, *arguments, *more, dies_at=dies_at)


def killed(process: Engine) -> bool:
    """Wait for an engine that is to kill itself; False if it came to its end before."""
    process.printed()
    return process.code == -signal.SIGKILL


def finished(process: Engine) -> dict[str, object]:
    """The last record of an engine that comes to its end, {} if it has written none."""
    out, err = process.printed()
    assert "Traceback" not in err, err
    lines = out.splitlines()
    return json.loads(lines[-1]) if lines else {}


@dataclass(frozen=True)
class Whole:
    """A run that nobody disturbed: its outcome, the files it left, its number of boundaries."""

    digest: str
    files: dict[str, str]
    boundaries: int

    @property
    def points(self) -> Iterable[int]:
        """Where to kill: everywhere, or at a few places."""
        few = sorted({self.boundaries // 3, 2 * self.boundaries // 3})
        return range(1, self.boundaries + 1) if EVERY else few


def undisturbed(folder: Path, text: str) -> Whole:
    prepared(folder, text)
    out, err = engine(folder, "exec", "p.dot", "--run-id", "r").printed()
    last = json.loads(out.splitlines()[-1])
    assert (last["kind"], last["status"]) == ("finalized", "success"), err
    count = int(err.splitlines()[-1].removeprefix(COUNTED))
    return Whole(last["outcome_digest"], files(folder), count)


def each_point(name: str, whole: Whole, tmp_path: Path, check: Callable[[Path, int], bool]) -> None:
    """Kill at every point in a folder of its own, check, and print points and failures.

    `check` says whether the run was killed there, and asserts what must hold then.
    """
    points, failures = 0, []
    for number in whole.points:
        folder = tmp_path / f"at-{number}"
        try:
            points += check(folder, number)
        except AssertionError as error:
            failures.append(f"at {number}: {error}")
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{name}: {points} of {whole.boundaries} boundaries, {len(failures)} failures")
    assert not failures, "\n".join(failures)
    assert points


def again_at(number: int) -> int:
    """Where the first resume is killed too: soon, and not always at the same place."""
    return 1 + number * 7 % 23


@pytest.mark.parametrize("name", PIPELINES)
def test_a_killed_engine_is_resumed_without_repeating_anything(name: str, tmp_path: Path) -> None:
    whole = undisturbed(tmp_path / "whole", PIPELINES[name])

    def check(folder: Path, number: int) -> bool:
        prepared(folder, PIPELINES[name])
        dead = killed(engine(folder, "exec", "p.dot", "--run-id", "r", dies_at=number))
        if not dead or not begun(folder):
            return False
        if number % 2:
            killed(engine(folder, "resume", "r", dies_at=again_at(number)))
        last = finished(engine(folder, "resume", "r"))
        assert (last or ended(folder))["outcome_digest"] == whole.digest
        assert_each_once(folder)
        assert files(folder) == whole.files
        return True

    each_point(name, whole, tmp_path, check)


def test_a_killed_run_goes_on_with_a_changed_plan_or_as_it_was(tmp_path: Path) -> None:
    """Also killed while the new plan takes over. Refused is only what changes what was reached."""
    old = undisturbed(tmp_path / "old", PIPELINES["region"])
    new = undisturbed(tmp_path / "new", CHANGED)
    ends: Counter[int | None] = Counter()

    def check(folder: Path, number: int) -> bool:
        prepared(folder, PIPELINES["region"])
        dead = killed(engine(folder, "exec", "p.dot", "--run-id", "r", dies_at=number))
        if not dead or not begun(folder):
            return False
        (folder / "p.dot").write_text(CHANGED)
        accept = ("resume", "r", "p.dot", "--accept-plan-change")
        killed(engine(folder, *accept, dies_at=again_at(number)))
        process = engine(folder, *accept)
        last = finished(process)
        ends[process.code] += 1
        if process.code == 2:
            assert has_started(folder, "last")
            last = finished(engine(folder, "resume", "r"))
        outcome = (last or ended(folder))["outcome_digest"]
        took = bool(changes(folder))
        assert outcome == (new if took else old).digest
        assert took or has_started(folder, "last")
        assert_each_once(folder)
        return True

    each_point("changed", old, tmp_path, check)
    print(f"  exit codes of the resume with the new plan: {dict(ends)}")


def changes(folder: Path) -> list[PlanChange]:
    return [one for one in journal(folder) if isinstance(one, PlanChange)]


def journal(folder: Path) -> list[Record]:
    store = open_store(str(folder / "runs.db"))
    try:
        return [record for record, _turn in read(store, "r")]
    finally:
        store.close()


def has_started(folder: Path, node: str) -> bool:
    return any(isinstance(one, StageLifecycle) and one.node_id == node for one in journal(folder))


def begun(folder: Path) -> bool:
    """Whether the run was durable when the engine died; before that there is nothing to lose."""
    try:
        return bool(journal(folder))
    except StoreError:
        return False


def ended(folder: Path) -> dict[str, object]:
    return {"outcome_digest": getattr(journal(folder)[-1], "outcome_digest", None)}


def assert_each_once(folder: Path) -> None:
    """No attempt that came to an end was started again, and every branch ended once."""
    records = journal(folder)
    stages = [one for one in records if isinstance(one, StageLifecycle)]
    over = Counter(
        one.stage_attempt_id for one in stages if one.kind in ("completed", "failed", "retrying")
    )
    assert set(over.values()) == {1}
    effects = Counter((folder / "effects").read_text().split())
    interrupted = Counter(
        one.stage_attempt_id for one in stages if one.kind in ("interrupted", "cancelled")
    )
    for attempt, times in effects.items():
        assert times <= 1 + interrupted[attempt], attempt
    kinds = ("completed", "failed", "skipped", "cancelled", "timed_out")
    ends = Counter(
        one.branch_path
        for one in records
        if isinstance(one, ParallelLifecycle) and one.kind in [f"branch_{k}" for k in kinds]
    )
    assert set(ends.values()) <= {1}


def test_what_the_dead_engines_tools_left_running_is_ended_first(tmp_path: Path) -> None:
    command = "echo $$ >> pids; test -f again || { touch again; sleep 60; }"
    (tmp_path / "p.dot").write_text(
        "digraph g { start [shape=Mdiamond] exit [shape=Msquare]"
        f' a [shape=parallelogram, tool_command="{command}"] start -> a -> exit }}'
    )
    process = engine(tmp_path, "exec", "p.dot", "--run-id", "r")
    until(lambda: (tmp_path / "again").exists())
    os.kill(process.pid, signal.SIGKILL)
    assert killed(process)
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
