"""Values that merges must tell apart, bring through the journal unchanged, or refuse."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attractorc.compiler.policy import Merge, MergeRule, StrategyName
from attractorc.compiler.value import Json, NotJson, canonical, checked
from attractorc.interpreter.context import Written
from attractorc.interpreter.handlers.results import vetted
from attractorc.interpreter.merges import STRATEGIES, merge
from attractorc.interpreter.outcome import Outcome, Status
from attractorc.interpreter.records import FanInDecision, Record, StageLifecycle
from attractorc.interpreter.records.codec import decode, encode

from .branches import ABSENT, branch, decide, entry, one_key, plain, region, states, texts, values
from .pipelines import fan, run, writes
from .test_merge_laws import LAWFUL, TEXT, situations, values_for

KINDS: tuple[Json, ...] = (1, 1.0, True)
RESULTS: dict[str, Json] = {
    "collect": {"a": 1, "b": 1.0, "c": True},
    "append": [1, 1.0, True],
    "union": [1, 1.0, True],
    "first": 1,
    "last": True,
    "count": 3,
}


@pytest.mark.parametrize("strategy", RESULTS)
def test_one_and_true_and_one_point_zero_are_three_values(strategy: str) -> None:
    decision = one_key(strategy, ABSENT, KINDS)
    assert canonical(decision.updates["k"]) == canonical(RESULTS[strategy])
    for before, written in ((1, True), (True, 1), (1.0, 1), (0, False), (0, -0.0), ("1", 1)):
        changed = one_key("one", before, (before, written))
        assert canonical(changed.updates["k"]) == canonical(written)
        assert one_key("same", before, (written,)).updates["k"] is not before


ORDERED: dict[str, tuple[list[Json], Json]] = {
    "append": ([["c"], ["a"], ["b"]], ["base", "c", "a", "b"]),
    "union": ([["c"], ["a"], ["c", "b"]], ["base", "c", "a", "b"]),
    "keyed(id)": ([[{"id": 3}], [{"id": 1}], [{"id": 2}]], [{"id": 3}, {"id": 1}, {"id": 2}]),
    "concat(-)": (["c", "a", "b"], "c-a-b"),
    "first": ([3, 1, 2], 3),
    "last": ([3, 1, 2], 2),
    "collect": ([3, 1, 2], {"z": 3, "m": 1, "a": 2}),
}


@pytest.mark.parametrize("strategy", ORDERED)
def test_declared_order_shows_where_it_should(strategy: str) -> None:
    """Neither the order of names nor that of values."""
    written, expected = ORDERED[strategy]
    results = [branch(name, {"k": value}) for name, value in zip("zma", written, strict=True)]
    base = {"k": ["base"]} if isinstance(expected, list) and "base" in expected else {}
    found = decide(region({"k": strategy}), *results, base=base).updates["k"]
    assert canonical(found) == canonical(expected)


@pytest.mark.parametrize("strategy", ["min", "max"])
@pytest.mark.parametrize("pair", [(1, 1.0), (0, -0.0), (2**53, float(2**53))], ids=str)
def test_of_two_equal_numbers_the_smaller_text_stands(strategy: str, pair: Any) -> None:
    smaller = min(map(canonical, pair))
    for written in (pair, pair[::-1]):
        found = one_key(strategy, ABSENT, written)
        assert canonical(found.updates["k"]) == smaller
        merged = [canonical(v) == smaller for v in written]
        assert [state == "merged" for state in states(found, "k").values()] == merged


def journaled(record: Record) -> Any:
    """A record as it comes back from the bytes of its turn."""
    return decode(record.TYPE, record.TYPE_VERSION, encode(record))


@settings(LAWFUL, max_examples=150)
@given(st.dictionaries(texts, values, max_size=4))
def test_a_value_comes_back_from_the_journal_as_it_was(updates: dict[str, Json]) -> None:
    found = journaled(StageLifecycle(kind="completed", context_updates=updates))
    assert canonical(found.context_updates) == canonical(updates)


def through_records(given_: dict[str, Any]) -> dict[str, Any]:
    """The situation with every value taken from the record of the stage that wrote it."""

    def read(value: Json) -> Json:
        record = StageLifecycle(kind="completed", context_updates={"k": value})
        found: Json = journaled(record).context_updates["k"]
        return found

    results = tuple(
        replace(each, writes={k: Written(read(w.value), w.writer) for k, w in each.writes.items()})
        for each in given_["results"]
    )
    base = {key: read(value) for key, value in given_["base"].items()}
    return {**given_, "results": results, "base": base}


@LAWFUL
@given(situations())
def test_a_merge_of_values_read_back_from_records_is_the_same(given_: dict[str, Any]) -> None:
    """Which is what a resumed run merges."""
    decision = merge(**given_)
    assert canonical(plain(merge(**through_records(given_)))) == canonical(plain(decision))
    record = FanInDecision(
        status=decision.status.value,
        branches=list(decision.branches),
        winner=dict(decision.winner),
        keys=list(decision.keys),
        context_updates=dict(decision.updates),
    )
    found = journaled(record)
    for name in ("branches", "winner", "keys", "context_updates"):
        assert canonical(getattr(found, name)) == canonical(getattr(record, name))
    assert encode(found) == encode(record)


PICKING: tuple[StrategyName, ...] = ("winner", "first", "last", "same", "one", "min", "max")


@LAWFUL
@given(situations(), st.sampled_from(PICKING))
def test_what_is_called_merged_can_be_seen_in_the_result(
    given_: dict[str, Any], strategy: StrategyName
) -> None:
    """Of the strategies that pick a value; a write that was not picked is `not_chosen`."""
    where = given_["region"]
    rules = (MergeRule("*", strategy),)
    decision = merge(
        **{**given_, "region": replace(where, merge=replace(where.merge, rules=rules))}
    )
    for each in decision.keys:
        assert isinstance(each, dict)
        fell_back = (each["conflict"] or {}).get("resolved_by") == "collect"
        if each["strategy"] not in PICKING or each["result"] is None or fell_back:
            continue
        picked = [write for write in each["writes"] if write["state"] == "merged"]
        before = each["base"]
        text = canonical(said(each["result"]))
        for write in picked:
            assert canonical(said(write)) == text
        assert picked or (before["present"] and canonical(said(before)) == text)
    isolated = {
        (write["branch"], each["key"])
        for each in decision.keys
        if isinstance(each, dict)
        for write in each["writes"]
        if write["state"] == "not_chosen" and each["result"] is None
    }
    assert all(key not in decision.updates for _, key in isolated)


def said(value: dict[str, Any]) -> Json:
    found: Json = value.get("value", value.get("digest"))
    return found


def test_a_pick_names_the_branch_that_it_was_taken_from() -> None:
    results = [branch(name, {"k": name}) for name in "abc"]
    assert states(decide(region({"k": "last"}), *results), "k") == {
        "a": "not_chosen",
        "b": "not_chosen",
        "c": "merged",
    }
    assert entry(decide(region({"k": "last"}), *results), "k")["result"] == {"value": "c"}


@pytest.mark.parametrize("strategy", sorted(STRATEGIES))
@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_one_branch_s_write_is_its_own_merge_where_nothing_was(
    strategy: str, data: st.DataObject
) -> None:
    """A missing base is the neutral element, and a single write meets nobody."""
    value = data.draw(values_for(strategy))
    decision = one_key(TEXT.get(strategy, strategy), ABSENT, (value,))
    if decision.status is Status.FAIL:
        return  # a value of the wrong type, which has its own tests
    shape: dict[str, Json] = {
        "collect": {"a": value},
        "append": value if isinstance(value, list) else [value],
        "count": 1,
    }
    if strategy in ("isolate", "drop"):
        assert "k" not in decision.updates
    elif strategy == "union":
        texts = list(dict.fromkeys(map(canonical, value if isinstance(value, list) else [value])))
        assert list(map(canonical, decision.updates["k"])) == texts
    elif strategy == "keyed":
        assert {canonical(item) for item in decision.updates["k"]} == set(map(canonical, value))
    elif strategy == "sum":
        assert decision.updates["k"] == value
    else:
        assert canonical(decision.updates["k"]) == canonical(shape.get(strategy, value))


BIG = 10**400
LONGEST = 10**4300 - 1
ODD: tuple[Json, ...] = (
    BIG,
    -BIG,
    LONGEST,
    2**63,
    2**64,
    -(2**63) - 1,
    5e-324,
    -0.0,
    1e308,
    "\u0000",
    "\U0001f9ec\u0301",
    {"": {"é": [None, {"\U0001f9ec": BIG}]}},
)


@pytest.mark.parametrize("value", ODD, ids=lambda value: ascii(value)[:24])
def test_odd_values_go_through_a_whole_run_unchanged(value: Json) -> None:
    made = fan("a b", merge=Merge((MergeRule("k", "same"), MergeRule("l", "append"))))
    ran = run(made, {"a": writes(k=value, l=[value]), "b": writes(k=value, l=[value])})
    assert ran.result.status == "success"
    assert canonical(ran.context["k"]) == canonical(value)
    assert canonical(ran.context["l"]) == canonical([value, value])


NO_JSON: dict[str, tuple[Any, str]] = {
    "not a number": (math.nan, "nan is not JSON"),
    "infinity": (math.inf, "inf is not JSON"),
    "minus infinity": (-math.inf, "-inf is not JSON"),
    "deep inside": ({"a": [1, {"b": math.nan}]}, "nan is not JSON"),
    "half a surrogate pair": ("\ud800", "half a surrogate pair"),
    "a key that is no string": ({1: 2}, "the key 1 is not a string"),
    "half a pair in a key": ({"a": [{"\udc00": 1}]}, "half a surrogate pair"),
    "an integer that is too long": (10**4300, "an integer of more than 4300 digits"),
    "one that is too far below": ([-(10**4300)], "an integer of more than 4300 digits"),
    "a set": ({1}, "a set is not JSON"),
    "bytes": (b"x", "a bytes is not JSON"),
}


@pytest.mark.parametrize(("value", "words"), NO_JSON.values(), ids=NO_JSON)
def test_what_is_no_json_is_refused_where_it_enters(value: Any, words: str) -> None:
    """By the stage that wrote it, with the key; so no merge ever meets one."""
    outcome = vetted(Outcome(Status.SUCCESS, context_updates={"score": value}))
    assert outcome.status is Status.FAIL
    assert outcome.failure_reason.startswith("the handler's outcome cannot be used: ")
    assert "'score'" in outcome.failure_reason
    assert words in outcome.failure_reason
    assert "\n" not in outcome.failure_reason
    with pytest.raises(NotJson):
        checked(value)


def test_a_branch_that_writes_no_number_fails_and_the_others_are_merged() -> None:
    made = fan("a b", merge=Merge((MergeRule("n", "sum"),)))
    ran = run(made, {"a": writes(n=math.nan), "b": writes(n=2)})
    assert (ran.result.status, ran.context["n"]) == ("success", 2)
    assert ran.context["parallel.fan.fail_count"] == 1
