"""Dynamic fan-outs: a branch for each element, frozen in the journal (semantics 3.4)."""

from __future__ import annotations

import asyncio
import resource
from typing import Any

import pytest

from attractorc.compiler.plan.model import Branch, FanIn, Parallel, Region
from attractorc.compiler.policy import FanOut, ForEach, Join, Merge, MergeRule, Winner, WinnerKey
from attractorc.interpreter.context import Context
from attractorc.interpreter.elements import elements, seen
from attractorc.interpreter.outcome import Outcome, Status
from attractorc.interpreter.ports import Call
from attractorc.interpreter.records import FanInDecision, ParallelLifecycle, StageLifecycle
from attractorc.interpreter.stores.memory import MemoryStore

from .pipelines import fails, plan, quick, region, run, step, to, when, writes

ISSUES = [{"id": 7, "title": "crash"}, {"id": 9, "title": "typo"}]


def dynamic(
    each: ForEach | None = None, *, condition: Any = None, policy: Any = None, **fields: Any
):
    """start -> list -> each -> work -> (fix on failure) -> join -> exit, over `files`."""
    policy = {"for_each": each or ForEach("files"), **(policy or {})}
    branch = Branch("work", "work", condition)
    made = Region(
        "each",
        (branch,),
        "join",
        "fan_in",
        FanOut(**policy),
        fields.pop("winner", Winner()),
        fields.pop("merge", Merge()),
    )
    return plan(
        step("list", "each"),
        step("each", work=Parallel()),
        step("work", to("join", condition=when("outcome", "success")), "fix", region="each"),
        step("fix", "join", region="each"),
        step("join", "exit", work=FanIn("each")),
        regions=(made,),
    )


def listing(value: Any) -> Outcome:
    return Outcome(Status.SUCCESS, context_updates={"files": value})


async def echo(call: Call) -> Outcome:
    item, total = call.context["item"], call.context["item.total"]
    place = f"{call.context['item.key']} ({call.context['item.index']} of {total})"
    return writes(said=f"{item} at {place}")


def branch_ids(ran) -> list[str]:
    (started,) = ran.of(ParallelLifecycle, "started")
    return [one["id"] for one in started.branches]


def test_each_element_gets_a_branch_that_sees_it_and_its_place() -> None:
    merge = Merge((MergeRule("said", "append"),))
    ran = run(dynamic(merge=merge), {"list": listing(["a.md", "b.md"]), "work": echo})
    assert branch_ids(ran) == ["work[0]", "work[1]"]
    assert ran.context["said"] == ["a.md at 0 (0 of 2)", "b.md at 1 (1 of 2)"]
    assert {call.path for call in ran.handler.calls if call.step.id == "work"} == {
        "/each.1/work%5B0%5D",
        "/each.1/work%5B1%5D",
    }


def test_an_object_gives_its_entries_in_the_order_of_its_keys() -> None:
    merge = Merge((MergeRule("said", "collect"),))
    found = {"z": 1, "a b": None, "é": [2]}
    ran = run(dynamic(merge=merge), {"list": listing(found), "work": echo})
    assert branch_ids(ran) == ["work[a b]", "work[z]", "work[é]"]
    assert list(ran.context["said"].items()) == [
        ("work[a b]", "None at a b (0 of 3)"),
        ("work[z]", "1 at z (1 of 3)"),
        ("work[é]", "[2] at é (2 of 3)"),
    ]


def test_what_a_branch_sees_of_its_element_is_no_write_of_the_branch() -> None:
    ran = run(dynamic(), {"list": listing(["a"]), "work": writes(done=True)})
    (decision,) = ran.of(FanInDecision)
    assert [entry["key"] for entry in decision.keys] == ["done"]
    assert not [key for key in ran.context if key.startswith("item")]
    assert ran.context["parallel.each.branch.work%5B0%5D.context.done"] is True


def test_the_fields_of_an_element_are_seen_too_but_never_hide_its_place() -> None:
    element = elements([{"id": 7, "index": "mine"}])
    assert element is not None
    view = seen(Context(), element[0], 1)
    assert view.flat() == {
        "item": {"id": 7, "index": "mine"},
        "item.id": 7,
        "item.index": 0,
        "item.key": "0",
        "item.total": 1,
    }


def test_the_condition_of_the_branch_edge_is_asked_of_each_element() -> None:
    made = dynamic(condition=when("context.item.title", "typo"))
    ran = run(made, {"list": listing(ISSUES), "work": writes(fixed=True)})
    ended = ran.of(ParallelLifecycle, "branch_skipped", "branch_completed")
    assert {one.branch_id: one.status for one in ended} == {
        "work[0]": "skipped",
        "work[1]": "success",
    }
    assert ran.context["parallel.results"] == [
        {"branch_id": "work[0]", "status": "skipped"},
        {"branch_id": "work[1]", "status": "success"},
    ]


FAULTS = {
    "nothing has written the key": (None, "nothing has written 'files'"),
    "the value is a text": ("a.md", "needs a list or an object, and 'files' is \"a.md\""),
    "the value is a number": (3, "needs a list or an object, and 'files' is 3"),
    "the value is null": ("null", "needs a list or an object, and 'files' is null"),
}


@pytest.mark.parametrize(("value", "said"), FAULTS.values(), ids=FAULTS)
def test_a_fan_out_over_no_collection_fails_and_says_what_it_found(value: Any, said: str) -> None:
    written = Outcome(Status.SUCCESS) if value is None else listing(value)
    written = listing(None) if value == "null" else written
    ran = run(dynamic(), {"list": written})
    assert ran.result.status == "fail"
    failed = [one for one in ran.of(StageLifecycle, "failed") if one.node_id == "each"]
    assert said in failed[0].failure_reason
    assert not ran.of(ParallelLifecycle, "started")


@pytest.mark.parametrize("join", ["wait_all", "all_success", "first_success", "majority"])
@pytest.mark.parametrize("value", [[], {}], ids=["an empty list", "an empty object"])
def test_a_join_over_nothing_is_satisfied_whatever_the_policy(join: Any, value: Any) -> None:
    made = dynamic(policy={"join": Join(join, text=join)})
    ran = run(made, {"list": listing(value)})
    assert ran.result.status == "success"
    assert ran.handler.ran == ["list"]
    (join_record,) = ran.of(ParallelLifecycle, "join_decided")
    assert join_record.join["satisfied"] is True
    assert join_record.reason == "there is nothing to wait for: no elements, no branches"
    assert ran.context["parallel.branch_count"] == 0
    assert ran.context["parallel.fan_in.best_id"] is None


def test_over_nothing_a_fan_out_with_empty_fail_fails() -> None:
    ran = run(dynamic(ForEach("files", "fail")), {"list": listing([])})
    assert ran.result.status == "fail"
    assert "'files' has no elements, and 'each' has empty=fail" in ran.result.reason


def test_a_fan_out_all_of_whose_elements_are_skipped_fails() -> None:
    made = dynamic(condition=when("context.item", "c"))
    ran = run(made, {"list": listing(["a", "b"])})
    assert ran.result.status == "fail"
    assert "no branch of 'each' was activated" in ran.result.reason
    assert ran.context["parallel.results"] == [
        {"branch_id": "work[0]", "status": "skipped"},
        {"branch_id": "work[1]", "status": "skipped"},
    ]


def test_each_branch_is_a_whole_subflow_with_its_own_failures_and_retries() -> None:
    made = dynamic(merge=Merge((MergeRule("fixed", "append"),)))

    async def work(call: Call) -> Outcome:
        return fails("odd") if call.context["item"] % 2 else writes()

    async def fix(call: Call) -> Outcome:
        return writes(fixed=call.context["item"])

    routed = {"list": listing([1, 2, 3]), "work": work, "fix": fix}
    ran = run(made, routed)
    failed = ran.of(ParallelLifecycle, "branch_failed")
    assert [one.branch_id for one in failed] == ["work[0]", "work[2]"]


def test_the_collection_is_frozen_when_the_fan_out_is_entered() -> None:
    """A branch that writes the collection's key changes nothing for the others."""
    made = dynamic(merge=Merge((MergeRule("said", "append"),)), policy={"max_parallel": 1})

    async def work(call: Call) -> Outcome:
        return writes(files=["other"], said=call.context["item"])

    ran = run(made, {"list": listing(["a", "b"]), "work": work})
    assert ran.context["said"] == ["a", "b"]
    (started,) = ran.of(ParallelLifecycle, "started")
    assert started.collection == ["a", "b"]


def test_a_large_collection_stands_in_a_blob_and_comes_back_whole() -> None:
    value = [f"{index:04}-{'x' * 200}" for index in range(300)]
    store = MemoryStore()
    ran = run(dynamic(), {"list": listing(value)}, store=store)
    (started,) = ran.of(ParallelLifecycle, "started")
    assert started.collection == value
    turns = store.records("run-1", limit=10_000)
    sizes = [len(turn.payload) for turn in turns if b"started" in turn.payload[:400]]
    assert max(sizes) < 40_000


def test_a_winner_and_a_join_count_dynamic_branches_as_any_others() -> None:
    made = dynamic(
        policy={"join": Join("k_of_n", k=2, text="k_of_n(2)"), "losers": "drain"},
        winner=Winner((WinnerKey("max", "score"),), written=True),
        merge=Merge((MergeRule("text", "winner"),)),
    )

    async def work(call: Call) -> Outcome:
        number = call.context["item"]
        return writes(score=number, text=f"draft {number}")

    ran = run(made, {"list": listing([3, 9, 5]), "work": work})
    assert ran.context["text"] == "draft 9"
    assert ran.context["parallel.fan_in.best_id"] == "work[1]"


def test_dynamic_fan_outs_nest_and_the_inner_element_hides_the_outer_one() -> None:
    inner = Region(
        "inner",
        (Branch("leaf", "leaf"),),
        "inner_join",
        "fan_in",
        FanOut(for_each=ForEach("item.parts")),
        merge=Merge((MergeRule("seen", "append"),)),
        parent="each",
    )
    outer = Region(
        "each",
        (Branch("inner", "inner"),),
        "join",
        "fan_in",
        FanOut(for_each=ForEach("files")),
        merge=Merge((MergeRule("seen", "append"),)),
    )
    made = plan(
        step("list", "each"),
        step("each", work=Parallel()),
        step("inner", work=Parallel(), region="each"),
        step("leaf", "inner_join", region="inner"),
        step("inner_join", "join", work=FanIn("inner"), region="each"),
        step("join", "exit", work=FanIn("each")),
        regions=(outer, inner),
    )

    async def leaf(call: Call) -> Outcome:
        return writes(seen=f"{call.context['item']}@{call.path}")

    value = [{"parts": ["a", "b"]}, {"parts": ["c"]}]
    ran = run(made, {"list": listing(value), "leaf": leaf})
    assert ran.result.status == "success"
    assert ran.context["seen"] == [
        "a@/each.1/inner%5B0%5D/inner.1/leaf%5B0%5D",
        "b@/each.1/inner%5B0%5D/inner.1/leaf%5B1%5D",
        "c@/each.1/inner%5B1%5D/inner.1/leaf%5B0%5D",
    ]


def test_a_dynamic_fan_out_in_a_loop_takes_the_collection_of_each_visit() -> None:
    made = plan(
        step("list", "each"),
        step("each", work=Parallel()),
        step("work", "join", region="each"),
        step("join", "more", work=FanIn("each")),
        step("more", to("list", condition=when("outcome", "success")), "exit"),
        regions=(
            Region(
                "each",
                (Branch("work", "work"),),
                "join",
                "fan_in",
                FanOut(for_each=ForEach("files")),
            ),
        ),
    )
    lists = [listing(["a", "b"]), listing(["c"])]
    more = [Outcome(Status.SUCCESS), Outcome(Status.PARTIAL_SUCCESS)]
    ran = run(made, {"list": lists, "more": more})
    started = ran.of(ParallelLifecycle, "started")
    assert [(one.visit, len(one.branches)) for one in started] == [(1, 2), (2, 1)]
    assert not [key for key in ran.context if "work%5B1%5D" in key], "the first visit's are gone"


def test_max_parallel_bounds_dynamic_branches_and_the_join_cancels_the_rest() -> None:
    running, most = 0, 0

    async def work(call: Call) -> Outcome:
        nonlocal running, most
        running += 1
        most = max(most, running)
        try:
            await asyncio.sleep(0.005)
        finally:
            running -= 1
        return writes()

    made = dynamic(policy={"join": Join("k_of_n", k=5, text="k_of_n(5)"), "max_parallel": 3})
    ran = run(made, {"list": listing(list(range(40))), "work": work})
    assert most == 3
    ended = ran.of(ParallelLifecycle, "branch_completed", "branch_cancelled")
    assert [one.branch_id for one in ended if one.kind == "branch_completed"] == [
        f"work[{index}]" for index in range(5)
    ]
    assert len(ended) == 40, "each branch has its one terminal record, started or not"
    assert len(ran.of(ParallelLifecycle, "branch_started")) < 12


def test_too_many_elements_are_refused_before_any_branch_starts(monkeypatch) -> None:
    monkeypatch.setattr("attractorc.interpreter.decide.forking.MOST_ELEMENTS", 2)
    ran = run(dynamic(), {"list": listing([1, 2, 3])})
    assert "has 3 elements, and for_each of 'each' takes at most 2" in ran.result.reason


def test_retries_inside_a_dynamic_branch_are_its_own() -> None:
    made = plan(
        step("list", "each"),
        step("each", work=Parallel()),
        quick(step("work", "join", region="each"), 2),
        step("join", "exit", work=FanIn("each")),
        regions=(
            region("each", {"work": "work"}, "join", policy=FanOut(for_each=ForEach("files"))),
        ),
    )

    async def work(call: Call) -> Outcome:
        enough = call.attempt > call.context["item"]
        return writes() if enough else Outcome(Status.RETRY, failure_reason="not yet")

    ran = run(made, {"list": listing([0, 1, 2]), "work": work})
    assert ran.result.status == "success"
    tried = [one.path for one in ran.of(StageLifecycle, "retrying")]
    assert sorted(tried) == sorted(["/each.1/work%5B1%5D", *["/each.1/work%5B2%5D"] * 2])


def test_the_cost_of_a_dynamic_branch_does_not_grow_with_their_number() -> None:
    def cpu(count: int) -> float:
        made = dynamic(policy={"max_parallel": count})
        value = listing(list(range(count)))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
        assert run(made, {"list": value}).result.status == "success"
        return (resource.getrusage(resource.RUSAGE_SELF).ru_utime - before) / count

    small = min(cpu(200) for _ in range(3))
    assert cpu(2_000) < 3 * small
