"""What an author reads after a slip: broken pipelines and all that is said about them."""

from __future__ import annotations

import pytest
from syrupy.assertion import SnapshotAssertion

from attractorc.compiler.driver import compile_source
from attractorc.compiler.render.findings_text import full, summary
from attractorc.compiler.source import Source

DOT = """\
digraph review {
  graph [goal="Can this change ship?"]
  start  [shape=Mdiamond]
  checks [shape=component, join="unit && 1 of (lint, types)", max_parallel=3]
  unit   [shape=parallelogram, tool_command="pytest -q", output=json, writes="failed, coverage"]
  lint   [shape=parallelogram, tool_command="ruff check .", writes=findings]
  types  [shape=parallelogram, tool_command="mypy .", writes=findings]
  verdict [shape=tripleoctagon, winner="max(coverage), first", merge_from=all,
           merge="findings: append; coverage: min; *: isolate"]
  ship [shape=hexagon, label="Ship it?"]
  exit [shape=Msquare]
  start -> checks -> {unit lint types} -> verdict -> ship
  ship -> exit [label="[Y] Yes"]
  ship -> checks [label="[N] Run again"]
}
"""

YAML = """\
pipeline: review
goal: Can this change ship?
start: checks
nodes:
  checks:
    parallel: {unit: unit, lint: lint, types: types}
    join: unit && 1 of (lint, types)
    max_parallel: 3
    next: verdict
  unit:  {run: pytest -q, output: json, writes: [failed, coverage]}
  lint:  {run: ruff check ., writes: [findings]}
  types: {run: mypy ., writes: [findings]}
  verdict:
    fan_in:
      winner: [max(coverage), first]
      merge: {findings: append, coverage: min, "*": isolate}
      merge_from: all
    next: ship
  ship:
    ask: Ship it?
    choices: {"[Y] Yes": exit, "[N] Run again": checks}
"""

SLIPS = [
    ("unknown_policy", "dot", '"unit && 1 of (lint, types)"', "first_sucess"),
    ("unknown_branch", "dot", "(lint, types)", "(lint, typs)"),
    ("too_many_of_too_few", "dot", "1 of (lint, types)", "3 of (lint, types)"),
    ("half_a_file", "dot", 'goes on"', ""),
    ("a_missing_fan_in", "dot", "-> verdict -> ship", "-> ship"),
    ("into_a_branch_from_outside", "dot", "ship -> checks", "ship -> lint"),
    ("out_of_a_branch", "dot", "  ship -> exit", "  lint -> ship\n  ship -> exit"),
    ("a_slip_in_a_name", "dot", "-> verdict -> ship", "-> verdct -> ship"),
    ("a_missing_quote", "dot", 'label="Ship it?"', 'label="Ship it?'),
    ("a_missing_bracket", "dot", "shape=Mdiamond]", "shape=Mdiamond"),
    ("an_unknown_attribute", "dot", "max_parallel", "max_paralel"),
    ("a_policy_on_the_wrong_node", "dot", "shape=hexagon", "shape=hexagon, join=wait_all"),
    ("an_unknown_strategy", "dot", "findings: append", "findings: apend"),
    ("no_command", "dot", 'tool_command="mypy .", ', ""),
    ("a_ratio_above_one", "yaml", "unit && 1 of (lint, types)", "{quorum: 3/2}"),
    ("a_next_that_is_not", "yaml", "next: ship", "next: shipp"),
    ("a_kind_that_is_not", "yaml", "run: mypy .", "rum: mypy ."),
    ("a_key_twice", "yaml", "max_parallel: 3", "max_parallel: 3\n    max_parallel: 4"),
    ("a_tab", "yaml", "    max_parallel: 3", "\tmax_parallel: 3"),
    ("an_open_brace", "yaml", "types: types}", "types: types"),
]


@pytest.mark.parametrize(
    ("language", "good", "bad"),
    [pytest.param(*slip, id=name) for name, *slip in SLIPS],
)
def test_a_slip_is_told_with_its_place_and_its_mend(
    language: str, good: str, bad: str, snapshot: SnapshotAssertion
) -> None:
    text = DOT if language == "dot" else YAML
    broken = text.replace(good, bad, 1) if good in text else text[: len(text) // 2]
    assert broken != text
    source = Source(f"review.{language}", broken)
    found = compile_source(source).diagnostics
    assert f"{full(found, {source.name: source})}{summary(found, 1)}\n" == snapshot


@pytest.mark.parametrize(("name", "text"), [("review.dot", DOT), ("review.yaml", YAML)])
def test_without_the_slip_nothing_is_said(name: str, text: str) -> None:
    assert compile_source(Source(name, text)).diagnostics == ()
