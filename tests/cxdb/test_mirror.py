"""The mirror: a run equal on the server, turn by turn, whatever the server did meanwhile."""

from __future__ import annotations

import contextlib
import re
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from blake3 import blake3
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from attractorc.interpreter.cxdb.mirror import Mirror
from attractorc.interpreter.cxdb.trouble import CxdbError, Interfered, Refusal, Unreachable
from attractorc.interpreter.ports import Locked, NotFound, StoreError
from attractorc.interpreter.records import FAMILIES, RunLifecycle
from attractorc.interpreter.records.codec import decode, layout
from attractorc.interpreter.records.registry import registry_bundle
from attractorc.interpreter.stores.outbox import Outbox, Place, only_mirror
from attractorc.interpreter.stores.sqlite import SqliteStore

from ..interpreter.crashing import Crash
from .double import Double, Fault
from .runs import RUN, compared, mirror, mirrored, parked, resumed, whole_run
from .servers import BOTH, Server, server

CREATE, FORK, APPEND, GET_LAST, PUT_BLOB = 2, 3, 5, 6, 11


@pytest.fixture(params=BOTH)
def there(request: pytest.FixtureRequest) -> Iterator[Server]:
    with server(request.param) as running:
        yield running


@pytest.fixture
def double() -> Iterator[Server]:
    with server("double") as running:
        yield running


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ran") / "runs.db"
    whole_run(path)
    return path


@pytest.fixture
def kept(tmp_path: Path, ran: Path) -> Path:
    """A store with a whole run in it."""
    return Path(shutil.copy(ran, tmp_path / "runs.db"))


def inside(there: Server) -> Double:
    assert there.double is not None
    return there.double


def records(path: Path) -> int:
    """How many records all runs of a store have."""
    store = SqliteStore(path, create=False)
    found = sum(len(store.records(row.run_id, limit=100_000)) for row in store.runs())
    store.close()
    return found


def once_each(there: Server, path: Path) -> None:
    """Every record stands on the server in one turn, and nothing else does."""
    database = inside(there).database
    told = Counter(
        (record.run_id, record.sequence_no)
        for turn in database.turns.values()
        for record in [decode(turn.type, turn.version, database.blobs[turn.hash])]
    )
    assert set(told.values()) == {1}
    assert len(told) == records(path)


# --- equal


def test_a_run_with_nested_branches_retries_and_a_resume_is_equal(
    there: Server, kept: Path
) -> None:
    mirrored(kept, there)
    came = compared(kept, there)
    assert came.difference is None
    assert came.records == records(kept)
    assert came.contexts == 1 + 3 + 2 + 2 + 1, "run, branches, inner branches, their retries"
    assert came.blobs >= 3


def test_a_branch_is_a_fork_of_the_turn_before_its_fan_out(double: Server, kept: Path) -> None:
    mirrored(kept, double)
    database = inside(double).database
    starts = [
        (turn, decode(turn.type, 1, database.blobs[turn.hash]))
        for turn in database.turns.values()
        if turn.type == "attractor.parallel_lifecycle"
    ]
    bases: dict[str, set[int]] = {}
    for turn, record in starts:
        if getattr(record, "kind", "") == "branch_started":
            bases.setdefault(getattr(record, "path", ""), set()).add(turn.parent)
    assert [len(found) for found in bases.values()] == [1, 1]


def test_the_bundle_is_there_before_the_first_turn_and_typed_pages_work(
    double: Server, kept: Path
) -> None:
    identity = str(registry_bundle()["bundle_id"])
    published: list[bool] = []
    inside(double).faults.plan = lambda kind, _number: (
        published.append(identity in inside(double).database.bundles) if kind == APPEND else None
    )
    mirrored(kept, double)
    assert published
    assert all(published)
    answer = double.reader()._ask("GET", "/v1/contexts/1/turns?view=typed&limit=1000")
    assert answer.status == 200
    assert b'"pipeline": "test"' in answer.body


def test_a_second_time_nothing_is_sent(double: Server, kept: Path) -> None:
    mirrored(kept, double)
    before = dict(inside(double).faults.by_kind)
    mirrored(kept, double)
    after = inside(double).faults.by_kind
    assert [after[kind] - before[kind] for kind in (APPEND, PUT_BLOB, FORK)] == [0, 0, 0]
    once_each(double, kept)


def test_a_run_is_followed_over_its_resume(there: Server, tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    store = SqliteStore(path)
    parked(store)
    mirrored(path, there)
    assert compared(path, there).difference is None
    resumed(store)
    told = compared(path, there).difference
    assert told is not None
    assert "was not sent" in told
    mirrored(path, there)
    assert compared(path, there).difference is None
    store.close()


def test_two_runs_of_a_store_do_not_mix(there: Server, kept: Path) -> None:
    whole_run(kept, "run-2")
    mirrored(kept, there)
    mirrored(kept, there, "run-2")
    first, second = compared(kept, there), compared(kept, there, "run-2")
    assert (first.difference, second.difference) == (None, None)
    assert first.context != second.context


def test_a_turn_of_depth_0_never_carries_what_a_server_reads_as_metadata() -> None:
    """A server takes field 30 of a context's first turn for a title and labels."""
    assert 30 not in {item.tag for item in layout(RunLifecycle)}
    assert RunLifecycle in FAMILIES


# --- a server that ends, forgets, cuts


@pytest.mark.parametrize("kind", [CREATE, FORK, APPEND, GET_LAST, PUT_BLOB])
@pytest.mark.parametrize("fault", [Fault.CUT, Fault.DONE_AND_CUT, Fault.HALF, Fault.NONSENSE])
@pytest.mark.parametrize("number", [1, 9])
def test_a_fault_anywhere_costs_no_turn_and_doubles_none(
    double: Server, kept: Path, kind: int, fault: Fault, number: int
) -> None:
    if kind == GET_LAST:
        mirrored(kept, double)
    inside(double).faults.once(kind, number, fault)
    for _ in range(2):
        try:
            mirrored(kept, double)
        except CxdbError:
            continue
        break
    mirrored(kept, double)
    assert compared(kept, double).difference is None
    once_each(double, kept)


@settings(max_examples=15, suppress_health_check=list(HealthCheck), deadline=None)
@given(st.lists(st.tuples(st.integers(1, 60), st.sampled_from(list(Fault)[:3])), max_size=5))
def test_faults_in_any_order_cost_no_turn_and_double_none(
    kept: Path, faults: list[tuple[int, Fault]]
) -> None:
    with server("double") as there:
        for number, fault in faults:
            inside(there).faults.seen = 0
            at = number

            def plan(_kind: int, _count: int, at: int = at, fault: Fault = fault) -> Fault | None:
                return fault if inside(there).faults.seen == at else None

            inside(there).faults.plan = plan
            with mirror(kept, there) as made:
                try:
                    made.catch_up()
                except Unreachable:
                    continue
        inside(there).faults.plan = None
        mirrored(kept, there)
        assert compared(kept, there).difference is None
        once_each(there, kept)
        forgotten(kept)


def forgotten(path: Path) -> None:
    """The store as if it had never been mirrored."""
    raw = sqlite3.connect(path)
    for table in ("mirror_runs", "mirror_contexts", "mirror_turns"):
        raw.execute(f"DELETE FROM {table}")
    raw.commit()
    raw.close()


def test_a_server_that_was_emptied_gets_the_whole_run_again(double: Server, kept: Path) -> None:
    mirrored(kept, double)
    inside(double).restart()
    with mirror(kept, double) as made:
        assert made.catch_up()
        assert made.resent
    assert compared(kept, double).difference is None
    once_each(double, kept)


def test_a_server_that_was_emptied_in_the_middle_gets_the_run_from_its_beginning(
    double: Server, tmp_path: Path
) -> None:
    path = tmp_path / "runs.db"
    store = SqliteStore(path)
    parked(store)
    with mirror(path, double) as made:
        made.catch_up()
        inside(double).restart()
        resumed(store)
        with pytest.raises(Unreachable):
            made.catch_up()
        assert made.catch_up()
        assert made.resent
    store.close()
    assert compared(path, double).difference is None
    once_each(double, path)


def test_a_server_that_gave_our_numbers_to_others_has_lost_the_run(
    double: Server, kept: Path
) -> None:
    mirrored(kept, double)
    inside(double).restart()
    other = double.client()
    for _ in range(12):
        context = other.create().context
        for number in range(60):
            other.append(context, "x.y", 1, b"%d" % number)
    theirs = len(inside(double).database.turns)
    mirrored(kept, double)
    assert compared(kept, double).difference is None
    assert len(inside(double).database.turns) == theirs + records(kept)


def test_a_server_that_kept_everything_over_a_restart_is_gone_on_with(
    double: Server, tmp_path: Path
) -> None:
    path = tmp_path / "runs.db"
    store = SqliteStore(path)
    parked(store)
    mirrored(path, double)
    inside(double).stop()
    inside(double).start()
    resumed(store)
    store.close()
    mirrored(path, double)
    assert compared(path, double).difference is None
    once_each(double, path)


class Killed(Outbox):
    """An outbox that a `kill -9` comes before or after, at the so-manieth writing."""

    until = 0
    after = False

    def _write(self, *what: object) -> None:  # type: ignore[override]
        type(self).until -= 1
        if self.until == 0 and not self.after:
            raise Crash
        super()._write(*what)  # type: ignore[arg-type]
        if self.until == 0:
            raise Crash


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_mirror_killed_at_any_note_doubles_no_turn(
    double: Server, kept: Path, after: bool
) -> None:
    killed = 0
    for until in range(1, 100):
        inside(double).restart()
        store = SqliteStore(kept, create=False)
        Killed.until, Killed.after = until, after
        outbox = Killed(kept, RUN, str(double.place))
        client = double.client()
        try:
            Mirror(store, outbox, client, double.reader(), RUN).catch_up()
            done = True
        except Crash:
            done = False
        client.close()
        outbox.close()
        store.close()
        mirrored(kept, double)
        assert compared(kept, double).difference is None
        once_each(double, kept)
        forgotten(kept)
        if done:
            break
        killed += 1
    assert killed > 5


# --- strangers


def test_a_strangers_turn_is_left_behind_in_a_fork(double: Server, tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    store = SqliteStore(path)
    parked(store)
    mirrored(path, double)
    context = compared(path, double).context
    other = double.client()
    other.append(context, "x.y", 1, b"theirs")
    told = compared(path, double).difference
    assert told is not None
    assert "x.y" in told
    resumed(store)
    store.close()
    with mirror(path, double) as made:
        assert made.catch_up()
        assert made.healed == 1
    assert compared(path, double).difference is None
    assert other.last(context, 1)[0].type == "x.y"


def test_a_stranger_who_writes_while_we_do_is_noticed_and_left_behind(
    double: Server, tmp_path: Path
) -> None:
    path = tmp_path / "runs.db"
    store = SqliteStore(path)
    parked(store)
    with mirror(path, double) as made:
        made.catch_up()
        double.client().append(1, "x.y", 1, b"theirs")
        resumed(store)
        with pytest.raises(Interfered, match="somebody else writes to context 1"):
            made.catch_up()
        assert made.catch_up()
    store.close()
    assert compared(path, double).difference is None


@pytest.mark.parametrize("at", range(12, 60, 3))
def test_a_stranger_in_one_context_doubles_nothing_in_the_others(
    double: Server, kept: Path, at: int
) -> None:
    database = inside(double).database
    payload = b"theirs"
    told = {"type": "x.y", "version": 1, "encoding": 1, "compression": 0, "key": b"", "root": None}
    theirs = {**told, "length": len(payload), "hash": blake3(payload).digest()}

    def intrude(kind: int, number: int) -> None:
        if (kind, number) == (APPEND, at):
            database.append(2 + at % 3, 0, theirs, payload)

    inside(double).faults.plan = intrude
    with mirror(kept, double) as made:
        with contextlib.suppress(Interfered):
            made.catch_up()
        assert made.catch_up()
    inside(double).faults.plan = None
    mirrored(kept, double)
    assert compared(kept, double).difference is None
    (stranger,) = [turn for turn in database.turns.values() if turn.type == "x.y"]
    seen = [
        decode(turn.type, turn.version, database.blobs[turn.hash]).sequence_no
        for turn in database.turns.values()
        if stranger.id not in database.above(turn.id)
    ]
    assert sorted(seen) == list(range(1, records(kept) + 1))


def test_a_head_that_a_stranger_moved_aside_is_no_lost_run(double: Server, kept: Path) -> None:
    mirrored(kept, double)
    other = double.client()
    first = other.last(1, 1000)[0]
    other.append(1, "x.y", 1, b"aside", parent=first.turn)
    with mirror(kept, double) as made:
        assert made.catch_up()
        assert (made.resent, made.healed) == (False, 1)
    assert compared(kept, double).difference is None


def test_a_run_is_mirrored_by_one_at_a_time(kept: Path) -> None:
    lock = only_mirror(kept, RUN)
    with pytest.raises(Locked, match="being mirrored already, by process"):
        only_mirror(kept, RUN)
    lock.release()
    only_mirror(kept, RUN).release()


# --- differences


def tampered(there: Server, number: int, **changes: object) -> None:
    turns = inside(there).database.turns
    turns[number] = replace(turns[number], **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"type": "x.y"}, r"another type on the server: attractor\.\w+ here, x\.y there"),
        ({"version": 9}, "another version on the server: 1 here, 9 there"),
        ({"depth": 40}, "another depth on the server: 4 here, 40 there"),
        ({"encoding": 7}, "another encoding on the server: 1 here, 7 there"),
    ],
    ids=["type", "version", "depth", "encoding"],
)
def test_the_first_difference_is_said(
    double: Server, kept: Path, changes: dict[str, object], said: str
) -> None:
    mirrored(kept, double)
    tampered(double, 5, **changes)
    tampered(double, 9, version=3)
    told = compared(kept, double).difference
    assert told is not None
    assert re.fullmatch(rf"record 5 \(attractor\.\w+\) has {said}", told)


def test_another_payload_is_a_difference(double: Server, kept: Path) -> None:
    mirrored(kept, double)
    database = inside(double).database
    database.blobs[database.turns[4].hash] += b"\0"
    told = compared(kept, double).difference
    assert told is not None
    assert told.startswith("record 4 ")
    assert "another payload" in told


def test_another_line_is_a_difference(double: Server, kept: Path) -> None:
    mirrored(kept, double)
    branch = next(
        turn for turn in inside(double).database.turns.values() if turn.parent < turn.id - 1
    )
    tampered(double, branch.id, parent=branch.parent - 1)
    assert compared(kept, double).difference is not None


def test_a_missing_blob_is_a_difference(double: Server, kept: Path) -> None:
    mirrored(kept, double)
    database = inside(double).database
    turns = {turn.hash for turn in database.turns.values()}
    for digest in [digest for digest in database.blobs if digest not in turns][:1]:
        del database.blobs[digest]
    told = compared(kept, double).difference
    assert told is not None
    assert "which is not there" in told


def test_a_run_that_was_never_mirrored_differs_from_its_first_record_on(
    double: Server, kept: Path
) -> None:
    came = compared(kept, double)
    assert came.difference == "context 1 was never sent"
    assert came.context == 0


def test_a_server_that_was_emptied_is_a_difference(double: Server, kept: Path) -> None:
    mirrored(kept, double)
    inside(double).restart()
    assert compared(kept, double).difference == "the server has no context 1 for our 1"


# --- the outbox


def test_a_store_that_is_not_mirrored_has_no_tables_for_it(kept: Path) -> None:
    outbox = Outbox(kept, RUN, "h:1")
    assert (outbox.sent(), outbox.places(), outbox.remotes(["1"])) == (0, {}, {})
    outbox.forget()
    outbox.close()
    raw = sqlite3.connect(kept)
    assert raw.execute(
        "SELECT count(*) FROM sqlite_master WHERE name GLOB 'mirror*'"
    ).fetchone() == (0,)
    raw.close()


def test_what_was_noted_is_there_for_that_server_alone(kept: Path) -> None:
    outbox = Outbox(kept, RUN, "h:1")
    outbox.open_places([Place("1", 7)])
    outbox.note([("1", 11), ("2", 12)], [Place("1", 7, 12, 1, b"h")], 2)
    outbox.close()
    again, other = Outbox(kept, RUN, "h:1"), Outbox(kept, RUN, "h:2")
    assert again.sent() == 2
    assert again.places() == {"1": Place("1", 7, 12, 1, b"h")}
    assert again.remotes(["2", "1", "3"]) == {"1": 11, "2": 12}
    assert (other.sent(), other.places()) == (0, {})
    again.forget()
    assert (again.sent(), again.places(), again.remotes(["1"])) == (0, {}, {})
    again.close()
    other.close()


def test_a_removed_run_takes_its_notes_along_and_gets_no_new_ones(kept: Path) -> None:
    outbox = Outbox(kept, RUN, "h:1")
    outbox.note([("1", 11)], [Place("1", 7, 11, 0, b"h")], 1)
    store = SqliteStore(kept)
    assert store.remove_runs([RUN]).runs == (RUN,)
    with pytest.raises(NotFound, match="no run 'run-1'"):
        outbox.note([("2", 12)], [], 2)
    outbox.close()
    store.close()
    raw = sqlite3.connect(kept)
    for table in ("mirror_runs", "mirror_contexts", "mirror_turns"):
        assert raw.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
    raw.close()
    with pytest.raises(NotFound):
        Outbox(kept, RUN, "h:1")


def test_a_store_that_cannot_be_written_is_said_in_a_sentence(kept: Path) -> None:
    outbox = Outbox(kept, RUN, "h:1")
    raw = sqlite3.connect(kept, isolation_level=None)
    raw.execute("BEGIN IMMEDIATE")
    outbox._connection.execute("PRAGMA busy_timeout = 10")
    with pytest.raises(StoreError, match="another process has locked it"):
        outbox.note([("1", 11)], [], 1)
    raw.execute("ROLLBACK")
    outbox.note([("1", 11)], [], 1)
    assert outbox.sent() == 1
    raw.close()
    outbox.close()


def test_tables_that_went_with_a_failed_transaction_are_made_again(kept: Path) -> None:
    """A full disk ends the transaction by itself, so that there is nothing to roll back."""

    class Full:
        def __init__(self, path: Path) -> None:
            self.real = sqlite3.connect(path, isolation_level=None)
            self.execute, self.close, self.full = self.real.execute, self.real.close, True

        def executemany(self, sql: str, rows: Any) -> Any:
            if self.full:
                self.real.execute("ROLLBACK")
                raise sqlite3.OperationalError("database or disk is full")
            return self.real.executemany(sql, rows)

    made: list[Full] = []

    def connect(path: Path) -> Full:
        made.append(Full(path))
        return made[-1]

    outbox = Outbox(kept, RUN, "h:1", connect=connect)
    with pytest.raises(StoreError, match="full"):
        outbox.note([("1", 11)], [], 1)
    made[0].full = False
    outbox.note([("1", 11)], [], 1)
    assert outbox.sent() == 1
    outbox.close()


def test_a_bundle_that_the_server_refuses_stops_the_mirror_before_anything_is_sent(
    double: Server, kept: Path
) -> None:
    family = FAMILIES[0]
    inside(double).database.types[family.TYPE, family.TYPE_VERSION] = {"fields": {}}
    with pytest.raises(Refusal, match="differs from existing"):
        mirrored(kept, double)
    assert inside(double).database.turns == {}
