"""Provenance: from every merged value to the attempt that wrote it, and nothing unsaid."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import pytest

from attractorc.compiler.policy import WinnerKey
from attractorc.compiler.value import Json, canonical
from attractorc.interpreter.context import Context
from attractorc.interpreter.merges import merge
from attractorc.interpreter.outcome import End

from .branches import attempt, branch, by, decide, entry, plain, region


def test_a_key_s_record_says_everything_about_it() -> None:
    results = (
        branch("unit", {"coverage": 80}),
        branch("lint", {"coverage": 70}, End.FAIL),
        branch("types", {"coverage": 90}),
    )
    decision = decide(region({"cov*": "min"}), *results, base={"coverage": 5})
    assert entry(decision, "coverage") == {
        "key": "coverage",
        "strategy": "min",
        "pattern": "cov*",
        "argument": None,
        "reserved": False,
        "base": {"present": True, "value": 5},
        "result": {"value": 80},
        "writes": [
            {
                "branch": "unit",
                "writer": "/checks.1/unit/work.1@1#coverage",
                "state": "merged",
                "value": 80,
            },
            {
                "branch": "lint",
                "writer": "/checks.1/lint/work.1@1#coverage",
                "state": "excluded",
                "value": 70,
            },
            {
                "branch": "types",
                "writer": "/checks.1/types/work.1@1#coverage",
                "state": "not_chosen",
                "value": 90,
            },
        ],
        "conflict": None,
    }


def test_a_missing_base_is_told_from_null() -> None:
    assert entry(decide(region(), branch("a", {"k": 1})), "k")["base"] == {"present": False}
    decision = decide(region(), branch("a", {"k": 1}), base={"k": None})
    assert entry(decision, "k")["base"] == {"present": True, "value": None}


def test_a_result_of_null_is_told_from_none() -> None:
    written = branch("a", {"k": None})
    assert entry(decide(region({"k": "first"}), written), "k")["result"] == {"value": None}
    assert entry(decide(region({"k": "drop"}), written), "k")["result"] is None


def test_a_resolved_conflict_is_told_with_its_resolution() -> None:
    results = (branch("a", {"k": 1}), branch("b", {"k": 2}))
    decision = decide(region({"k": "same"}, on_conflict="last"), *results)
    assert entry(decision, "k")["conflict"] == {
        "reason": "'k' cannot be merged by same: branches disagree: 'a' wrote 1, 'b' wrote 2",
        "branches": ["a", "b"],
        "resolved_by": "last",
    }
    assert [write["state"] for write in entry(decision, "k")["writes"]] == ["not_chosen", "merged"]


def test_an_unresolved_conflict_is_told_without_a_result() -> None:
    results = (branch("a", {"k": 1}), branch("b", {"k": 2}), branch("c", {"k": 3}, End.FAIL))
    found = entry(decide(region({"k": "same"}), *results), "k")
    assert found["result"] is None
    assert found["conflict"]["resolved_by"] is None
    assert [write["state"] for write in found["writes"]] == ["conflict", "conflict", "excluded"]


def test_a_reserved_key_says_so_and_names_the_rule_that_it_falls_under() -> None:
    found = entry(decide(region({"*": "last"}), branch("a", {"outcome": "x"})), "outcome")
    assert (found["reserved"], found["strategy"], found["pattern"]) == (True, "isolate", "*")


def test_keys_are_sorted_and_branches_stand_in_declared_order() -> None:
    results = (branch("z", {"b": 1, "a": 1}), branch("a", {"c": 1, "a": 2}))
    decision = decide(region({"*": "collect"}), *results)
    assert [each["key"] for each in decision.keys] == ["a", "b", "c"]
    assert [write["branch"] for write in entry(decision, "a")["writes"]] == ["z", "a"]
    assert [each["id"] for each in decision.branches] == ["z", "a"]


def test_a_branch_s_record_says_how_it_ended_and_whether_it_counts() -> None:
    results = (
        replace(
            branch("unit", {"score": 3}),
            context="ctx-1",
            terminal_turn="turn-9",
            terminal_stage="/checks.1/unit/work.1",
        ),
        replace(branch("lint", {}, End.FAIL), reason="exit 1"),
        branch("slow", {"k": 1}, End.CANCELLED),
    )
    rest = {"context": "", "terminal_turn": "", "terminal_stage": ""}
    assert decide(region(source="all"), *results).branches == (
        {
            "id": "unit",
            "path": "/checks.1/unit",
            "end": "success",
            "taken": True,
            "candidate": True,
            "contributes": True,
            "context": "ctx-1",
            "terminal_turn": "turn-9",
            "terminal_stage": "/checks.1/unit/work.1",
            "score": 3,
        },
        {
            "id": "lint",
            "path": "/checks.1/lint",
            "end": "fail",
            "taken": True,
            "candidate": False,
            "contributes": True,
            "reason": "exit 1",
            **rest,
        },
        {
            "id": "slow",
            "path": "/checks.1/slow",
            "end": "cancelled",
            "taken": False,
            "candidate": False,
            "contributes": False,
            **rest,
        },
    )


@pytest.mark.parametrize(
    ("value", "large"),
    [("x" * 1022, False), ("x" * 1023, True), ("ü" * 512, True), (list(range(400)), True)],
    ids=["1024 bytes", "1025 bytes", "1026 bytes of 514 characters", "a long list"],
)
def test_a_large_value_stands_by_digest_and_size(value: Json, large: bool) -> None:
    decision = decide(region({"k": "first"}), branch("a", {"k": value}), base={"k": value})
    data = canonical(value).encode()
    short = {
        "digest": f"sha256:{hashlib.sha256(data).hexdigest()}",
        "size_bytes": len(data),
    }
    expected = short if large else {"value": value}
    found = entry(decision, "k")
    assert found["base"] == {"present": True, **expected}
    assert found["result"] == expected
    written = {"branch": "a", "writer": attempt("a", "k"), "state": "merged"}
    assert found["writes"] == [{**written, **expected}]
    assert decision.updates["k"] == value


def test_a_value_nested_very_deep_stands_by_digest() -> None:
    deep: Json = 1
    for _ in range(33):
        deep = {"x": deep}
    assert isinstance(deep, dict)
    for value, told in ((deep, "digest"), (deep["x"], "value")):
        assert told in entry(decide(region(), branch("a", {"k": value})), "k")["writes"][0]


def test_a_large_score_does_not_repeat_itself() -> None:
    decision = decide(region(), branch("a", {"score": "x" * 2000}))
    found = decision.branches[0]
    assert isinstance(found, dict)
    assert isinstance(found["score"], dict)
    assert found["score"]["size_bytes"] == 2002


def test_the_record_grows_with_the_writes_and_not_with_their_size() -> None:
    results = [branch(f"b{n}", {"k": "x" * 10_000}) for n in range(10)]
    decision = decide(region({"k": "collect"}), *results)
    assert len(canonical(plain(decision)["keys"])) < 10 * 300


def test_from_every_value_in_the_context_one_gets_to_the_attempt_that_wrote_it() -> None:
    """The values come from branch contexts, as a run has them."""
    trunk = Context()
    trunk.set("findings", ["old"], "/plan.1@1")
    trunk.set("n", 1, "/plan.1@1")
    forks = {}
    for name, more in (("unit", 4), ("lint", 6)):
        fork = forks[name] = trunk.fork()
        fork.set("findings", ["old", name], f"/checks.1/{name}/run.2@3")
        fork.set("n", more, f"/checks.1/{name}/count.1@1")
    results = tuple(replace(branch(name), writes=fork.own) for name, fork in forks.items())
    where = region({"findings": "append", "n": "max"}, winner=by(WinnerKey("max", "n")))
    decision = merge(where, results, trunk, satisfied=True)
    assert decision.updates["findings"] == ["old", "unit", "lint"]
    writers = {
        key: [w["writer"] for w in entry(decision, key)["writes"] if w["state"] == "merged"]
        for key in ("findings", "n")
    }
    assert writers == {
        "findings": ["/checks.1/unit/run.2@3", "/checks.1/lint/run.2@3"],
        "n": ["/checks.1/lint/count.1@1"],
    }
    assert decision.winner["id"] == "lint"


def test_inner_results_of_a_branch_stay_readable_beside_the_outer_fan_in_s() -> None:
    inner: dict[str, Any] = {
        "parallel.fan_in.best_id": "x",
        "parallel.inner.fan_in.best_id": "x",
        "parallel.inner.branch.x.context.k": 7,
    }
    updates = decide(region({"*": "last"}), branch("a", inner)).updates
    assert updates["parallel.fan_in.best_id"] == "a"
    assert updates["parallel.checks.branch.a.context.parallel.inner.branch.x.context.k"] == 7
    assert "parallel.inner.fan_in.best_id" not in updates
