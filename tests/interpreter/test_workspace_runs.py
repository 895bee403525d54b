"""Runs whose branches have files of their own: what the machine asks for, journals and resumes."""

from __future__ import annotations

import asyncio
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from attractorc.compiler.plan.model import FanIn, Parallel, Plan
from attractorc.compiler.policy import FanOut, Join, Merge, MergeRule
from attractorc.interpreter.driver.journal import read
from attractorc.interpreter.outcome import Outcome, Status
from attractorc.interpreter.ports import Call
from attractorc.interpreter.queries import branches, show, why
from attractorc.interpreter.records import FanInDecision, ParallelLifecycle, StageLifecycle
from attractorc.interpreter.stores.memory import MemoryStore
from attractorc.interpreter.workspaces import LocalWorkspaces

from .fake_workspaces import FakeWorkspaces
from .pipelines import (
    SUCCEEDS,
    Behaviour,
    Ran,
    Scripted,
    fails,
    fan,
    plan,
    region,
    run,
    step,
    to,
    when,
    writes,
)
from .test_resume import Crash, Crashing, committed, once_each
from .test_workspace_contract import FILES, git, repository

OWN = FanOut(workspace="copy")
EVERYTHING = Merge((MergeRule("*", "collect"),), files="all")


class Fakes:
    """A fake port, and stages that write into the files of the folder that they are called in."""

    def __init__(self, **files: str) -> None:
        self.port = FakeWorkspaces(files)

    def puts(self, outcome: Outcome = SUCCEEDS, **texts: str | None) -> Behaviour:
        async def behave(call: Call) -> Outcome:
            await asyncio.sleep(0)
            folder = self.port.folders[str(call.workspace)]
            for name, text in texts.items():
                folder.pop(name, None)
                if text is not None:
                    folder[name] = text
            return outcome

        return behave

    @property
    def files(self) -> dict[str, str]:
        return self.port.folders["."]

    def run(self, made: Plan, behaviour: dict[str, Any] | Scripted, **more: Any) -> Ran:
        return run(made, behaviour, workspaces=self.port, **more)


def decision(ran: Ran) -> FanInDecision:
    (found,) = ran.of(FanInDecision)
    return found


def test_every_stage_of_a_branch_works_in_the_branchs_own_folder_the_trunk_in_the_runs() -> None:
    fakes = Fakes(x="1")
    made = plan(
        step("before", "fan"),
        step("fan", work=Parallel()),
        step("a", "a2", region="fan"),
        step("a2", "join", region="fan"),
        step("b", "join", region="fan"),
        step("join", "after", work=FanIn("fan")),
        step("after", "exit"),
        regions=(region("fan", "a b", "join", policy=OWN),),
    )
    handler = Scripted({"a": fakes.puts(y="2"), "a2": fakes.puts(z="3")})
    ran = fakes.run(made, handler)
    assert ran.result.status == "success"
    where = {call.step.id: str(call.workspace) for call in handler.calls}
    assert where == {
        "before": ".",
        "a": "workspaces/run-1/fan.1/a",
        "a2": "workspaces/run-1/fan.1/a",
        "b": "workspaces/run-1/fan.1/b",
        "after": ".",
    }
    assert fakes.files == {"x": "1", "y": "2", "z": "3"}
    assert fakes.port.called == ["fork", "make", "make", "close", "close", "merge", "apply"]


def test_the_base_and_each_workspace_are_journaled_before_they_are_used() -> None:
    fakes = Fakes(x="1")
    ran = fakes.run(fan("a b", OWN), {})
    kinds = [
        record.kind if record.path == "" else f"{record.kind} {record.node_id}"
        for record in ran.records
        if isinstance(record, ParallelLifecycle | StageLifecycle)
    ]
    assert kinds.index("workspace_ready") < kinds.index("started", 4)
    ready = [one for one in ran.records if getattr(one, "kind", "") == "workspace_ready"]
    assert [one.branch_id for one in ready] == [None, "a", "b"]
    starts = {one.path: one.sequence_no for one in ran.of(StageLifecycle, "started") if one.path}
    for one in ready[1:]:
        assert one.sequence_no < starts[one.branch_path]


@pytest.mark.parametrize(
    ("merge", "expected"),
    [
        (Merge(), {"x": "a"}),
        (Merge(files="none"), {"x": "1"}),
        (Merge(files="all"), None),
        (Merge(files="all", on_conflict="last"), {"x": "b", "y": "b"}),
        (Merge(files="all", on_conflict="collect"), None),
    ],
    ids=["winner", "none", "all", "all, last", "all, collect"],
)
def test_what_comes_back_is_what_merge_files_says(merge: Merge, expected) -> None:
    fakes = Fakes(x="1")
    behaviour = {"a": fakes.puts(x="a"), "b": fakes.puts(x="b", y="b")}
    ran = fakes.run(fan("a b", OWN, merge=merge), behaviour)
    if expected is None:
        assert ran.result.status == "fail"
        assert "'x': 'a' and 'b' changed the same lines" in ran.result.reason
        assert fakes.files == {"x": "1"}
        assert "apply" not in fakes.port.called
    else:
        assert ran.result.status == "success"
        assert fakes.files == expected


def test_a_conflict_of_files_merges_no_key_and_one_of_keys_no_file() -> None:
    fakes = Fakes(x="1")
    merge = Merge((MergeRule("n", "sum"),), files="all")
    clashing = {"a": fakes.puts(writes(n=1), x="a"), "b": fakes.puts(writes(n=2), x="b")}
    ran = fakes.run(fan("a b", OWN, merge=merge), clashing)
    assert ran.result.status == "fail"
    assert "n" not in ran.context
    (key,) = (each for each in decision(ran).keys if each["key"] == "n")
    assert key["result"] is None
    assert {write["state"] for write in key["writes"]} == {"excluded"}

    fakes = Fakes(x="1")
    clashing = {"a": fakes.puts(writes(n="?"), x="a"), "b": fakes.puts(writes(n=2), y="b")}
    ran = fakes.run(fan("a b", OWN, merge=merge), clashing)
    assert "'n' cannot be merged by sum" in ran.result.reason
    assert fakes.files == {"x": "1"}
    assert {
        (each["path"], write["branch"], write["state"])
        for each in decision(ran).files
        for write in each["writes"]
    } == {("x", "a", "excluded"), ("y", "b", "excluded")}


def test_provenance_says_for_each_path_whose_it_is() -> None:
    fakes = Fakes(x="1\n2\n3\n", gone="g")
    behaviour = {
        "a": fakes.puts(x="one\n2\n3\n", mine="a"),
        "b": fakes.puts(x="1\n2\nthree\n", gone=None),
        "c": fakes.puts(fails("red"), x="red\n", other="c"),
    }
    ran = fakes.run(fan("a b c", OWN, merge=Merge(files="all")), behaviour)
    assert fakes.files == {"x": "one\n2\nthree\n", "mine": "a"}
    told = {
        each["path"]: (each["change"], {w["branch"]: w["state"] for w in each["writes"]})
        for each in decision(ran).files
    }
    assert told == {
        "gone": ("deleted", {"b": "merged"}),
        "mine": ("added", {"a": "merged"}),
        "other": ("none", {"c": "excluded"}),
        "x": ("modified", {"a": "merged", "b": "merged", "c": "excluded"}),
    }
    (explained,) = why(ran.store, "run-1", "join")
    assert explained.lines[-5:] == (
        "  merge_files=all, workspace=copy: 3 files of the workspace changed",
        "    gone deleted  [merged: b]",
        "    mine added  [merged: a]",
        "    other  [excluded: c]",
        "    x modified  [merged: a, b; excluded: c]",
    )
    (file,) = why(ran.store, "run-1", "gone")
    assert file.lines == ("at fan-in 'join' (fan-out 'fan'): gone deleted  [merged: b]",)
    shown = branches(ran.store, "run-1")
    assert [each.files_changed for each in shown] == [2, 2, 2]
    assert [Path(each.workspace).name for each in shown] == ["a", "b", "c"]
    assert len(show(ran.store, "run-1").branch_workspaces) == 3


def test_the_files_of_failed_branches_count_under_merge_from_all() -> None:
    fakes = Fakes(x="1")
    behaviour = {"a": SUCCEEDS, "b": fakes.puts(fails("found something"), report="r")}
    ran = fakes.run(fan("a b", OWN, merge=Merge(source="all", files="all")), behaviour)
    assert ran.result.status == "success"
    assert fakes.files == {"x": "1", "report": "r"}


def test_without_a_winner_the_winners_files_are_none() -> None:
    fakes = Fakes(x="1")
    policy = FanOut(Join("all_done", text="all_done"), workspace="copy")
    behaviour = {"a": fakes.puts(fails(), x="2"), "b": fakes.puts(fails(), x="3")}
    ran = fakes.run(fan("a b", policy), behaviour)
    assert ran.result.status == "success"
    assert fakes.files == {"x": "1"}


def test_a_join_that_is_not_satisfied_brings_nothing_back() -> None:
    fakes = Fakes(x="1")
    policy = FanOut(Join("all_success", text="all_success"), workspace="copy")
    behaviour = {"a": fakes.puts(x="2"), "b": fails()}
    ran = fakes.run(fan("a b", policy, merge=Merge(files="all")), behaviour)
    assert ran.result.status == "fail"
    assert fakes.files == {"x": "1"}
    assert fakes.port.folders["workspaces/run-1/fan.1/a"] == {"x": "2"}


def test_branches_that_meet_at_an_ordinary_node_bring_their_files_back_at_the_fan_out() -> None:
    fakes = Fakes(x="1")
    made = plan(
        step("fan", work=Parallel()),
        step("a", "on", region="fan"),
        step("b", "on", region="fan"),
        step("on", "exit"),
        regions=(region("fan", "a b", "on", policy=OWN, merge=Merge(files="all"), meeting="node"),),
    )
    seen: list[dict[str, str]] = []

    async def look(call: Call) -> Outcome:
        seen.append(dict(fakes.files))
        return SUCCEEDS

    fakes.run(made, {"a": fakes.puts(p="1"), "b": fakes.puts(q="2"), "on": look})
    assert seen == [{"x": "1", "p": "1", "q": "2"}]


def test_an_inner_fan_out_forks_from_its_branch_and_brings_back_there() -> None:
    fakes = Fakes(x="1")
    ran = fakes.run(nested_plan(), nested_behaviour(fakes))
    assert ran.result.status == "success"
    assert fakes.files == {"x": "1", "first": "f", "p": "P", "q": "Q", "z": "Z", "late": "f.P.Q"}
    folder = "workspaces/run-1/outer.1+m+inner.1/p"
    assert fakes.port.folders[folder] == {"x": "1", "first": "f", "p": "P"}


def nested_plan() -> Plan:
    """start -> outer -> {m -> inner -> {p q} -> meet -> late, z} -> join -> exit."""
    return plan(
        step("outer", work=Parallel()),
        step("m", "inner", region="outer"),
        step("inner", work=Parallel(), region="outer"),
        step("p", "meet", region="inner"),
        step("q", "meet", region="inner"),
        step("meet", "late", work=FanIn("inner"), region="outer"),
        step("late", "join", region="outer"),
        step("z", "join", region="outer"),
        step("join", "exit", work=FanIn("outer")),
        regions=(
            region("outer", "m z", "join", policy=OWN, merge=EVERYTHING),
            region("inner", "p q", "meet", policy=OWN, merge=EVERYTHING, parent="outer"),
        ),
    )


def nested_behaviour(fakes: Fakes) -> dict[str, Any]:
    async def late(call: Call) -> Outcome:
        folder = fakes.port.folders[str(call.workspace)]
        folder["late"] = ".".join(folder[name] for name in ("first", "p", "q"))
        return SUCCEEDS

    return {
        "m": fakes.puts(first="f"),
        "p": fakes.puts(p="P"),
        "q": fakes.puts(q="Q"),
        "late": late,
        "z": fakes.puts(z="Z"),
    }


def looped() -> Plan:
    """The fan-out is visited twice."""
    return plan(
        step("fan", work=Parallel()),
        step("a", "join", region="fan"),
        step("b", "join", region="fan"),
        step("join", "again", work=FanIn("fan")),
        step("again", to("fan", condition=when("round", "1")), "exit"),
        regions=(region("fan", "a b", "join", policy=OWN, merge=Merge(files="all")),),
    )


def looped_behaviour(fakes: Fakes) -> dict[str, Any]:
    async def count(call: Call) -> Outcome:
        folder = fakes.port.folders[str(call.workspace)]
        # Written again by a rerun of the same attempt, so a function of the visit alone.
        folder["a"] = "".join(f"{number}\n" for number in range(1, call.visit + 1))
        folder[f"seen-{call.path[5]}"] = folder.get("b", "nothing")
        return SUCCEEDS

    async def again(call: Call) -> Outcome:
        return writes(round=str(call.visit))

    return {"a": count, "b": fakes.puts(b="B"), "again": again}


def test_a_second_visit_forks_from_what_the_first_one_brought_back() -> None:
    fakes = Fakes(x="1")
    ran = fakes.run(looped(), looped_behaviour(fakes))
    assert ran.result.status == "success"
    assert fakes.files["seen-1"] == "nothing"
    assert fakes.files["seen-2"] == "B"
    assert {folder for folder in fakes.port.folders if folder.endswith("/a")} == {
        "workspaces/run-1/fan.1/a",
        "workspaces/run-1/fan.2/a",
    }


def test_losers_that_are_cancelled_bring_nothing_and_their_workspaces_stay() -> None:
    fakes = Fakes(x="1")

    async def slow(call: Call) -> Outcome:
        fakes.port.folders[str(call.workspace)]["x"] = "half done"
        await asyncio.sleep(60)
        return SUCCEEDS

    policy = FanOut(Join("first_success", text="first_success"), workspace="copy")
    ran = fakes.run(
        fan("a b", policy, merge=Merge(files="all")), {"a": fakes.puts(y="1"), "b": slow}
    )
    assert ran.result.status == "success"
    assert fakes.files == {"x": "1", "y": "1"}
    assert fakes.port.folders["workspaces/run-1/fan.1/b"]["x"] in ("1", "half done")
    assert [each["path"] for each in decision(ran).files] == ["y"]


def test_an_option_of_the_run_overrides_the_plan_and_is_journaled() -> None:
    for written, option, kinds in (
        ("shared", "copy", ["fork", "make", "make", "close", "close", "merge", "apply"]),
        ("copy", "shared", []),
    ):
        fakes = Fakes(x="1")
        seen: list[str] = []

        async def look(call: Call, seen: list[str] = seen, fakes: Fakes = fakes) -> Outcome:
            seen.append(str(call.workspace))
            fakes.port.folders[str(call.workspace)]["y"] = "2"
            return SUCCEEDS

        made = fan("a b", FanOut(workspace=written))  # type: ignore[arg-type]
        ran = fakes.run(made, {"a": look}, options={"workspace": option})
        assert fakes.port.called == kinds
        assert (seen == ["."]) == (option == "shared")
        assert ran.records[0].options == {"workspace": option}
        assert fakes.files == {"x": "1", "y": "2"}


@pytest.mark.parametrize("option", ["simulate", "simulated"])
def test_simulated_stages_have_no_files_and_so_no_workspaces(option: str) -> None:
    fakes = Fakes(x="1")
    ran = fakes.run(fan("a b", OWN), {}, options={option: True})
    assert ran.result.status == "success"
    assert fakes.port.called == []


# --- trouble ------------------------------------------------------------------------------


def test_where_no_base_can_be_made_the_fan_out_fails_before_any_branch_starts() -> None:
    fakes = Fakes(x="1")
    fakes.port.faults["fork"] = "it is no repository"
    ran = fakes.run(fan("a b", OWN), {})
    assert ran.result.status == "fail"
    assert ran.result.reason == (
        "the branches of 'fan' cannot have workspaces of their own: it is no repository"
    )
    assert ran.handler.calls == []
    assert ran.of(ParallelLifecycle) == []
    (failed,) = ran.of(StageLifecycle, "failed")
    assert failed.permanent


def test_a_failure_route_of_such_a_fan_out_is_taken() -> None:
    fakes = Fakes(x="1")
    fakes.port.faults["fork"] = "it is no repository"
    made = fan("a b", OWN)
    routed = {**made.steps, "repair": step("repair", "exit")}
    routed["fan"] = step("fan", work=Parallel(), retry_target="repair")
    ran = fakes.run(
        plan(
            *(routed[name] for name in ("fan", "a", "b", "join", "repair")),
            regions=tuple(made.regions.values()),
        ),
        {},
    )
    assert ran.result.status == "success"
    assert ran.handler.ran == ["repair"]


def test_a_branch_whose_workspace_cannot_be_made_fails_alone() -> None:
    fakes = Fakes(x="1")
    make = fakes.port.make

    def full(base: Any, branch: str) -> Any:
        fakes.port.faults = {"make": "the disk is full"} if branch == "a" else {}
        return make(base, branch)

    fakes.port.make = full  # type: ignore[method-assign]
    ran = fakes.run(fan("a b", OWN, merge=Merge(files="all")), {"b": fakes.puts(y="2")})
    assert ran.result.status == "success"
    assert ran.handler.ran == ["b"]
    (failed,) = ran.of(ParallelLifecycle, "branch_failed")
    assert (failed.branch_id, failed.reason) == ("a", "the disk is full")
    assert fakes.files == {"x": "1", "y": "2"}


def test_files_that_are_not_known_fail_a_fan_in_that_wants_them_and_no_other() -> None:
    for merge, status in ((Merge(files="all"), "fail"), (Merge(files="none"), "success")):
        fakes = Fakes(x="1")
        fakes.port.faults["close"] = "it is gone"
        ran = fakes.run(fan("a b", OWN, merge=merge), {"a": fakes.puts(y="1")})
        assert ran.result.status == status
        if status == "fail":
            assert ran.result.reason == "the files of the branch 'a' are not known: it is gone"


@pytest.mark.parametrize("method", ["merge", "apply"])
def test_what_the_port_cannot_do_fails_the_fan_in_with_its_sentence(method: str) -> None:
    fakes = Fakes(x="1")
    fakes.port.faults[method] = "the disk is full"
    ran = fakes.run(fan("a b", OWN), {"a": fakes.puts(y="1")})
    assert (ran.result.status, ran.result.reason) == ("fail", "the disk is full")
    assert fakes.files == {"x": "1"}


def test_a_fault_of_the_ports_code_is_an_outcome_and_no_end_of_the_run() -> None:
    fakes = Fakes(x="1")

    def broken(base: Any) -> None:
        raise ZeroDivisionError("oh")

    fakes.port.apply = broken  # type: ignore[method-assign]
    ran = fakes.run(fan("a b", OWN), {"a": fakes.puts(y="1")})
    assert (ran.result.status, ran.result.reason) == ("fail", "ZeroDivisionError: oh")


def test_an_engine_without_the_port_says_so() -> None:
    ran = run(fan("a b", OWN), {})
    assert "was given nothing to make workspaces with" in ran.result.reason


def test_control_does_not_leave_a_fan_out_while_files_of_a_loser_are_being_brought_back() -> None:
    """An inner fan-in of a cancelled branch writes into that branch's parent: it is waited for."""
    fakes = Fakes(x="1")
    entered, goes_on = threading.Event(), threading.Event()
    apply = fakes.port.apply
    order: list[str] = []

    def slowly(base: Any) -> None:
        entered.set()
        goes_on.wait(10)
        apply(base)
        order.append("applied")

    fakes.port.apply = slowly  # type: ignore[method-assign]

    async def wins(call: Call) -> Outcome:
        await asyncio.to_thread(entered.wait, 10)
        asyncio.get_running_loop().call_later(0.2, goes_on.set)
        return SUCCEEDS

    async def last(call: Call) -> Outcome:
        order.append("last")
        return SUCCEEDS

    policy = FanOut(Join("first_success", text="first_success"), decide="arrival")
    made = plan(
        step("outer", work=Parallel()),
        step("inner", work=Parallel(), region="outer"),
        step("p", "meet", region="inner"),
        step("q", "meet", region="inner"),
        step("meet", "join", work=FanIn("inner"), region="outer"),
        step("quick", "join", region="outer"),
        step("join", "last", work=FanIn("outer")),
        step("last", "exit"),
        regions=(
            region("outer", "inner quick", "join", policy=policy),
            region("inner", "p q", "meet", policy=OWN, parent="outer"),
        ),
    )
    ran = fakes.run(made, {"p": fakes.puts(y="2"), "quick": wins, "last": last})
    assert ran.result.status == "success"
    assert order == ["applied", "last"]
    assert [one.node_id for one in ran.of(StageLifecycle, "cancelled")] == ["meet"]


def test_a_run_that_is_cancelled_ends_only_when_the_files_are_whole() -> None:
    fakes, store = Fakes(x="1"), MemoryStore()
    apply = fakes.port.apply

    def slowly(base: Any) -> None:
        store.post("run-1", "cancel", {}, "2026-01-01T00:00:00.000Z")
        until = time.monotonic() + 10
        while time.monotonic() < until and store.run("run-1").status != "cancelling":
            time.sleep(0.02)
        apply(base)

    fakes.port.apply = slowly  # type: ignore[method-assign]
    ran = fakes.run(fan("a b", OWN), {"a": fakes.puts(y="2")}, store=store, poll_ms=20)
    assert ran.result.status == "cancelled"
    assert fakes.files == {"x": "1", "y": "2"}
    assert [one.node_id for one in ran.of(StageLifecycle, "cancelled")] == ["join"]
    assert ran.records[-1].kind == "cancelled"


# --- resume -------------------------------------------------------------------------------


def all_in_one(fakes: Fakes) -> tuple[Plan, dict[str, Any]]:
    behaviour = {
        "a": fakes.puts(x="one\n2\n3\n", a="A"),
        "b": fakes.puts(x="1\n2\nthree\n", gone=None),
        "c": fakes.puts(fails("red"), c="C"),
    }
    return fan("a b c", FanOut(workspace="copy", max_parallel=2), merge=EVERYTHING), behaviour


SHAPES: dict[str, Callable[[Fakes], tuple[Plan, dict[str, Any]]]] = {
    "a fork": all_in_one,
    "nested": lambda fakes: (nested_plan(), nested_behaviour(fakes)),
    "a loop": lambda fakes: (looped(), looped_behaviour(fakes)),
}


def fresh() -> Fakes:
    return Fakes(x="1\n2\n3\n", gone="g")


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_from_every_prefix_of_the_journal_outcome_and_files_are_the_same(shape) -> None:
    fakes = fresh()
    made, behaviour = shape(fakes)
    undisturbed = fakes.run(made, behaviour)
    assert undisturbed.result.status == "success"
    total = len(undisturbed.records)
    for survives in range(3, total):
        again = fresh()
        _made, behaviour = shape(again)
        store = MemoryStore()
        with pytest.raises(Crash):
            again.run(made, behaviour, store=Crashing(store, survives))
        before = committed(store)
        second = Scripted(behaviour)
        resumed = again.run(made, second, store=store, resume=True)
        assert resumed.result.outcome_digest == undisturbed.result.outcome_digest, survives
        assert again.files == fakes.files, survives
        assert not before & {call.stage_id for call in second.calls}, survives
        assert once_each(resumed), survives


def real_plan() -> Plan:
    policy = FanOut(workspace="worktree", max_parallel=2)
    return fan("a b c", policy, merge=Merge(files="all"))


def real_behaviour() -> dict[str, Any]:
    async def a(call: Call) -> Outcome:
        (call.workspace / "edit").write_text("one\n2\n3\n")
        (call.workspace / "run").write_text("#!/bin/sh\n")
        (call.workspace / "run").chmod(0o755)
        return SUCCEEDS

    async def b(call: Call) -> Outcome:
        (call.workspace / "edit").write_text("1\n2\nthree\n")
        shutil.rmtree(call.workspace / "deep", ignore_errors=True)
        (call.workspace / "deep").unlink(missing_ok=True)
        (call.workspace / "deep").symlink_to("keep")
        return SUCCEEDS

    return {"a": a, "b": b, "c": Outcome(Status.SUCCESS)}


def test_from_every_prefix_a_run_with_real_worktrees_ends_with_the_same_files(
    tmp_path: Path,
) -> None:
    def world(name: str) -> Path:
        folder = repository(tmp_path / name)
        (folder / "untracked").write_text("u\n")
        (folder / ".gitignore").write_text("workspaces\nstages\n")
        return folder

    def tree(folder: Path) -> dict[str, str]:
        listed = git(folder, "ls-files", "--others", "--cached", "--exclude-standard").split()
        return {
            name: (folder / name).read_text() if (folder / name).is_file() else "gone"
            for name in listed
        }

    def go(folder: Path, store: Any, *, resume: bool = False) -> Ran:
        port = LocalWorkspaces()
        behaviour = real_behaviour()
        return run(
            real_plan(), behaviour, folder=folder, workspaces=port, store=store, resume=resume
        )

    whole = world("whole")
    undisturbed = go(whole, MemoryStore())
    assert undisturbed.result.status == "success", undisturbed.result.reason
    expected = tree(whole)
    assert expected["edit"] == "one\n2\nthree\n"
    assert (whole / "deep").is_symlink()
    total = len(undisturbed.records)
    for survives in range(3, total, 2):
        folder, store = world(f"at-{survives}"), MemoryStore()
        with pytest.raises(Crash):
            go(folder, Crashing(store, survives))
        resumed = go(folder, store, resume=True)
        assert resumed.result.outcome_digest == undisturbed.result.outcome_digest, survives
        assert tree(folder) == expected, survives
        commits = {
            one.workspaces[0]["commit"]
            for one in resumed.of(ParallelLifecycle, "workspaces_closed")
        }
        assert len(commits) == 1
        assert [record.sequence_no for record, _ in read(store, "run-1")]
    assert set(FILES) - {"deep/er/file"} <= set(expected)


def test_a_user_who_changes_a_file_meanwhile_loses_nothing(tmp_path: Path) -> None:
    folder = repository(tmp_path / "repo")
    (folder / ".gitignore").write_text("workspaces\nstages\n")

    async def meanwhile(call: Call) -> Outcome:
        (call.workspace / "edit").write_text("branch\n")
        (folder / "edit").write_text("mine\n")
        return SUCCEEDS

    made = fan("a b", FanOut(workspace="worktree"))
    ran = run(made, {"a": meanwhile}, folder=folder, workspaces=LocalWorkspaces())
    assert ran.result.status == "fail"
    assert ran.result.reason.startswith("somebody changed 'edit'")
    assert (folder / "edit").read_text() == "mine\n"
    assert (folder / "workspaces/run-1/fan.1/a/edit").read_text() == "branch\n"
