"""Plans as JSON: nothing is lost on the way, and nothing unfit gets in."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from importlib.resources import files
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings

from attractorc.compiler.expr import And, Comparison, Not, Truth
from attractorc.compiler.plan.codec import PlanError, from_json, from_text, to_json
from attractorc.compiler.plan.digest import digest_of, sealed
from attractorc.compiler.plan.model import (
    Agent,
    Branch,
    ContextRef,
    Exit,
    FanIn,
    Parallel,
    Plan,
    Region,
    Route,
    Start,
    Step,
    Tool,
)
from attractorc.compiler.plan.schema import plan_schema
from attractorc.compiler.policy import FanOut, Join
from attractorc.compiler.value import canonical

from .plans import plans

quick = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))


def small() -> Plan:
    """start -> checks -> {lint, ask} -> verdict -> exit"""
    done = Not(And((Comparison("outcome", "=", "fail"), Truth("flag"))))
    steps = (
        Step("start", "start", Start(), (Route("checks"),)),
        Step("checks", "checks", Parallel()),
        Step("lint", "lint", Tool("ruff check ."), (Route("verdict"),), region="checks"),
        Step(
            "ask",
            "Ask",
            Agent(("say ", ContextRef("a.b"))),
            (Route("verdict", condition=done),),
            region="checks",
        ),
        Step("verdict", "verdict", FanIn("checks"), (Route("exit"),)),
        Step("exit", "exit", Exit()),
    )
    region = Region(
        "checks",
        (Branch("lint", "lint"), Branch("ask", "ask")),
        "verdict",
        "fan_in",
        FanOut(Join("quorum", ratio=Fraction(1, 2), text="quorum(1/2)")),
        nodes=("ask", "lint"),
    )
    return sealed(
        Plan("small", "start", "exit", {step.id: step for step in steps}, {"checks": region})
    )


def plain(plan: Plan) -> Any:
    """The plan as a reader of its file gets it."""
    return json.loads(json.dumps(to_json(plan)))


@given(plans())
@quick
def test_every_plan_survives_the_way_through_its_text(plan: Plan) -> None:
    assert from_text(canonical(to_json(plan))) == plan


@given(plans())
@quick
def test_the_schema_holds_for_every_plan(plan: Plan) -> None:
    jsonschema.Draft202012Validator(plan_schema()).validate(plain(plan))


def test_the_schema_file_is_what_the_types_say() -> None:
    jsonschema.Draft202012Validator.check_schema(plan_schema())
    kept = files("attractorc.schemas").joinpath("plan.schema.json").read_text("utf-8")
    assert json.loads(kept) == plan_schema()


def test_the_json_form_says_what_was_decided_and_leaves_out_what_says_nothing() -> None:
    data = plain(small())
    assert data["regions"]["checks"]["policy"]["join"]["ratio"] == "1/2"
    assert data["regions"]["checks"]["policy"]["max_parallel"] == 4
    assert data["steps"]["lint"]["work"] == {
        "kind": "tool",
        "command": "ruff check .",
        "output": "text",
    }
    assert "timeout_ms" not in data["steps"]["lint"]
    assert data["steps"]["ask"]["work"]["prompt"] == [
        "say ",
        {"kind": "context_ref", "key": "a.b"},
    ]


FAULTS: list[tuple[str, Callable[[Any], object], str]] = [
    (
        "an unknown kind of work",
        lambda data: data["steps"]["lint"]["work"].update(kind="tol"),
        "steps.lint.work.kind: expected one of start, exit, conditional, tool, agent, human,"
        " parallel, fan_in, child, manager, custom, found 'tol'",
    ),
    (
        "a field with a slip in its name",
        lambda data: data["steps"]["lint"]["work"].update(comand="ls"),
        "steps.lint.work.comand: unknown field; did you mean 'command'?",
    ),
    (
        "a field that nothing resembles",
        lambda data: data["steps"]["verdict"]["work"].update(zzz=1),
        "steps.verdict.work.zzz: unknown field; known are region, judge",
    ),
    (
        "a missing field",
        lambda data: data["steps"]["lint"]["work"].pop("command"),
        "steps.lint.work.command: missing",
    ),
    (
        "a missing tag",
        lambda data: data["steps"]["lint"]["work"].pop("kind"),
        "steps.lint.work.kind: missing",
    ),
    (
        "a number for text",
        lambda data: data["steps"]["lint"].update(label=3),
        "steps.lint.label: expected text, found 3",
    ),
    (
        "true for a number",
        lambda data: data["steps"]["lint"].update(timeout_ms=True),
        "steps.lint.timeout_ms: expected a whole number, found true",
    ),
    (
        "a fraction that is none",
        lambda data: data["regions"]["checks"]["policy"]["join"].update(ratio="1/0"),
        "regions.checks.policy.join.ratio: expected a fraction such as '2/3', found '1/0'",
    ),
    (
        "a list for an object, deep inside",
        lambda data: data["steps"]["ask"]["routes"][0]["condition"].update(operand=[]),
        "steps.ask.routes[0].condition.operand: expected an object, found a list",
    ),
    (
        "a word outside a closed set",
        lambda data: data["regions"]["checks"]["policy"].update(losers="kill"),
        "regions.checks.policy.losers: expected one of cancel, drain, found 'kill'",
    ),
    (
        "half a surrogate pair",
        lambda data: data["steps"]["lint"].update(label="\ud800"),
        "steps.lint.label: a string with half a surrogate pair is not Unicode",
    ),
    (
        "a route to a step that does not exist",
        lambda data: data["steps"]["lint"]["routes"][0].update(target="exi"),
        "steps.lint.routes[0].target: there is no step 'exi'",
    ),
    (
        "a route out of a region",
        lambda data: data["steps"]["lint"]["routes"][0].update(target="exit"),
        "steps.lint.routes[0].target: 'exit' is not in the region of 'lint'",
    ),
    (
        "a start that is none",
        lambda data: data.update(start="lint"),
        "start: the step 'lint' is of another kind",
    ),
    (
        "a step under another id",
        lambda data: data["steps"].update(extra=data["steps"]["lint"]),
        "steps.extra.id: expected 'extra', found 'lint'",
    ),
    (
        "a fan-out without its region",
        lambda data: data["steps"]["lint"].update(work={"kind": "parallel"}),
        "steps.lint.work: there is no region 'lint' for this fan-out",
    ),
    (
        "a join without its ratio",
        lambda data: data["regions"]["checks"]["policy"]["join"].pop("ratio"),
        "regions.checks.policy.join.ratio: missing",
    ),
    (
        "a formula over a branch that does not exist",
        lambda data: data["regions"]["checks"]["policy"].update(
            join={"kind": "formula", "formula": {"kind": "atom", "branch": "unit"}}
        ),
        "regions.checks.policy.join.formula: there is no branch 'unit'",
    ),
    (
        "no branch at a time",
        lambda data: data["regions"]["checks"]["policy"].update(max_parallel=0),
        "regions.checks.policy.max_parallel: expected at least 1, found 0",
    ),
    (
        "two branches of one id",
        lambda data: data["regions"]["checks"]["branches"][1].update(id="lint"),
        "regions.checks.branches: 'lint' stands twice",
    ),
    (
        "a region inside itself",
        lambda data: data["regions"]["checks"].update(parent="checks"),
        "regions.checks.parent: this region lies inside itself",
    ),
    (
        "a meeting that does not fit",
        lambda data: data["regions"]["checks"].update(meeting="node"),
        "regions.checks.meeting: 'node' does not fit the step 'verdict'",
    ),
    (
        "a version that is not a number",
        lambda data: data.update(version="1"),
        "version: expected 1, found '1'",
    ),
    (
        "a newer version",
        lambda data: data.update(version=2),
        "this plan has version 2, this attractorc reads version 1; compile the pipeline again,"
        " or use a newer attractorc",
    ),
    (
        "a race that is none",
        lambda data: data["regions"]["checks"].update(
            winner={"keys": [{"kind": "arrival"}], "written": True}
        ),
        "regions.checks.winner.keys[0]: 'arrival' needs the policy decide=arrival",
    ),
    (
        "an agent of whom nothing is known",
        lambda data: data["regions"]["checks"].update(
            winner={"keys": [{"kind": "prompt"}], "written": True}
        ),
        "regions.checks.winner: the work of 'verdict' does not say how an agent is asked",
    ),
    (
        "a person without a question",
        lambda data: data["regions"]["checks"].update(
            winner={"keys": [{"kind": "human"}], "written": True}
        ),
        "regions.checks.winner: the work of 'verdict' does not say what a person is asked",
    ),
    (
        "no digest",
        lambda data: data.pop("digest"),
        f"digest: missing; the content of this plan has {small().digest}",
    ),
]


@pytest.mark.parametrize(
    ("spoil", "sentence"), [fault[1:] for fault in FAULTS], ids=[fault[0] for fault in FAULTS]
)
def test_an_unfit_plan_is_refused_in_one_sentence_with_the_place(
    spoil: Callable[[Any], object], sentence: str
) -> None:
    data = plain(small())
    spoil(data)
    with pytest.raises(PlanError) as caught:
        from_json(data)
    assert str(caught.value) == sentence


def test_an_edited_plan_is_refused_until_its_digest_is_written_too() -> None:
    data = plain(small())
    data["steps"]["lint"]["work"]["command"] = "ruff check src"
    with pytest.raises(PlanError, match="was changed after it was compiled") as caught:
        from_json(data)
    data["digest"] = str(caught.value).split("its content has ")[1].split(";")[0]
    plan = from_json(data)
    assert plan.steps["lint"].work == Tool("ruff check src")
    assert plan.digest == digest_of(plan)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        pytest.param("", "1:1: not JSON: Expecting value", id="empty"),
        pytest.param('{"a": 1\n', "2:1: not JSON: ", id="half a file"),
        pytest.param("[]", "a plan: expected an object, found a list", id="a list"),
        pytest.param('{"a": 1, "a": 2}', "the key 'a' stands twice in one object", id="twice"),
        pytest.param('{"a":' * 100_000, "this plan is nested too deeply to be read", id="deep"),
        pytest.param("9" * 5_000, "not JSON: ", id="an endless number"),
        pytest.param('{"version": NaN}', "version: expected 1, found nan is not JSON", id="nan"),
        pytest.param("{}", "version: missing", id="an empty object"),
    ],
)
def test_a_text_that_is_no_plan_is_refused_in_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(PlanError) as caught:
        from_text(text)
    assert str(caught.value).startswith(sentence)


def test_reading_a_plan_imports_no_parser() -> None:
    code = (
        "import sys, attractorc.compiler.plan.codec as codec;"
        "print([name for name in ('lark', 'ruamel', 'jsonschema') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
