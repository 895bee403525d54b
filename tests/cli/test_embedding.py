"""`attractorc.run` and `attractorc.resume`: a pipeline inside somebody's Python program."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

import attractorc
from attractorc.compiler.plan.model import Plan
from attractorc.embedding import Host, Unready
from attractorc.interpreter.handlers.interviewers import Queue
from attractorc.interpreter.outcome import Outcome, Status
from attractorc.interpreter.ports import StoreError
from attractorc.interpreter.queries import events
from attractorc.interpreter.stores import open_store


def plan(text: str) -> Plan:
    compiled = attractorc.compile(text)
    assert compiled.plan is not None, compiled.diagnostics
    return compiled.plan


ONE = plan('digraph { inputs="n: int = 2" work [type=mine, writes=made] start -> work -> exit }')
GATED = plan("digraph { work [type=mine] ok [shape=hexagon] start -> work -> ok -> exit }")


def twice(call: Any) -> dict[str, int]:
    return {"made": call.inputs["n"] * 2}


async def twice_later(call: Any) -> dict[str, int]:
    await asyncio.sleep(0)
    return twice(call)


@pytest.mark.parametrize("handler", [twice, twice_later])
def test_a_function_runs_a_node_type_and_its_result_is_in_the_final_context(handler: Any) -> None:
    ran = attractorc.run(ONE, handlers={"mine": handler}, inputs={"n": 21})
    assert ran.succeeded
    assert ran.context["made"] == 42
    assert attractorc.run(ONE, handlers={"mine": handler}).context["made"] == 4


def test_a_run_that_asks_parks_in_its_store_and_can_be_gone_on_with(tmp_path: Path) -> None:
    store, calls = str(tmp_path / "runs.db"), []

    def work(call: Any) -> None:
        calls.append(call.attempt_id)

    parked = attractorc.run(GATED, handlers={"mine": work}, store=store, run_id="r")
    assert (parked.status, parked.questions) == ("parked", ("/ok.1",))
    ended = attractorc.resume(
        "r", store=store, handlers={"mine": work}, interviewer=Queue(["exit"])
    )
    assert (ended.run_id, ended.status) == ("r", "success")
    assert calls == ["r:/work.1@1"]


def test_a_run_that_starts_anew_is_gone_on_with_to_its_last_run() -> None:
    again = plan(
        'digraph { work [type=mine] start -> work work -> exit [condition="done=yes"]'
        " work -> work [loop_restart=true] }"
    )

    def work(call: Any) -> dict[str, str]:
        return {"done": "yes" if call.run_id == "r.3" else "no"}

    ran = attractorc.run(again, handlers={"mine": work}, run_id="r")
    assert (ran.run_id, ran.status) == ("r.3", "success")


def test_what_cannot_be_run_is_said_in_one_sentence_before_anything_runs(tmp_path: Path) -> None:
    needs = plan('digraph { inputs="n: int" work [type=mine] start -> work -> exit }')
    with pytest.raises(Unready, match="node 'work' has the type 'mine', and no handler is given"):
        attractorc.run(ONE)
    with pytest.raises(Unready, match="the input 'n' has no default and must be given"):
        attractorc.run(needs, handlers={"mine": twice})
    with pytest.raises(Unready, match="the pipeline has no input 'm'"):
        attractorc.run(needs, handlers={"mine": twice}, inputs={"n": 1, "m": 2})
    with pytest.raises(Unready, match="the input 'n' cannot be used"):
        attractorc.run(needs, handlers={"mine": twice}, inputs={"n": float("nan")})
    with pytest.raises(StoreError):
        attractorc.resume("r", store=str(tmp_path / "none.db"))


def test_a_host_hears_of_every_record_and_may_replace_the_tool_handler() -> None:
    heard: list[str] = []

    class Tool:
        async def run(self, call: Any) -> Outcome:
            return Outcome(Status.SUCCESS, context_updates={"tool.output": call.step.work.command})

    host = Host(
        handlers={"tool": Tool()}, listeners=[lambda record, state: heard.append(record.TYPE)]
    )
    ran = host.run(plan("digraph { a [shape=parallelogram, tool_command=x] start -> a -> exit }"))
    assert ran.context["tool.output"] == "x"
    assert heard[0] == "attractor.run_lifecycle" == heard[-1]


def test_a_listener_hears_the_records_that_queries_read_and_its_fault_loses_nothing(
    tmp_path: Path,
) -> None:
    store, heard = str(tmp_path / "runs.db"), list[Any]()

    def hear(record: Any, state: Any) -> None:
        assert state.sequence_no == record.sequence_no
        heard.append(record)
        if len(heard) == 6:
            raise RuntimeError("the listener fell over")

    host = Host(handlers={"mine": twice}, store=store, listeners=[hear])
    with pytest.raises(RuntimeError, match="fell over"):
        host.run(ONE, run_id="r")
    assert host.resume("r").status == "success"
    kept = open_store(store, create=False)
    journal = list(events(kept, "r", limit=1_000))
    kept.close()
    assert [record.sequence_no for record in journal] == list(range(1, len(journal) + 1))
    told = {record.sequence_no: record for record in heard}
    assert told.keys() == {record.sequence_no for record in journal}
    assert all(told[record.sequence_no] == record for record in journal)
