"""Merges: every strategy case by case, and the rules around them."""

from __future__ import annotations

import json
import time
from typing import Any, get_args

import pytest

from attractorc.compiler.policy import StrategyName, WinnerKey
from attractorc.compiler.value import Json, canonical
from attractorc.interpreter.merges import STRATEGIES, MergeDecision, is_reserved, isolated_key
from attractorc.interpreter.merges.rules import matches
from attractorc.interpreter.outcome import End, Status

from .branches import ABSENT, branch, by, decide, one_key, region, states

MERGED = """
first   | takes the first writer's value               | 0   | 1, 2       | 1
last    | takes the last writer's value                | 0   | 1, 2       | 2
winner  | takes the winner's value, here a's           | 0   | 1, 2       | 1
collect | keys the values by branch, without base      | 0   | 1, null    | {"a": 1, "b": null}
append  | goes on from the base                        | [0] | 1, 2       | [0, 1, 2]
append  | splices lists in, one level deep             | -   | [1, [2]], [3] | [1, [2], 3]
append  | takes a base that is no list as one item     | "x" | "y"        | ["x", "y"]
append  | takes what follows the base in a longer list | [0] | [0, 1], [0, 2] | [0, 1, 2]
append  | takes a list whole that begins otherwise     | [0, 1] | [0], [2] | [0, 1, 0, 2]
append  | takes nothing from a list left as it was     | [0] | [0], [0, 1] | [0, 1]
append  | does not see 1 at the beginning of [1.0]     | [1] | [1.0]      | [1, 1.0]
append  | keeps a single value equal to the base's     | ["x"] | "x"      | ["x", "x"]
append  | keeps duplicates and null                    | -   | [1, 1], null | [1, 1, null]
append  | of an empty list is a list                   | -   | []         | []
union   | keeps the first of equal values, base first  | [2] | [1, 2], [3, 1] | [2, 1, 3]
union   | tells 1, 1.0, true and "1" apart             | -   | [1, 1.0], [true, "1", 1] | [1, 1.0, true, "1"]
union   | takes single values as lists of one          | "x" | "y", "x"   | ["x", "y"]
union   | makes the base itself distinct               | [1, 1] | []      | [1]
union   | does not mind the order of keys              | -   | {"a": 1, "b": 2}, {"b": 2, "a": 1} | [{"a": 1, "b": 2}]
keyed   | adds new items in order of first occurrence  | [{"id": 1}] | [{"id": 3}, {"id": 2}] | [{"id": 1}, {"id": 3}, {"id": 2}]
keyed   | takes the one change of an item, in its place | [{"id": 1}, {"id": 2}] | [{"id": 1, "n": 1}], [{"id": 1}] | [{"id": 1, "n": 1}, {"id": 2}]
keyed   | takes absence as no change                   | [{"id": 1}] | [] | [{"id": 1}]
keyed   | takes equal changes as one                   | [{"id": 1}] | [{"id": 1, "n": 1}], [{"n": 1, "id": 1}] | [{"id": 1, "n": 1}]
keyed   | starts empty without a base                  | -   | [{"id": 2}], [{"id": 1}] | [{"id": 2}, {"id": 1}]
keyed   | tells the ids 1 and "1" apart                | -   | [{"id": 1}], [{"id": "1"}] | [{"id": 1}, {"id": "1"}]
concat  | joins strings by its separator, without base | "x" | "a", "", "b" | "a, , b"
sum     | adds each branch's change to the base        | 10  | 11, 13     | 14
sum     | starts from zero without a base              | -   | 1, 2       | 3
sum     | keeps integers exact                         | 9007199254740993 | 9007199254740994, 9007199254740994 | 9007199254740995
sum     | of floats rounds once                        | -   | 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1 | 1.0
sum     | with one float is a float                    | 0   | 1, 0.5     | 1.5
sum     | over a float base is a float                 | 1.0 | 2, 3       | 4.0
sum     | keeps a small change beside large ones       | 1.0 | 1e300, 4.0, -1e300 | 2.0
sum     | survives an overflow on the way              | -   | 1e308, 1e308, -1e308 | 1e308
min     | is the smallest value, without base          | -9  | 3, 2.5     | 2.5
max     | is the largest value, without base           | 9   | 3, 2.5     | 3
max     | compares integers and floats exactly         | -   | 9007199254740992.0, 9007199254740993 | 9007199254740993
min     | of 1.0 and 1 is the smaller text             | -   | 1.0, 1     | 1
max     | of 1.0 and 1 is the smaller text             | -   | 1.0, 1     | 1
max     | of both zeros is the smaller text            | -   | 0.0, -0.0  | -0.0
count   | is the number of branches that wrote the key | 9   | null, [1, 2] | 2
count   | counts equal values too                      | -   | 7, 7, 7    | 3
all     | is true if every value is, without base      | false | true, true | true
all     | is false if one value is                     | true | true, false | false
any     | is true if one value is                      | false | false, true | true
any     | is false if no value is true, without base   | true | false     | false
deep    | merges key by key, the base's included       | {"x": 1} | {"y": 2}, {"z": {}} | {"x": 1, "y": 2, "z": {}}
deep    | goes down into objects                       | {"o": {"x": 1, "y": 1}} | {"o": {"x": 2}}, {"o": {"y": 3}} | {"o": {"x": 2, "y": 3}}
deep    | takes absence as no change                   | {"x": 1} | {}    | {"x": 1}
deep    | lets equal changes agree                     | {"x": 1} | {"x": 2}, {"x": 2}, {"x": 1} | {"x": 2}
deep    | takes lists as leaves                        | {"x": [1]} | {"x": [1, 2]}, {"x": [1]} | {"x": [1, 2]}
deep    | lets one branch turn an object into a leaf   | {"x": {"y": 1}} | {"x": 5}, {"x": {"y": 1}} | {"x": 5}
deep    | keeps null as a value                        | {"x": 1} | {"x": null} | {"x": null}
deep    | merges objects that no base had              | -   | {"o": {"x": 1}}, {"o": {"y": 2}} | {"o": {"x": 1, "y": 2}}
same    | takes the value that all agree on            | -   | "v", "v"   | "v"
same    | does not count who left the base as it was   | 1   | 1, 2, 1    | 2
same    | keeps the base if nobody changed it          | 1   | 1, 1       | 1
one     | takes the only change                        | 1   | 1, 2       | 2
one     | keeps the base if nobody changed it          | 1   | 1          | 1
"""  # noqa: E501

REFUSED = """
keyed  | needs lists                           | []  | {"id": 1}  | it found no list of objects: 'a' wrote {"id":1}
keyed  | needs the field in every item         | []  | [{"x": 1}] | it found an item without 'id': 'a' wrote [{"x":1}]
keyed  | needs a base that is a list           | 5   | []         | it found no list of objects before the fork: 'a' wrote []
keyed  | refuses two changes of one item       | [{"id": 1}] | [{"id": 1, "n": 1}], [{"id": 1, "n": 2}] | two branches changed the item whose 'id' is 1: 'a' wrote {"id":1,"n":1}, 'b' wrote {"id":1,"n":2}
keyed  | refuses two unequal items of one id   | -   | [{"id": 1}, {"id": 1, "n": 1}] | it found two unequal items whose 'id' is 1: 'a' wrote
concat | needs strings                         | -   | "a", 1     | it needs strings: 'b' wrote 1
sum    | needs numbers, and true is none       | -   | 1, true    | it needs numbers: 'b' wrote true
sum    | takes no text for a number            | 0   | "1"        | it needs numbers: 'a' wrote "1"
sum    | needs a base that is a number         | "x" | 1          | it needs numbers, and before the fork this was "x": 'a' wrote 1
sum    | refuses to become infinite            | -   | 1e308, 1e308 | the sum is too large for a number: 'a' wrote 1e+308, 'b' wrote 1e+308
min    | needs numbers, and text is none       | -   | "1", "2"   | it needs numbers: 'a' wrote "1", 'b' wrote "2"
max    | needs numbers, and null is none       | -   | null       | it needs numbers: 'a' wrote null
all    | needs booleans, and 1 is none         | -   | true, 1    | it needs true or false: 'b' wrote 1
any    | needs booleans, and text is none      | -   | "true"     | it needs true or false: 'a' wrote "true"
deep   | needs objects                         | -   | {}, [1]    | it needs objects: 'b' wrote [1]
deep   | needs a base that is an object        | 5   | {}         | it needs objects, and before the fork this was 5: 'a' wrote {}
deep   | refuses two changes of one leaf       | {"o": {"x": 1}} | {"o": {"x": 2}}, {"o": {"x": 3}} | branches disagree at 'o.x': 'a' wrote 2, 'b' wrote 3
deep   | refuses an object against a leaf      | -   | {"x": {}}, {"x": 1} | branches disagree at 'x': 'a' wrote {}, 'b' wrote 1
deep   | does not merge objects over a leaf    | {"x": 0} | {"x": {"y": 1}}, {"x": {"z": 1}} | branches disagree at 'x': 'a' wrote {"y":1}, 'b' wrote {"z":1}
same   | refuses two different changes         | 0   | 1, 0, 2    | branches disagree: 'a' wrote 1, 'c' wrote 2
same   | tells 1, 1.0 and true apart           | -   | 1, 1.0, true | branches disagree: 'a' wrote 1, 'b' wrote 1.0, 'c' wrote true
one    | refuses two changes even if equal     | 0   | 1, 1       | more than one branch changed it: 'a' wrote 1, 'b' wrote 1
one    | tells four of many branches           | -   | 1, 2, 3, 4, 5, 6 | more than one branch changed it: 'a' wrote 1, 'b' wrote 2, 'c' wrote 3, 'd' wrote 4 and 2 more
"""  # noqa: E501

WRITTEN = {"keyed": "keyed(id)", "concat": "concat(, )"}


def table(text: str) -> list[list[str]]:
    """Lines of: strategy, sentence, value before the fork (`-`: none), values, and what comes."""
    return [[cell.strip() for cell in line.split(" | ")] for line in text.strip().splitlines()]


def sentence(line: list[str]) -> str:
    return " ".join(line[:2])


def decided(line: list[str]) -> MergeDecision:
    strategy, _, before, written, _ = line
    base = ABSENT if before == "-" else json.loads(before)
    return one_key(WRITTEN.get(strategy, strategy), base, tuple(json.loads(f"[{written}]")))


@pytest.mark.parametrize("line", table(MERGED), ids=sentence)
def test_a_strategy(line: list[str]) -> None:
    decision = decided(line)
    assert (decision.status, decision.reason) == (Status.SUCCESS, "")
    assert canonical(decision.updates["k"]) == canonical(json.loads(line[-1]))


@pytest.mark.parametrize("line", table(REFUSED), ids=sentence)
def test_a_strategy_never_guesses(line: list[str]) -> None:
    decision = decided(line)
    assert decision.status is Status.FAIL
    assert decision.reason.startswith(f"'k' cannot be merged by {line[0]}: {line[-1]}")
    assert decision.updates == {}
    assert set(states(decision, "k").values()) == {"conflict"}


def test_a_sum_too_long_to_be_read_back_is_a_conflict() -> None:
    decision = one_key("sum", ABSENT, (9 * 10**4299, 9 * 10**4299))
    assert "the result cannot be kept (" in decision.reason


def test_concat_joins_by_nothing_if_nothing_is_said() -> None:
    assert one_key("concat", ABSENT, ("a", "b")).updates["k"] == "ab"


def test_long_values_are_cut_in_the_reason() -> None:
    reason = one_key("same", ABSENT, ("x" * 99, 1)).reason
    assert reason.endswith("'a' wrote \"" + "x" * 36 + "..., 'b' wrote 1")


def test_every_strategy_has_its_line_in_the_table_and_cases_of_its_own() -> None:
    assert set(STRATEGIES) == set(get_args(StrategyName))
    assert {line[0] for line in table(MERGED)} == set(STRATEGIES) - {"isolate", "drop"}


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
    for _ in range(101):
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
