"""The schema of canonical outcomes: it holds for runs that really ran, and for no other shape."""

from __future__ import annotations

from copy import deepcopy
from importlib import resources
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from attractorc.compiler.driver import compile_source
from attractorc.compiler.source import Source
from attractorc.compiler.value import Json
from attractorc.interpreter.outcome import Outcome, Status
from attractorc.interpreter.queries.canonical import canonical_outcome
from attractorc.interpreter.queries.outcome_schema import (
    ENTRIES,
    outcome_schema,
    outcome_schema_text,
)

from .pipelines import Ran, Says, after, run, writes

PIPELINE = """
pipeline: p
goal: Try everything
inputs: {base: main}
start: checks
nodes:
  checks:
    parallel: {unit: unit, lint: lint, slow: slow}
    join: k_of_n(1)
    decide: arrival
    next: verdict
  unit: {run: x, writes: [score], max_retries: 1}
  lint: {run: y, writes: [score]}
  slow: {run: z}
  verdict: {fan_in: {merge: {score: max}}, next: ship}
  ship: {ask: Ship it?, choices: {"[Y] Yes": last, "[N] No": exit}}
  last: {run: w, next: exit}
"""


def outcomes() -> dict[str, dict[str, Json]]:
    plan = compile_source(Source("p.yaml", PIPELINE), "yaml").plan
    assert plan is not None
    again = Outcome(Status.RETRY, failure_reason="not yet")
    wrong = Outcome(Status.FAIL, failure_reason="broken")
    unit = [again, writes(score=1, other=2)]
    runs: dict[str, Ran] = {
        "all is well": run(plan, {"unit": unit}, interviewer=Says("yes")),
        "a branch is cancelled": run(
            plan, {"unit": unit, "slow": after(5, writes(x=1))}, interviewer=Says("no")
        ),
        "the join is not satisfied": run(
            plan, {"unit": wrong, "lint": wrong, "slow": wrong}, interviewer=Says("yes")
        ),
        "the last stage fails": run(plan, {"unit": unit, "last": wrong}, interviewer=Says("yes")),
    }
    return {
        name: canonical_outcome(ran.records, ran.result.status, ran.result.reason, ran.context)
        for name, ran in runs.items()
    }


@pytest.fixture(scope="module")
def real() -> dict[str, dict[str, Json]]:
    return outcomes()


VALIDATOR = Draft202012Validator(outcome_schema())


def entries(outcome: dict[str, Any]) -> list[dict[str, Any]]:
    return [entry for path in outcome["paths"].values() for entry in path]


def test_the_file_is_what_the_records_say() -> None:
    kept = resources.files("attractorc.schemas").joinpath("outcome.schema.json")
    assert kept.read_text("utf-8") == outcome_schema_text(), (
        "schemas/outcome.schema.json is old: run make schemas"
    )
    Draft202012Validator.check_schema(outcome_schema())


def test_it_holds_for_every_real_outcome(real: dict[str, dict[str, Json]]) -> None:
    for outcome in real.values():
        VALIDATOR.validate(outcome)


def test_the_real_outcomes_have_every_entry_that_the_schema_has(
    real: dict[str, dict[str, Json]],
) -> None:
    found = [entry for outcome in real.values() for entry in entries(outcome)]
    for kind in ENTRIES:
        said = {key for entry in found if kind.key in entry for key in entry}
        assert kind.key in said
    kinds = {entry["kind"] for entry in found if "kind" in entry}
    assert kinds >= {"completed", "failed", "retrying"}


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda it: it.pop("paths"), id="nothing that happened"),
        pytest.param(lambda it: it.update(status="done"), id="a status that is none"),
        pytest.param(lambda it: it.update(run_id="run-1"), id="the id of a run"),
        pytest.param(lambda it: entries(it)[1].update(timestamp=""), id="a time"),
        pytest.param(lambda it: entries(it)[1].update(stage="start"), id="a stage without visit"),
        pytest.param(lambda it: entries(it)[1].update(kind="started"), id="a stage that starts"),
        pytest.param(lambda it: it["paths"].update(x=[{}]), id="an entry of nothing"),
        pytest.param(
            lambda it: next(e for e in entries(it) if "merge" in e)["branches"][0].update(
                context="c1"
            ),
            id="the id of a context",
        ),
    ],
)
def test_it_holds_for_nothing_else(real: dict[str, dict[str, Json]], spoil: Any) -> None:
    outcome = deepcopy(real["all is well"])
    spoil(outcome)
    assert not VALIDATOR.is_valid(outcome)
