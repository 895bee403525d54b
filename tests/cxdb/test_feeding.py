"""A run that is mirrored while it goes on, and a server that ends, forgets, cuts, is slow.

Whatever happens there, the run comes out the same; one who requires the mirror is told; and
sending it afterwards completes it, each record once.
"""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from attractorc.interpreter.cxdb.connection import Patience
from attractorc.interpreter.cxdb.feeding import (
    Feeder,
    Persistence,
    Target,
    brought_up,
    refuse_unless_there,
)
from attractorc.interpreter.cxdb.trouble import CxdbError, Unreachable
from attractorc.interpreter.outcome import Outcome
from attractorc.interpreter.ports import Answer, Call, Question
from attractorc.interpreter.stores.outbox import only_mirror
from attractorc.interpreter.stores.sqlite import SqliteStore

from ..interpreter.pipelines import Says, run
from .double import Double, Fault
from .runs import RUN, behaviour, compared, mirror, mirrored, nested_plan, whole_run
from .servers import Server, server
from .test_mirror import once_each

APPEND = 5
QUICK = Persistence(required_s=0.4, closing_s=0.5, poll_s=0.01, first_pause_s=0.02)


@pytest.fixture
def there() -> Iterator[Server]:
    with server("double") as running:
        yield running


@dataclass
class Followed:
    """A run that was mirrored while it went on."""

    digest: str
    trouble: str
    failures: list[str] = field(default_factory=list)


def followed(
    path: Path,
    there: Server,
    trouble: Callable[[Double], None],
    *,
    required: bool = False,
    persistence: Persistence = QUICK,
    until_told: bool = False,
) -> Followed:
    """The nested run, with trouble at the server while its branches run.

    `until_told`: the person at its end answers when a failure was told.
    """
    failures: list[str] = []
    heard = threading.Event()

    def failed(why: str) -> None:
        failures.append(why)
        heard.set()

    target = Target(there.place, there.pages, required, Patience(1, 0.3))
    feeder = Feeder(target, path, RUN, persistence, failed)
    scripted = behaviour()
    prepared, checked = scripted["prepare"], scripted["lint"]
    assert isinstance(prepared, Outcome)
    assert isinstance(checked, Outcome)

    async def prepare(_call: Call) -> Outcome:
        feeder.start()
        await asyncio.sleep(0.1)
        return prepared

    async def lint(_call: Call) -> Outcome:
        assert there.double is not None
        await asyncio.to_thread(trouble, there.double)
        await asyncio.sleep(0.1)
        return checked

    class Waits(Says):
        async def ask(self, question: Question) -> Answer:
            if until_told:
                await asyncio.to_thread(heard.wait, 10)
            return await super().ask(question)

    store = SqliteStore(path)
    told = {**scripted, "prepare": prepare, "lint": lint}
    ran = run(nested_plan(), told, store=store, interviewer=Waits("Y"))
    store.close()
    return Followed(ran.result.outcome_digest, feeder.finish(), failures)


def quiet(_double: Double) -> None:
    """No trouble at all."""


def slow(double: Double) -> None:
    double.faults.delay_s = 0.01


def silent(double: Double) -> None:
    double.faults.plan = lambda kind, number: (
        Fault.SILENT if kind == APPEND and number % 20 == 0 else None
    )


def every_append(fault: Fault) -> Callable[[Double], None]:
    def begin(double: Double) -> None:
        double.faults.plan = lambda kind, _number: fault if kind == APPEND else None

    return begin


TROUBLES: dict[str, Callable[[Double], None]] = {
    "nothing": quiet,
    "ended": Double.stop,
    "ended and emptied": Double.restart,
    "cut off": Double.cut_off,
    "slow": slow,
    "half an answer to every append": every_append(Fault.HALF),
    "every append cut": every_append(Fault.CUT),
    "every append done and cut": every_append(Fault.DONE_AND_CUT),
    "silent now and then": silent,
    "nonsense": every_append(Fault.NONSENSE),
}


@pytest.fixture(scope="module")
def digest(tmp_path_factory: pytest.TempPathFactory) -> str:
    """How the run comes out without a mirror."""
    store = SqliteStore(tmp_path_factory.mktemp("alone") / "runs.db")
    ran = run(nested_plan(), behaviour(), store=store, interviewer=Says("Y"))
    store.close()
    return ran.result.outcome_digest


@pytest.mark.parametrize("required", [False, True], ids=["best effort", "required"])
@pytest.mark.parametrize("what", TROUBLES)
def test_the_run_comes_out_the_same_and_is_completed_afterwards(
    there: Server, tmp_path: Path, digest: str, what: str, required: bool
) -> None:
    path = tmp_path / "runs.db"
    came = followed(path, there, TROUBLES[what], required=required)
    assert came.digest == digest
    double = there.double
    assert double is not None
    if not came.trouble:
        assert compared(path, there).difference is None
    double.faults.plan, double.faults.delay_s = None, 0.0
    if what == "ended":
        double.start()
    mirrored(path, there)
    assert compared(path, there).difference is None
    once_each(there, path)


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("ended", "cannot be reached: connection refused"),
        ("every append cut", "closed the connection"),
        ("nonsense", "does not answer as CXDB does"),
    ],
)
def test_who_requires_the_mirror_is_told_once_and_in_one_sentence(
    there: Server, tmp_path: Path, what: str, said: str
) -> None:
    waits = Persistence(required_s=0.05, closing_s=0.5, poll_s=0.01, first_pause_s=0.01)

    def begin(double: Double) -> None:
        TROUBLES[what](double)
        time.sleep(0.5)

    came = followed(
        tmp_path / "runs.db", there, begin, required=True, persistence=waits, until_told=True
    )
    assert came.failures == [came.trouble]
    assert said in came.trouble
    assert "\n" not in came.trouble


@pytest.mark.parametrize("what", ["nothing", "ended and emptied", "cut off", "slow"])
def test_who_requires_the_mirror_hears_nothing_of_trouble_that_passes(
    there: Server, tmp_path: Path, what: str
) -> None:
    came = followed(tmp_path / "runs.db", there, TROUBLES[what], required=True)
    assert (came.trouble, came.failures) == ("", [])


def test_the_end_of_a_run_waits_a_few_seconds_for_a_server_that_is_slow(
    there: Server, tmp_path: Path
) -> None:
    def crawl(double: Double) -> None:
        double.faults.delay_s = 0.25

    before = time.monotonic()
    came = followed(tmp_path / "runs.db", there, crawl)
    assert re.search("is too slow|does not answer in time", came.trouble)
    assert came.failures == []
    assert time.monotonic() - before < 5


def test_a_run_without_a_mirror_starts_no_thread(tmp_path: Path) -> None:
    whole_run(tmp_path / "runs.db")
    assert not [each for each in threading.enumerate() if each.name == "cxdb mirror"]


def test_two_do_not_follow_one_run(there: Server, tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    whole_run(path)
    lock = only_mirror(path, RUN)
    feeder = Feeder(Target(there.place, there.pages), path, RUN, QUICK)
    feeder.start()
    assert "is being mirrored already" in feeder.finish()
    lock.release()


def test_who_leaves_it_at_that_is_told_so(there: Server, tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    whole_run(path)
    assert there.double is not None
    there.double.faults.delay_s = 0.2
    feeder = Feeder(Target(there.place, there.pages, required=True), path, RUN, QUICK)
    feeder.start()
    threading.Timer(0.3, feeder.abandon).start()
    assert feeder.finish() == "nobody waited for it any longer"


def test_a_server_is_asked_on_both_ports_before_a_run_that_requires_it(there: Server) -> None:
    refuse_unless_there(Target(there.place, there.pages))
    swapped = Target(there.pages.address, there.pages, patience=Patience(1, 0.3))
    with pytest.raises(CxdbError):
        refuse_unless_there(swapped)
    assert there.double is not None
    there.double.stop()
    with pytest.raises(Unreachable):
        refuse_unless_there(Target(there.place, there.pages))


def test_sending_a_run_goes_on_as_long_as_it_goes_forward(there: Server, tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    whole_run(path)
    double = there.double
    assert double is not None
    double.faults.plan = lambda kind, count: (
        Fault.DONE_AND_CUT if kind == APPEND and count % 3 == 0 else None
    )
    with mirror(path, there) as made:
        brought_up(made, pause_s=0)
    double.faults.plan = None
    assert compared(path, there).difference is None
    once_each(there, path)
    double.faults.plan = lambda _kind, _count: Fault.CUT
    with mirror(path, there) as made, pytest.raises(Unreachable):
        brought_up(made, pause_s=0)
