"""A run worth mirroring, and what is done with it: mirrored, held against the server's copy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from attractorc.compiler.plan.model import FanIn, Human, Parallel, Plan
from attractorc.compiler.policy import Merge, MergeRule
from attractorc.interpreter.cxdb.mirror import Mirror
from attractorc.interpreter.cxdb.verifying import Comparison, verify
from attractorc.interpreter.outcome import Outcome, Status
from attractorc.interpreter.stores.outbox import Outbox
from attractorc.interpreter.stores.sqlite import SqliteStore

from ..interpreter.pipelines import (
    Behaviour,
    Ran,
    Says,
    fails,
    plan,
    quick,
    region,
    run,
    step,
    to,
    writes,
)
from .servers import Server

RUN = "run-1"


def nested_plan() -> Plan:
    """Branches in branches, two of them tried again, and a person asked at the end."""
    return plan(
        step("prepare", "checks"),
        step("checks", work=Parallel()),
        step("lint", "gather", region="checks"),
        quick(step("unit", "gather", region="checks"), 2),
        step("deep", work=Parallel(), region="checks"),
        quick(step("a", "inner", region="deep"), 1),
        step("b", "inner", region="deep"),
        step("inner", "gather", work=FanIn("deep"), region="checks"),
        step("gather", "approve", work=FanIn("checks")),
        step("approve", to("ship", "[Y] Yes"), to("ship", "[N] No"), work=Human(("Ship it?",))),
        step("ship", "exit"),
        regions=(
            region(
                "checks",
                "lint unit deep",
                "gather",
                merge=Merge((MergeRule("findings", "append"),)),
            ),
            region("deep", "a b", "inner", parent="checks"),
        ),
        goal="Check it",
    )


def behaviour() -> dict[str, Behaviour | list[Behaviour]]:
    output = {"tool_output.txt": b"2 tests failed\n" * 100}
    broken = Outcome(Status.FAIL, failure_reason="2 tests failed", artifacts=output)
    return {
        "prepare": writes(findings=["p"], long="x" * 40_000),
        "lint": writes(findings=["l"]),
        "unit": [broken, broken, writes(findings=["u"])],
        "a": [fails(), writes(findings=["a"])],
    }


def parked(store: SqliteStore, run_id: str = RUN) -> Ran:
    """The run up to its question."""
    ran = run(nested_plan(), behaviour(), store=store, run_id=run_id, replayed=False)
    assert ran.result.status == "parked"
    return ran


def resumed(store: SqliteStore, run_id: str = RUN) -> Ran:
    """The run gone on with to its end."""
    ran = run(
        nested_plan(), behaviour(), store=store, run_id=run_id, resume=True, interviewer=Says("Y")
    )
    assert ran.result.status == "success"
    return ran


def whole_run(path: Path, run_id: str = RUN) -> Ran:
    """The run, parked once, in a store of its own."""
    store = SqliteStore(path)
    parked(store, run_id)
    ran = resumed(store, run_id)
    store.close()
    return ran


@contextmanager
def mirror(path: Path, there: Server, run_id: str = RUN) -> Iterator[Mirror]:
    """A mirror as a new process would have it."""
    store = SqliteStore(path, create=False)
    outbox = Outbox(path, run_id, str(there.place))
    try:
        yield Mirror(store, outbox, there.client(), there.reader(), run_id)
    finally:
        outbox.close()
        store.close()


def mirrored(path: Path, there: Server, run_id: str = RUN) -> None:
    with mirror(path, there, run_id) as made:
        assert made.catch_up()


def compared(path: Path, there: Server, run_id: str = RUN) -> Comparison:
    store = SqliteStore(path, create=False)
    outbox = Outbox(path, run_id, str(there.place))
    try:
        return verify(store, outbox, there.client(), there.reader(), run_id)
    finally:
        outbox.close()
        store.close()
