"""When the disk is waited for: before an effect leaves, while its program starts if it can."""

from __future__ import annotations

import pytest

from attractorc.interpreter.driver.engine import TURN_LIMIT, TURNS_UNSAVED
from attractorc.interpreter.outcome import Outcome, Status
from attractorc.interpreter.ports import Call, Process, StoreError
from attractorc.interpreter.records import StageLifecycle
from attractorc.interpreter.stores.memory import MemoryStore

from .pipelines import Scripted, fan, plan, run, step

LOG: list[str] = []


class Logged(MemoryStore):
    """A store that logs its barriers."""

    def commit(self) -> None:
        LOG.append("barrier")
        super().commit()


class Gated(Scripted):
    """A handler that journals a process and waits until it may go on, as the tool's does."""

    gated = True

    async def run(self, call: Call) -> Outcome:
        LOG.append("starts")
        call.report(Process(4_000_000, "long ago"))
        await call.durable()
        LOG.append("effect")
        return Outcome(Status.SUCCESS)


class Ungated(Scripted):
    """A handler that begins at once."""

    async def run(self, call: Call) -> Outcome:
        LOG.append("effect")
        return Outcome(Status.SUCCESS)


def ran(handler: Scripted, branches: str) -> list[str]:
    LOG.clear()
    assert run(fan(branches), handler, store=Logged()).result.status == "success"
    return LOG[: len(LOG) - LOG[::-1].index("effect")]


def test_programs_that_start_together_wait_for_one_barrier_and_not_for_each_other() -> None:
    assert ran(Gated(), "a b c")[-7:] == ["barrier"] + ["starts", "effect"] * 3


@pytest.mark.parametrize("handler", [Ungated, Gated])
def test_one_that_starts_alone_finds_the_barrier_behind_it(handler: type[Scripted]) -> None:
    log = [line for line in ran(handler(), "a") if line != "starts"]
    assert log[-2:] == ["barrier", "effect"]


def test_handlers_without_a_gate_are_called_after_the_barrier() -> None:
    assert ran(Ungated(), "a b c")[-4:] == ["barrier", "effect", "effect", "effect"]


def test_nothing_goes_on_where_the_barrier_that_was_begun_fails() -> None:
    class Full(Logged):
        def save(self) -> None:
            if "starts" in LOG:
                raise StoreError("the disk is full")

    LOG.clear()
    with pytest.raises(StoreError, match="the disk is full"):
        run(fan("a b c"), Gated(), store=Full())
    assert LOG[-1] == "starts"
    assert "effect" not in LOG


def test_what_came_before_a_barrier_that_was_begun_is_not_saved_once_more() -> None:
    class Saved(Logged):
        def save(self) -> None:
            LOG.append("saved")

    LOG.clear()
    names = [f"n{number}" for number in range(5)]
    chain = plan(*(step(name, to) for name, to in zip(names, [*names[1:], "exit"], strict=True)))
    assert run(chain, Gated(), store=Saved()).result.status == "success"
    stage = ["barrier", "starts", "saved", "effect"]
    assert LOG[1 : 1 + len(stage) * len(names)] == stage * len(names)  # after the run's own first


class AtOnce(Scripted):
    """A handler without effects."""

    def at_once(self, call: Call) -> Outcome:
        return Outcome(Status.SUCCESS)


class Counted(MemoryStore):
    """A store that counts how often it is asked to save."""

    saves = 0

    def save(self) -> None:
        self.saves += 1
        super().save()


def test_decisions_alone_are_saved_a_few_turns_at_once() -> None:
    names = [f"n{number}" for number in range(3_000)]
    onward = [*names[1:], "exit"]
    chain = plan(*(step(name, to) for name, to in zip(names, onward, strict=True)))
    store = Counted()
    assert run(chain, AtOnce(), store=store).result.status == "success"
    turns = 3 * len(names) // TURN_LIMIT
    assert store.saves <= turns // TURNS_UNSAVED + 3


def test_what_handlers_came_to_is_saved_at_once() -> None:
    names = [f"n{number}" for number in range(20)]
    onward = [*names[1:], "exit"]
    store = Counted()
    chain = plan(*(step(name, to) for name, to in zip(names, onward, strict=True)))
    assert run(chain, Ungated(), store=store).result.status == "success"
    assert store.saves >= len(names)


def test_what_a_handler_came_to_does_not_wait_for_decisions_that_follow_from_it() -> None:
    saved: list[int] = []

    class Kept(MemoryStore):
        def save(self) -> None:
            saved.append(len(self.records("run-1", limit=10**6)))
            super().save()

    class First(Scripted):
        """The first stage has an effect, all others have none."""

        def at_once(self, call: Call) -> Outcome | None:
            return None if call.step.id == "n0" else Outcome(Status.SUCCESS)

    names = [f"n{number}" for number in range(3_000)]
    onward = [*names[1:], "exit"]
    chain = plan(*(step(name, to) for name, to in zip(names, onward, strict=True)))
    came = run(chain, First(), store=Kept())
    (at,) = (one.sequence_no for one in came.of(StageLifecycle, "completed") if one.node_id == "n0")
    assert any(at <= count < at + 2 * TURN_LIMIT for count in saved), saved
