"""`loop_restart`: a run ends, and another one begins with nothing but the graph's keys."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from attractorc.compiler.plan.codec import to_json
from attractorc.compiler.plan.model import Conditional, FanIn, Parallel, Plan
from attractorc.compiler.value import canonical
from attractorc.interpreter.driver import Engine, RunResult, create_run
from attractorc.interpreter.driver.calls import Folders
from attractorc.interpreter.driver.clock import SystemClock
from attractorc.interpreter.driver.opening import NewRun
from attractorc.interpreter.driver.replay import replay
from attractorc.interpreter.driver.restarting import (
    GoingOn,
    chain,
    going_on,
    link,
    next_run_id,
    taken_up,
)
from attractorc.interpreter.outcome import Outcome
from attractorc.interpreter.ports import Call, Ports, RunRow, Store, StoreError
from attractorc.interpreter.queries import runs, show
from attractorc.interpreter.queries.reading import every
from attractorc.interpreter.queries.retention import removable
from attractorc.interpreter.records import ParallelLifecycle, RouteDecision
from attractorc.interpreter.simulation import Play, Script, simulate
from attractorc.interpreter.stores import open_store
from attractorc.interpreter.stores.memory import MemoryStore
from attractorc.interpreter.workspaces.leftovers import Retention, leftovers

from .crashing import Crash
from .pipelines import Nobody, Scripted, fails, plan, region, run, step, to, when, writes

INPUTS = {"depth": 3}


def looping(limit: int = 5) -> Plan:
    """start -> setup -> work -> enough -> exit, or anew from work."""
    return plan(
        step("setup", "work"),
        step("work", "enough"),
        step(
            "enough",
            to("exit", condition=when("context.done", "yes")),
            to("work", restart=True),
            work=Conditional(),
        ),
        max_restarts=limit,
    )


def third_time() -> Scripted:
    async def work(call: Call) -> Outcome:
        return writes(done="yes") if call.run_id == "r.3" else writes(no="yet")

    return Scripted({"setup": writes(made="here"), "work": work})


class Dying:
    """A store that dies at its n-th append, and with it all that was not saved."""

    def __init__(self, inner: Store, survives: int) -> None:
        self._inner = inner
        self.left = survives
        self.dead = False

    def append(self, *arguments: Any, **named: Any) -> Any:
        if self.left == 0:
            self.dead = True
            raise Crash
        self.left -= 1
        return self._inner.append(*arguments, **named)

    def save(self) -> None:
        if not self.dead:
            self._inner.save()

    def commit(self) -> None:
        if not self.dead:
            self._inner.commit()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def carried_on(
    store: Any, handler: Scripted, one: Plan | None = None, *, resume: str = "", most: int = 99
) -> list[RunResult]:
    """Run a plan, or go on with a run, and with the runs that start it anew; how each ended."""
    ports = Ports(store, {"tool": handler, "agent": handler}, Nobody(), SystemClock())

    async def go() -> list[RunResult]:
        ended: list[RunResult] = []
        if resume:
            journal = await taken_up(going_on(store, resume), ports)
        else:
            text = canonical(to_json(one or looping()))
            new = NewRun(one or looping(), text, "t.dot", "the text", "r", "", INPUTS)
            journal = create_run(new, ports)
        while True:
            try:
                ended.append(await Engine(journal, ports, Folders(Path(), Path())).run())
            finally:
                journal.close()
            if not ended[-1].next_run or len(ended) == most:
                return ended
            journal = await taken_up(going_on(store, ended[-1].run_id), ports)

    return asyncio.run(go())


def test_the_new_run_begins_at_the_edges_target_with_only_the_graphs_keys_and_inputs() -> None:
    store, handler = MemoryStore(), third_time()
    ended = carried_on(store, handler)
    assert [(one.run_id, one.status, one.next_run) for one in ended] == [
        ("r", "restarted", "r.2"),
        ("r.2", "restarted", "r.3"),
        ("r.3", "success", ""),
    ]
    assert handler.ran == ["setup", "work", "work", "work"]
    seen = [dict(call.context) for call in handler.calls]
    assert seen[1]["made"] == "here"
    assert "made" not in seen[2]
    assert "no" not in seen[3]
    assert seen[2]["inputs.depth"] == 3


def test_old_and_new_run_name_each_other_and_share_plan_source_and_inputs() -> None:
    store = MemoryStore()
    carried_on(store, third_time())
    begun, over = link(store, "r.2", first=True), link(store, "r.2")
    assert (begun.previous_run, begun.restarts, begun.start_at) == ("r", 1, "work")
    assert (over.next_run, over.status, over.start_at) == ("r.3", "restarted", "work")
    assert begun.plan_digest == link(store, "r", first=True).plan_digest
    assert begun.inputs == INPUTS
    shown = show(store, "r.2")
    assert (shown.previous_run, shown.next_run, shown.ended) == ("r", "r.3", True)
    assert chain(store, "r.3") == ("r", "r.2", "r.3")
    routes = [route for route in every(store, "r", RouteDecision) if route.loop_restart]
    assert [route.selected_edge for route in routes] == [{"from": "enough", "to": "work"}]


def test_each_run_of_a_chain_replays() -> None:
    store = MemoryStore()
    for one in carried_on(store, third_time()):
        assert replay(store, one.run_id).difference is None


def test_runs_that_start_anew_alike_have_equal_outcomes_whatever_they_are_called() -> None:
    digests = []
    for _ in range(2):
        store = MemoryStore()
        digests.append([one.outcome_digest for one in carried_on(store, third_time())])
    assert digests[0] == digests[1]
    assert len(set(digests[0])) == 3


APPENDS = 42


@pytest.mark.parametrize("survives", range(3, APPENDS))
def test_a_run_that_dies_anywhere_is_started_anew_exactly_once(
    survives: int, tmp_path: Path
) -> None:
    file = str(tmp_path / "runs.db")
    dying = open_store(file)
    with pytest.raises(Crash):
        carried_on(Dying(dying, survives), third_time())
    dying.close()
    store = open_store(file)
    ended = carried_on(store, third_time(), resume="r")
    assert ended[-1].status == "success"
    statuses = [(row.run_id, row.status) for row in runs(store)]
    assert statuses[-2:] == [("r.2", "restarted"), ("r", "restarted")]
    assert len(statuses) == 3
    assert statuses[0][1] == "success"


def test_the_crash_points_reach_over_all_runs_of_the_chain() -> None:
    counting = Dying(MemoryStore(), 10_000)
    carried_on(counting, third_time())
    assert 10_000 - counting.left == APPENDS


def test_where_the_program_died_between_two_runs_either_name_leads_to_the_new_one() -> None:
    store, handler = MemoryStore(), third_time()
    first = carried_on(store, handler, most=1)
    assert first[0].next_run == "r.2"
    assert going_on(store, "r") == GoingOn("r.2", "r")
    assert carried_on(store, handler, resume="r", most=1)[0].run_id == "r.2"
    assert going_on(store, "r") == going_on(store, "r.2") == GoingOn("r.3", "r.2")
    assert [one.status for one in carried_on(store, handler, resume="r")] == ["success"]
    with pytest.raises(StoreError, match=r"'r\.3' has ended \(success\); there is nothing"):
        carried_on(store, handler, resume="r")


def test_a_run_whose_new_start_was_never_begun_can_be_resumed_and_is_not_swept_away(
    tmp_path: Path,
) -> None:
    store, handler = MemoryStore(), third_time()
    carried_on(store, handler, most=1)
    (tmp_path / "r").mkdir()
    later = SystemClock().now() + 10_000
    assert removable(store, 0, 0, later) == ()
    assert leftovers(store, tmp_path, Retention(0, 0), later) == ()
    carried_on(store, handler, resume="r", most=1)
    assert [row.run_id for row in removable(store, 0, 0, later)] == ["r"]
    assert [one.run_id for one in leftovers(store, tmp_path, Retention(0, 0), later)] == ["r"]
    carried_on(store, handler, resume="r")
    assert [row.run_id for row in removable(store, 0, 0, later)] == ["r", "r.2", "r.3"]


def test_another_run_of_the_new_ones_name_is_not_taken_for_it() -> None:
    store, handler = MemoryStore(), third_time()
    carried_on(store, handler, most=1)
    run(looping(), store=store, run_id="r.2")
    with pytest.raises(StoreError, match=r"'r' was to go on as 'r\.2', and another run is called"):
        going_on(store, "r")


def test_a_loop_for_ever_ends_at_max_restarts_and_says_so() -> None:
    store = MemoryStore()
    ended = carried_on(store, Scripted(), looping(limit=2))
    assert [one.status for one in ended] == ["restarted", "restarted", "fail"]
    assert ended[-1].reason == (
        "'enough' would start the run anew, which may happen 2 times (max_restarts)"
    )
    assert len(runs(store)) == 3


def test_without_restarts_the_first_one_fails() -> None:
    ended = carried_on(MemoryStore(), Scripted(), looping(limit=0))
    assert [one.status for one in ended] == ["fail"]


def test_a_failed_stage_may_start_the_run_anew() -> None:
    anew = to("work", condition=when("outcome", "fail"), restart=True)
    one = plan(step("work", to("exit"), anew))
    ended = carried_on(MemoryStore(), Scripted({"work": [fails(), fails(), writes()]}), one)
    assert [each.status for each in ended] == ["restarted", "restarted", "success"]


def test_the_new_runs_name_avoids_those_that_are_taken() -> None:
    store = MemoryStore()
    for name in ("a.2", "a.2-2"):
        row = RunRow(name, store.create_context(), "p", "d", "running", "2026", "2026")
        store.create_run(row)
    assert next_run_id(store, "a", 0) == "a.2-3"
    assert next_run_id(store, "b.2", 1) == "b.3"
    assert next_run_id(store, "b.2", 0) == "b.2.2"


def test_a_simulation_plays_its_script_on_over_restarts() -> None:
    again = Play()
    ran = simulate(looping(), Script({"work": [again, again, Play(writes={"done": "yes"})]}))
    assert (ran.result.run_id, ran.result.status) == ("simulated.3", "success")
    assert ran.context["done"] == "yes"


def test_what_is_not_the_trunk_fails_where_it_would_start_the_run_anew() -> None:
    one = plan(
        step("fan", work=Parallel()),
        step("a", to("a", restart=True), region="fan"),
        step("b", "join", region="fan"),
        step("join", "exit", work=FanIn("fan")),
        regions=(region("fan", "a b", "join"),),
    )
    came = run(one, {})
    assert came.result.status == "success"
    (failed,) = came.of(ParallelLifecycle, "branch_failed")
    assert failed.reason == (
        "'a' would start the run anew, which only the trunk of the run's own pipeline may "
        "(loop_restart)"
    )
