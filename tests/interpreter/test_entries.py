"""What a record says about its run's outcome: the text of each entry is that of its object."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from attractorc.compiler.value import canonical
from attractorc.interpreter.queries.canonical import Gathered
from attractorc.interpreter.queries.entries import canonical_entry, route_text, stage_text
from attractorc.interpreter.records import (
    PlanChange,
    Record,
    RouteDecision,
    RunLifecycle,
    StageLifecycle,
)

from .test_records import ANY_RECORD, LAW, records


@LAW
@given(records(StageLifecycle))
def test_a_results_text_is_the_canonical_one(record: Any) -> None:
    entry = canonical_entry(record)
    assert entry is None or stage_text(record) == canonical(entry)


@LAW
@given(records(RouteDecision))
def test_a_routes_text_is_the_canonical_one(record: Any) -> None:
    assert route_text(record) == canonical(canonical_entry(record))


@pytest.mark.parametrize(
    "record",
    [
        pytest.param(
            StageLifecycle(
                kind="completed",
                node_id='a "b"\n',
                status="success",
                context_updates={"z": "é", "a": [1, 1.0, True, None], "m": {"y": {}, "x": ""}},
                dropped_keys=["graph.goal"],
                failure_reason="\u2028",
                preferred_label="Go\\on",
            ),
            id="a result that says all that there is",
        ),
        pytest.param(StageLifecycle(kind="failed", node_id="a"), id="a result that says nothing"),
        pytest.param(
            RouteDecision(
                node_id="a",
                rule="condition",
                selected_edge={"to": "b", "label": "\t", "from": "a", "fidelity": "full"},
                terminated_status="fail",
                terminated_reason="over",
            ),
            id="a route that says all that there is",
        ),
    ],
)
def test_the_same_of_a_record_that_is_hard_to_write(record: Any) -> None:
    text = stage_text if isinstance(record, StageLifecycle) else route_text
    assert text(record) == canonical(canonical_entry(record))


# A run's beginning is told once, with the last plan that it went by.
@LAW
@given(ANY_RECORD.filter(lambda record: not isinstance(record, RunLifecycle | PlanChange)))
def test_an_outcome_holds_the_entries_of_its_records(record: Record) -> None:
    gathered, entry = Gathered(), canonical_entry(record)
    gathered.note(record)
    gathered.note(record)
    text = canonical(entry)
    told = gathered.text("success", "", {})
    if entry is None:
        assert '"paths":{}' in told
    else:
        assert f"[{text},{text}]" in told
