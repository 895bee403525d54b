"""Presets: each against a stub that takes, prints and fails as the real program does."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import pytest

from attractorc.compiler.plan.model import Agent
from attractorc.interpreter.carried import NOTHING, Carried
from attractorc.interpreter.handlers.agent import AgentHandler
from attractorc.interpreter.handlers.agent_choice import backends_of
from attractorc.interpreter.handlers.agent_presets import PRESETS
from attractorc.interpreter.outcome import Outcome, Status

from ..interpreter.fakes import call, step
from .installed import installed
from .stub import AGENTS, SESSION

ALL = sorted(PRESETS)
WITH_SESSIONS = [name for name in ALL if PRESETS[name].goes_on]
WITH_JSON = [name for name in ALL if PRESETS[name].output != "plain"]
WITH_MODELS = [name for name in ALL if name != "amp"]
WITH_EFFORT = ("aider", "claude", "codex", "opencode")
PROMPT = "--danger 'quoted' $HOME\nsecond line ü"


def ask(
    folder: Path,
    name: str,
    mode: str = "answer",
    *,
    agent: Agent | None = None,
    session: str = "",
    table: dict[str, Any] | None = None,
    prompt: str = PROMPT,
) -> Outcome:
    path = f"{installed(folder)}:{os.environ['PATH']}"
    environment = {"PATH": path, "STUB_MODE": mode}
    tables = {} if table is None else {name: table}
    handler = AgentHandler(backends_of(tables, environment, grace_s=0.3), name)
    stage = step(agent or Agent(()), "writer", writes=("draft",))
    assert handler.unready((stage,)) is None
    carried = Carried("full", "thread", name) if session else NOTHING
    given = call(folder, stage, prompt=prompt)._replace(session=session, carried=carried)
    return asyncio.run(handler.run(given))


def said(outcome: Outcome) -> dict[str, Any]:
    assert outcome.status is Status.SUCCESS, outcome.failure_reason
    found = json.loads(str(outcome.context_updates["draft"]))
    assert isinstance(found, dict)
    return found


def test_there_is_a_stub_for_every_preset() -> None:
    assert sorted(AGENTS) == ALL


@pytest.mark.parametrize("name", ALL)
def test_a_prompt_arrives_whole_and_the_answer_comes_back(tmp_path: Path, name: str) -> None:
    outcome = ask(tmp_path, name)
    assert said(outcome) == {"prompt": PROMPT}
    assert outcome.source == "exit_code"
    assert outcome.agent["backend"] == name
    assert outcome.ignored == ()
    assert outcome.artifacts["response.md"].decode() == outcome.context_updates["draft"]


@pytest.mark.parametrize("name", WITH_JSON)
def test_tokens_are_counted_under_the_same_names(tmp_path: Path, name: str) -> None:
    usage = ask(tmp_path, name).agent["usage"]
    assert isinstance(usage, dict)
    assert (usage["input_tokens"], usage["output_tokens"]) == (11, 7)
    expected = {"claude": 3, "amp": 3, "cursor-agent": 3, "codex": 3, "gemini": 3, "opencode": 3}
    assert usage.get("cached_tokens") == expected.get(name)
    assert usage.get("cost_usd") == (
        0.25 if name in ("claude", "amp", "cursor-agent", "opencode") else None
    )


@pytest.mark.parametrize("name", ALL)
def test_model_and_effort_are_passed_on_or_it_is_said(tmp_path: Path, name: str) -> None:
    agent = Agent((), model="big-1", provider="maker", effort="high")
    outcome = ask(tmp_path, name, agent=agent)
    found = said(outcome)
    model = "maker/big-1" if name == "opencode" else "big-1"
    assert found.get("model") == (model if name in WITH_MODELS else None)
    assert found.get("effort") == ("high" if name in WITH_EFFORT else None)
    told = " ".join(outcome.ignored)
    assert ("model 'big-1'" in told) == (name not in WITH_MODELS)
    assert ("effort 'high'" in told) == (name not in WITH_EFFORT)


@pytest.mark.parametrize("name", WITH_SESSIONS)
def test_a_session_is_printed_and_gone_on_with(tmp_path: Path, name: str) -> None:
    first = ask(tmp_path, name)
    assert first.session == SESSION
    second = ask(tmp_path, name, session=first.session, agent=Agent((), effort="low"))
    assert said(second)["resume"] == SESSION
    assert second.session == SESSION


@pytest.mark.parametrize("name", [name for name in ALL if name not in WITH_SESSIONS])
def test_an_agent_without_sessions_says_that_it_began_anew(tmp_path: Path, name: str) -> None:
    outcome = ask(tmp_path, name, session="s-1")
    assert outcome.ignored == ("the agent cannot go on with a session; it began a fresh one",)
    assert outcome.session == ""


@pytest.mark.parametrize("name", [name for name in ALL if PRESETS[name].permits])
def test_the_documented_permissions_are_options_that_it_takes(tmp_path: Path, name: str) -> None:
    options = PRESETS[name].permits.split()
    fresh = said(ask(tmp_path, name, table={"options": options}))
    assert len(fresh) > 1, "the stub saw no option"
    if name in WITH_SESSIONS:
        again = said(ask(tmp_path, name, table={"options": options}, session=SESSION))
        assert {**fresh, "resume": SESSION} == again


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize(
    ("mode", "status", "permanent", "reason"),
    [
        pytest.param("refused", Status.FAIL, True, "Invalid API key", id="refused credentials"),
        pytest.param("busy", Status.RETRY, False, "rate limit reached", id="a busy service"),
        pytest.param("error", Status.FAIL, False, "the model gave up", id="another error"),
        pytest.param("killed", Status.FAIL, False, "was ended by SIGKILL", id="death by signal"),
    ],
)
def test_errors_are_told_apart(
    tmp_path: Path, name: str, mode: str, status: Status, permanent: bool, reason: str
) -> None:
    outcome = ask(tmp_path, name, mode)
    assert (outcome.status, outcome.permanent) == (status, permanent), outcome
    assert reason in outcome.failure_reason


@pytest.mark.parametrize("name", WITH_JSON)
@pytest.mark.parametrize("mode", ["garbage", "cut"])
def test_output_that_is_no_answer_is_a_failure(tmp_path: Path, name: str, mode: str) -> None:
    outcome = ask(tmp_path, name, mode)
    if name == "opencode" and mode == "cut":  # what came is an answer in its form
        assert outcome.status is Status.SUCCESS
        return
    if name == "codex" and mode == "cut":  # the last that it says is that it was disconnected
        assert outcome.status is Status.RETRY
        assert "stream disconnected" in outcome.failure_reason
        return
    assert outcome.status is Status.FAIL
    assert outcome.failure_reason.startswith("the agent program ended well, but ")
    assert outcome.artifacts["agent_output.txt"]


@pytest.mark.parametrize("name", ALL)
def test_a_flood_is_kept_in_part(tmp_path: Path, name: str) -> None:
    outcome = ask(tmp_path, name, "flood")
    kept = outcome.artifacts["response.md" if PRESETS[name].output == "plain" else OUTPUT]
    assert len(kept) < 17 * 1024 * 1024
    assert b"bytes left out here" in kept


OUTPUT = "agent_output.txt"


@pytest.mark.parametrize("name", ALL)
def test_a_program_of_another_name_takes_its_place(tmp_path: Path, name: str) -> None:
    programs = installed(tmp_path)
    own = programs / "own build"
    (programs / name).rename(own)
    environment = {"PATH": os.environ["PATH"], "STUB_MODE": "answer"}
    backends = backends_of({"mine": {"preset": name, "program": str(own)}}, environment)
    handler = AgentHandler(backends, "mine")
    given = call(tmp_path, step(Agent(()), writes=("draft",)), prompt=PROMPT)
    assert said(asyncio.run(handler.run(given))) == {"prompt": PROMPT}
