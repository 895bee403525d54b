"""One fault, one finding: what follows from another fault is silent, and comes back after it."""

from __future__ import annotations

import pytest

from attractorc.compiler import consequences
from attractorc.compiler.driver import compile_source
from attractorc.compiler.rules.pages import page
from attractorc.compiler.source import Source

DOT = """digraph g {
  start [shape=Mdiamond]; exit [shape=Msquare]
  fork [shape=component]
  lint [shape=parallelogram, tool_command="lint", writes=findings]
  unit [shape=parallelogram, tool_command="unit", writes="findings, coverage"]
  join [shape=tripleoctagon, winner="max(coverage)", merge="findings: append; coverage: one"]
  gate [shape=diamond]
  tell [prompt="Tell ${findings}", reads="findings, coverage"]
  start -> fork -> {lint unit} -> join -> gate
  gate -> tell [condition="outcome=success"]
  gate -> exit [condition="outcome!=success"]
  tell -> exit
}
"""
YAML = """pipeline: g
start: work
nodes:
  work: {run: make, output: json, writes: [kind], next: gate}
  gate:
    route: true
    next:
      - {to: tell, when: kind=good}
      - exit
  tell: {prompt: Tell it, next: exit}
"""


def found(text: str, language: str) -> list[tuple[str, str]]:
    """Rule and severity of all findings."""
    compiled = compile_source(Source(f"g.{language}", text))
    assert (compiled.plan is None) == any(each.severity == "error" for each in compiled.diagnostics)
    return [(each.rule, each.severity.value) for each in compiled.diagnostics]


def test_the_good_ones_are_silent() -> None:
    assert found(DOT, "dot") == []
    assert found(YAML, "yaml") == []


@pytest.mark.parametrize(
    ("language", "good", "bad", "expected"),
    [
        pytest.param(
            "yaml", "next: gate", "next: nowhere", ("edge_target_exists", "error"),
            id="next to a node that is not there",
        ),
        pytest.param(
            "yaml", "  gate:\n", "  gaet:\n", ("edge_target_exists", "error"),
            id="a node that is declared under another name",
        ),
        pytest.param(
            "yaml", "prompt: Tell", "promt: Tell", ("node_kind", "error"),
            id="the key that says the kind",
        ),
        pytest.param(
            "dot", "fork [", "frok [", ("edge_target_exists", "error"),
            id="a fan-out that is declared under another name",
        ),
        pytest.param(
            "dot", "shape=component", "shape=compnent", ("unknown_shape", "error"),
            id="a shape: the fan-in is without branches then, so the warning is an error",
        ),
        pytest.param(
            "dot", "join [shape", "join [shpae", ("unknown_attribute", "warning"),
            id="the name of a shape's attribute",
        ),
        pytest.param(
            "dot", 'tool_command="lint"', 'tool_comand="lint"', ("unknown_attribute", "error"),
            id="the name of the attribute without which a tool cannot run",
        ),
        pytest.param(
            "dot", 'prompt="Tell', 'promtp="Tell', ("unknown_attribute", "warning"),
            id="the name of the attribute without which an agent has nothing to do",
        ),
        pytest.param(
            "dot", "merge=", "merg=", ("unknown_attribute", "warning"),
            id="the name of the attribute without which what branches write stays apart",
        ),
        pytest.param(
            "dot", 'writes="findings, coverage"', 'writes="findings, coverge"',
            ("unused_write", "warning"),
            id="a key where it is written: who merges, reads and compares it is right",
        ),
        pytest.param(
            "dot", "findings: append", "findngs: append", ("merge_unused_rule", "warning"),
            id="a key in a merge rule: there is no conflict besides",
        ),
        pytest.param(
            "dot", 'reads="findings, coverage"', 'reads="findings, coverag"',
            ("undefined_read", "warning"),
            id="a key where it is read",
        ),
        pytest.param(
            "dot", "-> gate\n", "\n", ("reachability", "error"),
            id="an edge that is gone: what nothing leads to reads and decides nothing",
        ),
        pytest.param(
            "dot", 'outcome=success"', 'outcome=succes"', ("constant_condition", "warning"),
            id="an outcome",
        ),
        pytest.param(
            "dot", 'tool_command="lint", ', 'tool_command="lint, ', ("syntax", "error"),
            id="a quote that is missing",
        ),
    ],
)  # fmt: skip
def test_one_fault_is_one_finding(
    language: str, good: str, bad: str, expected: tuple[str, str]
) -> None:
    text = DOT if language == "dot" else YAML
    broken = text.replace(good, bad, 1)
    assert broken != text
    assert found(broken, language) == [expected]


def test_two_faults_that_have_nothing_to_do_with_each_other_are_two() -> None:
    text = DOT.replace('tool_command="lint"', "").replace("-> exit\n}", "-> exti\n}")
    assert found(text, "dot") == [("missing_command", "error"), ("edge_target_exists", "error")]


def test_what_is_hidden_comes_back_when_the_cause_is_mended() -> None:
    both = DOT.replace("shape=component", "shape=compnent").replace(", coverage: one", "")
    both = both.replace('winner="max(coverage)"', 'winner="max(covrage)"')
    assert found(both, "dot") == [("unknown_shape", "error")]
    mended = both.replace("shape=compnent", "shape=component")
    assert found(mended, "dot") == [("winner_unknown_key", "warning")]


def test_the_table_names_rules_that_there_are() -> None:
    named = {cause.rule for cause in consequences._CAUSES}
    for cause in consequences._CAUSES:
        named |= cause.hides | cause.near
    assert sorted(rule for rule in named if page(rule) is None) == []
