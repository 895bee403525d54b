"""What a stage's program is told, and by what ways: never as part of a command line."""

from __future__ import annotations

import asyncio
import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from attractorc.compiler.plan.model import Tool
from attractorc.compiler.value import Json
from attractorc.interpreter.handlers.stage_files import (
    StageFiles,
    stage_environment,
    stage_files,
)
from attractorc.interpreter.handlers.tool import ToolHandler
from attractorc.interpreter.outcome import Outcome, Status
from attractorc.interpreter.ports import Process

from .fakes import call, step

PATH = {"PATH": os.environ["PATH"]}


def run(
    folder: Path, command: str, *, environment: dict[str, str] | None = None, **fields: Any
) -> Outcome:
    handler = ToolHandler({**PATH, **(environment or {})}, grace_s=0.3)
    given = call(folder, step(Tool(command), writes=("v",)), **fields)
    return asyncio.run(handler.run(given))


PRINT_ENVIRONMENT = "env -0 > env.bin"


def environment_of(folder: Path) -> dict[str, str]:
    entries = (folder / "work/env.bin").read_bytes().decode().split("\0")[:-1]
    return dict(entry.split("=", 1) for entry in entries)


class TestEnvironment:
    @pytest.mark.parametrize(
        ("item", "shown"),
        [
            ("a.md", "a.md"),
            ({"id": 7}, '{"id":7}'),
            (0, "0"),
            ("x" * 64 * 1024, "x" * 64 * 1024),
            ("x" * 64 * 1024 + "y", ""),
            ("a\0b", ""),
            ("\ud800", ""),
        ],
        ids=["a text", "an object", "zero", "just small enough", "too large", "NUL", "surrogate"],
    )
    def test_a_branch_of_for_each_is_told_its_element(
        self, tmp_path: Path, item: Json, shown: str
    ) -> None:
        context = {"item": item, "item.index": 2, "item.key": "2", "item.total": 5}
        made = call(tmp_path, context=context)
        files = StageFiles(tmp_path, tmp_path / "status.json", tmp_path / "context.json")
        found = stage_environment(made, files, {"ATTRACTOR_ITEM": "an outer run's"})
        assert found["ATTRACTOR_ITEM"] == shown
        told = [found[f"ATTRACTOR_ITEM_{name}"] for name in ("INDEX", "KEY", "TOTAL")]
        assert told == ["2", "2", "5"]

    def test_it_is_what_the_semantics_promise(self, tmp_path: Path) -> None:
        run(
            tmp_path,
            PRINT_ENVIRONMENT,
            environment={"HOME": "/home/me"},
            attempt=3,
            branch_id="lint",
            path="/checks.1/lint",
            goal="ship it",
            inputs={"base": "main", "dry-run": True, "limits": {"n": 2}, "note": None},
        )
        found = environment_of(tmp_path)
        stage = str(tmp_path / "stage")
        for name in ("PWD", "OLDPWD", "SHLVL", "_", "PATH"):
            found.pop(name, None)
        assert found == {
            "HOME": "/home/me",
            "ATTRACTOR_RUN_ID": "run-1",
            "ATTRACTOR_NODE_ID": "unit",
            "ATTRACTOR_BRANCH_ID": "lint",
            "ATTRACTOR_PATH": "/checks.1/lint",
            "ATTRACTOR_ATTEMPT": "3",
            "ATTRACTOR_ATTEMPT_ID": "run-1:/checks.1/lint/unit.1@3",
            "ATTRACTOR_GOAL": "ship it",
            "ATTRACTOR_LOGS_ROOT": "",
            "ATTRACTOR_STAGE_DIR": stage,
            "ATTRACTOR_STATUS_FILE": f"{stage}/status.json",
            "ATTRACTOR_CONTEXT_FILE": f"{stage}/context.json",
            "ATTRACTOR_ITEM": "",
            "ATTRACTOR_ITEM_INDEX": "",
            "ATTRACTOR_ITEM_KEY": "",
            "ATTRACTOR_ITEM_TOTAL": "",
            "ATTRACTOR_INPUT_BASE": "main",
            "ATTRACTOR_INPUT_DRY_RUN": "true",
            "ATTRACTOR_INPUT_LIMITS": '{"n":2}',
            "ATTRACTOR_INPUT_NOTE": "",
            "ATTRACTOR_EXPORTED": "base limits note goal",
            "goal": "ship it",
            "base": "main",
            "limits": '{"n":2}',
            "note": "",
        }

    def test_a_name_that_the_environment_has_is_left_alone(self, tmp_path: Path) -> None:
        run(
            tmp_path,
            PRINT_ENVIRONMENT,
            environment={"goal": "mine", "base": "here"},
            goal="theirs",
            inputs={"base": "there", "PATH": "/evil", "ATTRACTOR_RUN_ID": "evil"},
        )
        found = environment_of(tmp_path)
        assert (found["goal"], found["base"]) == ("mine", "here")
        assert (found["PATH"], found["ATTRACTOR_RUN_ID"]) == (PATH["PATH"], "run-1")
        assert (found["ATTRACTOR_GOAL"], found["ATTRACTOR_INPUT_BASE"]) == ("theirs", "there")

    def test_what_an_outer_run_exported_is_not_inherited(self, tmp_path: Path) -> None:
        outer = {
            "ATTRACTOR_EXPORTED": "goal base",
            "goal": "outer",
            "base": "outer",
            "ATTRACTOR_INPUT_BASE": "outer",
            "ATTRACTOR_LOGS_ROOT": "/outer",
            "ATTRACTOR_MINE": "kept",
        }
        run(tmp_path, PRINT_ENVIRONMENT, environment=outer, goal="inner")
        found = environment_of(tmp_path)
        assert found["goal"] == "inner"
        assert "base" not in found
        assert "ATTRACTOR_INPUT_BASE" not in found
        assert found["ATTRACTOR_LOGS_ROOT"] == ""
        assert found["ATTRACTOR_MINE"] == "kept"

    def test_values_are_never_run_by_the_shell(self, tmp_path: Path) -> None:
        evil = "$(touch evil)`touch evil`; touch evil\n'\""
        outcome = run(tmp_path, 'printf %s "$goal$base"', goal=evil, inputs={"base": evil})
        assert outcome.context_updates["v"] == evil + evil
        assert not (tmp_path / "work/evil").exists()

    @pytest.mark.parametrize(
        ("value", "fault"),
        [
            pytest.param("a\0b", "'ATTRACTOR_INPUT_BASE' holds a NUL character", id="a NUL"),
            pytest.param("\ud800", "'ATTRACTOR_INPUT_BASE' holds half a surrogate", id="no text"),
            pytest.param("x" * 200_000, "variables of at most 128 KiB", id="too long"),
        ],
    )
    def test_a_value_that_no_variable_can_hold_is_a_failure(
        self, tmp_path: Path, value: str, fault: str
    ) -> None:
        outcome = run(tmp_path, "touch ran", inputs={"base": value})
        assert outcome.status is Status.FAIL
        assert outcome.permanent
        assert fault in outcome.failure_reason
        assert not (tmp_path / "work/ran").exists()

    def test_a_branch_with_files_of_its_own_hears_nothing_of_an_outer_gits_repository(
        self, tmp_path: Path
    ) -> None:
        inherited = {"GIT_DIR": "/outer/.git", "GIT_INDEX_FILE": "/outer/index", "GIT_EDITOR": "vi"}
        shared = call(tmp_path)
        told = stage_environment(shared, stage_files(shared), inherited)
        assert told.items() >= inherited.items()
        own = shared._replace(own_workspace=True)
        seen = stage_environment(own, stage_files(own), inherited)
        assert {name for name in seen if name.startswith("GIT_")} == {"GIT_EDITOR"}

    def test_it_runs_in_the_workspace(self, tmp_path: Path) -> None:
        assert run(tmp_path, "pwd -P").context_updates["v"] == str((tmp_path / "work").resolve())

    def test_its_process_is_reported(self, tmp_path: Path) -> None:
        reported: list[Process] = []
        outcome = run(tmp_path, "echo $$", reported=reported)
        assert [str(process.pid) for process in reported] == [
            outcome.context_updates["tool.output"]
        ]


class TestStageFiles:
    def test_the_context_is_a_read_only_file(self, tmp_path: Path) -> None:
        context: dict[str, Json] = {"a.b": [1, 1.5, None, {"é": "\n"}], "z": "$HOME"}
        outcome = run(tmp_path, 'cat "$ATTRACTOR_CONTEXT_FILE"', context=context)
        assert json.loads(str(outcome.context_updates["tool.output"])) == context
        mode = (tmp_path / "stage/context.json").stat().st_mode
        assert stat.S_IMODE(mode) == 0o400

    def test_a_second_attempt_gets_a_fresh_one(self, tmp_path: Path) -> None:
        run(tmp_path, "true", context={"n": 1})
        outcome = run(tmp_path, 'cat "$ATTRACTOR_CONTEXT_FILE"', context={"n": 2})
        assert outcome.context_updates["tool.output"] == '{"n":2}'

    def test_a_status_file_decides(self, tmp_path: Path) -> None:
        wish = '{"outcome": "partial_success", "context_updates": {"score": 7}}'
        command = f"""echo '{wish}' > "$ATTRACTOR_STATUS_FILE"; echo said; exit 3"""
        outcome = run(tmp_path, command)
        assert outcome.status is Status.PARTIAL_SUCCESS
        assert outcome.source == "status_file"
        assert outcome.context_updates == {"tool.output": "said", "v": "said", "score": 7}
        assert outcome.failure_reason == ""

    def test_the_status_file_of_an_earlier_attempt_decides_nothing(self, tmp_path: Path) -> None:
        (tmp_path / "stage").mkdir()
        (tmp_path / "stage/status.json").write_text('{"outcome": "fail"}')
        assert run(tmp_path, "true").status is Status.SUCCESS

    def test_a_folder_that_cannot_be_written_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "stage/status.json").mkdir(parents=True)
        outcome = run(tmp_path, "true")
        assert outcome.status is Status.FAIL
        assert "cannot write into the stage's folder" in outcome.failure_reason
