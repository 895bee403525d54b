"""Keys in the store on disk: records need no row and no look, and nobody notices that."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from attractorc.interpreter.ports import Index, KeyConflict, RunRow, Store, Turn
from attractorc.interpreter.stores.ahead import ROWS_AT_ONCE
from attractorc.interpreter.stores.memory import MemoryStore
from attractorc.interpreter.stores.sqlite import SqliteStore

TYPE = "attractor.stage_lifecycle"
RUNS = ("r", "r|1", "5")
BACK_TO_1 = """
    DROP TABLE keys;
    CREATE UNIQUE INDEX turns_key ON turns (context, key);
    PRAGMA user_version = 1;
"""
"""What takes the layout back; it fails where one key has two turns in a context."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "runs.db"


def rows(path: Path, question: str = "SELECT key, context, turn FROM keys") -> list[object]:
    with contextlib.closing(sqlite3.connect(path)) as raw:
        return raw.execute(question).fetchall()


def a_run(store: Store, run_id: str) -> str:
    context = store.create_context()
    store.create_run(RunRow(run_id, context, "p", "d", "running", "t", "t"))
    return context


def record(store: Store, context: str, run_id: str, number: int, payload: bytes = b"") -> Turn:
    index = Index(run_id, number)
    return store.append(context, TYPE, 1, payload, f"{run_id}|{number}", index=index)


# --- what a record costs


def test_records_of_a_run_need_no_row_and_are_not_looked_for(path: Path) -> None:
    store = SqliteStore(path)
    context = a_run(store, "r")
    store.append(context, TYPE, 1, b"", "note")
    told: list[str] = []
    connection: sqlite3.Connection = store._do._connection  # type: ignore[assignment]
    connection.set_trace_callback(told.append)
    for number in range(1, 501):
        record(store, context, "r", number)
        if number % 50 == 0:
            store.commit()
    connection.set_trace_callback(None)
    looks = [statement for statement in told if "keys" in statement and "INSERT" not in statement]
    assert len(looks) == 1, "whether the run's keys are its own, once"
    assert sum("FROM turns" in statement for statement in told) <= 1
    store.close()
    assert rows(path) == [("note", 1, 1)]


def test_other_keys_of_a_long_group_are_written_with_its_other_rows(path: Path) -> None:
    store = SqliteStore(path)
    context = store.create_context()
    many = 3 * ROWS_AT_ONCE
    for number in range(many):
        store.append(context, TYPE, 1, b"x" * 400, str(number))
    store.commit()
    assert store.append(context, TYPE, 1, b"x" * 400, "7").id == "8"
    store.close()
    assert rows(path, "SELECT count(*) FROM keys") == [(many,)]


def test_what_was_given_up_has_no_key(path: Path) -> None:
    store = SqliteStore(path)
    context = a_run(store, "r")
    store.commit()
    store.append(context, TYPE, 1, b"", "r|1")
    store.close()
    again = SqliteStore(path)
    assert record(again, context, "r", 1).key == "r|1"
    again.commit()
    again.close()
    assert rows(path) == []


# --- whoever asks, and whenever


@pytest.mark.parametrize("when", ["in the same group", "in the next group", "after reopening"])
@pytest.mark.parametrize("who", ["the one who wrote", "another process"])
@pytest.mark.parametrize("key", ["mine", "r|1", "r|2"], ids=["of a turn", "of a record", "taken"])
def test_a_key_holds_whoever_repeats_it_and_whenever(
    path: Path, key: str, who: str, when: str
) -> None:
    first, other = SqliteStore(path), SqliteStore(path)
    context = a_run(first, "r")
    record(first, context, "r", 1)
    record(first, context, "r", 3)
    for own in ("mine", "r|2"):
        first.append(context, TYPE, 1, b"", own)
    asked = first
    if who == "another process":
        first.commit()
        asked = other
    if when == "in the next group":
        asked.commit()
    if when == "after reopening":
        first.commit()
        first.close()
        other.close()
        asked = first = other = SqliteStore(path)
    (there,) = [turn for turn in asked.last(context, 9) if turn.key == key]
    assert asked.append(context, TYPE, 1, b"", key) == there
    assert asked.append(context, TYPE, 1, b"", key, index=Index("r", 9)) == there
    for index in (None, Index("r", 1), Index("r", 9)):
        with pytest.raises(KeyConflict, match="used before with other content"):
            asked.append(context, TYPE, 1, b"other", key, index=index)
    assert len(asked.last(context, 9)) == 4
    first.close()
    other.close()


def test_a_key_that_another_process_has_taken_meanwhile_is_not_given_twice(path: Path) -> None:
    writer, other = SqliteStore(path), SqliteStore(path)
    context = a_run(writer, "r")
    record(writer, context, "r", 1)
    writer.commit()
    taken = other.append(context, TYPE, 1, b"", "r|2")
    other.commit()
    assert record(writer, context, "r", 2) == taken
    with pytest.raises(KeyConflict, match=r"key 'r\|2'"):
        record(writer, context, "r", 2, b"other")
    assert record(writer, context, "r", 3).parent == taken.id
    writer.close()
    other.close()


# --- the law: as if every key had its row

_runs = st.sampled_from(RUNS)
_numbers = st.integers(1, 4)
_payloads = st.sampled_from([b"", b"other"])
_indices = st.none() | st.builds(Index, _runs, _numbers)
_keys = st.builds("{}|{}".format, _runs, _numbers) | st.sampled_from(["r", "r|", "r|01", "|1"])


class AStoreOnDiskAndOneInMemory(RuleBasedStateMachine):
    """They are told the same, and answer alike. Runs write into each other's contexts."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.path = Path(self.folder.name) / "runs.db"
        self.memory = MemoryStore()
        self.disk, self.idle = SqliteStore(self.path), SqliteStore(self.path)
        self.ends = dict.fromkeys(RUNS, 0)
        self.places: dict[str, str] = {}
        for run_id in RUNS:
            self.begin(run_id)

    def begin(self, run_id: str) -> None:
        made = {a_run(store, run_id) for store in (self.memory, self.disk)}
        assert len(made) == 1
        self.places[run_id] = made.pop()

    def told(self, place: str, key: str, index: Index | None, payload: bytes) -> None:
        def answer(store: Store) -> Turn | str:
            try:
                return store.append(self.places[place], TYPE, 1, payload, key, index=index)
            except KeyConflict as conflict:
                return str(conflict)

        found = answer(self.memory)
        assert answer(self.disk) == found
        if index is not None and isinstance(found, Turn):
            self.ends[index.run_id] = max(self.ends[index.run_id], index.sequence_no)

    @rule(place=_runs, key=_keys, index=_indices, payload=_payloads)
    def append(self, place: str, key: str, index: Index | None, payload: bytes) -> None:
        self.told(place, key, index, payload)

    @rule(place=_runs, run_id=_runs, payload=_payloads)
    def record(self, place: str, run_id: str, payload: bytes) -> None:
        number = self.ends[run_id] + 1
        self.told(place, f"{run_id}|{number}", Index(run_id, number), payload)

    @rule(run_id=_runs)
    def remove(self, run_id: str) -> None:
        removed = {store.remove_runs([run_id]) for store in (self.memory, self.disk)}
        assert len(removed) == 1
        self.ends[run_id] = 0
        self.begin(run_id)

    @rule()
    def save(self) -> None:
        self.disk.save()

    @rule()
    def another_process_goes_on(self) -> None:
        self.disk.save()
        self.disk, self.idle = self.idle, self.disk

    @rule()
    def reopen(self) -> None:
        self.disk.save()
        self.disk.close()
        self.disk = SqliteStore(self.path)

    def teardown(self) -> None:
        self.disk.save()
        self.disk.close()
        self.idle.close()
        kept = rows(self.path)
        with contextlib.closing(sqlite3.connect(self.path)) as raw:
            raw.executescript(BACK_TO_1)
        SqliteStore(self.path).close()
        assert rows(self.path) == kept, "an upgrade finds the keys that were noted one by one"
        self.folder.cleanup()


TestAStoreOnDiskAndOneInMemory = AStoreOnDiskAndOneInMemory.TestCase
TestAStoreOnDiskAndOneInMemory.settings = settings(
    deadline=None, max_examples=150, stateful_step_count=30
)
