"""Status files: what they decide, and each fault of theirs in a sentence."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from attractorc.compiler.plan.model import Tool
from attractorc.interpreter.handlers.status_file import decided
from attractorc.interpreter.outcome import Outcome, Status, failed

from .fakes import step

STEP = step(Tool("x"))
AUTO = step(Tool("x"), auto_status=True)


def outcome_of(folder: Path, text: str | bytes, before: Outcome | None = None) -> Outcome:
    path = folder / "status.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return decided(before or Outcome(Status.SUCCESS), path, STEP)


def test_every_field_counts(tmp_path: Path) -> None:
    before = Outcome(
        Status.FAIL,
        preferred_label="old",
        context_updates={"a": 1, "b": 1},
        notes="old",
        failure_reason="old",
        artifacts={"tool_output.txt": b"x"},
    )
    text = """{"outcome": "success", "preferred_label": "Go", "suggested_next_ids": ["x", "y"],
        "context_updates": {"b": 2, "nested.key": [null]}, "notes": "fine", "at": "noon"}"""
    assert outcome_of(tmp_path, text, before) == Outcome(
        Status.SUCCESS,
        preferred_label="Go",
        suggested_next_ids=("x", "y"),
        context_updates={"a": 1, "b": 2, "nested.key": [None]},
        notes="fine",
        source="status_file",
        artifacts={"tool_output.txt": b"x"},
    )


@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("field", ["outcome", "status"])
def test_every_status_is_known_under_both_names(tmp_path: Path, field: str, status: Status) -> None:
    assert outcome_of(tmp_path, f'{{"{field}": "{status}"}}').status is status


@pytest.mark.parametrize(
    ("text", "before", "reason"),
    [
        pytest.param(
            '{"outcome": "fail", "failure_reason": "no luck", "notes": "n"}',
            failed("exit 1"),
            "no luck",
            id="its own reason first",
        ),
        pytest.param(
            '{"outcome": "retry", "notes": "n"}',
            failed("exit 1"),
            "exit 1",
            id="then the handler's",
        ),
        pytest.param('{"outcome": "fail", "notes": "n"}', None, "n", id="then the notes"),
        pytest.param('{"outcome": "fail"}', None, "the status file says fail", id="never none"),
        pytest.param(
            '{"outcome": "success", "failure_reason": "x"}', failed("y"), "", id="success has none"
        ),
    ],
)
def test_a_failure_has_a_reason(
    tmp_path: Path, text: str, before: Outcome | None, reason: str
) -> None:
    assert outcome_of(tmp_path, text, before).failure_reason == reason


def test_a_permanent_failure_stays_permanent_only_while_it_fails(tmp_path: Path) -> None:
    before = failed("not found", permanent=True)
    assert outcome_of(tmp_path, '{"outcome": "fail"}', before).permanent
    assert not outcome_of(tmp_path, '{"outcome": "retry"}', before).permanent


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        pytest.param("", "it is empty", id="empty"),
        pytest.param("success", "it is not JSON", id="bare text"),
        pytest.param('["success"]', "it is a list, not an object", id="a list"),
        pytest.param("{}", "it has no 'outcome'", id="no outcome"),
        pytest.param('{"outcome": null}', "it has no 'outcome'", id="a null outcome"),
        pytest.param(
            '{"outcome": "ok"}',
            "the outcome is 'ok', expected one of success, partial_success, fail, retry, skipped",
            id="an unknown outcome",
        ),
        pytest.param('{"outcome": true}', "the outcome is true", id="a boolean outcome"),
        pytest.param(
            '{"outcome": "fail", "status": "success"}',
            "'outcome' is 'fail' and 'status' is 'success'",
            id="two outcomes",
        ),
        pytest.param(
            '{"outcome": "fail", "preferred_label": 1}', "'preferred_label' is not text", id="label"
        ),
        pytest.param('{"outcome": "fail", "notes": []}', "'notes' is not text", id="notes"),
        pytest.param(
            '{"outcome": "fail", "failure_reason": {}}', "'failure_reason' is not text", id="reason"
        ),
        pytest.param(
            '{"outcome": "fail", "suggested_next_ids": "x"}',
            "'suggested_next_ids' is not a list",
            id="ids that are no list",
        ),
        pytest.param(
            '{"outcome": "fail", "suggested_next_ids": ["x", 1]}',
            "'suggested_next_ids' is not a list of node ids",
            id="an id that is no text",
        ),
        pytest.param(
            '{"outcome": "fail", "context_updates": ["x"]}',
            "'context_updates' is not an object",
            id="updates that are no object",
        ),
        pytest.param(
            '{"outcome": "fail", "context_updates": {"x": NaN}}', "NaN is not JSON", id="a NaN"
        ),
        pytest.param(
            '{"outcome": "success", "outcome": "fail"}', "'outcome' stands twice", id="said twice"
        ),
        pytest.param(
            '{"outcome": "success", "context_update": {}}',
            "it has no field 'context_update'; 'context_updates' is meant, it seems",
            id="a slip of the pen",
        ),
        pytest.param(b'{"outcome": "\xff"}', "it is not UTF-8", id="no UTF-8"),
    ],
)
def test_a_fault_is_a_failure_that_names_it(tmp_path: Path, text: str | bytes, fault: str) -> None:
    before = Outcome(Status.SUCCESS, context_updates={"tool.output": "x"}, artifacts={"a": b"b"})
    outcome = outcome_of(tmp_path, text, before)
    assert outcome.status is Status.FAIL
    assert outcome.failure_reason.startswith("the status file cannot be used: ")
    assert fault in outcome.failure_reason
    assert (outcome.context_updates, outcome.artifacts) == ({"tool.output": "x"}, {"a": b"b"})
    assert outcome.source == "status_file"


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    assert outcome_of(tmp_path, b'\xef\xbb\xbf{"outcome": "retry"}').status is Status.RETRY


def test_a_pipe_in_its_place_is_never_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "status.json")
    outcome = decided(Outcome(Status.SUCCESS), tmp_path / "status.json", STEP)
    assert "it is not a regular file" in outcome.failure_reason


def test_a_folder_in_its_place_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "status.json").mkdir()
    outcome = decided(Outcome(Status.SUCCESS), tmp_path / "status.json", STEP)
    assert outcome.status is Status.FAIL


def test_a_file_without_end_is_not_read_to_its_end(tmp_path: Path) -> None:
    with (tmp_path / "status.json").open("wb") as file:
        file.truncate(10 * 2**30)
    outcome = decided(Outcome(Status.SUCCESS), tmp_path / "status.json", STEP)
    assert "longer than 16 MiB" in outcome.failure_reason


def test_without_a_file_the_handler_decides(tmp_path: Path) -> None:
    before = failed("exit 1")
    assert decided(before, tmp_path / "status.json", STEP) is before


def test_auto_status_notes_a_success_that_nobody_wrote_down(tmp_path: Path) -> None:
    outcome = decided(Outcome(Status.SUCCESS, notes="x"), tmp_path / "status.json", AUTO)
    assert outcome.status is Status.SUCCESS
    assert outcome.notes == "auto-status: handler completed without writing status"


def test_auto_status_never_hides_a_failure(tmp_path: Path) -> None:
    before = failed("exit 1")
    assert decided(before, tmp_path / "status.json", AUTO) is before
