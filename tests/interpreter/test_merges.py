"""Merges: every strategy case by case, the rules around them, and their laws."""

from __future__ import annotations

import math
import os
import random
import subprocess
import sys
import time
from dataclasses import replace
from typing import Any, get_args

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from attractorc.compiler.policy import MergeRule, StrategyName, WinnerKey
from attractorc.compiler.value import Json, canonical
from attractorc.interpreter.context import Written
from attractorc.interpreter.merges import STRATEGIES, BranchResult, is_reserved, isolated_key, merge
from attractorc.interpreter.merges.rules import matches
from attractorc.interpreter.outcome import End, Status

from .branches import (
    ABSENT,
    branch,
    by,
    decide,
    numbers,
    one_key,
    plain,
    region,
    reread,
    states,
    texts,
    values,
)

ITEM, CHANGED, OTHER = {"id": 1, "n": 1}, {"id": 1, "n": 2}, {"id": 2, "n": 0}

Case = tuple[str, str, Json, tuple[Json, ...], Json]
MERGED: tuple[Case, ...] = (
    ("first takes the first writer's value", "first", 0, (1, 2), 1),
    ("last takes the last writer's value", "last", 0, (1, 2), 2),
    ("winner takes the winner's value, here the first branch's", "winner", 0, (1, 2), 1),
    ("collect keys the values by branch, without base", "collect", 0, (1, None), {"a": 1, "b": None}),
    ("append goes on from the base", "append", [0], (1, 2), [0, 1, 2]),
    ("append splices lists in, one level deep", "append", ABSENT, ([1, [2]], [3]), [1, [2], 3]),
    ("append takes a base that is no list as a list of one", "append", "x", ("y",), ["x", "y"]),
    ("append takes what follows the base from a list that begins with it", "append", [0], ([0, 1], [0, 2]), [0, 1, 2]),
    ("append takes a whole list that does not begin with the base", "append", [0, 1], ([0], [2]), [0, 1, 0, 2]),
    ("append takes nothing from a branch that left the base as it was", "append", [0], ([0], [0, 1]), [0, 1]),
    ("append compares by canonical text: 1.0 does not begin with 1", "append", [1], ([1.0],), [1, 1.0]),
    ("append keeps a single value that equals the base's only item", "append", ["x"], ("x",), ["x", "x"]),
    ("append keeps duplicates and null", "append", ABSENT, ([1, 1], None), [1, 1, None]),
    ("append over an empty list is a list", "append", ABSENT, ([],), []),
    ("union keeps the first of equal values, the base's first", "union", [2], ([1, 2], [3, 1]), [2, 1, 3]),
    ("union tells 1, 1.0, true and \"1\" apart", "union", ABSENT, ([1, 1.0], [True, "1", 1]), [1, 1.0, True, "1"]),
    ("union takes single values as lists of one", "union", "x", ("y", "x"), ["x", "y"]),
    ("union makes the base itself distinct", "union", [1, 1], ([],), [1]),
    ("union compares objects without regard to the order of their keys", "union", ABSENT, ([{"a": 1, "b": 2}], [{"b": 2, "a": 1}]), [{"a": 1, "b": 2}]),
    ("keyed adds new items in order of first occurrence", "keyed(id)", [ITEM], ([OTHER],), [ITEM, OTHER]),
    ("keyed takes the one change of an item, in its place", "keyed(id)", [ITEM, OTHER], ([CHANGED], [ITEM]), [CHANGED, OTHER]),
    ("keyed takes absence as no change", "keyed(id)", [ITEM], ([],), [ITEM]),
    ("keyed takes equal changes of two branches as one", "keyed(id)", [ITEM], ([CHANGED], [CHANGED]), [CHANGED]),
    ("keyed starts empty without a base", "keyed(id)", ABSENT, ([OTHER], [ITEM]), [OTHER, ITEM]),
    ("keyed tells the ids 1 and \"1\" apart", "keyed(id)", ABSENT, ([{"id": 1}], [{"id": "1"}]), [{"id": 1}, {"id": "1"}]),
    ("concat joins strings by its separator, without base", "concat(, )", "x", ("a", "", "b"), "a, , b"),
    ("concat joins by nothing if nothing is said", "concat", ABSENT, ("a", "b"), "ab"),
    ("sum adds each branch's change to the base", "sum", 10, (11, 13), 14),
    ("sum starts from zero without a base", "sum", ABSENT, (1, 2), 3),
    ("sum keeps integers exact", "sum", 2**70, (2**70 + 1, 2**70 + 1), 2**70 + 2),
    ("sum of floats rounds once", "sum", ABSENT, (0.1,) * 10, 1.0),
    ("sum with one float is a float", "sum", 0, (1, 0.5), 1.5),
    ("sum over a float base is a float", "sum", 1.0, (2, 3), 4.0),
    ("sum does not lose a small change beside a large one", "sum", 1.0, (1e300, 3.0, -1e300 + 0.0), -0.0 + 1.0),
    ("sum survives an overflow on the way", "sum", ABSENT, (1e308, 1e308, -1e308), 1e308),
    ("min is the smallest value, without base", "min", -9, (3, 2.5), 2.5),
    ("max is the largest value, without base", "max", 9, (3, 2.5), 3),
    ("max compares integers and floats exactly", "max", ABSENT, (2**53, float(2**53), 2**53 + 1), 2**53 + 1),
    ("min of 1 and 1.0 is the canonically smaller text", "min", ABSENT, (1.0, 1), 1),
    ("max of 1 and 1.0 is the canonically smaller text", "max", ABSENT, (1.0, 1), 1),
    ("max of both zeros is the canonically smaller text", "max", ABSENT, (0.0, -0.0), -0.0),
    ("count is the number of branches that wrote the key", "count", 9, (None, [1, 2]), 2),
    ("all is true if every value is", "all", False, (True, True), True),
    ("all is false if one value is", "all", True, (True, False), False),
    ("any is true if one value is", "any", False, (False, True), True),
    ("any is false if no value is true, without base", "any", True, (False,), False),
    ("deep merges objects key by key, the base's included", "deep", {"x": 1}, ({"y": 2}, {"z": {}}), {"x": 1, "y": 2, "z": {}}),
    ("deep goes down into objects", "deep", {"o": {"x": 1, "y": 1}}, ({"o": {"x": 2}}, {"o": {"y": 3}}), {"o": {"x": 2, "y": 3}}),
    ("deep takes absence as no change", "deep", {"x": 1}, ({},), {"x": 1}),
    ("deep lets equal changes agree", "deep", {"x": 1}, ({"x": 2}, {"x": 2}, {"x": 1}), {"x": 2}),
    ("deep takes lists as leaves", "deep", {"x": [1]}, ({"x": [1, 2]}, {"x": [1]}), {"x": [1, 2]}),
    ("deep lets one branch turn an object into a leaf", "deep", {"x": {"y": 1}}, ({"x": 5}, {"x": {"y": 1}}), {"x": 5}),
    ("deep keeps null as a value", "deep", {"x": 1}, ({"x": None},), {"x": None}),
    ("deep merges objects that no base had", "deep", ABSENT, ({"o": {"x": 1}}, {"o": {"y": 2}}), {"o": {"x": 1, "y": 2}}),
    ("same takes the value that all agree on", "same", ABSENT, ("v", "v"), "v"),
    ("same does not count who left the base as it was", "same", 1, (1, 2, 1), 2),
    ("same keeps the base if nobody changed it", "same", 1, (1, 1), 1),
    ("one takes the only change", "one", 1, (1, 2), 2),
    ("one keeps the base if nobody changed it", "one", 1, (1,), 1),
)  # fmt: skip

REFUSED: tuple[tuple[str, str, Json, tuple[Json, ...], str], ...] = (
    ("keyed needs lists", "keyed(id)", [], ({"id": 1},), "it found no list of objects: 'a' wrote {\"id\":1}"),
    ("keyed needs the field in every item", "keyed(id)", [], ([{"name": 1}],), "it found an item without 'id': 'a' wrote [{\"name\":1}]"),
    ("keyed needs a base that is a list", "keyed(id)", 5, ([ITEM],), "it found no list of objects before the fork"),
    ("keyed refuses two changes of one item", "keyed(id)", [ITEM], ([CHANGED], [{"id": 1}]), "two branches changed the item whose 'id' is 1: 'a' wrote {\"id\":1,\"n\":2}, 'b' wrote {\"id\":1}"),
    ("keyed refuses a list with two unequal items of one id", "keyed(id)", ABSENT, ([ITEM, CHANGED],), "it found two unequal items whose 'id' is 1"),
    ("concat needs strings", "concat(-)", ABSENT, ("a", 1), "it needs strings: 'b' wrote 1"),
    ("sum needs numbers, and true is none", "sum", ABSENT, (1, True), "it needs numbers: 'b' wrote true"),
    ("sum takes no text for a number", "sum", 0, ("1",), "it needs numbers: 'a' wrote \"1\""),
    ("sum needs a base that is a number", "sum", "x", (1,), "it needs numbers, and before the fork this was \"x\": 'a' wrote 1"),
    ("sum refuses to become infinite", "sum", ABSENT, (1e308, 1e308), "the sum is too large for a number: 'a' wrote 1e+308"),
    ("sum refuses an integer too large for JSON's readers", "sum", ABSENT, (10**4299, 9 * 10**4299), "the result cannot be kept"),
    ("min needs numbers, and takes no strings", "min", ABSENT, ("1", "2"), "it needs numbers: 'a' wrote \"1\", 'b' wrote \"2\""),
    ("max needs numbers, and null is none", "max", ABSENT, (None,), "it needs numbers: 'a' wrote null"),
    ("all needs booleans, and 1 is none", "all", ABSENT, (True, 1), "it needs true or false: 'b' wrote 1"),
    ("any needs booleans, and text is none", "any", ABSENT, ("true",), "it needs true or false: 'a' wrote \"true\""),
    ("deep needs objects", "deep", ABSENT, ({}, [1]), "it needs objects: 'b' wrote [1]"),
    ("deep needs a base that is an object", "deep", 5, ({},), "it needs objects, and before the fork this was 5"),
    ("deep refuses two changes of one leaf, and says where", "deep", {"o": {"x": 1}}, ({"o": {"x": 2}}, {"o": {"x": 3}}), "branches disagree at 'o.x': 'a' wrote 2, 'b' wrote 3"),
    ("deep refuses an object against a leaf", "deep", ABSENT, ({"x": {}}, {"x": 1}), "branches disagree at 'x'"),
    ("deep does not guess that two objects replace a leaf together", "deep", {"x": 0}, ({"x": {"y": 1}}, {"x": {"z": 1}}), "branches disagree at 'x'"),
    ("same refuses two different changes", "same", 0, (1, 0, 2), "branches disagree: 'a' wrote 1, 'c' wrote 2"),
    ("same tells 1, 1.0 and true apart", "same", ABSENT, (1, 1.0, True), "branches disagree: 'a' wrote 1, 'b' wrote 1.0, 'c' wrote true"),
    ("one refuses two changes even if they are equal", "one", 0, (1, 1), "more than one branch changed it: 'a' wrote 1, 'b' wrote 1"),
    ("long values are cut in the reason", "same", ABSENT, ("x" * 99, 1), "'a' wrote \"" + "x" * 36 + "..., 'b' wrote 1"),
    ("many branches are counted in the reason", "one", ABSENT, tuple(range(9)), "'d' wrote 3 and 5 more"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("strategy", "before", "written", "result"),
    [case[1:] for case in MERGED],
    ids=[case[0] for case in MERGED],
)
def test_a_strategy_merges(
    strategy: str, before: Json, written: tuple[Json, ...], result: Json
) -> None:
    decision = one_key(strategy, before, written)
    assert (decision.status, decision.reason) == (Status.SUCCESS, "")
    assert canonical(decision.updates["k"]) == canonical(result)


@pytest.mark.parametrize(
    ("strategy", "before", "written", "reason"),
    [case[1:] for case in REFUSED],
    ids=[case[0] for case in REFUSED],
)
def test_a_strategy_never_guesses(
    strategy: str, before: Json, written: tuple[Json, ...], reason: str
) -> None:
    decision = one_key(strategy, before, written)
    name = strategy.partition("(")[0]
    assert decision.status is Status.FAIL
    assert decision.reason.startswith(f"'k' cannot be merged by {name}: ")
    assert reason in decision.reason
    assert decision.updates == {}
    assert set(states(decision, "k").values()) == {"conflict"}


def test_every_strategy_has_its_line_in_the_table_and_cases_of_its_own() -> None:
    assert set(STRATEGIES) == set(get_args(StrategyName))
    told = {case[1].partition("(")[0] for case in MERGED}
    assert told == set(STRATEGIES) - {"isolate", "drop"}


def test_a_branch_that_did_not_write_a_key_is_not_asked_for_it() -> None:
    results = (branch("a"), branch("b", {"k": 2}), branch("c"))
    for strategy in ("first", "last", "sum", "min", "same", "one"):
        assert decide(region({"k": strategy}), *results).updates["k"] == 2
    assert decide(region({"k": "collect"}), *results).updates["k"] == {"b": 2}


def test_what_no_rule_names_is_readable_under_its_branch() -> None:
    decision = decide(region(), branch("a", {"k": 1}), branch("b", {"k": 2}))
    assert decision.updates["parallel.checks.branch.a.context.k"] == 1
    assert decision.updates["parallel.checks.branch.b.context.k"] == 2
    assert "k" not in decision.updates
    assert states(decision, "k") == {"a": "isolated", "b": "isolated"}


def test_drop_leaves_no_trace_but_in_the_provenance() -> None:
    decision = decide(region({"k": "drop"}), branch("a", {"k": 1}))
    assert not [key for key in decision.updates if "fan_in" not in key]
    assert states(decision, "k") == {"a": "dropped"}


def test_the_key_stays_as_it_was_if_the_winner_did_not_write_it() -> None:
    decision = decide(region({"k": "winner"}), branch("a"), branch("b", {"k": 2}), base={"k": 0})
    assert "k" not in decision.updates
    assert states(decision, "k") == {"b": "not_chosen"}


RESERVED = (
    "outcome",
    "preferred_label",
    "current_node",
    "last_stage",
    "last_response",
    "internal.retry_count.x",
    "graph.goal",
    "parallel.inner.fan_in.best_id",
)


@pytest.mark.parametrize("key", RESERVED)
def test_a_reserved_key_is_never_merged_but_stays_readable(key: str) -> None:
    decision = decide(region({key: "last", "*": "last"}), branch("a", {key: 1}), base={key: 0})
    assert is_reserved(key)
    assert key not in decision.updates
    assert decision.updates[f"parallel.checks.branch.a.context.{key}"] == 1


def test_reserved_keys_can_be_dropped_and_look_alikes_are_ordinary() -> None:
    decision = decide(region({"*": "drop"}), branch("a", {"parallel.x.results": 1}))
    assert states(decision, "parallel.x.results") == {"a": "dropped"}
    for key in ("outcomes", "parallel", "internal", "graphs.x", "my.outcome"):
        assert decide(region({"*": "last"}), branch("a", {key: 1})).updates[key] == 1


def test_no_two_isolated_writes_share_a_key() -> None:
    awkward = [("a", "context.k"), ("a.context", "k"), ("a", "k"), ("a%2Econtext", "k")]
    assert len({isolated_key("f", name, key) for name, key in awkward}) == len(awkward)
    assert isolated_key("f.x", "größe [1]", "k") == (
        "parallel.f%2Ex.branch.gr%C3%B6%C3%9Fe%20%5B1%5D.context.k"
    )


@pytest.mark.parametrize(
    ("key", "strategy"),
    [("a.b.c", "first"), ("a.b.d", "last"), ("a.x", "count"), ("z", "collect"), ("b.c", "min")],
)
def test_the_most_specific_rule_wins_wherever_it_stands(key: str, strategy: str) -> None:
    rules = {
        "*": "collect",
        "a.*": "count",
        "a.b.*": "last",
        "a.b.c": "first",
        "*.c": "min",
        "b.*": "max",
    }
    found = decide(region(rules), branch("a", {key: 1})).keys[0]
    assert isinstance(found, dict)
    assert found["strategy"] == strategy


@pytest.mark.parametrize(
    ("pattern", "key", "fits"),
    [
        ("*", "", True),
        ("a*", "a", True),
        ("a*b", "ab", True),
        ("a*a", "a", False),
        ("*b*", "abc", True),
        ("a*b*c", "a.c.b.c", True),
        ("a*b*c", "acb", False),
        ("*ab*ab", "ab", False),
        ("*ab*ab", "abab", True),
        ("a.*", "ab", False),
        ("a?c", "abc", False),
        ("[ab]", "a", False),
        ("a*", "ba", False),
        ("a\n*", "a\nb", True),
    ],
)
def test_a_pattern_has_one_special_character(pattern: str, key: str, fits: bool) -> None:
    assert matches(pattern, key) is fits


def test_merge_from_says_whose_writes_count() -> None:
    results = (
        branch("good", {"k": 1}),
        branch("part", {"k": 2}, End.PARTIAL_SUCCESS),
        branch("bad", {"k": 3}, End.FAIL),
        branch("late", {"k": 4}, End.TIMED_OUT),
        branch("gone", {"k": 5}, End.CANCELLED),
        branch("open", {"k": 6}, taken=False),
        branch("none", {}, End.SKIPPED),
    )
    found = {
        source: decide(region({"k": "collect"}, source=source), *results).updates["k"]
        for source in ("candidates", "all", "winner")
    }
    assert found == {
        "candidates": {"good": 1, "part": 2},
        "all": {"good": 1, "part": 2, "bad": 3},
        "winner": {"good": 1},
    }


def test_an_unsatisfied_join_has_no_winner_no_merge_and_excludes_every_write() -> None:
    decision = decide(region({"k": "sum"}), branch("a", {"k": 1}), satisfied=False)
    assert (decision.status, decision.reason) == (Status.FAIL, "the join is not satisfied")
    assert decision.updates == {}
    assert decision.winner["id"] is None
    assert states(decision, "k") == {"a": "excluded"}


def test_without_candidates_the_fan_in_succeeds_if_no_rule_needs_a_winner() -> None:
    failed = branch("a", {"k": 1}, End.FAIL)
    decision = decide(region({"k": "collect"}, source="all"), failed)
    assert decision.status is Status.SUCCESS
    assert decision.updates["k"] == {"a": 1}
    assert decision.updates["parallel.fan_in.best_id"] is None
    assert decision.updates["parallel.fan_in.candidate_count"] == 0
    assert decide(region(source="winner"), failed).status is Status.SUCCESS
    assert decide(region()).status is Status.SUCCESS


def test_without_candidates_a_rule_that_needs_a_winner_is_a_conflict() -> None:
    failed = branch("a", {"k": 1}, End.FAIL)
    decision = decide(region({"k": "winner"}, source="all"), failed)
    assert decision.reason == "'k' cannot be merged by winner: there is no winner: 'a' wrote 1"
    both = (failed, branch("b", {"k": 2}, End.FAIL))
    decision = decide(region({"k": "same"}, source="all", on_conflict="winner"), *both)
    assert decision.reason == (
        "'k' cannot be merged by same: branches disagree, and there is no winner: "
        "'a' wrote 1, 'b' wrote 2"
    )


@pytest.mark.parametrize(
    ("way", "result", "merged"),
    [
        ("winner", 2, {"b"}),
        ("first", 1, {"a"}),
        ("last", 3, {"c"}),
        ("collect", {"a": 1, "b": 2, "c": 3}, {"a", "b", "c"}),
    ],
)
def test_on_conflict_falls_back_on(way: Any, result: Json, merged: set[str]) -> None:
    results = [branch(name, {"k": place}) for place, name in enumerate("abc", 1)]
    winner = by(WinnerKey("priority", branches=("b",)))
    decision = decide(region({"k": "one"}, on_conflict=way, winner=winner), *results)
    assert (decision.status, decision.updates["k"]) == (Status.SUCCESS, result)
    assert {name for name, state in states(decision, "k").items() if state == "merged"} == merged


def test_one_conflict_and_nothing_of_the_merge_is_applied() -> None:
    results = (branch("a", {"k": 1, "n": 1, "free": 1}), branch("b", {"k": 2, "n": 2, "gone": 1}))
    decision = decide(region({"k": "same", "n": "sum", "gone": "drop"}), *results)
    assert decision.status is Status.FAIL
    assert decision.updates == {}
    assert states(decision, "k") == {"a": "conflict", "b": "conflict"}
    for key in ("n", "free", "gone"):
        assert set(states(decision, key).values()) == {"excluded"}


def test_several_conflicts_are_told_and_the_rest_counted() -> None:
    keys = {f"k{place}": 0 for place in range(5)}
    results = (branch("a", keys), branch("b", dict.fromkeys(keys, 1)))
    reason = decide(region({"*": "same"}), *results).reason
    assert [f"'k{place}' cannot be merged" in reason for place in range(5)] == [True] * 3 + [
        False
    ] * 2
    assert reason.endswith("; and 2 more keys")


def test_the_fan_in_says_who_won_in_the_context_under_both_names() -> None:
    results = (branch("a", {"score": 1}), branch("b", {"score": 2}, End.SUCCESS))
    updates = decide(region(), *results).updates
    assert {key: value for key, value in updates.items() if key.startswith("parallel.fan_in.")} == {
        "parallel.fan_in.best_id": "b",
        "parallel.fan_in.best_outcome": "success",
        "parallel.fan_in.best_score": 2,
        "parallel.fan_in.candidate_count": 2,
        "parallel.fan_in.method": "max(score)",
    }
    for name in ("best_id", "best_outcome", "best_score", "candidate_count", "method"):
        assert updates[f"parallel.checks.fan_in.{name}"] == updates[f"parallel.fan_in.{name}"]


def test_a_value_that_would_nest_too_deep_is_a_conflict_and_no_traceback() -> None:
    deep: Json = 0
    for _ in range(100):
        deep = [deep]
    decision = one_key("collect", ABSENT, (deep,))
    assert "the result cannot be kept (nested more than 100 levels deep)" in decision.reason
    assert one_key("first", ABSENT, (deep,)).status is Status.SUCCESS


@pytest.mark.parametrize(
    "twice", [True, False], ids=["a branch twice", "a cancelled branch counts"]
)
def test_results_that_cannot_be_are_our_fault(twice: bool) -> None:
    cancelled = branch("a", {}, End.CANCELLED, taken=not twice)
    with pytest.raises(AssertionError):
        decide(region(), cancelled, *((cancelled,) if twice else ()))


@pytest.mark.parametrize("strategy", sorted(STRATEGIES))
def test_ten_thousand_branches_are_merged_in_seconds(strategy: str) -> None:
    fitting: dict[str, Any] = {
        "append": [1],
        "union": [1],
        "keyed": [{"id": 1}],
        "concat": "x",
        "all": True,
        "any": False,
        "deep": {"x": 1},
        "one": 0,
    }
    value = fitting.get(strategy, 0.5)
    results = tuple(
        branch(f"item[{place}]", {"k": {f"x{place}": 1} if strategy == "deep" else value})
        for place in range(10_000)
    )
    where = region({"k": "keyed(id)" if strategy == "keyed" else strategy})
    before = time.process_time()
    assert decide(where, *results, base={"k": value}).status is Status.SUCCESS
    assert time.process_time() - before < 5


# --- laws ------------------------------------------------------------------------------

LAWFUL = settings(deadline=None, max_examples=120)

_items = st.lists(
    st.fixed_dictionaries({"id": st.integers(0, 3)}, optional={"n": st.integers(0, 1)}), max_size=3
)
_trees = st.recursive(
    st.integers(0, 1),
    lambda inner: st.dictionaries(st.sampled_from("xyz"), inner, max_size=3),
    max_leaves=4,
)
FITTING: dict[str, st.SearchStrategy[Any]] = {
    "append": st.one_of(st.lists(st.integers(0, 1), max_size=3), values),
    "union": st.one_of(st.lists(st.sampled_from([1, 1.0, True]), max_size=3), values),
    "keyed": _items,
    "concat": texts,
    "sum": numbers,
    "min": numbers,
    "max": numbers,
    "all": st.booleans(),
    "any": st.booleans(),
    "deep": st.dictionaries(st.sampled_from("xyz"), _trees, max_size=3),
    "same": st.integers(0, 1),
    "one": st.integers(0, 1),
}
NAMES = ("a", "b", "c")
TEXT = {"keyed": "keyed(id)", "concat": "concat(; )"}


def values_for(strategy: str) -> st.SearchStrategy[Any]:
    """Values that fit a strategy, and now and then any value at all."""
    fitting = FITTING.get(strategy, values)
    return st.one_of(fitting, fitting, fitting, values)


def settled(strategy: str, before: Json, written: list[Json]) -> str:
    """The canonical text of what one key becomes, or `conflict`."""
    decision = one_key(TEXT.get(strategy, strategy), before, tuple(written))
    return canonical(decision.updates["k"]) if decision.status is Status.SUCCESS else "conflict"


def claiming(law: str) -> list[str]:
    return sorted(name for name, strategy in STRATEGIES.items() if law in strategy.laws)


def test_the_page_s_laws_are_claimed() -> None:
    assert {"append", "union", "keyed", "concat"} <= set(claiming("associative"))
    assert {"sum", "min", "max", "count", "all", "any", "same", "one"} <= set(
        claiming("order_free")
    )
    assert "union" in claiming("idempotent")
    assert claiming("holds_all") == ["collect"]


@pytest.mark.parametrize("strategy", claiming("associative"))
@LAWFUL
@given(data=st.data())
def test_merging_a_merged_group_changes_nothing(strategy: str, data: st.DataObject) -> None:
    before = data.draw(st.one_of(st.just(ABSENT), values_for(strategy)))
    written = data.draw(st.lists(values_for(strategy), min_size=2, max_size=4))
    whole = settled(strategy, before, written)
    for cut in range(1, len(written) + 1):
        for start in range(cut):
            group = one_key(TEXT.get(strategy, strategy), before, tuple(written[start:cut]))
            if group.status is Status.FAIL:
                assert whole == "conflict"
                continue
            regrouped = [*written[:start], group.updates["k"], *written[cut:]]
            assert settled(strategy, before, regrouped) == whole


@pytest.mark.parametrize("strategy", claiming("order_free"))
@LAWFUL
@given(data=st.data())
def test_no_order_of_the_branches_shows(strategy: str, data: st.DataObject) -> None:
    before = data.draw(st.one_of(st.just(ABSENT), values_for(strategy)))
    written = data.draw(st.lists(values_for(strategy), min_size=1, max_size=4))
    shuffled = data.draw(st.permutations(written))
    assert settled(strategy, before, written) == settled(strategy, before, shuffled)


@pytest.mark.parametrize("strategy", claiming("idempotent"))
@LAWFUL
@given(data=st.data())
def test_a_write_twice_is_a_write_once(strategy: str, data: st.DataObject) -> None:
    before = data.draw(st.one_of(st.just(ABSENT), values_for(strategy)))
    written = data.draw(st.lists(values_for(strategy), min_size=1, max_size=3))
    again = [*written, data.draw(st.sampled_from(written))]
    assert settled(strategy, before, written) == settled(strategy, before, again)


@pytest.mark.parametrize("strategy", claiming("holds_all"))
@LAWFUL
@given(written=st.lists(values, min_size=1, max_size=4))
def test_every_write_can_be_read_back(strategy: str, written: list[Json]) -> None:
    found = one_key(strategy, ABSENT, tuple(written)).updates["k"]
    assert isinstance(found, dict)
    assert canonical(list(found.values())) == canonical(written)


@LAWFUL
@given(
    before=st.floats(-1e300, 1e300),
    written=st.lists(st.floats(-1e300, 1e300), min_size=1, max_size=5),
)
def test_a_sum_of_floats_is_the_exactly_rounded_one(before: float, written: list[float]) -> None:
    exact = math.fsum([*written, *[-before] * (len(written) - 1)])
    assert one_key("sum", before, tuple(written)).updates["k"] == exact


KEYS = ("k", "a.b", "a.c", "score", "outcome", "parallel.in.x")
ENDS = st.sampled_from(list(End))


@st.composite
def situations(draw: st.DrawFn) -> dict[str, Any]:
    """Any policy over any branches: what `merge` takes, as keyword arguments."""
    rules = tuple(
        MergeRule(pattern, name, {"keyed": "id", "concat": "-"}.get(name))
        for pattern, name in draw(
            st.dictionaries(
                st.sampled_from([*KEYS, "a.*", "*"]),
                st.sampled_from(sorted(STRATEGIES)),
                max_size=5,
            )
        ).items()
    )
    where = region(
        source=draw(st.sampled_from(["candidates", "all", "winner"])),
        on_conflict=draw(st.sampled_from(["fail", "winner", "first", "last", "collect"])),
    )
    written = st.dictionaries(
        st.sampled_from(KEYS), st.one_of(st.integers(0, 2), values, *FITTING.values()), max_size=4
    )
    results = tuple(
        branch(name, draw(written), draw(st.one_of(st.just(End.SUCCESS), ENDS)))
        for name in draw(st.sampled_from([NAMES[:1], NAMES[:2], NAMES]))
    )
    return {
        "region": replace(where, merge=replace(where.merge, rules=rules)),
        "results": results,
        "base": draw(written),
        "satisfied": draw(st.sampled_from([True, True, True, False])),
    }


def with_writes(result: BranchResult, written: dict[str, Written]) -> BranchResult:
    return replace(result, writes=written)


def backwards(value: Json) -> Json:
    """The same value with the keys of its objects in the opposite order."""
    if isinstance(value, dict):
        return {key: backwards(value[key]) for key in reversed(list(value))}
    return [backwards(item) for item in value] if isinstance(value, list) else value


@LAWFUL
@given(situations())
def test_the_same_inputs_give_the_same_bytes_however_they_are_laid_out(
    given_: dict[str, Any],
) -> None:
    turned = tuple(
        with_writes(
            result,
            {
                key: Written(backwards(written.value), written.writer)
                for key, written in reversed(list(result.writes.items()))
            },
        )
        for result in given_["results"]
    )
    again = merge(given_["region"], turned, backwards(given_["base"]), given_["satisfied"])  # type: ignore[arg-type]
    assert canonical(plain(again)) == canonical(plain(merge(**given_)))
    assert list(again.updates) == sorted(again.updates)


@LAWFUL
@given(situations())
def test_a_merge_of_values_read_back_from_json_is_the_same(given_: dict[str, Any]) -> None:
    read_back = tuple(
        with_writes(
            result,
            {key: Written(reread(each.value), each.writer) for key, each in result.writes.items()},
        )
        for result in given_["results"]
    )
    again = merge(given_["region"], read_back, reread(given_["base"]), given_["satisfied"])
    assert canonical(plain(again)) == canonical(plain(merge(**given_)))


@LAWFUL
@given(situations())
def test_each_write_is_found_exactly_once_and_in_a_state_that_is_true(
    given_: dict[str, Any],
) -> None:
    decision = merge(**given_)
    found = [
        (write["branch"], each["key"], write["state"])
        for each in decision.keys
        if isinstance(each, dict)
        for write in each["writes"]
    ]
    written = [(result.id, key) for result in given_["results"] for key in result.writes]
    assert sorted((name, key) for name, key, _ in found) == sorted(written)
    for name, key, state in found:
        assert state in ("merged", "not_chosen", "isolated", "dropped", "excluded", "conflict")
        if state == "merged":
            assert key in decision.updates
        if state == "isolated":
            assert isolated_key("checks", name, key) in decision.updates
        if decision.status is Status.FAIL:
            assert state in ("excluded", "conflict")
        else:
            assert state != "conflict"
    facts = [key for key in decision.updates if ".fan_in." in key]
    isolated = sum(1 for _, _, state in found if state == "isolated")
    merged = {key for _, key, state in found if state == "merged"}
    assert len(decision.updates) == len(facts) + isolated + len(merged)


def effects(decision: Any) -> dict[str, str]:
    """What a decision writes, but for the facts about the fan-in itself."""
    return {k: canonical(v) for k, v in decision.updates.items() if ".fan_in." not in k}


def pinned(given_: dict[str, Any]) -> dict[str, Any]:
    """The same with a winner that no further branch can take away."""
    names = tuple(result.id for result in given_["results"])
    return {
        **given_,
        "region": replace(given_["region"], winner=by(WinnerKey("priority", branches=names))),
    }


@LAWFUL
@given(situations(), st.integers(0, 3), ENDS)
def test_a_branch_that_writes_nothing_changes_nothing(
    given_: dict[str, Any], place: int, end: End
) -> None:
    given_ = pinned(given_)
    before = merge(**given_)
    assume(before.winner["id"] is not None)
    results = list(given_["results"])
    results.insert(place, branch("silent", {}, end))
    after = merge(**{**given_, "results": tuple(results)})
    assert (after.status, after.reason) == (before.status, before.reason)
    assert effects(after) == effects(before)
    assert canonical(list(after.keys)) == canonical(list(before.keys))


@LAWFUL
@given(situations(), st.integers(0, 3), st.one_of(st.just(End.SUCCESS), ENDS), values)
def test_a_branch_with_keys_of_its_own_changes_no_other_key(
    given_: dict[str, Any], place: int, end: End, value: Json
) -> None:
    given_ = pinned(given_)
    before = merge(**given_)
    assume(before.winner["id"] is not None and before.status is Status.SUCCESS)
    results = list(given_["results"])
    results.insert(place, branch("apart", {"own": value, "own.too": 1}, end))
    after = merge(**{**given_, "results": tuple(results)})
    assume(after.status is Status.SUCCESS)
    mine = ("own", "own.too", "parallel.checks.branch.apart.context.")
    others = {key: text for key, text in effects(after).items() if not key.startswith(mine)}
    assert others == effects(before)


NEW_NAMES = {"a": "zebra~1", "b": "yak~1", "c": "ant~1"}


def renamed(value: Json) -> Json:
    """A decision's data with the new names, where the old ones stand as names."""
    text = canonical(value)
    for old, new in NEW_NAMES.items():
        text = text.replace(f"old~{old}", new)
    return reread_text(text)


def reread_text(text: str) -> Json:
    import json

    return json.loads(text)


@LAWFUL
@given(situations())
def test_renaming_branches_changes_no_result_but_the_names_in_it(given_: dict[str, Any]) -> None:
    def called(names: dict[str, str]) -> Json:
        results = tuple(
            replace(branch(names[result.id], None, result.end), writes=result.writes)
            for result in given_["results"]
        )
        decision = plain(merge(**{**given_, "results": results}))
        # Isolated keys carry the encoded name.
        updates = decision["updates"]
        assert isinstance(updates, dict)
        decision["updates"] = {key.replace("%7E", "~"): value for key, value in updates.items()}
        return decision

    old = called({name: f"old~{name}" for name in NAMES})
    assert canonical(renamed(old)) == canonical(called(NEW_NAMES))


def test_no_hash_seed_shows_in_the_bytes() -> None:
    script = (
        "import hashlib\n"
        "from attractorc.compiler.plan.model import Region\n"
        "from attractorc.compiler.policy import Merge, MergeRule\n"
        "from attractorc.compiler.value import canonical\n"
        "from attractorc.interpreter.context import Written\n"
        "from attractorc.interpreter.merges import STRATEGIES, BranchResult, merge\n"
        "from attractorc.interpreter.outcome import End\n"
        "rules = tuple(MergeRule(name, name, 'id') for name in STRATEGIES)\n"
        "where = Region('f', (), None, 'none', merge=Merge(rules, 'all', 'collect'))\n"
        "writes = {name: Written([{'id': n}], 'w') for n, name in enumerate(STRATEGIES)}\n"
        "results = tuple(BranchResult(n, n, End.SUCCESS, True, writes) for n in 'xyz')\n"
        "d = merge(where, results, {}, True)\n"
        "print(canonical([dict(d.updates), dict(d.winner), list(d.keys), list(d.branches)]))\n"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("0", "1")
    }
    assert len(outputs) == 1
    assert len(outputs.pop()) > 5_000


def test_a_thousand_floats_add_up_the_same_in_any_order() -> None:
    chance = random.Random(7)
    written = [chance.uniform(-1, 1) * 10 ** chance.randint(-300, 300) for _ in range(1_000)]
    sums = set()
    for _ in range(5):
        chance.shuffle(written)
        sums.add(settled_many("sum", written))
    assert len(sums) == 1


def settled_many(strategy: str, written: list[float]) -> str:
    results = [branch(f"b{place}", {"k": value}) for place, value in enumerate(written)]
    return canonical(decide(region({"k": strategy}), *results).updates["k"])
