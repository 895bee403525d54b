"""Scripts in YAML: what they become, and a sentence with a place for what is wrong."""

from __future__ import annotations

import pytest

from attractorc.compiler.driver import compile_bytes
from attractorc.interpreter.outcome import Status
from attractorc.interpreter.simulation import Play, Reply, Script
from attractorc.testing import Faulty, read_script

from .ship import script_faults, ship, told, yaml


def read(text: str) -> Script:
    return read_script(yaml(text), "s.yaml", ship())


def test_everything_that_a_script_can_say() -> None:
    script = read(
        """
        stages:
          build: fail
          unit:
            - {status: retry, after: 250ms, reason: later, notes: n}
            - {writes: {coverage: 81, deep: {a: [1, 1.5, true, null, "x"]}}, label: "Yes"}
          lint: {status: fail, permanent: true, output: "a\\nb", next: [gate]}
          audit: {response: fine}
          "/checks.2/unit/unit.1": {hang: true}
        answers:
          approve: [N, timeout, {answer: timeout, after: 5m}, {reply: skip}, 1, park]
        default: {after: 1s}
        """
    )
    deep = {"a": [1, 1.5, True, None, "x"]}
    assert script == Script(
        {
            "build": (Play(Status.FAIL),),
            "unit": (
                Play(Status.RETRY, 250, reason="later", notes="n"),
                Play(writes={"coverage": 81, "deep": deep}, label="Yes"),
            ),
            "lint": (Play(Status.FAIL, permanent=True, output="a\nb", next=("gate",)),),
            "audit": (Play(response="fine"),),
            "/checks.2/unit/unit.1": (Play(hang=True),),
        },
        {
            "approve": (
                Reply("answer", "N"),
                Reply("timeout"),
                Reply("answer", "timeout", 300_000),
                Reply("skip"),
                Reply("answer", "1"),
                Reply("park"),
            )
        },
        Play(after_ms=1_000),
    )


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("12345678901234567890123", 12345678901234567890123),
        ("0x1F", 31),
        ("1e3", 1000.0),
        ("yes", "yes"),
        ("'1'", "1"),
        ("TRUE", True),
        ("~", None),
    ],
)
def test_values_have_the_types_of_yaml(written: str, value: object) -> None:
    found = read(f"stages: {{build: {{writes: {{k: {written}}}}}}}").stages["build"][0].writes["k"]
    assert found == value
    assert type(found) is type(value)


FAULTS = {
    "an empty file": ("", "1:1 the file is empty; a script was expected"),
    "only a comment": ("# nothing\n", "1:1 the file is empty; a script was expected"),
    "a list": ("[]", "1:1 a script must be a mapping, not a list"),
    "no YAML": ("stages: {", "1:9 this '{' is never closed: a '}' is missing"),
    "an unknown key": (
        "stage: {}",
        "1:1 a script has no 'stage'; did you mean 'stages'?",
    ),
    "an unknown key of an attempt": (
        "stages: {build: {wait: 1s}}",
        "1:18 an attempt has no 'wait'; it has status, after, hang, writes, response, output, "
        "label, next, reason, permanent, notes",
    ),
    "an unknown node": (
        "stages: {biuld: fail}",
        "1:10 the pipeline has no node 'biuld'; did you mean 'build'?",
    ),
    "an unknown node of a stage id": (
        "stages: {/checks.1/unit/nuit.1: fail}",
        "1:10 the pipeline has no node 'nuit'; did you mean 'unit'?",
    ),
    "no stage id": (
        "stages: {/checks/unit: fail}",
        "1:10 '/checks/unit' is no stage id; write "
        "/<node>.<visit> or /<fan-out>.<visit>/<branch>/<node>.<visit>",
    ),
    "a status that is none": (
        "stages: {build: sucess}",
        "1:17 'build' must be one of success, partial_success, fail, retry, skipped "
        "(did you mean 'success'?), not 'sucess'",
    ),
    "a duration that is none": (
        "stages: {build: {after: soon}}",
        "1:25 'after' must be a duration such as 250ms, 2s or 5m, not 'soon'",
    ),
    "a truth value that is none": (
        "stages: {build: {hang: 1}}",
        "1:24 'hang' must be true or false, not '1'",
    ),
    "no attempt at all": (
        "stages: {build: []}",
        "1:17 'build' is empty; it needs at least one entry",
    ),
    "an attempt that is nothing": (
        "stages: {build: }",
        "1:16 'build' must be one of success, partial_success, fail, retry, skipped, not nothing",
    ),
    "an attempt that is a list": (
        "stages: {build: [[fail]]}",
        "1:18 entry 1 of 'build' must be one of success, partial_success, fail, retry, skipped, "
        "not a list",
    ),
    "a number that JSON does not have": (
        "stages: {build: {writes: {k: .nan}}}",
        "1:30 'k' is no value that JSON has: .nan is no number there",
    ),
    "an outcome for a fan-out": (
        "stages: {checks: fail}",
        "1:10 'checks' runs nothing, so there is no outcome to script",
    ),
    "an outcome for a gate": (
        "stages: {approve: fail}",
        "1:10 'approve' runs nothing, so there is no outcome to script; what is answered belongs "
        "under 'answers'",
    ),
    "an answer for a tool": (
        "answers: {build: Y}",
        "1:11 'build' asks nobody, so there is nothing to answer",
    ),
    "a response for a tool": (
        "stages: {build: {response: hi}}",
        "1:18 'response' is for an agent; use 'writes' here",
    ),
    "an output for an agent": (
        "stages: {audit: {output: hi}}",
        "1:18 'output' is for a tool; use 'writes' here",
    ),
    "an output for all": (
        "default: {output: hi}",
        "1:11 'output' is for a tool; use 'writes' here",
    ),
    "a suggestion that leads nowhere": (
        "stages: {build: {next: [nowhere]}}",
        "1:18 the pipeline has no node 'nowhere'",
    ),
    "a reply that says nothing": (
        "answers: {approve: {after: 1s}}",
        "1:20 a reply needs either 'answer' or 'reply'",
    ),
    "two outcomes for one stage": (
        "stages: {build: fail, build: success}",
        "1:23 the key 'build' stands twice",
    ),
}


@pytest.mark.parametrize(("text", "said"), FAULTS.values(), ids=FAULTS.keys())
def test_what_is_wrong_with_a_script(text: str, said: str) -> None:
    assert said in script_faults(text)


def test_all_faults_are_told_at_once() -> None:
    assert len(script_faults("stages: {a: fail, b: fail}\nanswers: {c: Y}")) == 3


def test_a_gate_without_a_timeout_never_times_out() -> None:
    text = b"pipeline: g\nstart: g\nnodes: {g: {ask: Go?, choices: {Yes: exit}}}"
    plan = compile_bytes(text, "g.yaml").plan
    assert plan is not None
    with pytest.raises(Faulty) as caught:
        read_script(b"answers: {g: timeout}", "s.yaml", plan)
    said = "1:14 'g' has no timeout, so its question would wait for ever"
    assert told(caught.value) == [said]
