"""Agents: a prompt goes in, a response comes out, whichever backend answers."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

from attractorc.compiler.plan.model import Agent, FanIn
from attractorc.compiler.value import Json
from attractorc.interpreter.carried import Carried
from attractorc.interpreter.handlers.agent import AgentHandler, Backend
from attractorc.interpreter.handlers.agent_command import (
    BadCommand,
    CommandBackend,
    split_command,
)
from attractorc.interpreter.handlers.agent_simulate import SimulateBackend
from attractorc.interpreter.outcome import Outcome, Status

from .fakes import call, step

ENVIRONMENT = {"PATH": os.environ["PATH"]}


def command(*argv: str) -> CommandBackend:
    return CommandBackend(argv, ENVIRONMENT, grace_s=0.3)


def script(text: str) -> CommandBackend:
    return command("sh", "-c", text)


def run(
    folder: Path,
    backend: Backend,
    agent: Agent | None = None,
    *,
    prompt: str = "Say hi",
    writes: tuple[str, ...] | None = None,
    **fields: Json,
) -> Outcome:
    the_step = step(agent or Agent(()), "writer", writes=writes, **fields)
    handler = AgentHandler({"mine": backend}, "mine")
    return asyncio.run(handler.run(call(folder, the_step, prompt=prompt)))


class TestSimulate:
    def test_every_response_says_that_it_is_simulated(self, tmp_path: Path) -> None:
        outcome = run(tmp_path, SimulateBackend(), writes=("draft",))
        text = "[Simulated] Response for stage: writer"
        assert outcome == Outcome(
            Status.SUCCESS,
            context_updates={"last_stage": "writer", "last_response": text, "draft": text},
            notes="Stage completed: writer",
            artifacts={"prompt.md": b"Say hi", "response.md": text.encode()},
        )

    def test_it_touches_no_file(self, tmp_path: Path) -> None:
        run(tmp_path, SimulateBackend())
        assert not (tmp_path / "stage").exists()

    def test_it_answers_at_once_what_it_answers_in_time(self, tmp_path: Path) -> None:
        handler = AgentHandler({"mine": SimulateBackend()}, "mine")
        asked = call(tmp_path, step(Agent(()), "writer"), prompt="Say hi")
        assert handler.at_once(asked) == run(tmp_path, SimulateBackend())

    def test_it_is_told_of_the_run_where_a_fidelity_asks_for_it_and_spared_the_usual_list(
        self, tmp_path: Path
    ) -> None:
        handler = AgentHandler({"mine": SimulateBackend()}, "mine")
        plain = call(tmp_path, step(Agent(()), "writer"), prompt="Say hi")
        for fidelity, expected in (
            ("compact", b"Say hi"),
            ("truncate", b"Goal: g\n\n---\n\nSay hi"),
        ):
            carried = Carried(fidelity, preamble=lambda: "Goal: g")
            outcome = handler.at_once(plain._replace(carried=carried))
            assert outcome is not None
            assert outcome.artifacts["prompt.md"] == expected

    def test_it_is_always_ready(self) -> None:
        assert SimulateBackend().unready(Agent(())) is None


class TestCommand:
    def test_the_prompt_is_its_input_and_the_response_its_output(self, tmp_path: Path) -> None:
        prompt = "Say 'hi' to $HOME\n" + "x" * 300_000
        outcome = run(tmp_path, command("cat"), prompt=prompt, writes=("draft",))
        assert outcome.status is Status.SUCCESS
        assert outcome.source == "exit_code"
        assert outcome.context_updates == {
            "last_stage": "writer",
            "last_response": prompt[:200],
            "draft": prompt,
        }
        assert outcome.artifacts["prompt.md"] == prompt.encode()

    def test_without_a_prompt_the_label_is_asked(self, tmp_path: Path) -> None:
        assert run(tmp_path, command("cat"), prompt="").context_updates["last_response"] == "writer"

    def test_environment_and_status_file_are_as_for_tools(self, tmp_path: Path) -> None:
        outcome = run(
            tmp_path,
            script(
                'echo "$ATTRACTOR_NODE_ID in $(basename "$PWD")";'
                """echo '{"outcome": "retry", "notes": "later"}' > "$ATTRACTOR_STATUS_FILE" """
            ),
        )
        assert outcome.status is Status.RETRY
        assert outcome.source == "status_file"
        assert outcome.context_updates["last_response"] == "writer in work"

    @pytest.mark.parametrize(
        ("text", "status", "reason", "permanent"),
        [
            pytest.param(
                "cat >/dev/null; echo quota >&2; exit 1",
                Status.FAIL,
                "the agent program exited with status 1: quota",
                False,
                id="a failure",
            ),
            pytest.param(
                "exit 75",
                Status.RETRY,
                "the agent program exited with status 75",
                False,
                id="a retry",
            ),
            pytest.param(
                "kill -15 $$",
                Status.FAIL,
                "the agent program was ended by SIGTERM",
                False,
                id="signal",
            ),
        ],
    )
    def test_exit_statuses_are_as_for_tools(
        self, tmp_path: Path, text: str, status: Status, reason: str, permanent: bool
    ) -> None:
        outcome = run(tmp_path, script(text))
        assert (outcome.status, outcome.failure_reason) == (status, reason)
        assert outcome.permanent is permanent

    def test_what_a_failing_agent_said_is_kept(self, tmp_path: Path) -> None:
        outcome = run(tmp_path, script("echo half; echo oops >&2; exit 1"))
        assert outcome.artifacts["response.md"] == b"half"
        assert outcome.artifacts["agent_errors.txt"] == b"oops\n"
        assert outcome.context_updates["last_response"] == "half"

    def test_a_program_that_vanished_is_a_permanent_failure(self, tmp_path: Path) -> None:
        outcome = run(tmp_path, command("no-such-agent"))
        assert outcome.permanent
        assert "no-such-agent" in outcome.failure_reason

    def test_auto_status_notes_the_missing_file(self, tmp_path: Path) -> None:
        outcome = run(tmp_path, command("true"), auto_status=True)
        assert outcome.notes.startswith("auto-status:")

    @pytest.mark.parametrize(
        ("argv", "agent", "seen"),
        [
            pytest.param(
                ("--model", "{model}", "-e={effort}", "{node}"),
                Agent((), model="big one", effort="high"),
                ["--model", "big one", "-e=high", "writer"],
                id="values are put into their own arguments",
            ),
            pytest.param(
                ("--model", "{model}", "-e={effort}", "{node}"),
                Agent(()),
                ["writer"],
                id="what has no value is left out with its option",
            ),
            pytest.param(
                ("run", "{model}", "--json"),
                Agent(()),
                ["run", "--json"],
                id="but no plain word is",
            ),
            pytest.param(
                ("{model}",),
                Agent((), model="$(x) '{effort}'"),
                ["$(x) '{effort}'"],
                id="once only",
            ),
            pytest.param(
                ("-p", "{prompt}", '{"a": {}}', "{A}"),
                Agent(()),
                ["-p", "Say hi", '{"a": {}}', "{A}"],
                id="the prompt as an argument, other braces as they are",
            ),
            pytest.param(
                ("{provider}/{model}",),
                Agent((), provider="p", model="m"),
                ["p/m"],
                id="two in one argument",
            ),
        ],
    )
    def test_placeholders(
        self, tmp_path: Path, argv: tuple[str, ...], agent: Agent, seen: list[str]
    ) -> None:
        printer = "import sys; print(sys.argv[1:], repr(sys.stdin.read()))"
        outcome = run(tmp_path, command(sys.executable, "-c", printer, *argv), agent)
        stdin = "" if "{prompt}" in argv else "Say hi"
        assert outcome.context_updates["last_response"] == f"{seen} {stdin!r}"


class TestConfiguration:
    def test_a_command_is_split_as_a_shell_would(self) -> None:
        assert split_command("my agent --say 'a b' \"{model}\" ''") == (
            "my",
            "agent",
            "--say",
            "a b",
            "{model}",
            "",
        )

    @pytest.mark.parametrize(
        ("argv", "fault"),
        [
            pytest.param((), "the agent command is empty", id="nothing"),
            pytest.param(("",), "the agent command is empty", id="an empty program"),
            pytest.param(
                ("x", "{modle}"),
                "has an unknown placeholder {modle}; did you mean {model}?",
                id="a slip of the pen",
            ),
            pytest.param(
                ("x", "{zzz}"),
                "known: model, provider, provider_model, effort, session, node, prompt",
                id="an unknown one",
            ),
        ],
    )
    def test_a_faulty_command_is_refused(self, argv: tuple[str, ...], fault: str) -> None:
        with pytest.raises(BadCommand) as caught:
            command(*argv)
        assert fault in str(caught.value)

    def test_an_open_quotation_is_refused(self) -> None:
        with pytest.raises(BadCommand, match="cannot be split: no closing quotation: x 'y"):
            split_command("x 'y")

    def test_a_path_is_meant_from_where_the_engine_was_started(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        program = tmp_path / "agent"
        program.write_text("#!/bin/sh\necho here\n")
        program.chmod(0o755)
        monkeypatch.chdir(tmp_path)
        backend = command("./agent")
        monkeypatch.chdir("/")
        assert backend.unready(Agent(())) is None
        assert run(tmp_path, backend).context_updates["last_response"] == "here"

    def test_a_program_that_is_not_there_is_said_before_the_run(self) -> None:
        handler = AgentHandler({"mine": command("no-such-agent")}, "mine")
        steps = (step(Agent(()), "writer"),)
        assert handler.unready(steps) == (
            "node 'writer' cannot be run: the agent program 'no-such-agent' is not found,"
            " or may not be executed; install it, or choose another agent"
        )
        assert handler.unready(()) is None


class TestChoiceOfBackend:
    def test_a_node_may_name_its_own(self, tmp_path: Path) -> None:
        handler = AgentHandler({"a": script("echo a"), "b": script("echo b")}, "a")
        for agent, said in ((Agent(()), "a"), (Agent((), backend="b"), "b")):
            outcome = asyncio.run(handler.run(call(tmp_path, agent)))
            assert outcome.context_updates["last_response"] == said

    def test_an_unknown_one_is_a_permanent_failure(self, tmp_path: Path) -> None:
        handler = AgentHandler({"a": SimulateBackend(), "b": SimulateBackend()}, "a")
        the_step = step(Agent((), backend="c"), "writer")
        outcome = asyncio.run(handler.run(call(tmp_path, the_step)))
        assert outcome.permanent
        assert outcome.failure_reason == "there is no agent backend 'c', only a, b"
        assert handler.unready((the_step,)) == (
            "node 'writer' cannot be run: there is no agent backend 'c', only a, b"
        )

    def test_a_fan_in_that_asks_for_a_winner_uses_the_run_s(self, tmp_path: Path) -> None:
        handler = AgentHandler({"a": command("cat")}, "a")
        given = call(tmp_path, FanIn("checks"), prompt='{"winner": "x"}')
        outcome = asyncio.run(handler.run(given))
        assert outcome.artifacts["response.md"] == b'{"winner": "x"}'
