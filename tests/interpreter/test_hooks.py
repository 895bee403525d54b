"""Tool hooks: real commands around a real tool or a real agent program."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from attractorc.compiler.driver import compile_source
from attractorc.compiler.plan.model import Plan
from attractorc.compiler.source import Source
from attractorc.interpreter.handlers import built_in
from attractorc.interpreter.handlers.agent_command import CommandBackend
from attractorc.interpreter.handlers.hooks import HookedHandler
from attractorc.interpreter.handlers.tool import ToolHandler
from attractorc.interpreter.records import StageLifecycle
from attractorc.interpreter.records.files import content

from . import pipelines

INHERITED = {"PATH": os.environ["PATH"]}


def compiled(text: str) -> Plan:
    made = compile_source(Source("h.dot", text))
    assert made.plan is not None, made.diagnostics
    return made.plan


def one_tool(hooks: str, command: str = "echo ran >> ran; echo out", graph: str = "") -> Plan:
    return compiled(
        f"""digraph h {{ {graph}
          start [shape=Mdiamond] exit [shape=Msquare]
          work [shape=parallelogram, tool_command="{command}", {hooks}]
          start -> work -> exit
        }}"""
    )


def ran(plan: Plan, folder: Path, handler: Any = None) -> pipelines.Ran:
    agent = CommandBackend(("cat",), INHERITED)
    table = built_in(INHERITED, backends={"command": agent}, backend="command")
    if handler is not None:
        table = {**table, "tool": handler}
    return pipelines.run(plan, folder=folder, handlers=table)


def end_of(run: pipelines.Ran) -> StageLifecycle:
    (record,) = [each for each in run.of(StageLifecycle) if each.node_id == "work" and each.status]
    assert isinstance(record, StageLifecycle)
    return record


def text_of(run: pipelines.Ran, name: str) -> str:
    reference: Any = end_of(run).artifacts[name]
    return content(reference, run.store.get_blob).decode()


def test_hooks_run_before_and_after_the_command_and_what_they_write_is_kept(tmp_path: Path) -> None:
    plan = one_tool(
        '"tool_hooks.pre"="echo before; echo pre >> ran",'
        '"tool_hooks.post"="echo post >> ran; echo a"'
    )
    run = ran(plan, tmp_path)
    assert run.result.status == "success"
    assert (tmp_path / "ran").read_text() == "pre\nran\npost\n"
    assert text_of(run, "pre_hook.txt") == "before\n"
    assert text_of(run, "post_hook.txt") == "a\n"
    assert text_of(run, "tool_output.txt") == "out\n"


def test_a_hook_is_told_of_the_call_by_variables_and_by_json(tmp_path: Path) -> None:
    told = "cat > $ATTRACTOR_HOOK.json; env | sort > $ATTRACTOR_HOOK.env"
    plan = one_tool(f'"tool_hooks.pre"="{told}", "tool_hooks.post"="{told}"', "echo hi; exit 4")
    ran(plan, tmp_path)
    pre, post = (json.loads((tmp_path / f"{one}.json").read_text()) for one in ("pre", "post"))
    assert pre == {
        "hook": "pre",
        "tool": "shell",
        "command": "echo hi; exit 4",
        "run_id": "run-1",
        "node_id": "work",
        "path": "",
        "branch_id": "",
        "visit": 1,
        "attempt": 1,
        "stage_attempt_id": "run-1:/work.1@1",
        "workspace": str(tmp_path),
    }
    assert post == pre | {
        "hook": "post",
        "outcome": {
            "status": "fail",
            "failure_reason": "the command exited with status 4: hi",
            "notes": "",
            "output": "hi\n",
        },
    }
    variables = dict(
        line.split("=", 1) for line in (tmp_path / "post.env").read_text().splitlines()
    )
    assert variables["ATTRACTOR_NODE_ID"] == "work"
    assert variables["ATTRACTOR_ATTEMPT_ID"] == "run-1:/work.1@1"
    assert variables["ATTRACTOR_OUTCOME"] == "fail"
    assert variables["ATTRACTOR_STATUS_FILE"] == ""
    assert "ATTRACTOR_OUTCOME=\n" in (tmp_path / "pre.env").read_text()


@pytest.mark.parametrize(
    ("hook", "status", "reason"),
    [
        (
            "echo no deploys today >&2; exit 3",
            "fail",
            "the call was not made: the pre hook exited with status 3: no deploys today",
        ),
        (
            "not-there-at-all",
            "fail",
            "the call was not made: the pre hook exited with status 127: sh: 1: not-there-at-all: "
            "not found",
        ),
        ("kill -9 $$", "fail", "the call was not made: the pre hook was ended by SIGKILL"),
        (
            "exit 75",
            "fail",
            "gave up after 1 try: the call was not made: the pre hook exited with status 75",
        ),
    ],
)
def test_a_pre_hook_that_does_not_exit_with_zero_keeps_the_call_from_being_made(
    hook: str, status: str, reason: str, tmp_path: Path
) -> None:
    run = ran(one_tool(f'"tool_hooks.pre"="{hook}", "tool_hooks.post"="touch post"'), tmp_path)
    assert not (tmp_path / "ran").exists()
    assert not (tmp_path / "post").exists()
    end = end_of(run)
    assert (end.status, end.outcome_source) == (status, "hook")
    assert end.failure_reason == reason


def test_a_refused_call_goes_by_the_stages_failure_routing(tmp_path: Path) -> None:
    plan = compiled(
        """digraph h {
          start [shape=Mdiamond] exit [shape=Msquare]
          work [shape=parallelogram, tool_command="touch ran", "tool_hooks.pre"="exit 1"]
          other [shape=parallelogram, tool_command="touch other"]
          start -> work
          work -> exit [condition="outcome=success"]
          work -> other [condition="outcome=fail"]
          other -> exit
        }"""
    )
    assert ran(plan, tmp_path).result.status == "success"
    assert [each.name for each in tmp_path.iterdir() if each.is_file()] == ["other"]


@pytest.mark.parametrize("hook", ["echo oops >&2; exit 3", "kill -9 $$", "not-there"])
def test_a_post_hook_that_fails_changes_no_outcome_and_is_noted(hook: str, tmp_path: Path) -> None:
    run = ran(one_tool(f'"tool_hooks.post"="{hook}"'), tmp_path)
    assert run.result.status == "success"
    notes = end_of(run).notes or ""
    assert notes.startswith("Tool completed: echo ran")
    assert "; the post hook " in notes


def test_a_status_file_is_the_commands_and_not_the_hooks(tmp_path: Path) -> None:
    writes = "test -z $ATTRACTOR_STATUS_FILE"
    hooks = f'"tool_hooks.pre"="{writes}", "tool_hooks.post"="{writes}"'
    plan = one_tool(hooks, 'echo \'{\\"outcome\\": \\"fail\\"}\' > $ATTRACTOR_STATUS_FILE')
    run = ran(plan, tmp_path)
    assert end_of(run).status == "fail"
    assert "hook" not in (end_of(run).notes or "")


def test_the_graphs_hooks_are_every_stages_unless_one_has_its_own_or_an_empty_one() -> None:
    plan = compiled(
        """digraph h { "tool_hooks.pre"="graph"
          start [shape=Mdiamond] exit [shape=Msquare]
          a [shape=parallelogram, tool_command=true]
          b [shape=parallelogram, tool_command=true, "tool_hooks.pre"=own]
          c [shape=parallelogram, tool_command=true, "tool_hooks.pre"=""]
          d [prompt="do it"]
          e [shape=hexagon, label="ok?"]
          start -> a -> b -> c -> d -> e -> exit
        }"""
    )
    hooks = {name: step.pre_hook for name, step in plan.steps.items()}
    assert hooks == {
        "start": None,
        "exit": None,
        "a": "graph",
        "b": "own",
        "c": None,
        "d": "graph",
        "e": None,
    }


def test_an_agents_program_is_one_call_and_is_told_the_hooks_for_its_own_calls(
    tmp_path: Path,
) -> None:
    plan = compiled(
        """digraph h {
          start [shape=Mdiamond] exit [shape=Msquare]
          "tool_hooks.pre"="cat > pre.json"
          work [prompt="say it", "tool_hooks.post"="cat > post.json"]
          start -> work -> exit
        }"""
    )
    agent = CommandBackend(("sh", "-c", "cat; echo; echo $ATTRACTOR_TOOL_HOOK_PRE"), INHERITED)
    table = built_in(INHERITED, backends={"command": agent}, backend="command")
    run = pipelines.run(plan, folder=tmp_path, handlers=table)
    assert run.result.status == "success"
    assert json.loads((tmp_path / "pre.json").read_text())["prompt"] == "say it"
    post = json.loads((tmp_path / "post.json").read_text())
    assert post["tool"] == "agent"
    assert post["outcome"]["output"].endswith("say it\ncat > pre.json")


def test_a_simulated_agent_makes_no_call_and_runs_no_hook(tmp_path: Path) -> None:
    plan = compiled(
        """digraph h { "tool_hooks.pre"="touch hooked"
          start [shape=Mdiamond] exit [shape=Msquare] work [prompt="say it"]
          start -> work -> exit
        }"""
    )
    pipelines.run(plan, folder=tmp_path, handlers=built_in(INHERITED))
    assert not (tmp_path / "hooked").exists()


def test_a_post_hook_finds_the_context_file_also_where_the_call_had_no_program(
    tmp_path: Path,
) -> None:
    plan = compiled(
        """digraph h {
          start [shape=Mdiamond] exit [shape=Msquare]
          work [prompt="say it", "tool_hooks.post"="cat $ATTRACTOR_CONTEXT_FILE > seen.json"]
          start -> work -> exit
        }"""
    )

    class Answering:
        def unready(self, agent: object) -> None:
            return None

        async def respond(self, call: object, agent: object, prompt: str) -> str:
            return "said"

    table = built_in(INHERITED, backends={"own": Answering()}, backend="own")
    run = pipelines.run(plan, folder=tmp_path, handlers=table)
    assert "hook" not in (end_of(run).notes or "")
    assert "graph.goal" in json.loads((tmp_path / "seen.json").read_text())


def test_hooks_also_stand_around_a_hosts_own_tool(tmp_path: Path) -> None:
    table = built_in(INHERITED, custom={"tool": lambda call: "mine"})
    plan = one_tool('"tool_hooks.pre"="touch before", "tool_hooks.post"="touch after"')
    run = pipelines.run(plan, folder=tmp_path, handlers=table)
    assert (run.result.status, end_of(run).notes) == ("success", "mine")
    assert (tmp_path / "before").exists()
    assert (tmp_path / "after").exists()


@pytest.mark.parametrize(("which", "status"), [("pre", "fail"), ("post", "success")])
def test_a_hook_that_hangs_is_ended_with_its_processes(
    which: str, status: str, tmp_path: Path
) -> None:
    hook = f'"tool_hooks.{which}"="sleep 300 & echo $! > child; sleep 300"'
    limited = HookedHandler(ToolHandler(INHERITED), INHERITED, 0.2, limit_s=0.3)
    run = ran(one_tool(hook), tmp_path, limited)
    end = end_of(run)
    assert end.status == status
    said = f"{end.failure_reason or ''}{end.notes or ''}"
    assert f"the {which} hook took longer than 0.3 s" in said
    child = int((tmp_path / "child").read_text())
    until = time.monotonic() + 5
    while Path(f"/proc/{child}").exists() and time.monotonic() < until:
        time.sleep(0.02)
    assert not Path(f"/proc/{child}").exists()


def test_the_stages_own_timeout_covers_its_hooks(tmp_path: Path) -> None:
    run = ran(one_tool('timeout=300ms, "tool_hooks.pre"="sleep 300"'), tmp_path)
    assert end_of(run).failure_reason == "timed out after 300 ms"


def test_a_pre_hook_may_ask_for_a_retry(tmp_path: Path) -> None:
    hook = "test -e seen || { touch seen; exit 75; }"
    run = ran(one_tool(f'retry_policy=linear, "tool_hooks.pre"="{hook}"'), tmp_path)
    ends = [each.kind for each in run.of(StageLifecycle) if each.node_id == "work" and each.status]
    assert ends == ["retrying", "completed"]
