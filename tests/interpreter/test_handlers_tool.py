"""Tools: a command's exit, output and environment, as the pages promise them."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any, Literal

import pytest

from attractorc.compiler.plan.model import Agent, Tool
from attractorc.compiler.value import Json
from attractorc.interpreter.handlers.pipes import Captured
from attractorc.interpreter.handlers.processes import Ended
from attractorc.interpreter.handlers.tool import ToolHandler, tool_outcome
from attractorc.interpreter.outcome import Outcome, Status

from .fakes import call, step

PATH = {"PATH": os.environ["PATH"]}
Output = Literal["text", "lines", "json", "none"]


def run(
    folder: Path,
    command: str,
    *,
    output: Output = "text",
    environment: dict[str, str] | None = None,
    writes: tuple[str, ...] | None = None,
    **fields: Any,
) -> Outcome:
    handler = ToolHandler({**PATH, **(environment or {})}, grace_s=0.3)
    given = call(folder, step(Tool(command, output), writes=writes), **fields)
    return asyncio.run(handler.run(given))


class TestExit:
    @pytest.mark.parametrize(
        ("command", "status", "reason", "permanent"),
        [
            pytest.param("true", Status.SUCCESS, "", False, id="0 is success"),
            pytest.param(
                "echo one >&2; echo two >&2; echo >&2; exit 2",
                Status.FAIL,
                "the command exited with status 2: two",
                False,
                id="the reason is the status and the last line of standard error",
            ),
            pytest.param(
                "echo 3 failed; exit 1",
                Status.FAIL,
                "the command exited with status 1: 3 failed",
                False,
                id="a command silent on standard error is quoted from its output",
            ),
            pytest.param(
                "exit 1",
                Status.FAIL,
                "the command exited with status 1",
                False,
                id="no word at all",
            ),
            pytest.param(
                "echo busy >&2; exit 75",
                Status.RETRY,
                "the command exited with status 75: busy",
                False,
                id="75 asks for a retry",
            ),
            pytest.param(
                "kill -9 $$", Status.FAIL, "the command was ended by SIGKILL", False, id="a signal"
            ),
            pytest.param(
                "(exit 139)",
                Status.FAIL,
                "the command exited with status 139 (as after SIGSEGV)",
                False,
                id="the signal of a child",
            ),
            pytest.param(
                "printf '\\033[31mred\\033[0m\\r\\n' >&2; exit 1",
                Status.FAIL,
                "the command exited with status 1: red",
                False,
                id="colours are left out of reasons",
            ),
        ],
    )
    def test_it_becomes_a_status_with_a_reason(
        self, tmp_path: Path, command: str, status: Status, reason: str, permanent: bool
    ) -> None:
        outcome = run(tmp_path, command)
        assert (outcome.status, outcome.failure_reason) == (status, reason)
        assert outcome.permanent is permanent
        assert outcome.source == "exit_code"

    def test_a_missing_program_is_a_permanent_failure(self, tmp_path: Path) -> None:
        outcome = run(tmp_path, "no-such-program --now")
        assert outcome.status is Status.FAIL
        assert outcome.permanent
        assert "status 127" in outcome.failure_reason
        assert "no-such-program" in outcome.failure_reason

    def test_a_file_that_may_not_be_executed_is_a_permanent_failure(self, tmp_path: Path) -> None:
        outcome = run(tmp_path, "touch it; ./it")
        assert outcome.permanent
        assert "status 126" in outcome.failure_reason

    def test_a_long_last_line_is_shortened(self, tmp_path: Path) -> None:
        outcome = run(tmp_path, "head -c 5000 /dev/zero | tr '\\0' x >&2; exit 1")
        assert outcome.failure_reason.endswith("x...")
        assert len(outcome.failure_reason) < 300

    def test_a_missing_workspace_is_named(self, tmp_path: Path) -> None:
        given = call(tmp_path, Tool("true"))
        given.workspace.rmdir()
        outcome = asyncio.run(ToolHandler(PATH).run(given))
        assert outcome.status is Status.FAIL
        assert "is not a folder" in outcome.failure_reason

    def test_work_that_is_no_tool_is_our_fault(self, tmp_path: Path) -> None:
        with pytest.raises(TypeError):
            asyncio.run(ToolHandler(PATH).run(call(tmp_path, Agent(()))))


class TestOutput:
    @pytest.mark.parametrize(
        ("command", "output", "writes", "updates"),
        [
            pytest.param("echo hi", "text", None, {"tool.output": "hi"}, id="text without a key"),
            pytest.param(
                "echo hi", "text", ("v",), {"tool.output": "hi", "v": "hi"}, id="text with a key"
            ),
            pytest.param(
                "echo hi", "text", ("a", "b"), {"tool.output": "hi"}, id="several keys get no text"
            ),
            pytest.param("echo hi", "text", ("a*",), {"tool.output": "hi"}, id="nor do patterns"),
            pytest.param(
                "printf ' a\\n\\nb\\r\\n\\n'",
                "text",
                None,
                {"tool.output": " a\n\nb"},
                id="only newlines at the end are left out",
            ),
            pytest.param(
                "printf 'a\\r\\n\\nb'",
                "lines",
                ("v",),
                {"tool.output": "a\r\n\nb", "v": ["a", "", "b"]},
                id="lines with a key",
            ),
            pytest.param(
                "printf 'a\\nb\\n'", "lines", None, {"tool.output": ["a", "b"]}, id="lines without"
            ),
            pytest.param(
                "printf 'a\\n\\n'",
                "lines",
                ("v",),
                {"tool.output": "a", "v": ["a", ""]},
                id="an empty last line is a line",
            ),
            pytest.param(
                "true", "lines", ("v",), {"tool.output": "", "v": []}, id="no output is no lines"
            ),
            pytest.param(
                "echo hi", "none", ("v",), {"tool.output": "hi"}, id="none gives the key nothing"
            ),
            pytest.param(
                """echo '{"a": 1, "b": [true, null, 1.5]}'""",
                "json",
                None,
                {"tool.output": '{"a": 1, "b": [true, null, 1.5]}', "a": 1, "b": [True, None, 1.5]},
                id="the keys of an object",
            ),
            pytest.param(
                "printf 'a\\377\\000b'",
                "text",
                None,
                {"tool.output": "a\ufffd\0b"},
                id="what is not UTF-8 is marked, a NUL is kept",
            ),
        ],
    )
    def test_it_becomes_context(
        self,
        tmp_path: Path,
        command: str,
        output: Output,
        writes: tuple[str, ...] | None,
        updates: dict[str, Json],
    ) -> None:
        outcome = run(tmp_path, command, output=output, writes=writes)
        assert outcome.status is Status.SUCCESS
        assert outcome.context_updates == updates

    @pytest.mark.parametrize(
        ("command", "fault"),
        [
            pytest.param("true", "it is empty", id="nothing"),
            pytest.param(
                "echo hello", "it is not JSON: Expecting value (line 1, column 1)", id="text"
            ),
            pytest.param("echo '[1]'", "it is a list, not an object", id="a list"),
            pytest.param("echo 7", "it is a number, not an object", id="a number"),
            pytest.param("echo null", "it is null, not an object", id="null"),
            pytest.param("echo '{} {}'", "Extra data", id="two objects"),
            pytest.param("""echo '{"a": NaN}'""", "NaN is not JSON", id="not a number"),
            pytest.param("""echo '{"a": -Infinity}'""", "-Infinity is not JSON", id="infinity"),
            pytest.param(
                """echo '{"a": 1e999}'""", "inf is not JSON", id="an overflow to infinity"
            ),
            pytest.param(
                """printf '{"a": "\\\\ud800"}'""",
                "half a surrogate pair",
                id="half a surrogate pair",
            ),
            pytest.param("""echo '{"a": 1, "a": 2}'""", "'a' stands twice", id="a key twice"),
            pytest.param('printf \'{"a": "\\377"}\'', "it is not UTF-8 (byte 7)", id="no UTF-8"),
            pytest.param(
                """awk 'BEGIN{printf "{\\"a\\":"; for(i=0;i<99999;i++)printf "["}'""",
                "nested too deep",
                id="too deep for Python",
            ),
            pytest.param(
                """awk 'BEGIN{printf "{\\"a\\":"; for(i=0;i<150;i++)printf "["; """
                """for(i=0;i<150;i++)printf "]"; print "}"}'""",
                "nested more than 100 levels deep",
                id="too deep for us",
            ),
            pytest.param(
                """awk 'BEGIN{printf "{\\"a\\":"; for(i=0;i<9999;i++)printf "1"; print "}"}'""",
                "a number that is too long",
                id="a number of thousands of digits",
            ),
        ],
    )
    def test_what_is_no_json_object_is_a_failure(
        self, tmp_path: Path, command: str, fault: str
    ) -> None:
        outcome = run(tmp_path, command, output="json")
        assert outcome.status is Status.FAIL
        assert fault in outcome.failure_reason
        assert "should print a JSON object" in outcome.failure_reason
        assert set(outcome.context_updates) == {"tool.output"}

    def test_a_failing_command_still_reports_its_findings(self, tmp_path: Path) -> None:
        outcome = run(tmp_path, """echo '{"findings": ["x"]}'; exit 1""", output="json")
        assert outcome.status is Status.FAIL
        assert outcome.context_updates["findings"] == ["x"]
        assert outcome.failure_reason.startswith("the command exited with status 1")

    def test_a_failing_command_without_json_fails_for_its_exit(self, tmp_path: Path) -> None:
        outcome = run(tmp_path, "echo broken >&2; exit 1", output="json")
        assert outcome.failure_reason == "the command exited with status 1: broken"

    def test_tool_output_is_the_end_of_a_long_output(self, tmp_path: Path) -> None:
        script = "head -c 100000 /dev/zero | tr '\\0' x; printf 'é%.0s' $(seq 40000); echo end"
        outcome = run(tmp_path, script, writes=("v",))
        tail, whole = outcome.context_updates["tool.output"], outcome.context_updates["v"]
        assert isinstance(tail, str)
        assert isinstance(whole, str)
        assert len(whole) == 140_003
        assert whole.endswith(tail)
        assert 65_000 < len(tail.encode()) <= 65_536
        assert outcome.artifacts["tool_output.txt"] == whole.encode() + b"\n"

    def test_a_json_output_too_long_to_keep_is_a_failure(self) -> None:
        ended = Ended(0, Captured(b"{}" * 2**20, b"}", 2**30), Captured())
        outcome = tool_outcome(step(Tool("x", "json")), Tool("x", "json"), ended)
        assert outcome.status is Status.FAIL
        assert "longer than 2 MiB" in outcome.failure_reason

    @pytest.mark.parametrize(
        ("command", "data"),
        [
            pytest.param("echo out", b"out\n", id="standard output alone"),
            pytest.param(
                "echo err >&2; printf out", b"out\n--- standard error ---\nerr\n", id="then errors"
            ),
            pytest.param(
                "printf '\\377' >&2", b"--- standard error ---\n\xff", id="errors alone, as bytes"
            ),
        ],
    )
    def test_the_whole_output_is_an_artifact(
        self, tmp_path: Path, command: str, data: bytes
    ) -> None:
        assert run(tmp_path, command).artifacts == {"tool_output.txt": data}
