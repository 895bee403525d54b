"""Agents on the command line: who is asked, what is refused before a run, what is recorded."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from attractorc.commands.agents import Agents

from ..agents.endpoint import certified, says, serving, streams
from ..agents.installed import installed
from .test_exec import HEAD, attractorc

KEY = "sk-very-secret-4711"
PLAN = 'plan [prompt="Plan it", {more}] start -> plan -> exit'


def pipeline(folder: Path, more: str = "", body: str = PLAN) -> None:
    (folder / "p.dot").write_text(HEAD + body.replace("{more}", more) + " }")


def configured(folder: Path, text: str) -> None:
    (folder / "attractorc.toml").write_text(text)


def run(
    folder: Path, *arguments: str, command: str = "exec", **variables: str
) -> subprocess.CompletedProcess[str]:
    kept = ("OPENAI_API_KEY", "OPENAI_BASE_URL")
    environment = {name: value for name, value in os.environ.items() if name not in kept}
    path = f"{installed(folder)}:{os.environ['PATH']}"
    file = ("p.dot", "--run-id", "r1") if command == "exec" else ("r1",)
    return attractorc(
        *(folder, command, *file, "--store", "s.db", *arguments),
        env={**environment, "PATH": path, **variables},
    )


def attempt(folder: Path, node: str = "plan") -> dict[str, Any]:
    told = attractorc(folder, "attempts", "r1", "--node", node, "--store", "s.db", "--json")
    found = json.loads(told.stdout.splitlines()[-1])
    assert isinstance(found, dict)
    return found


class TestChoice:
    def test_a_preset_by_name(self, tmp_path: Path) -> None:
        pipeline(tmp_path, "llm_model=big")
        done = run(tmp_path, "--backend", "claude")
        assert done.returncode == 0, done.stderr
        found = attempt(tmp_path)
        assert found["source"] == "exit_code"
        assert found["session"] == "0b1c-session"
        assert found["agent"] == {
            "backend": "claude",
            "model": "big",
            "usage": {
                "input_tokens": 11,
                "output_tokens": 7,
                "cached_tokens": 3,
                "cost_usd": 0.25,
            },
        }

    def test_the_command_line_goes_before_configuration_and_the_node_before_it(
        self, tmp_path: Path
    ) -> None:
        configured(tmp_path, 'backend = "codex"\nproviders = {maker = "gemini"}')
        two = "own [prompt=x, backend=qwen] by [prompt=x, llm_provider=maker] other [prompt=x]"
        pipeline(tmp_path, body=f"{two} start -> own -> by -> other -> exit")
        for arguments, expected in (((), ["qwen", "gemini", "codex"]), (CLAUDE, OVERRIDDEN)):
            assert run(tmp_path, *arguments).returncode == 0
            asked = [attempt(tmp_path, node)["agent"]["backend"] for node in ("own", "by", "other")]
            assert asked == expected
            (tmp_path / "s.db").unlink()

    def test_a_configured_agent_with_options(self, tmp_path: Path) -> None:
        configured(
            tmp_path,
            'backend = "coder"\n[agents.coder]\npreset = "claude"\n'
            'options = ["--permission-mode", "acceptEdits"]\n',
        )
        pipeline(tmp_path, "writes=draft")
        assert run(tmp_path).returncode == 0
        told = attractorc(tmp_path, "why", "r1", "draft", "--store", "s.db", "--json")
        assert "acceptEdits" in told.stdout

    @pytest.mark.parametrize(
        "table",
        [
            'preset = "claude"\nprogram = "./tools/my claude"',
            'command = "\'./tools/my claude\' -p --output-format json"\noutput = "result"',
        ],
    )
    def test_paths_are_meant_from_the_configurations_folder(
        self, tmp_path: Path, table: str
    ) -> None:
        below = tmp_path / "below"
        below.mkdir()
        tools = tmp_path / "tools"
        tools.mkdir()
        (installed(tmp_path) / "claude").rename(tools / "my claude")
        configured(tmp_path, f'backend = "mine"\n[agents.mine]\n{table}')
        pipeline(below)
        done = attractorc(below, "exec", "p.dot", "--run-id", "r1", "--store", "s.db")
        assert done.returncode == 0, done.stderr
        assert attempt(below)["session"] == "0b1c-session"

    def test_options_for_a_preset_on_the_command_line(self, tmp_path: Path) -> None:
        pipeline(tmp_path, "writes=draft")
        line = f"{installed(tmp_path)}/claude --permission-mode plan"
        assert run(tmp_path, "--backend", "claude", "--agent-command", line).returncode == 0
        told = attractorc(tmp_path, "why", "r1", "draft", "--store", "s.db", "--json")
        assert "permission_mode" in told.stdout

    def test_the_stylesheet_chooses_a_backend(self, tmp_path: Path) -> None:
        sheet = "* { backend: gemini } .deep { backend: claude; llm_model: big }"
        body = "a [prompt=x] b [prompt=x, class=deep] c [prompt=x, class=deep, backend=qwen]"
        graph = f'graph [model_stylesheet="{sheet}"] {body} start -> a -> b -> c -> exit'
        pipeline(tmp_path, body=graph)
        done = run(tmp_path)
        assert done.returncode == 0, done.stderr
        asked = [attempt(tmp_path, node)["agent"]["backend"] for node in "abc"]
        assert asked == ["gemini", "claude", "qwen"]


@pytest.mark.parametrize(
    ("given", "command"),
    [
        (Agents(), "mine -p"),
        (Agents("command"), "mine -p"),
        (Agents("claude"), None),
        (Agents("claude", "theirs"), "theirs"),
    ],
    ids=["nothing new", "the same backend", "another backend", "another program"],
)
def test_another_backend_is_not_started_by_the_command_line_of_the_one_before(
    given: Agents, command: str | None
) -> None:
    assert given.over(Agents("command", "mine -p")).command == command


CLAUDE = ("--backend", "claude")
OVERRIDDEN = ["qwen", "claude", "claude"]


class TestRefused:
    @pytest.mark.parametrize(
        ("arguments", "config", "sentence"),
        [
            pytest.param(
                ("--backend", "openai"),
                "",
                "node 'plan' cannot be run: no model is named for https://api.openai.com/v1: ",
                id="no model",
            ),
            pytest.param(
                ("--backend", "local"),
                '[agents.local]\nendpoint = "https://models.example/v1"\nmodel = "m"\n'
                'api-key-env = "MODELS_KEY"',
                "node 'plan' cannot be run: the key for https://models.example/v1 is missing: "
                "set the variable MODELS_KEY, ",
                id="no key",
            ),
            pytest.param(
                ("--backend", "mine"),
                '[agents.mine]\npreset = "claude"\nprogram = "no-such-claude"',
                "node 'plan' cannot be run: the agent program 'no-such-claude' is not found, or "
                "may not be executed; install it, or choose another agent",
                id="no program",
            ),
            pytest.param(
                ("--backend", "cluade"),
                "",
                "node 'plan' cannot be run: there is no agent backend 'cluade'; did you mean "
                "'claude'?",
                id="a slip in a backend",
            ),
            pytest.param(
                ("--backend", "nobody"),
                "",
                "node 'plan' cannot be run: there is no agent backend 'nobody', only aider, ",
                id="no such backend",
            ),
            pytest.param(("--backend", ""), "", "--backend: must be a name", id="no name"),
            pytest.param(
                ("--agent-command", "claude -p"),
                "",
                "--agent-command: nobody runs it, because 'simulate' is who answers prompts; add "
                "--backend command",
                id="a program that nobody runs",
            ),
            pytest.param(
                ("--agent-command", "claude -p", "--backend", "mine"),
                '[agents.mine]\ncommand = "cat"',
                "--agent-command: nobody runs it, because 'mine' is who answers prompts; ",
                id="a program where another one is configured",
            ),
            pytest.param(
                ("--agent-command", "", "--backend", "claude"),
                "",
                "--agent-command: the agent command is empty",
                id="an empty command line",
            ),
            pytest.param(
                (), 'backend = ["x"]', "attractorc.toml, backend: must be a name", id="a list"
            ),
            pytest.param(
                (),
                "[agents]\nmine = 1",
                "attractorc.toml, agents: must be a table of tables",
                id="no tables",
            ),
            pytest.param(
                (),
                "[agents.mine]\npresets = 1",
                "attractorc.toml, agents: mine: says nothing of what it is",
                id="an agent that is none",
            ),
            pytest.param(
                (),
                "providers = {a = 1}",
                "attractorc.toml, providers: must name a backend for each",
                id="a provider without a backend",
            ),
            pytest.param(
                (),
                'status-file = "loose"',
                "attractorc.toml, status-file: must be one of strict, lenient",
                id="no such reading",
            ),
            pytest.param(
                ("--backend", "claude", "--agent-command", "claude --x {modle}"),
                "",
                "--agent-command: the agent command has an unknown placeholder {modle}; did you",
                id="a slip in a command line",
            ),
        ],
    )
    def test_one_sentence_before_the_run(
        self, tmp_path: Path, arguments: tuple[str, ...], config: str, sentence: str
    ) -> None:
        configured(tmp_path, config)
        pipeline(tmp_path, "writes=draft")
        done = run(tmp_path, *arguments)
        assert done.returncode == 2
        (told,) = done.stderr.splitlines()
        assert sentence in told
        assert run(tmp_path, command="show").returncode in (2, 4), "a run was begun"

    def test_nothing_is_refused_that_no_stage_asks(self, tmp_path: Path) -> None:
        pipeline(tmp_path, body='a [shape=parallelogram, tool_command="true"] start -> a -> exit')
        assert run(tmp_path, "--backend", "openai").returncode == 0


class TestEndpoint:
    def test_an_answer_its_cost_and_no_key_anywhere(self, tmp_path: Path) -> None:
        pipeline(tmp_path, "llm_model=m-1, writes=draft")
        with serving(streams("the key is ", KEY)) as served:
            done = run(
                tmp_path,
                *("--backend", "openai", "--logs", "logs"),
                OPENAI_BASE_URL=served.url,
                OPENAI_API_KEY=KEY,
            )
        assert done.returncode == 0, done.stderr
        assert served.headers[0]["authorization"] == f"Bearer {KEY}"
        found = attempt(tmp_path)
        assert found["source"] == "endpoint"
        assert found["agent"]["usage"]["output_tokens"] == 7
        told = attractorc(tmp_path, "attempts", "r1", "--store", "s.db").stdout
        assert "endpoint" in told
        for path in tmp_path.rglob("*"):
            assert not path.is_file() or KEY.encode() not in path.read_bytes(), path

    def test_a_key_in_a_variable_of_any_name_is_a_secret(self, tmp_path: Path) -> None:
        pipeline(tmp_path, "llm_model=m-1, writes=draft")
        with serving(says(f"you are {KEY}")) as served:
            configured(
                tmp_path, f'[agents.own]\nendpoint = "{served.url}"\napi-key-env = "MY_LOGIN"'
            )
            done = run(tmp_path, "--backend", "own", MY_LOGIN=KEY)
        assert done.returncode == 0, done.stderr
        assert KEY.encode() not in (tmp_path / "s.db").read_bytes()
        told = attractorc(tmp_path, "why", "r1", "draft", "--store", "s.db").stdout
        assert "[redacted:MY_LOGIN]" in told

    def test_a_configured_authority(self, tmp_path: Path) -> None:
        tls, _ = certified(tmp_path)
        pipeline(tmp_path, "llm_model=m-1")
        with serving(says("Hello"), tls=tls) as served:
            configured(
                tmp_path,
                f'[agents.own]\nendpoint = "{served.url}"\nca-file = "certificate.pem"\n',
            )
            done = run(tmp_path, "--backend", "own", OPENAI_API_KEY=KEY)
        assert done.returncode == 0, done.stdout


class TestResume:
    GATED = "ask [shape=hexagon] start -> ask -> plan [label=Yes] plan [prompt=x] plan -> exit"

    def test_a_run_goes_on_with_the_agents_that_it_began_with(self, tmp_path: Path) -> None:
        configured(tmp_path, '[agents.coder]\npreset = "claude"')
        pipeline(tmp_path, body=self.GATED)
        assert run(tmp_path, "--backend", "coder").returncode == 3
        configured(tmp_path, "")
        attractorc(tmp_path, "answer", "r1", "ask", "Yes", "--store", "s.db")
        assert run(tmp_path, command="resume").returncode == 0
        assert attempt(tmp_path)["agent"]["backend"] == "coder"

    def test_a_resume_may_name_another(self, tmp_path: Path) -> None:
        pipeline(tmp_path, body=self.GATED)
        assert run(tmp_path, "--backend", "claude").returncode == 3
        attractorc(tmp_path, "answer", "r1", "ask", "Yes", "--store", "s.db")
        assert run(tmp_path, "--backend", "gemini", command="resume").returncode == 0
        assert attempt(tmp_path)["agent"]["backend"] == "gemini"

    def test_what_is_missing_then_is_said_before_anything_runs(self, tmp_path: Path) -> None:
        configured(tmp_path, '[agents.coder]\npreset = "claude"\nprogram = "./mine"')
        pipeline(tmp_path, body=self.GATED)
        (tmp_path / "mine").write_text("#!/bin/sh\n")
        (tmp_path / "mine").chmod(0o755)
        assert run(tmp_path, "--backend", "coder").returncode == 3
        (tmp_path / "mine").unlink()
        done = run(tmp_path, command="resume")
        assert done.returncode == 2
        assert "node 'plan' cannot be run: the agent program '" in done.stderr

    def test_a_secret_in_the_configuration_was_not_kept(self, tmp_path: Path) -> None:
        configured(tmp_path, f'[agents.coder]\npreset = "claude"\noptions = ["--model", "{KEY}"]')
        pipeline(tmp_path, body=self.GATED)
        assert run(tmp_path, "--backend", "coder", API_TOKEN=KEY).returncode == 3
        done = run(tmp_path, command="resume", API_TOKEN=KEY)
        assert done.returncode == 2
        assert "the run's agent 'coder' was configured with a secret" in done.stderr


class TestStatusFiles:
    SLOPPY = """echo '{\\"outcome\\": \\"Success\\", \\"mood\\": 1}' > $ATTRACTOR_STATUS_FILE"""
    BODY = f'a [shape=parallelogram, tool_command="{SLOPPY}"] start -> a -> exit'

    def test_a_sloppy_one_fails_strictly_and_counts_leniently(self, tmp_path: Path) -> None:
        pipeline(tmp_path, body=self.BODY)
        strict = run(tmp_path)
        assert strict.returncode == 1
        assert "the outcome is 'Success', expected one of success," in strict.stdout
        (tmp_path / "s.db").unlink()
        assert run(tmp_path, "--status-file", "lenient").returncode == 0
        found = attempt(tmp_path, "a")
        assert (found["source"], found["status"]) == ("status_file", "success")
        assert found["ignored"] == [
            "the status file writes 'Success' for success",
            "the status file has a field 'mood', which means nothing",
        ]
        events = attractorc(tmp_path, "events", "r1", "--store", "s.db", "--json").stdout
        assert "the status file has a field 'mood', which means nothing" in events
        assert "mood" in attractorc(tmp_path, "attempts", "r1", "--store", "s.db").stdout

    def test_configuration_says_it_too(self, tmp_path: Path) -> None:
        configured(tmp_path, 'status-file = "lenient"')
        pipeline(tmp_path, body=self.BODY)
        assert run(tmp_path).returncode == 0
        (tmp_path / "s.db").unlink()
        assert run(tmp_path, "--status-file", "strict").returncode == 1
