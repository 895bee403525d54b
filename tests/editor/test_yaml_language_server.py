"""An editor with the YAML language server: what it offers, shows and finds in a pipeline."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from attractorc.compiler.driver import compile_bytes

from ..compiler.schema_cases import BAD, GOOD, HEAD, SCHEMA_LIKE
from .language_server import LanguageServer

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "examples" / "quality_gate"
MODELINE = "# yaml-language-server: $schema=../../schemas/pipeline.schema.json\n"
HERE = "‸"
NODE = f"{HEAD}nodes:\n  a:\n"
KINDS = ("prompt", "run", "ask", "parallel", "fan_in", "route", "supervise", "pipeline", "uses")

# What stands before the cursor, some of what is offered there, and what must not be.
OFFERED: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "an empty file": ("", ("pipeline", "nodes", "goal", "inputs"), ("timeout", "edges")),
    "a new node": (
        f"{HEAD}nodes:\n  ",
        ("start", "exit", "agent stage", "fan-out"),
        ("prompt", "timeout"),
    ),
    "a node without a kind": (f"{NODE}    ", (*KINDS, "tool stage"), ("output", "join")),
    "a tool stage": (
        f"{NODE}    run: x\n    ",
        ("timeout", "output", "retry", "next"),
        ("prompt", "model", "join", "choices", "tool_command", "script", "color"),
    ),
    "an agent stage": (
        f"{NODE}    prompt: x\n    ",
        ("model", "fidelity", "timeout", "next"),
        ("run", "output", "join", "choices", "llm_model", "llm_prompt"),
    ),
    "a human gate": (f"{NODE}    ask: x\n    ", ("choices", "default"), ("output", "label")),
    "a fan-out": (
        f"{NODE}    parallel: {{u: b}}\n    ",
        ("join", "losers", "max_parallel", "next"),
        ("timeout", "retry", "prompt", "fan_in_policy"),
    ),
    "inside a fan-in": (
        f"{NODE}    fan_in:\n      ",
        ("winner", "merge", "merge_from", "on_conflict"),
        ("join", "timeout", "label"),
    ),
    "inside a supervisor": (
        f"{NODE}    supervise:\n      ",
        ("pipeline", "max_cycles", "stop_condition"),
        ("manager.max_cycles", "timeout"),
    ),
    "a stage inside a branch": (
        f"{NODE}    parallel:\n      u:\n        run: x\n        ",
        ("timeout", "output"),
        ("join", "model"),
    ),
    "the start": (f"{HEAD}nodes:\n  start:\n    ", ("next", "label"), ("prompt", "timeout")),
    "an edge": (
        f"{NODE}    run: x\n    next:\n      - to: exit\n        ",
        ("when", "label", "weight", "restart"),
        ("condition", "loop_restart", "timeout"),
    ),
    "defaults of nodes": (f"{HEAD}defaults:\n  node:\n    ", ("timeout", "losers"), ("run",)),
    "an input": (f"{HEAD}inputs:\n  depth:\n    ", ("type", "default", "enum"), ("timeout",)),
    "the type of an input": (f"{HEAD}inputs:\n  d:\n    type: ", ("int", "json"), ("integer",)),
    "a closed set": (f"{NODE}    parallel: {{u: b}}\n    losers: ", ("cancel", "drain"), ("text",)),
    "a join": (
        f"{NODE}    parallel: {{u: b}}\n    join: ",
        ("wait_all", "first_success", "quorum(2/3)"),
        ("cancel",),
    ),
    "a merge strategy": (
        f"{NODE}    fan_in:\n      merge:\n        findings: ",
        ("append", "union", "keyed(id)"),
        ("wait_all",),
    ),
    "a fidelity": (f"{NODE}    prompt: x\n    fidelity: ", ("full", "summary:low"), ("none",)),
    "a truth value": (f"{NODE}    prompt: x\n    gate: ", ("true", "false"), ("yes",)),
    "a retry": (f"{NODE}    run: x\n    retry: ", ("patient", "none"), ("full",)),
}

SHOWN: dict[str, tuple[str, tuple[str, ...]]] = {
    "a key with its default": (
        f"{NODE}    parallel: {{u: b}}\n    max_{HERE}parallel: 2\n",
        ("How many branches run at a time", "*Default:* 4"),
    ),
    "a key of a closed set": (
        f"{NODE}    parallel: {{u: b}}\n    lo{HERE}sers: drain\n",
        ("`cancel`", "`drain`"),
    ),
    "a key that DOT calls otherwise": (
        f"{NODE}    prompt: x\n    ga{HERE}te: true\n",
        ("goal_gate", "The run can only end well"),
    ),
    "the key of a kind": (f"{NODE}    ru{HERE}n: x\n", ("tool stage", "sh -c")),
    "another implementation's spelling": (
        f"{NODE}    run: x\n    human_time{HERE}out_seconds: 3\n",
        ("The longest time",),
    ),
}

# A fault that editors show at another character of the same line.
ELSEWHERE = {
    "no nodes": "what is missing is shown at the mapping, not at its name",
    "no start": "what is missing is shown at the mapping, not at its name",
    "a node with two kinds": "each key is shown, not only the second one",
    "a choice with a label": "the key is shown, not the whole choice",
    "a next that says no node": "what is missing is shown at the name, not inside",
    "a branch that is nothing": "nothing stands one character further on",
    "a branch without a kind": "the name is shown, not the body",
    "a value that is missing": "the value's place is shown, not the key",
}


def numbered(sentence: str) -> Path:
    """A file of its own for each text; it need not exist."""
    return FOLDER / f"{sentence.replace(' ', '_')}.yaml"


def opened(server: LanguageServer, name: str, text: str) -> tuple[Path, int, int]:
    """Open a text with a cursor; the file, and the cursor's line and character."""
    before, _, after = f"{MODELINE}{text}".partition(HERE)
    path = numbered(name)
    server.open(path, before + after)
    return path, before.count("\n"), len(before) - before.rfind("\n") - 1


@pytest.mark.parametrize("place", OFFERED)
def test_what_fits_is_offered_and_nothing_else(server: LanguageServer, place: str) -> None:
    text, offered, never = OFFERED[place]
    labels = server.completions(*opened(server, f"offered {place}", text + HERE))
    assert set(offered) - set(labels) == set()
    assert set(never) & set(labels) == set()


def test_an_offered_key_says_what_it_is_for(server: LanguageServer) -> None:
    text = f"{NODE}    run: x\n    {HERE}"
    offered = server.completions(*opened(server, "documented", text))
    assert "The longest time" in str(offered["timeout"]["documentation"])


def test_a_whole_node_that_is_offered_is_a_good_one(server: LanguageServer) -> None:
    head = f"{MODELINE}{HEAD}nodes:\n  "
    offered = server.completions(*opened(server, "whole nodes", f"{HEAD}nodes:\n  {HERE}"))
    whole = {
        label: item["textEdit"]["newText"]
        for label, item in offered.items()
        if "${1:id}" in item["textEdit"]["newText"]
    }
    assert len(whole) == len(KINDS)
    for label, text in whole.items():
        filled = re.sub(r"\$\{\d+:([^}]*)\}", r"\1", text)
        filled = filled.replace("\n", "\n  ")  # as editors indent what they insert
        path = numbered(f"whole {label}")
        server.open(path, f"{head}{filled}\n")
        assert server.findings(path) == [], filled


@pytest.mark.parametrize("key", SHOWN)
def test_a_key_is_explained_where_the_mouse_rests(server: LanguageServer, key: str) -> None:
    text, words = SHOWN[key]
    hover = server.hover(*opened(server, f"shown {key}", text))
    assert [word for word in words if word not in hover] == []


@pytest.fixture(scope="module")
def judged(server: LanguageServer) -> LanguageServer:
    """The server with all good and bad files open, which it reads while we look at others."""
    for sentence, text in {**GOOD, **BAD}.items():
        server.open(numbered(sentence), MODELINE + text)
    return server


@pytest.mark.parametrize("sentence", GOOD)
def test_nothing_is_found_in_a_good_file(judged: LanguageServer, sentence: str) -> None:
    assert [each["message"] for each in judged.findings(numbered(sentence))] == []


@pytest.mark.parametrize("sentence", BAD)
def test_a_fault_is_found_where_check_finds_it(judged: LanguageServer, sentence: str) -> None:
    source = MODELINE + BAD[sentence]
    ours = {
        (each.span.line - 1, each.span.column - 1)
        for each in compile_bytes(source.encode(), "p.yaml", planned=False).diagnostics
        if each.rule in SCHEMA_LIKE
    }
    starts = [each["range"]["start"] for each in judged.findings(numbered(sentence))]
    theirs = {(start["line"], start["character"]) for start in starts}
    assert {line for line, _ in theirs} == {line for line, _ in ours}
    assert (theirs != ours) is (sentence in ELSEWHERE)


def test_an_example_has_no_fault_under_the_schema_that_it_names(server: LanguageServer) -> None:
    path = FOLDER / "quality_gate.yaml"
    text = path.read_text("utf-8")
    server.open(path, text)
    assert server.findings(path) == []
    line = next(at for at, each in enumerate(text.splitlines()) if "losers:" in each)
    assert "branches that the join does not need" in server.hover(path, line, 6)


def test_a_misspelt_key_in_an_example_is_found(server: LanguageServer) -> None:
    text = (FOLDER / "quality_gate.yaml").read_text("utf-8").replace("losers:", "loosers:")
    path = FOLDER / "misspelt.yaml"
    server.open(path, text)
    (found,) = server.findings(path)
    assert found["message"] == "Property loosers is not allowed."
