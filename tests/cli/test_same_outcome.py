"""One pipeline, one canonical outcome: at any `--jobs`, speed, hash seed, locale, zone, folder.

Real processes that take a random time each. The pipeline has a region in a region, a formula,
a quorum, retries, a loop, losers that are cancelled and losers that are drained.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SOURCE = r"""
digraph everything {
  graph [goal="the same each time", default_max_retries=1]
  node [shape=parallelogram]
  start [shape=Mdiamond]
  exit [shape=Msquare]
  outer [shape=component, max_parallel=3,
    join="lint && (deep || late.failed) && !1 of (broken, late)"]
  lint [tool_command="sh work lint", writes=findings]
  deep [tool_command="sh work deep"]
  late [tool_command="sh work late; exit 1", max_retries=0]
  broken [tool_command="sh work broken; exit 3", writes=findings]
  inner [shape=component, join="quorum(2/3)", max_parallel=2]
  p [tool_command="sh work p", writes=findings]
  q [tool_command="sh work q; sh once 75", writes=findings]
  r [tool_command="sh work r", writes=findings]
  meet [shape=tripleoctagon, merge="findings: append", winner="first"]
  check [tool_command="sh work check; sh once 1", max_retries=0]
  gather [shape=tripleoctagon, merge="findings: append", merge_from=all]
  race [shape=component, join=first_success, losers=drain, decide=declared]
  a [tool_command="sh work a; exit 1"]
  b [tool_command="sh work b", writes=votes]
  c [tool_command="sh work c", writes=votes]
  d [tool_command="sh work d; exit 1"]
  finish [shape=tripleoctagon, merge="votes: collect"]
  start -> outer -> {lint deep late broken}
  deep -> inner -> {p q r} -> meet -> check
  check -> gather [condition="outcome=success"]
  check -> inner [condition="outcome=fail"]
  {lint late broken} -> gather -> race -> {a b c d} -> finish -> exit
}
"""
WORK = """
sleep 0.0$(( $(od -An -N1 -tu1 /dev/urandom) % 10 ))
echo "$1 of $ATTRACTOR_GOAL"
"""
ONCE = """
mark=$(echo "$ATTRACTOR_NODE_ID" | tr / _).done
test -e "$mark" || { touch "$mark"; exit "$1"; }
"""


def ran(
    folder: Path, jobs: int, work: str = WORK, **environment: str
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The result and the events of a run in a folder of its own."""
    folder.mkdir()
    for name, text in (("p.dot", SOURCE), ("work", work), ("once", ONCE)):
        (folder / name).write_text(text)
    arguments = ("exec", "p.dot", "--store", "memory:", "--json", "--jobs", str(jobs))
    done = subprocess.run(
        [sys.executable, "-m", "attractorc", *arguments],
        cwd=folder,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    lines = done.stderr.splitlines()
    assert done.returncode == 0, done.stderr
    return json.loads(lines[-1]), [json.loads(line) for line in done.stdout.splitlines()]


RUNS: dict[str, tuple[int, dict[str, str]]] = {
    "plain": (1, {"PYTHONHASHSEED": "0", "LC_ALL": "C", "TZ": "UTC"}),
    "two at once": (2, {"PYTHONHASHSEED": "1", "LC_ALL": "C.UTF-8", "TZ": "Asia/Kolkata"}),
    "eight at once": (8, {"PYTHONHASHSEED": "random", "LC_ALL": "POSIX", "TZ": "US/Samoa"}),
    "as many as there are": (64, {"PYTHONHASHSEED": "1", "LC_ALL": "C", "TZ": "XYZ-14"}),
    "once more": (64, {"PYTHONHASHSEED": "random", "LC_ALL": "C.UTF-8", "TZ": ""}),
    "and once more": (2, {"PYTHONHASHSEED": "0", "LC_ALL": "tr_TR.UTF-8", "TZ": "Not/There"}),
}


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    jobs, environment = RUNS["plain"]
    return ran(tmp_path_factory.mktemp("first") / "here", jobs, **environment)


def test_the_pipeline_goes_through_all_that_it_is_there_for(first: Any) -> None:
    result, events = first
    assert result["status"] == "success"
    kinds = {(one["type"].rpartition(".")[2], one.get("kind")) for one in events}
    assert {("stage_lifecycle", "retrying"), ("parallel_lifecycle", "branch_failed")} <= kinds
    paths = {one.get("path") for one in events}
    assert {"/outer.1/deep/inner.1/p", "/outer.1/deep/inner.2/p"} <= paths
    joins = [one["join"] for one in events if one.get("kind") == "join_decided"]
    assert [join["policy"][:6] for join in joins] == ["quorum", "quorum", "lint &", "first_"]
    assert joins[3]["losers_of"] == ["c", "d"]
    assert joins[0]["losers_of"] == ["r"]
    cancelled = [one["branch_id"] for one in events if one.get("kind") == "branch_cancelled"]
    assert cancelled == ["r", "r"]


@pytest.mark.parametrize("run", [name for name in RUNS if name != "plain"])
def test_it_has_the_same_canonical_outcome(run: str, first: Any, tmp_path: Path) -> None:
    jobs, environment = RUNS[run]
    result, _ = ran(tmp_path / "größe 1 €", jobs, **environment)
    assert result["outcome_digest"] == first[0]["outcome_digest"]


def test_other_outcomes_of_the_same_plan_have_another_digest(first: Any, tmp_path: Path) -> None:
    result, _ = ran(tmp_path / "other", 8, work=WORK.replace(" of ", " for "))
    assert result["outcome_digest"] != first[0]["outcome_digest"]
