"""Pipelines lowered from a few lines of DOT, for tests of plans and of what shows them."""

from __future__ import annotations

from attractorc.compiler.diagnostic import has_errors
from attractorc.compiler.elaborate import elaborate
from attractorc.compiler.frontend.dot import read_dot
from attractorc.compiler.graph.model import Graph
from attractorc.compiler.lower import lower
from attractorc.compiler.passes import PASSES
from attractorc.compiler.plan.model import (
    Plan,
    Step,
)
from attractorc.compiler.source import Source, no_files

REVIEW = """
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


def graph_of(text: str, name: str = "p.dot") -> Graph:
    """The graph of a DOT text, which must have no error finding before the rules."""
    document, found = read_dot(Source(name, text))
    assert document is not None, found
    graph, elaborated = elaborate(document)
    assert not has_errors((*found, *elaborated)), (found, elaborated)
    return passed(graph)


def passed(graph: Graph) -> Graph:
    """The graph after all passes."""
    for each in PASSES:
        graph, _ = each(graph, no_files)
    return graph


def plan_of(body: str) -> Plan:
    """The sealed plan of some statements between a start and an exit."""
    ends = "start [shape=Mdiamond] exit [shape=Msquare]"
    return lower(graph_of(f"digraph p {{ {ends} {body} }}"))


def step_of(attributes: str, graph: str = "") -> Step:
    """The step of one node `x` with these attributes."""
    return plan_of(f"{graph} x [{attributes}] start -> x -> exit").steps["x"]
