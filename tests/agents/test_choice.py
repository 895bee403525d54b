"""The backends of a run: what configuration makes of them, and each fault in a sentence."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

from attractorc.compiler.plan.model import Agent
from attractorc.interpreter.handlers.agent import AgentHandler, Response
from attractorc.interpreter.handlers.agent_choice import (
    BadAgent,
    backends_of,
    key_variables,
)
from attractorc.interpreter.handlers.agent_command import BadCommand
from attractorc.interpreter.handlers.agent_presets import PRESETS
from attractorc.interpreter.handlers.agent_simulate import SimulateBackend
from attractorc.interpreter.outcome import Outcome, Status
from attractorc.interpreter.ports import Call

from ..interpreter.fakes import call, step
from .endpoint import says, serving

ENVIRONMENT = {"PATH": os.environ["PATH"]}


def ask(folder: Path, name: str, tables: dict[str, Any], agent: Agent | None = None) -> Outcome:
    handler = AgentHandler(backends_of(tables, ENVIRONMENT), name)
    stage = step(agent or Agent(()), "writer", writes=("draft",))
    return asyncio.run(handler.run(call(folder, stage, prompt="Say hi")))


def test_every_preset_and_the_endpoint_are_there_unasked() -> None:
    assert backends_of({}, {}).keys() == {"openai", *PRESETS}


def test_a_command_of_ones_own_with_a_form_and_another_one_to_go_on(tmp_path: Path) -> None:
    table = {
        "command": """sh -c 'echo "{\\"type\\": \\"result\\", \\"result\\": \\"$0\\"}"' {model}""",
        "resume-command": "true {session}",
        "output": "result",
    }
    outcome = ask(tmp_path, "mine", {"mine": table}, Agent((), model="m-1"))
    assert outcome.context_updates["draft"] == "m-1"


def test_an_endpoint_of_ones_own(tmp_path: Path) -> None:
    with serving(says("Hello")) as served:
        table = {"endpoint": served.url, "api-key-env": "", "model": "m", "stream": False}
        outcome = ask(tmp_path, "local", {"local": table})
    assert (outcome.status, served.requests[0]["model"]) == (Status.SUCCESS, "m")


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        pytest.param({}, "mine: says nothing of what it is; write preset, command or", id="empty"),
        pytest.param({"preset": "cluade"}, "mine: there is no preset 'cluade'; did", id="a slip"),
        pytest.param({"preset": "zzz"}, "there are aider, amp, claude", id="no preset"),
        pytest.param(
            {"preset": "claude", "option": []}, "did you mean 'options'?", id="a key's slip"
        ),
        pytest.param(
            {"endpoint": "https://x", "api-key": "sk-1"},
            "has no key 'api-key'; did you mean 'api-key-env'?",
            id="a key in a file",
        ),
        pytest.param({"command": "x", "preset": "claude"}, "has no key", id="two kinds"),
        pytest.param({"preset": 7}, "mine, preset: must be a text", id="a number"),
        pytest.param(
            {"preset": "claude", "options": "--x"}, "must be a list of texts", id="no list"
        ),
        pytest.param({"endpoint": "x", "tries": 0}, "a whole number from 1", id="no tries"),
        pytest.param({"endpoint": "x", "tries": True}, "a whole number from 1", id="a boolean"),
        pytest.param({"endpoint": "x", "timeout": -1}, "a number of seconds above 0", id="no time"),
        pytest.param({"endpoint": "x", "stream": 1}, "must be true or false", id="a one"),
        pytest.param({"command": "x {y"}, None, id="braces that are none"),
        pytest.param({"command": "x {modle}"}, "mine: the agent command has an unknown", id="{}"),
        pytest.param({"command": "x 'y"}, "mine: the agent command cannot be split", id="quotes"),
        pytest.param({"command": ""}, "mine: the agent command is empty", id="no command"),
        pytest.param(
            {"command": "x", "output": "yaml"}, "must be one of plain, result", id="no form"
        ),
    ],
)
def test_each_fault_is_a_sentence_that_names_the_agent(
    table: dict[str, Any], fault: str | None
) -> None:
    if fault is None:
        backends_of({"mine": table}, ENVIRONMENT)
        return
    with pytest.raises(BadAgent) as caught:
        backends_of({"mine": table}, ENVIRONMENT)
    assert fault in str(caught.value)
    assert str(caught.value).startswith("mine")


@pytest.mark.parametrize("name", ["simulate", "command"])
def test_no_agent_is_called_like_a_backend_of_its_own(name: str) -> None:
    with pytest.raises(BadAgent, match="give the agent another name"):
        backends_of({name: {"command": "x"}}, ENVIRONMENT)


@pytest.mark.parametrize(
    ("backend", "found"), [("claude", False), ("simulate", True), ("openai", True), ("", True)]
)
def test_a_command_line_is_the_presets_or_a_backend_of_its_own(backend: str, found: bool) -> None:
    backends = backends_of({}, ENVIRONMENT, command="prog --flag", backend=backend)
    assert ("command" in backends) == found


def test_an_empty_command_line_is_refused() -> None:
    with pytest.raises(BadCommand, match="is empty"):
        backends_of({}, ENVIRONMENT, command=" ", backend="claude")


def test_variables_that_hold_keys_are_known() -> None:
    tables = {"a": {"endpoint": "x", "api-key-env": "MINE"}, "b": {"api-key-env": ""}, "c": {}}
    assert key_variables(tables) == ("OPENAI_API_KEY", "MINE")


class Says:
    """A host's own backend, which answers in one of the ways that it may."""

    def __init__(self, given: Response | Outcome | str) -> None:
        self.given = given

    def unready(self, agent: Agent) -> str | None:
        return None

    async def respond(self, call: Call, agent: Agent, prompt: str) -> Response | Outcome | str:
        return self.given


class TestWhoIsAsked:
    def said_by(self, folder: Path, agent: Agent, default: str = "default") -> object:
        backends = {name: Says(name) for name in ("default", "one", "two")}
        handler = AgentHandler(backends, default, {"maker": "one"})
        outcome = asyncio.run(handler.run(call(folder, step(agent))))
        assert outcome.agent["backend"] == outcome.context_updates["last_response"]
        return outcome.agent["backend"]

    def test_the_nodes_own_then_its_providers_then_the_runs(self, tmp_path: Path) -> None:
        assert self.said_by(tmp_path, Agent((), backend="two", provider="maker")) == "two"
        assert self.said_by(tmp_path, Agent((), provider="maker")) == "one"
        assert self.said_by(tmp_path, Agent((), provider="other")) == "default"
        assert self.said_by(tmp_path, Agent(())) == "default"

    def test_a_host_may_give_an_outcome_or_a_text(self, tmp_path: Path) -> None:
        given = Outcome(Status.RETRY, failure_reason="later")
        handler = AgentHandler({"mine": Says(given)}, "mine")
        assert asyncio.run(handler.run(call(tmp_path, step(Agent(()))))) == given

    def test_one_sentence_names_all_that_lack_the_same(self) -> None:
        handler = AgentHandler({"simulate": SimulateBackend()}, "nowhere")
        steps = tuple(step(Agent(()), name) for name in ("a", "b", "c"))
        assert handler.unready(steps) == (
            "node 'a' (and 2 more) cannot be run: "
            "there is no agent backend 'nowhere', only simulate"
        )
