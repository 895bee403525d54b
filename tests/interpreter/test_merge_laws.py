"""The laws of merging, over any JSON values, policies and branches."""

from __future__ import annotations

import json
import math
import os
import random
import sys
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from attractorc.compiler.policy import MergeRule, Winner, WinnerKey
from attractorc.compiler.value import Json, canonical
from attractorc.interpreter.context import Written
from attractorc.interpreter.merges import STRATEGIES, BranchResult, isolated_key, merge
from attractorc.interpreter.outcome import End, Status

from .. import forked
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
    texts,
    values,
)

LAWFUL = settings(deadline=None, max_examples=80)

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
    "min": st.one_of(st.sampled_from([1, 1.0, 0, -0.0]), numbers),
    "max": st.one_of(st.sampled_from([1, 1.0, 0, -0.0]), numbers),
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


def in_tuples(value: Json) -> Json:
    """The same value with tuples for lists: JSON has one kind of array."""
    if isinstance(value, dict):
        return {key: in_tuples(part) for key, part in value.items()}
    return tuple(in_tuples(part) for part in value) if isinstance(value, list) else value


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


@pytest.mark.parametrize("strategy", sorted(STRATEGIES))
@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_no_strategy_tells_a_value_from_the_one_read_back(
    strategy: str, data: st.DataObject
) -> None:
    before = data.draw(st.one_of(st.just(ABSENT), values_for(strategy)))
    written = data.draw(st.lists(values_for(strategy), min_size=1, max_size=3))
    found = outcome_of(strategy, before, written)
    again = before if before is ABSENT else in_tuples(before)
    assert outcome_of(strategy, again, [in_tuples(value) for value in written]) == found
    again = before if before is ABSENT else reread(before)
    assert outcome_of(strategy, again, [reread(value) for value in written]) == found


def outcome_of(strategy: str, before: Json, written: list[Json]) -> str:
    return canonical(plain(one_key(TEXT.get(strategy, strategy), before, tuple(written))))


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
        winner=draw(st.sampled_from([Winner(), Winner((WinnerKey("vote", "k"),))])),
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
    again = merge(given_["region"], turned, backwards(given_["base"]), given_["satisfied"])
    assert canonical(plain(again)) == canonical(plain(merge(**given_)))
    assert list(again.updates) == sorted(again.updates)


def changed_by(given_: dict[str, Any], change: Any) -> dict[str, Any]:
    """The same situation with every value sent through `change`."""
    results = tuple(
        with_writes(
            result,
            {key: Written(change(each.value), each.writer) for key, each in result.writes.items()},
        )
        for result in given_["results"]
    )
    return {**given_, "results": results, "base": change(given_["base"])}


@LAWFUL
@given(situations())
def test_a_merge_of_values_read_back_from_json_is_the_same(given_: dict[str, Any]) -> None:
    merged = canonical(plain(merge(**given_)))
    assert canonical(plain(merge(**changed_by(given_, reread)))) == merged
    assert canonical(plain(merge(**changed_by(given_, in_tuples)))) == merged


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


def test_no_key_is_merged_by_the_rule_of_another() -> None:
    rules = region({"a": "append", "b": "max", "c*": "collect"})
    wrote = {"a": 1, "b": 2, "c1": 3}
    all_at_once = decide(rules, branch("x", wrote), branch("y", wrote))
    for key, value in wrote.items():
        alone = decide(rules, branch("x", {key: value}), branch("y", {key: value}))
        assert effects(alone)[key] == effects(all_at_once)[key]
    assert [all_at_once.updates[key] for key in wrote] == [[1, 1], 2, {"x": 3, "y": 3}]


NEW_NAMES = {"a": "zebra~1", "b": "yak~1", "c": "ant~1"}


def renamed(value: Json) -> Json:
    """A decision's data with the new names, where the old ones stand as names."""
    text = canonical(value)
    for old, new in NEW_NAMES.items():
        text = text.replace(f"old~{old}", new)
    found: Json = json.loads(text)
    return found


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
        forked.run(
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
