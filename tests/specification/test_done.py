"""Lines of the specification's definition of done that no other test shows by itself.

The rest of that list is shown by the tests which `docs/specification.md` names.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

import attractorc
from attractorc.compiler.diagnostic import Severity
from attractorc.interpreter.handlers.interviewers import AutoApprove
from attractorc.interpreter.outcome import Outcome, Status

from .project import ENDS, Project, compiled, findings


def test_a_subgraph_leaves_what_is_in_it_and_is_gone() -> None:
    plain = 'a [prompt=x, timeout="5m"] b [prompt=y, timeout="5m"]'
    grouped = 'subgraph cluster_0 { node [timeout="5m"] a [prompt=x] subgraph { b [prompt=y] } }'
    digests = [
        compiled(f"digraph p {{ {ENDS} {body} start -> a -> b -> exit }}").plan_or_raise().digest
        for body in (plain, grouped)
    ]
    assert digests[0] == digests[1]


def test_bare_and_quoted_values_are_the_same() -> None:
    bare = "a [shape=parallelogram, tool_command=make, max_retries=2, goal_gate=true, timeout=15m]"
    quoted = (
        'a ["shape"="parallelogram", tool_command="make", max_retries="2", goal_gate="true",'
        ' timeout="15m"]'
    )
    rest = "retry_target=a start -> a -> exit"
    plans = [compiled(f"digraph p {{ {one} {rest} }}").plan_or_raise() for one in (bare, quoted)]
    assert plans[0].digest == plans[1].digest
    assert plans[0].steps["a"].timeout_ms == 900_000


def test_comments_change_nothing() -> None:
    plain = 'digraph p { start -> a -> exit a [prompt="http://x /* stays */"] }'
    commented = (
        "// one\ndigraph p { /* two\n lines */ start -> a // three\n -> exit\n"
        ' a [/* four */ prompt="http://x /* stays */"] }'
    )
    plans = [compiled(text).plan_or_raise() for text in (plain, commented)]
    assert plans[0].digest == plans[1].digest
    assert plans[0].steps["a"].work.prompt == ("http://x /* stays */",)


def test_a_finding_has_a_rule_a_severity_what_it_is_about_and_a_message() -> None:
    text = "digraph p { start -> a -> exit a [shape=box] start -> nowhere }"
    warning, error = sorted(
        attractorc.check(text, "p.dot"), key=lambda found: found.severity is Severity.ERROR
    )
    assert (warning.rule, warning.severity.value, warning.node) == (
        "prompt_on_llm_nodes",
        "warning",
        "a",
    )
    assert (error.rule, error.severity.value, error.edge) == (
        "edge_target_exists",
        "error",
        ("start", "nowhere"),
    )
    assert all(found.message and found.span.line == 1 for found in (warning, error))


def test_an_error_keeps_a_run_from_beginning(project: Project) -> None:
    refused = project.run("a [shape=parallelogram] start -> a -> exit a -> gone", code=1)
    assert "missing_command" in refused.stderr
    assert not (project.folder / "logs-r").exists()


def test_nothing_runs_behind_the_exit(project: Project) -> None:
    text = 'digraph p { start -> exit; exit [shape=Msquare]; exit -> a; a [prompt="x"] }'
    assert ("error", "exit_no_outgoing", "exit") in findings(text)
    project.run("a [shape=parallelogram, tool_command=true] start -> a -> exit")
    last = project.told("events")[-1]
    assert (last["type"], last["kind"]) == ("attractor.run_lifecycle", "finalized")
    assert project.walked()[-1] == project.checkpoint["current_node"] == "exit"


def test_start_and_exit_do_nothing_and_succeed(project: Project) -> None:
    project.run("start -> exit")
    assert [project.status(node)["outcome"] for node in ("start", "exit")] == ["success"] * 2
    assert project.status("start")["context_updates"] == {}


def test_what_is_left_after_the_last_try_chooses_the_edge(project: Project) -> None:
    project.run(
        "node [shape=parallelogram] a [max_retries=1, tool_command=false] b [tool_command=true]"
        ' start -> a a -> exit [condition="outcome=success"] a -> b [condition="outcome=fail"]'
        " b -> exit"
    )
    assert project.walked() == ["start", "a", "b", "exit"]
    assert len([one for one in project.told("attempts") if one["node_id"] == "a"]) == 2


CONDITIONS = {
    "an equal text": ("context.colour=blue", True),
    "another text": ("context.colour=red", False),
    "a text in other letters": ("context.colour=Blue", False),
    "an unequal text": ("context.colour!=red", True),
    "a text that is not unequal": ("context.colour!=blue", False),
    "all of several": ("outcome=success && context.colour=blue && context.n=3", True),
    "one of several not": ("outcome=success && context.colour=red && context.n=3", False),
    "the outcome": ("outcome=success", True),
    "another outcome": ("outcome=fail", False),
    "the preferred label": ("preferred_label=Fix", True),
    "another label": ("preferred_label=Ship", False),
    "a key without its prefix": ("colour=blue", True),
    "a missing key is an empty text": ("context.nothing=''", True),
    "a missing key is no other text": ("context.nothing=blue", False),
    "a missing key is unequal to any text": ("context.nothing!=blue", True),
    "a boolean as text": ("context.ready=true", True),
    "a key alone": ("context.ready", True),
    "a missing key alone": ("context.nothing", False),
    "nothing": ("", True),
}


@pytest.mark.parametrize(("condition", "holds"), CONDITIONS.values(), ids=CONDITIONS)
def test_a_condition_holds(condition: str, holds: bool) -> None:
    text = (
        f'digraph p {{ a [type=mine] b [type=other] start -> a a -> b [condition="{condition}"]'
        " a -> exit [weight=-1] b -> exit }"
    )
    went: list[str] = []
    written = {"colour": "blue", "n": 3, "ready": True}

    def other(call: Any) -> None:
        went.append(call.step.id)

    class Mine:
        async def run(self, call: Any) -> Outcome:
            return Outcome(Status.SUCCESS, preferred_label="Fix", context_updates=written)

    plan = compiled(text).plan_or_raise()
    assert attractorc.run(plan, handlers={"mine": Mine(), "other": other}).succeeded
    assert bool(went) is holds


def test_a_handler_reads_the_context_and_what_it_returns_is_merged() -> None:
    seen: list[dict[str, Any]] = []

    def one(call: Any) -> dict[str, Any]:
        return {"n": 1, "kept": "yes"}

    def two(call: Any) -> dict[str, Any]:
        seen.append(dict(call.context))
        return {"n": call.context["n"] + 1}

    plan = compiled(
        "digraph p { a [type=one] b [type=two] start -> a -> b -> exit }"
    ).plan_or_raise()
    ran = attractorc.run(plan, handlers={"one": one, "two": two})
    assert (seen[0]["n"], seen[0]["kept"]) == (1, "yes")
    assert (ran.context["n"], ran.context["kept"]) == (2, "yes")


def test_auto_approval_takes_the_first_choice_of_a_real_gate() -> None:
    went: list[str] = []
    plan = compiled(
        "digraph p { ask [shape=hexagon] a [type=mine] b [type=mine] start -> ask"
        ' ask -> a [label="[O] One"] ask -> b [label="[T] Two"] {a b} -> exit }'
    ).plan_or_raise()

    def mine(call: Any) -> None:
        went.append(call.step.id)

    ran = attractorc.run(plan, handlers={"mine": mine}, interviewer=AutoApprove())
    assert (went, ran.context["human.gate.label"]) == (["a"], "[O] One")


def test_the_artifacts_of_a_stage_are_in_its_folder(project: Project) -> None:
    project.run(
        "a [prompt=hello] start -> a -> exit",
        *("--backend", "command", "--agent-command", "wc -c"),
    )
    folder = project.logs / "a"
    assert {"prompt.md", "response.md", "status.json"} <= {each.name for each in folder.iterdir()}
    assert (folder / "prompt.md").read_text().endswith("hello")
    sent = len((folder / "prompt.md").read_bytes())
    assert (folder / "response.md").read_text().split() == [str(sent)]
    assert json.loads((folder / "status.json").read_text())["outcome"] == "success"
