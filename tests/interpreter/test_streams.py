"""The event stream and the canonical outcome of one run, whole, as readers get them."""

from __future__ import annotations

import json
import re
from typing import Any

from syrupy.assertion import SnapshotAssertion

from attractorc.compiler.driver import compile_source
from attractorc.compiler.source import Source
from attractorc.interpreter.outcome import Outcome, Status
from attractorc.interpreter.queries.canonical import canonical_outcome, outcome_digest
from attractorc.interpreter.records.codec import to_json

from .pipelines import Ran, Says, after, run, writes

REVIEW = """
digraph review {
  graph [goal="Can this change ship?"]
  start  [shape=Mdiamond]
  checks [shape=component, join="unit && 1 of (lint, types)", losers=drain, max_parallel=3]
  unit   [shape=parallelogram, tool_command="pytest -q", writes="failed, coverage"]
  lint   [shape=parallelogram, tool_command="ruff check .", writes=findings]
  types  [shape=parallelogram, tool_command="mypy .", writes=findings, max_retries=1]
  verdict [shape=tripleoctagon, winner="max(coverage), first", merge_from=all,
           merge="findings: append; coverage: min; *: isolate"]
  ship [shape=hexagon, label="Ship it?"]
  exit [shape=Msquare]
  start -> checks -> {unit lint types} -> verdict -> ship
  ship -> exit [label="[Y] Yes"]
  ship -> checks [label="[N] Run again"]
}
"""

TIMED = ("timestamp", "duration_ms", "delay_ms")


def reviewed() -> Ran:
    plan = compile_source(Source("review.dot", REVIEW)).plan
    assert plan is not None
    found = Outcome(Status.FAIL, context_updates={"findings": ["E501"]}, failure_reason="1 finding")
    again = Outcome(Status.RETRY, failure_reason="not yet")
    behaviour = {
        "unit": writes(failed=0, coverage=91.5),
        "lint": after(0.02, found),
        "types": [again, after(0.04, writes(findings=["arg-type"], extra=1))],
    }
    return run(plan, behaviour, interviewer=Says("yes"))


def line(record: Any) -> str:
    fields = {name: value for name, value in to_json(record).items() if name not in TIMED}
    return json.dumps(fields, ensure_ascii=False)


def test_the_event_stream_of_a_run(snapshot: SnapshotAssertion) -> None:
    lines = [line(record) for record in reviewed().records]
    assert lines == snapshot


def test_the_canonical_outcome_of_a_run(snapshot: SnapshotAssertion) -> None:
    ran = reviewed()
    outcome = canonical_outcome(ran.records, ran.result.status, ran.result.reason, ran.context)
    assert outcome == snapshot
    closed = ran.records[:-2]
    same = canonical_outcome(closed, ran.result.status, ran.result.reason, ran.context)
    assert outcome_digest(same) == ran.result.outcome_digest
    text = json.dumps(outcome)
    assert "run-1" not in text
    assert not re.search(r"\d{4}-\d\d-\d\dT", text)
