"""Status files: what they decide, and each fault of theirs in a sentence."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from attractorc.compiler.plan.model import Route, Step, Tool
from attractorc.compiler.value import Json
from attractorc.interpreter.handlers.results import vetted
from attractorc.interpreter.handlers.status_file import decided
from attractorc.interpreter.outcome import Outcome, Status, failed

from .fakes import step

STEP = step(Tool("x"))
AUTO = step(Tool("x"), auto_status=True)


ROUTED = step(Tool("x"), routes=(Route("unit", "Go on", "go on"), Route("other")))


def outcome_of(
    folder: Path,
    text: str | bytes,
    before: Outcome | None = None,
    *,
    lenient: bool = False,
    of: Step = STEP,
) -> Outcome:
    path = folder / "status.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return decided(before or Outcome(Status.SUCCESS), path, of, lenient=lenient)


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
        ignored=(
            "the status file has a field 'at', which means nothing",
            "the status file says success, and goes before: old",
        ),
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
    assert outcome.source == "auto_status"


def test_auto_status_never_hides_a_failure(tmp_path: Path) -> None:
    before = failed("exit 1")
    assert decided(before, tmp_path / "status.json", AUTO) is before


@pytest.mark.parametrize(
    ("text", "updates"),
    [
        pytest.param('{"outcome": "success", "score": 0.5}', {"score": 0.5}, id="a score"),
        pytest.param(
            '{"outcome": "success", "score": 2, "context_updates": {"score": 2, "a": 1}}',
            {"score": 2, "a": 1},
            id="the same score twice",
        ),
        pytest.param('{"outcome": "success", "score": null}', {}, id="none"),
    ],
)
def test_a_score_is_the_context_key_of_that_name(
    tmp_path: Path, text: str, updates: dict[str, Json]
) -> None:
    assert outcome_of(tmp_path, text).context_updates == updates


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        pytest.param(
            '{"outcome": "success", "score": "good"}', "'score' is not a number", id="a word"
        ),
        pytest.param(
            '{"outcome": "success", "score": true}', "'score' is not a number", id="a boolean"
        ),
        pytest.param(
            '{"outcome": "success", "score": 1, "context_updates": {"score": 2}}',
            "'score' is 1 and in 'context_updates' it is 2",
            id="two scores",
        ),
    ],
)
def test_a_faulty_score_is_a_fault(tmp_path: Path, text: str, fault: str) -> None:
    assert fault in outcome_of(tmp_path, text).failure_reason
    kept = outcome_of(tmp_path, text, lenient=True)
    assert kept.status is Status.SUCCESS
    assert fault in kept.ignored[0]


@pytest.mark.parametrize(
    ("text", "status", "ignored"),
    [
        pytest.param(
            '```json\n{"outcome": "fail"}\n```\n', Status.FAIL, (), id="a code block is opened"
        ),
        pytest.param(
            '{"outcome": "Partial Success"}',
            Status.PARTIAL_SUCCESS,
            ("the status file writes 'Partial Success' for partial_success",),
            id="a word in another case",
        ),
        pytest.param(
            '{"outcome": "SUCCESS", "status": "success"}',
            Status.SUCCESS,
            ("the status file writes 'SUCCESS' for success",),
            id="one word in two spellings",
        ),
        pytest.param(
            '{"outcome": "retry", "notes": 1, "suggested_next_ids": "x", "context_updates": []}',
            Status.RETRY,
            (
                "the status file's 'notes' was ignored: 'notes' is not text",
                "the status file's 'suggested_next_ids' was ignored: "
                "'suggested_next_ids' is not a list",
                "the status file's 'context_updates' was ignored: "
                "'context_updates' is not an object",
            ),
            id="faulty fields are left out",
        ),
        pytest.param(
            '{"outcome": "fail", "note": "x"}',
            Status.FAIL,
            (
                "the status file has a field 'note', which means nothing; "
                "'notes' is meant, it seems",
            ),
            id="a slip of the pen is named",
        ),
    ],
)
def test_leniently_what_can_be_left_out_is_left_out_and_named(
    tmp_path: Path, text: str, status: Status, ignored: tuple[str, ...]
) -> None:
    outcome = outcome_of(tmp_path, text, lenient=True)
    assert (outcome.status, outcome.ignored) == (status, ignored)
    assert outcome.source == "status_file"
    assert outcome_of(tmp_path, text).failure_reason.startswith("the status file cannot be used")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param("", "it is empty", id="an empty file"),
        pytest.param("all is well", "it is not JSON", id="prose"),
        pytest.param('{"outcome": "success"', "it is not JSON", id="half a file"),
        pytest.param('{"a": 1, "a": 2}', "'a' stands twice", id="a key that stands twice"),
    ],
)
def test_leniently_a_file_that_says_nothing_leaves_the_handlers_outcome(
    tmp_path: Path, text: str, why: str
) -> None:
    before = failed("exit 1", source="exit_code")
    outcome = outcome_of(tmp_path, text, before, lenient=True)
    assert (outcome.status, outcome.failure_reason) == (Status.FAIL, "exit 1")
    assert outcome.source == "exit_code"
    assert outcome.ignored[0].startswith("the status file was ignored: ")
    assert why in outcome.ignored[0]


@pytest.mark.parametrize(
    "text",
    ['{"notes": "no outcome"}', '{"outcome": "ok"}', '{"outcome": "fail", "status": "success"}'],
)
def test_no_leniency_guesses_the_outcome(tmp_path: Path, text: str) -> None:
    assert outcome_of(tmp_path, text, lenient=True).failure_reason.startswith(
        "the status file cannot be used: "
    )


def test_a_label_and_ids_that_no_edge_has_are_named(tmp_path: Path) -> None:
    text = """{"outcome": "success", "preferred_label": "Stop",
        "suggested_next_ids": ["other", "nowhere"]}"""
    assert outcome_of(tmp_path, text, of=ROUTED).ignored == (
        "no edge of 'unit' has the label 'Stop' that the status file prefers",
        "no edge of 'unit' leads to 'nowhere', which the status file suggests",
    )
    fine = '{"outcome": "success", "preferred_label": "[G] Go on"}'
    assert outcome_of(tmp_path, fine, of=ROUTED).ignored == ()


def test_a_reason_for_a_success_is_named(tmp_path: Path) -> None:
    outcome = outcome_of(tmp_path, '{"outcome": "success", "failure_reason": "x"}')
    assert outcome.ignored == ("the status file gives a failure_reason with success",)


def test_a_record_holds_only_so_much_of_what_did_not_count(tmp_path: Path) -> None:
    fields = ", ".join(f'"field {number} {"x" * 5000}": 0' for number in range(100))
    ignored = vetted(outcome_of(tmp_path, f'{{"outcome": "success", {fields}}}')).ignored
    assert (len(ignored), ignored[-1]) == (21, "and 80 more")
    assert all(len(each) <= 300 for each in ignored)
