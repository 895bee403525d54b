"""The promises of a turn store, asked of every backend alike.

A CXDB server keeps turns, but no runs: it is asked for the half that it has, through
`CxdbTurns`, on the loopback double and on a real server where the environment names one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import pytest
from blake3 import blake3

from attractorc.interpreter.cxdb.turns import CxdbTurns
from attractorc.interpreter.ports import (
    Fenced,
    Filter,
    Index,
    KeyConflict,
    Locked,
    NotFound,
    Removed,
    RunRow,
    Store,
    StoreError,
    Turn,
)
from attractorc.interpreter.stores import open_store, paging

from ..cxdb.servers import server

BACKENDS: dict[str, Callable[[Path], str]] = {
    "memory": lambda _folder: "memory:",
    "sqlite": lambda folder: str(folder / "runs.db"),
}
CXDB = {"cxdb": "double", "cxdb live": "live"}
TYPE = "attractor.stage_lifecycle"
without_runs = pytest.mark.parametrize("store", [*BACKENDS, *CXDB], indirect=True)
"""A test that needs turns, and no runs: a server can take it as well."""


@contextmanager
def opened(backend: str, folder: Path) -> Iterator[Store]:
    if backend in CXDB:
        with server(CXDB[backend]) as there:
            yield cast(Store, CxdbTurns(there.client(), there.reader()))
        return
    store = open_store(BACKENDS[backend](folder))
    yield store
    store.close()


@pytest.fixture(params=BACKENDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with opened(request.param, tmp_path) as store:
        yield store


def append(store: Store, context: str, key: str, payload: bytes = b"\x80") -> Turn:
    return store.append(context, TYPE, 1, payload, key)


def a_run(store: Store, run_id: str = "r1") -> str:
    context = store.create_context()
    row = RunRow(run_id, context, "review", "sha256:ab", "running", "t0", "t0")
    store.create_run(row)
    return context


def keys(turns: tuple[Turn, ...]) -> list[str]:
    return [turn.key for turn in turns]


# --- contexts and turns


@pytest.mark.parametrize("store", [*BACKENDS, "cxdb"], indirect=True)
def test_ids_count_from_one_and_depth_from_zero(store: Store) -> None:
    first, second = store.create_context(), store.create_context()
    a, b, c = append(store, first, "a"), append(store, first, "b"), append(store, second, "c")
    assert (first, second) == ("1", "2")
    assert [(turn.id, turn.parent, turn.depth) for turn in (a, b, c)] == [
        ("1", None, 0),
        ("2", "1", 1),
        ("3", None, 0),
    ]


@without_runs
def test_a_turn_comes_back_as_it_was_given(store: Store) -> None:
    context = store.create_context()
    payload = bytes(range(256))
    turn = store.append(context, "x.y", 7, payload, "key é")
    assert turn == Turn(turn.id, context, None, 0, "x.y", 7, payload, "key é")
    assert store.head(context) == turn
    assert type(store.last(context, 1)[0].payload) is bytes


@without_runs
def test_an_empty_context_has_no_head(store: Store) -> None:
    context = store.create_context()
    assert store.head(context) is None
    assert store.last(context, 5) == ()
    assert store.turns(context) == ()


@without_runs
def test_a_fork_reads_what_it_inherits_and_keeps_its_own_to_itself(store: Store) -> None:
    trunk = store.create_context()
    append(store, trunk, "a")
    base = append(store, trunk, "b")
    fork, sibling = store.fork_context(base.id), store.fork_context(base.id)
    assert store.head(fork) == base
    own = append(store, fork, "c")
    append(store, trunk, "d")
    assert (own.parent, own.depth, own.context) == (base.id, 2, fork)
    assert keys(store.last(fork, 10)) == ["a", "b", "c"]
    assert keys(store.last(trunk, 10)) == ["a", "b", "d"]
    assert keys(store.last(sibling, 10)) == ["a", "b"]


@without_runs
def test_a_fork_of_a_fork_reads_down_to_the_root(store: Store) -> None:
    context, expected = store.create_context(), []
    for name in "abcd":
        turn = append(store, context, name)
        expected.append(name)
        context = store.fork_context(turn.id)
    assert keys(store.last(context, 10)) == expected


@without_runs
def test_pages_towards_the_root_meet_every_turn_once(store: Store) -> None:
    trunk = store.create_context()
    for name in "abcde":
        base = append(store, trunk, name)
    fork = store.fork_context(base.id)
    for name in "fgh":
        append(store, fork, name)
    pages, before = [], None
    while page := store.turns(fork, before, 3):
        pages.append(keys(page))
        before = page[0].id
    assert pages == [["f", "g", "h"], ["c", "d", "e"], ["a", "b"]]


@pytest.mark.parametrize("limit", [0, -1])
def test_a_page_of_nothing_is_empty(store: Store, limit: int) -> None:
    context = a_run(store)
    turn = store.append(context, TYPE, 1, b"", "a", index=Index("r1", 1))
    assert store.last(context, limit) == ()
    assert store.turns(context, turn.id, limit) == ()
    assert store.records("r1", 0, limit) == ()
    assert store.runs(limit=limit) == ()


@without_runs
def test_an_explicit_parent_moves_the_head_aside(store: Store) -> None:
    context = store.create_context()
    first = append(store, context, "a")
    append(store, context, "b")
    aside = store.append(context, TYPE, 1, b"", "c", parent=first.id)
    assert (aside.parent, aside.depth) == (first.id, 1)
    assert keys(store.last(context, 10)) == ["a", "c"]
    assert append(store, context, "d").parent == aside.id


@without_runs
def test_the_head_may_be_named_as_the_parent(store: Store) -> None:
    context = store.create_context()
    head = append(store, context, "a")
    assert store.append(context, TYPE, 1, b"", "b", parent=head.id).parent == head.id


@without_runs
def test_a_parent_out_of_reach_of_the_head_is_refused(store: Store) -> None:
    context, other = store.create_context(), store.create_context()
    first = append(store, context, "a")
    left = append(store, context, "b")
    stranger = append(store, other, "c")
    store.append(context, TYPE, 1, b"", "d", parent=first.id)
    empty = store.create_context()
    for place, parent in ((context, stranger), (context, left), (empty, first)):
        with pytest.raises(NotFound, match="not among the turns"):
            store.append(place, TYPE, 1, b"", "new", parent=parent.id)
    assert keys(store.last(context, 9)) == ["a", "d"]


@pytest.mark.parametrize(
    "identity", ["9" * 12, "0", "-1", "", "one", "1 ", "²", "9" * 40, "9" * 5000]
)
@without_runs
def test_unknown_ids_are_not_found(store: Store, identity: str) -> None:
    context = store.create_context()
    append(store, context, "a")
    asks: list[Callable[[], object]] = [
        lambda: append(store, identity, "x"),
        lambda: store.head(identity),
        lambda: store.last(identity, 1),
        lambda: store.turns(identity),
        lambda: store.turns(context, identity),
        lambda: store.fork_context(identity),
        lambda: store.create_context(identity),
        lambda: store.append(context, TYPE, 1, b"", "x", parent=identity),
    ]
    for ask in asks:
        with pytest.raises(NotFound):
            ask()


# --- idempotency


@without_runs
def test_the_same_key_and_content_give_the_same_turn(store: Store) -> None:
    context = store.create_context()
    first = append(store, context, "a", b"1")
    append(store, context, "b", b"2")
    store.commit()
    assert append(store, context, "a", b"1") == first
    assert keys(store.last(context, 9)) == ["a", "b"]


@pytest.mark.parametrize(
    ("record_type", "version", "payload"),
    [(TYPE, 1, b"2"), (TYPE, 2, b"1"), ("attractor.other", 1, b"1")],
    ids=["another payload", "another version", "another type"],
)
@without_runs
def test_the_same_key_with_other_content_is_a_conflict(
    store: Store, record_type: str, version: int, payload: bytes
) -> None:
    context = store.create_context()
    append(store, context, "a", b"1")
    with pytest.raises(KeyConflict, match="key 'a'"):
        store.append(context, record_type, version, payload, "a")
    assert len(store.last(context, 9)) == 1


@without_runs
def test_the_same_key_below_another_parent_is_a_conflict(store: Store) -> None:
    context = store.create_context()
    first = append(store, context, "a")
    second = append(store, context, "b")
    third = append(store, context, "c")
    assert store.append(context, TYPE, 1, b"\x80", "c", parent=second.id) == third
    with pytest.raises(KeyConflict):
        store.append(context, TYPE, 1, b"\x80", "c", parent=first.id)


@without_runs
def test_keys_belong_to_their_context(store: Store) -> None:
    trunk = store.create_context()
    turn = append(store, trunk, "a", b"1")
    fork = store.fork_context(turn.id)
    assert append(store, fork, "a", b"2").id != turn.id


def test_a_repeated_append_adds_no_record_to_the_run(store: Store) -> None:
    context = a_run(store)
    for _ in range(2):
        store.append(context, TYPE, 1, b"", "a", index=Index("r1", 1))
    assert len(store.records("r1")) == 1


def test_a_key_made_of_run_and_number_is_as_good_as_any(store: Store) -> None:
    context = a_run(store)
    first = store.append(context, TYPE, 1, b"1", "r1|1", index=Index("r1", 1))
    second = store.append(context, TYPE, 1, b"2", "r1|2", index=Index("r1", 2))
    store.save()
    assert store.append(context, TYPE, 1, b"1", "r1|1", index=Index("r1", 1)) == first
    with pytest.raises(KeyConflict, match=r"key 'r1\|2'"):
        store.append(context, TYPE, 1, b"other", "r1|2", index=Index("r1", 2))
    assert store.records("r1") == (first, second)


ODD_RUNS = ["r1", "a|b", "a|1", "|", "", "7", "日本語|é", "r}", "a\x00|", "r" * 5000]
NEITHER = ["r1|01", "r1|1 ", "r1|+1", "r1|-1", "r1|²", "r1|1|1", "r1|", "|1", "r1", f"r1|{2**63}"]
LARGEST = 2**63 - 1


def own(
    store: Store, context: str, run_id: str, number: int, payload: bytes = b"", place: int = 0
) -> Turn:
    """A record with the key that is its own; `place` is the number in its index, if another."""
    index = Index(run_id, place or number)
    return store.append(context, TYPE, 1, payload, f"{run_id}|{number}", index=index)


@pytest.mark.parametrize("run_id", ODD_RUNS, ids=lambda name: ascii(name)[:20])
@pytest.mark.parametrize("saved", [False, True], ids=["in one group", "in the next group"])
def test_the_key_of_a_record_is_a_key_for_whoever_repeats_it(
    store: Store, run_id: str, saved: bool
) -> None:
    context = a_run(store, run_id)
    records = [own(store, context, run_id, number) for number in (1, 2, 10, LARGEST)]
    if saved:
        store.save()
    for turn in records:
        for index in (None, Index(run_id, 1), Index(run_id, 11)):
            assert store.append(context, TYPE, 1, b"", turn.key, index=index) == turn
            with pytest.raises(KeyConflict, match="used before with other content"):
                store.append(context, TYPE, 1, b"other", turn.key, index=index)
    assert store.records(run_id) == store.last(context, 99) == tuple(records)


@pytest.mark.parametrize("key", NEITHER)
def test_a_key_that_only_looks_like_that_of_a_record_is_another(store: Store, key: str) -> None:
    context = a_run(store)
    first = own(store, context, "r1", 1)
    turn = append(store, context, key)
    assert turn.id != first.id
    assert append(store, context, key) == turn
    with pytest.raises(KeyConflict):
        append(store, context, key, b"other")
    assert own(store, context, "r1", 2).parent == turn.id


@pytest.mark.parametrize("key", ["", "|", "1", "a|1", "é|1", "a\x00b", "a\x00c|1"])
@without_runs
def test_any_text_is_a_key(store: Store, key: str) -> None:
    context = store.create_context()
    turn = append(store, context, key)
    append(store, context, f"{key}more")
    assert append(store, context, key) == turn
    with pytest.raises(KeyConflict):
        append(store, context, key, b"other")


def test_the_key_of_a_record_is_free_in_another_context(store: Store) -> None:
    context, other = a_run(store), store.create_context()
    first = own(store, context, "r1", 1, b"1")
    aside = append(store, other, "r1|1", b"2")
    assert aside.id != first.id
    assert append(store, other, "r1|1", b"2") == aside
    assert own(store, context, "r1", 1, b"1") == first
    for place, payload in ((context, b"2"), (other, b"1")):
        with pytest.raises(KeyConflict):
            append(store, place, "r1|1", payload)


@pytest.mark.parametrize(
    "taken",
    [
        pytest.param(lambda store, at: append(store, at, "r1|3"), id="no record"),
        pytest.param(
            lambda store, at: own(store, at, "r1", 3, b"\x80", place=2), id="a record before it"
        ),
        pytest.param(
            lambda store, at: store.append(at, TYPE, 1, b"\x80", "r1|3", index=Index("r2", 3)),
            id="another run's record",
        ),
    ],
)
@pytest.mark.parametrize("saved", [False, True], ids=["in one group", "in the next group"])
def test_a_record_whose_key_was_taken_before_is_no_second_turn(
    store: Store, taken: Callable[[Store, str], Turn], saved: bool
) -> None:
    context = a_run(store)
    a_run(store, "r2")
    own(store, context, "r1", 1)
    there = taken(store, context)
    if saved:
        store.save()
    assert own(store, context, "r1", 3, b"\x80") == there
    with pytest.raises(KeyConflict, match=r"key 'r1\|3'"):
        own(store, context, "r1", 3, b"other")
    after = own(store, context, "r1", 4)
    assert after.parent == there.id
    assert own(store, context, "r1", 4) == after
    assert store.records("r1")[-1] == after


def test_a_run_may_begin_where_all_its_keys_are_taken(store: Store) -> None:
    context = store.create_context()
    there = [append(store, context, f"r1|{number}") for number in (1, 2)]
    store.create_run(RunRow("r1", context, "p", "d", "running", "t", "t"))
    assert [own(store, context, "r1", number, b"\x80") for number in (1, 2)] == there
    with pytest.raises(KeyConflict):
        own(store, context, "r1", 2)
    assert store.records("r1") == ()


def test_a_record_below_a_parent_that_is_named_keeps_its_key(store: Store) -> None:
    context = a_run(store)
    first, second = own(store, context, "r1", 1), own(store, context, "r1", 2)
    aside = store.append(context, TYPE, 1, b"", "r1|3", index=Index("r1", 3), parent=first.id)
    assert aside.parent == first.id
    assert store.append(context, TYPE, 1, b"", "r1|3", parent=first.id) == aside
    with pytest.raises(KeyConflict):
        store.append(context, TYPE, 1, b"", "r1|3", parent=second.id)


# --- blobs


@without_runs
def test_blobs_are_found_by_their_blake3(store: Store) -> None:
    assert store.put_blob(b"") == (
        "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"
    )
    data = bytes(range(256)) * 300
    digest = store.put_blob(data)
    assert digest == blake3(data).hexdigest() == store.put_blob(data)
    assert store.get_blob(digest) == data


@pytest.mark.parametrize("digest", ["", "00", "no digest"])
@without_runs
def test_an_unknown_blob_is_not_found(store: Store, digest: str) -> None:
    with pytest.raises(NotFound, match="no blob"):
        store.get_blob(digest)


# --- runs


def test_runs_are_listed_newest_first_in_pages(store: Store) -> None:
    for number in range(5):
        a_run(store, f"r{number}")
    first = store.runs(limit=2)
    second = store.runs(before=first[-1].run_id, limit=2)
    third = store.runs(before=second[-1].run_id, limit=2)
    assert [[row.run_id for row in page] for page in (first, second, third)] == [
        ["r4", "r3"],
        ["r2", "r1"],
        ["r0"],
    ]
    assert store.runs(before="r0") == ()


def test_a_run_shows_where_it_stands(store: Store) -> None:
    context = a_run(store)
    store.update_run("r1", "success", "t9")
    expected = RunRow("r1", context, "review", "sha256:ab", "success", "t0", "t9")
    assert store.run("r1") == expected
    assert store.runs() == (expected,)
    store.update_run("r1", "running", "t10", "sha256:cd")
    store.update_run("r1", "stopped", "t11")
    assert store.run("r1").plan_digest == "sha256:cd"


def test_a_run_id_is_given_once(store: Store) -> None:
    a_run(store)
    with pytest.raises(KeyConflict, match="run 'r1' exists already"):
        a_run(store)


def test_unknown_runs_are_not_found(store: Store) -> None:
    context = store.create_context()
    asks: list[Callable[[], object]] = [
        lambda: store.run("nope"),
        lambda: store.update_run("nope", "x", "t"),
        lambda: store.records("nope"),
        lambda: store.runs(before="nope"),
        lambda: store.post("nope", "pause", {}, "t"),
        lambda: store.controls("nope"),
        lambda: store.append(context, TYPE, 1, b"", "a", index=Index("nope", 1)),
    ]
    for ask in asks:
        with pytest.raises(NotFound, match="no run 'nope'"):
            ask()
    assert store.head(context) is None


# --- records

ENTRIES = (
    Index("r1", 1, kind="initialized"),
    Index("r1", 2, "started", "a", "", "r1:/a.1@1"),
    Index("r1", 3, "started", "b", "/f.1/x", "r1:/f.1/x/b.1@1"),
    Index("r1", 4, "started", "b", "/f.1/xy", "r1:/f.1/xy/b.1@1"),
    Index("r1", 5, "completed", "b", "/f.1/x", "r1:/f.1/x/b.1@1"),
    Index("r1", 6, "started", "c", "/f.1/x/g.1/in", "r1:/f.1/x/g.1/in/c.1@1"),
    Index("r1", 7, "", "b", "/f.10/x", ""),
    Index("r1", 9, "completed", "a", "", "r1:/a.1@1"),
)
PARALLEL = "attractor.parallel_lifecycle"


def filled(store: Store) -> str:
    context = a_run(store)
    for index in ENTRIES:
        record_type = TYPE if index.attempt_id else PARALLEL
        key = str(index.sequence_no)
        store.append(context, record_type, 1, b"", key, index=index)
    return context


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (None, "1 2 3 4 5 6 7 9"),
        (Filter(), "1 2 3 4 5 6 7 9"),
        (Filter(node_id="b"), "3 4 5 7"),
        (Filter(node_id=""), ""),
        (Filter(path=""), "1 2 3 4 5 6 7 9"),
        (Filter(path="/f.1"), "3 4 5 6"),
        (Filter(path="/f.1/"), "3 4 5 6"),
        (Filter(path="/f.1/x"), "3 5 6"),
        (Filter(path="/f.1/x/g.1/in"), "6"),
        (Filter(path="/f"), ""),
        (Filter(attempt_id="r1:/a.1@1"), "2 9"),
        (Filter(attempt_id=""), ""),
        (Filter(types=(TYPE,)), "2 3 4 5 6 9"),
        (Filter(types=(PARALLEL, TYPE)), "1 2 3 4 5 6 7 9"),
        (Filter(types=()), ""),
        (Filter(kinds=("completed",)), "5 9"),
        (Filter(kinds=("completed", "initialized", "completed")), "1 5 9"),
        (Filter(kinds=("",)), ""),
        (Filter(kinds=()), ""),
        (Filter(node_id="b", path="/f.1/x"), "3 5"),
        (Filter(node_id="b", kinds=("started",)), "3 4"),
        (Filter(path="/f.1", kinds=("started",), types=(TYPE,)), "3 4 6"),
        (Filter(types=(PARALLEL,), kinds=("initialized", "started")), "1"),
        (Filter(attempt_id="r1:/f.1/x/b.1@1", path="/f.1/xy"), ""),
        (Filter(attempt_id="r1:/f.1/x/b.1@1", node_id="b", kinds=("completed",)), "5"),
        (Filter(node_id="'; DROP TABLE turns; --"), ""),
        (Filter(path="/%"), ""),
    ],
)
def test_filters_find_their_records_in_order(
    store: Store, where: Filter | None, expected: str
) -> None:
    filled(store)
    assert " ".join(keys(store.records("r1", where=where))) == expected
    after = [key for key in expected.split() if int(key) > 4]
    assert keys(store.records("r1", after=4, limit=2, where=where)) == after[:2]


@pytest.mark.parametrize("effort", [1, 3, 2_000])
@pytest.mark.parametrize("newest_first", [False, True], ids=["oldest first", "newest first"])
@pytest.mark.parametrize(
    "where",
    [
        Filter(),
        Filter(node_id="b"),
        Filter(node_id="b", kinds=("started", "completed")),
        Filter(path="/f.1", kinds=("started",), types=(TYPE,)),
        Filter(types=(TYPE, PARALLEL), kinds=("initialized", "completed")),
        Filter(branch="x"),
        Filter(branch="x", node_id="b"),
        Filter(branch="nobody"),
        Filter(kinds=()),
    ],
    ids=str,
)
def test_looks_one_after_the_other_find_all_whatever_each_may_cost(
    store: Store,
    where: Filter,
    newest_first: bool,
    effort: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    filled(store)
    expected = keys(store.records("r1", where=where))
    monkeypatch.setattr(paging, "EFFORT", effort)
    for limit in (1, 2, 100):
        found: list[str] = []
        start, looks = None, 0
        while looks == 0 or start is not None:
            look = store.search("r1", where, start, limit, newest_first=newest_first)
            assert len(look.turns) <= limit
            found += keys(look.turns)
            start = look.more
            looks += 1
            assert looks < 50, "a look that gets nowhere"
        assert found == (expected[::-1] if newest_first else expected)


def test_a_branch_is_found_at_any_depth_by_its_id(store: Store) -> None:
    filled(store)
    assert keys(store.records("r1", where=Filter(branch="x"))) == ["3", "5", "6", "7"]
    assert keys(store.records("r1", where=Filter(branch="in"))) == ["6"]
    assert keys(store.records("r1", where=Filter(branch="f.1"))) == [], "a stage is no branch"


def test_records_of_a_kind_and_a_family_are_counted(store: Store) -> None:
    filled(store)
    assert store.count("r1", "completed", TYPE) == 2
    assert store.count("r1", "completed", PARALLEL) == 0
    assert store.count("r1", "", TYPE) == 0
    with pytest.raises(NotFound):
        store.count("nope", "completed", TYPE)


def test_pages_of_records_go_on_after_the_last_number(store: Store) -> None:
    filled(store)
    assert keys(store.records("r1", after=7)) == ["9"]
    assert keys(store.records("r1", after=8)) == ["9"]
    assert store.records("r1", after=9) == ()


def test_records_of_two_runs_do_not_mix(store: Store) -> None:
    filled(store)
    other = a_run(store, "r2")
    store.append(other, TYPE, 1, b"", "mine", index=Index("r2", 1, "started", "a"))
    assert keys(store.records("r2")) == ["mine"]
    assert "mine" not in keys(store.records("r1"))


@pytest.mark.parametrize("number", [9, 8, 1])
def test_sequence_numbers_only_rise(store: Store, number: int) -> None:
    context = filled(store)
    with pytest.raises(KeyConflict, match="up to number 9"):
        store.append(context, TYPE, 1, b"", "new", index=Index("r1", number))
    store.commit()
    assert len(store.records("r1")) == len(ENTRIES)
    assert len(store.last(context, 99)) == len(ENTRIES)


# --- leases


def test_a_run_has_one_writer(store: Store) -> None:
    a_run(store)
    store.commit()
    lease = store.lease("r1")
    with pytest.raises(Locked, match="run 'r1' is in the hands of"):
        store.lease("r1")
    store.lease("r2").release()
    lease.release()
    lease.release()
    store.lease("r1").release()


def test_every_lease_has_a_later_epoch(store: Store) -> None:
    epochs = []
    for _ in range(3):
        lease = store.lease("r1")
        epochs.append(lease.epoch)
        lease.release()
    assert epochs == [1, 2, 3]
    other = store.lease("r2")
    assert other.epoch == 1
    other.release()


def test_a_writer_whose_lease_is_over_is_fenced_off(store: Store) -> None:
    context = a_run(store)
    store.commit()
    old = store.lease("r1")
    store.append(context, TYPE, 1, b"", "a", lease=old)
    old.release()
    with pytest.raises(Fenced, match="taken over"):
        store.append(context, TYPE, 1, b"", "b", lease=old)
    new = store.lease("r1")
    with pytest.raises(Fenced):
        store.append(context, TYPE, 1, b"", "b", lease=old)
    store.append(context, TYPE, 1, b"", "c", lease=new)
    new.release()
    assert keys(store.last(context, 9)) == ["a", "c"]


@pytest.mark.parametrize(
    "run_id",
    ["../../etc/passwd", "..", "", "/", "a" * 300, "日本語" * 60, "a\nb", "%2e%2e", "CON", "é\x00"],
)
def test_a_run_may_be_called_anything(store: Store, run_id: str) -> None:
    context = a_run(store, run_id)
    store.commit()
    lease = store.lease(run_id)
    with pytest.raises(Locked):
        store.lease(run_id)
    store.append(context, TYPE, 1, b"", "a", index=Index(run_id, 1), lease=lease)
    assert keys(store.records(run_id)) == ["a"]
    assert store.run(run_id).run_id == run_id
    lease.release()


# --- control


def test_wishes_are_read_in_order_and_once(store: Store) -> None:
    a_run(store)
    a_run(store, "r2")
    first = store.post("r1", "pause", {}, "t1")
    store.post("r2", "cancel", {}, "t2")
    second = store.post("r1", "answer", {"question": "/g.1", "choice": "Y", "n": [1, None]}, "t3")
    wishes = store.controls("r1")
    assert [(wish.number, wish.command) for wish in wishes] == [
        (first, "pause"),
        (second, "answer"),
    ]
    assert wishes[1].payload == {"question": "/g.1", "choice": "Y", "n": [1, None]}
    assert (wishes[1].run_id, wishes[1].created) == ("r1", "t3")
    assert store.controls("r1", after=first) == wishes[1:]
    assert store.controls("r1", after=second) == ()


# --- removal


def a_kept_run(store: Store, run_id: str, blob: bytes = b"") -> tuple[str, str, str]:
    """A run with a fork, a fork of that, a wish and a blob; its contexts."""
    context = a_run(store, run_id)
    digest = store.put_blob(blob or run_id.encode())
    base = store.append(context, TYPE, 1, digest.encode(), "1", index=Index(run_id, 1, "started"))
    fork = store.fork_context(base.id)
    inner = store.append(fork, TYPE, 1, b"", "2", index=Index(run_id, 2, "", "n", "/f.1/a"))
    deep = store.fork_context(inner.id)
    store.append(deep, TYPE, 1, b"", "3", index=Index(run_id, 3))
    store.commit()
    store.post(run_id, "pause", {}, "t")
    return context, fork, deep


def test_a_removed_run_leaves_nothing_and_others_stay_whole(store: Store) -> None:
    gone, kept = a_kept_run(store, "r1"), a_kept_run(store, "r2")
    digests = [blake3(name).hexdigest() for name in (b"r1", b"r2")]
    removed = store.remove_runs(["r1"])
    assert removed == Removed(("r1",), (), turns=3, blobs=1, blob_bytes=2)
    for context in gone:
        with pytest.raises(NotFound):
            store.head(context)
    asks: list[Callable[[], object]] = [
        lambda: store.run("r1"),
        lambda: store.records("r1"),
        lambda: store.controls("r1"),
        lambda: store.get_blob(digests[0]),
        lambda: store.fork_context("1"),
        lambda: store.remove_runs(["r1"]),
    ]
    for ask in asks:
        with pytest.raises(NotFound):
            ask()
    assert [row.run_id for row in store.runs()] == ["r2"]
    assert keys(store.last(kept[2], 9)) == ["1", "2", "3"]
    assert keys(store.records("r2")) == ["1", "2", "3"]
    assert len(store.controls("r2")) == 1
    assert store.get_blob(digests[1]) == b"r2"


def test_a_blob_that_another_turn_names_stays(store: Store) -> None:
    a_kept_run(store, "r1", b"shared")
    a_kept_run(store, "r2", b"shared")
    assert store.remove_runs(["r1"]).blobs == 0
    assert store.get_blob(blake3(b"shared").hexdigest()) == b"shared"
    assert store.remove_runs(["r2"]).blobs == 1


def test_a_rehearsal_tells_the_same_and_does_nothing(store: Store) -> None:
    a_kept_run(store, "r1")
    a_kept_run(store, "r2")
    told = store.remove_runs(["r2", "r1"], rehearse=True)
    assert (told.runs, told.turns, told.blobs) == (("r2", "r1"), 6, 2)
    assert [row.run_id for row in store.runs()] == ["r2", "r1"]
    assert store.remove_runs(["r2", "r1"]) == told
    assert store.runs() == ()


def test_a_run_in_somebodys_hands_stays(store: Store) -> None:
    a_kept_run(store, "r1")
    a_kept_run(store, "r2")
    lease = store.lease("r1")
    assert store.remove_runs(["r1", "r2"]).busy == ("r1",)
    assert [row.run_id for row in store.runs()] == ["r1"]
    with pytest.raises(Locked, match="while a run is written"):
        store.compact()
    lease.release()
    store.compact()
    assert store.remove_runs(["r1"]).runs == ("r1",)


@pytest.mark.parametrize("rehearse", [True, False], ids=["only said", "done"])
def test_a_run_in_somebodys_hands_keeps_its_turns_and_blobs(store: Store, rehearse: bool) -> None:
    kept, _ = a_kept_run(store, "r1"), a_kept_run(store, "r2")
    lease = store.lease("r1")
    removed = store.remove_runs(["r1", "r2"], rehearse=rehearse)
    assert removed == Removed(("r2",), ("r1",), turns=3, blobs=1, blob_bytes=2)
    assert store.get_blob(blake3(b"r1").hexdigest()) == b"r1"
    assert keys(store.last(kept[2], 9)) == ["1", "2", "3"]
    lease.release()


def test_runs_that_were_written_in_turn_are_told_apart(store: Store) -> None:
    gone, kept = a_run(store, "r1"), a_run(store, "r2")
    fork = store.fork_context(append(store, kept, "base").id)
    for number in range(9):
        for context in (gone, kept, fork) if number % 3 else (gone,):
            append(store, context, str(number))
    heads = [store.head(context) for context in (kept, fork)]
    assert store.remove_runs(["r1"]).turns == 9
    assert [store.head(context) for context in (kept, fork)] == heads
    assert keys(store.last(kept, 99)) == ["base", "1", "2", "4", "5", "7", "8"]
    assert keys(store.last(fork, 99)) == ["base", "1", "2", "4", "5", "7", "8"]


def test_a_removal_that_cannot_be_whole_removes_nothing(store: Store) -> None:
    a_kept_run(store, "r1")
    with pytest.raises(NotFound, match="no run 'nope'"):
        store.remove_runs(["r1", "nope"])
    head = store.head(store.run("r1").context)
    assert head is not None
    store.create_run(RunRow("r2", store.fork_context(head.id), "p", "d", "running", "t", "t"))
    store.commit()
    with pytest.raises(StoreError, match="run 'r2' goes on from"):
        store.remove_runs(["r1"])
    assert len(store.records("r1")) == 3
    assert store.remove_runs(["r1", "r2"]).runs == ("r1", "r2")


def test_ids_are_not_given_again_and_a_removed_id_may_be_used_anew(store: Store) -> None:
    contexts = a_kept_run(store, "r1")
    store.remove_runs(["r1"])
    again = a_kept_run(store, "r1")
    assert set(again).isdisjoint(contexts)
    assert keys(store.records("r1")) == ["1", "2", "3"]
    assert [turn.id for turn in store.last(again[0], 9)] == ["4"]
    lease = store.lease("r1")
    assert lease.epoch == 1
    lease.release()


def test_what_a_removed_run_wrote_elsewhere_keeps_its_keys(store: Store) -> None:
    elsewhere, _ = a_run(store, "r1"), a_run(store, "r2")
    there = own(store, elsewhere, "r2", 1)
    noted = store.append(elsewhere, TYPE, 1, b"", "note", index=Index("r2", 2))
    assert store.remove_runs(["r2"]).turns == 0
    assert store.append(elsewhere, TYPE, 1, b"", "r2|1") == there
    assert store.append(elsewhere, TYPE, 1, b"", "note") == noted
    a_run(store, "r2")
    assert own(store, elsewhere, "r2", 1) == there
    with pytest.raises(KeyConflict):
        own(store, elsewhere, "r2", 1, b"other")


def test_the_keys_of_what_was_removed_are_free_again(store: Store) -> None:
    gone, kept = a_run(store, "r1"), a_run(store, "r2")
    for context in (gone, kept):
        append(store, context, "note")
        append(store, context, "r1|1")
    store.remove_runs(["r1"])
    again = a_run(store, "r1")
    assert [append(store, again, key, b"other").key for key in ("note", "r1|1")] == ["note", "r1|1"]
    with pytest.raises(KeyConflict):
        append(store, kept, "note", b"other")


def test_removing_nothing_is_nothing(store: Store) -> None:
    a_kept_run(store, "r1")
    assert store.remove_runs([]) == Removed()
