"""Prompts from files: read once, from the pipeline's folder only, and part of the plan."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from attractorc.compiler.diagnostic import Diagnostic, Fix
from attractorc.compiler.driver import Compiled, compile_bytes, compile_source
from attractorc.compiler.plan.model import Agent, ContextRef, InputRef, Plan
from attractorc.compiler.source import FILE_LIMIT, Source, Unreadable

DOT = """digraph g {{
  graph [goal="win", inputs="who"]
  start [shape=Mdiamond]
  {}
  exit [shape=Msquare]
  start -> a -> exit
}}
"""
FOLDER = {
    "plan.md": b"Plan for $who.\n",
    "deep/plan.md": b"Deep, for $who",
    "bom.md": b"\xef\xbb\xbfPlan for $who.\n",
    "refs.md": b"Do $goal for $who and ${context.x}, not $other\n",
    "empty.md": b" \n",
    "latin.md": b"caf\xe9 for $who",
    "big.md": b"x" * (FILE_LIMIT + 1),
    "full.md": b"$who" + b"x" * (FILE_LIMIT - 4),
}


def folder(path: str) -> bytes:
    try:
        return FOLDER[path]
    except KeyError:
        raise Unreadable("does not exist") from None


def compiled(node: str, files: Callable[[str], bytes] | None = folder) -> Compiled:
    return compile_bytes(DOT.format(node).encode(), "g.dot", files=files)


def planned(node: str) -> Plan:
    found = compiled(node)
    assert found.plan is not None, found.diagnostics
    return found.plan


def prompt(node: str) -> tuple[object, ...]:
    work = planned(node).steps["a"].work
    assert isinstance(work, Agent)
    return work.prompt


def errors(node: str, files: Callable[[str], bytes] | None = folder) -> list[Diagnostic]:
    found = compiled(node, files).diagnostics
    return [each for each in found if each.rule == "missing_prompt_file"]


def fixed(text: str, fix: Fix) -> str:
    for edit in sorted(fix.edits, key=lambda edit: -edit.start):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


def test_a_prompt_that_is_just_a_path_is_the_text_of_that_file() -> None:
    assert prompt('a [prompt="@plan.md"]') == ("Plan for ", InputRef("who"), ".\n")
    assert prompt('a [prompt=" @deep/plan.md\n"]') == ("Deep, for ", InputRef("who"))


def test_what_the_text_refers_to_is_put_in_like_in_any_prompt() -> None:
    assert prompt('a [prompt="@refs.md"]') == (
        "Do win for ",
        InputRef("who"),
        " and ",
        ContextRef("context.x"),
        ", not $other\n",
    )


def test_the_digest_is_that_of_the_same_text_written_in_the_pipeline() -> None:
    inline = planned('a [prompt="Plan for $who.\\n"]').digest
    assert planned('a [prompt="@plan.md"]').digest == inline
    assert planned('a [prompt="@bom.md"]').digest == inline
    assert planned("a [prompt_file=plan.md]").digest == inline
    assert planned('a [prompt="@deep/plan.md"]').digest != inline


def test_the_other_spelling_has_a_note_whose_fix_keeps_the_digest() -> None:
    node = 'a [prompt_file = "deep/plan.md"]'
    (note,) = compiled(node).diagnostics
    assert (note.rule, note.severity) == ("deprecated_spelling", "info")
    assert note.fix is not None
    assert note.fix.safe
    mended = fixed(DOT.format(node), note.fix)
    assert 'a [prompt = "@deep/plan.md"]' in mended
    again = compile_source(Source("g.dot", mended), files=folder)
    assert again.diagnostics == ()
    assert again.plan is not None
    assert again.plan.digest == planned(node).digest


def test_of_prompt_and_prompt_file_the_last_counts_with_a_warning() -> None:
    for node, first in [
        ('a [prompt="Mine, for $who", prompt_file="plan.md"]', "Plan for "),
        ('a [prompt_file="plan.md", prompt="Mine, for $who"]', "Mine, for "),
    ]:
        assert prompt(node)[0] == first
        assert "duplicate_attribute" in {each.rule for each in compiled(node).diagnostics}


def test_a_nodes_own_spelling_stands_above_a_default() -> None:
    assert prompt('node [prompt_file="deep/plan.md"] a [prompt="@plan.md"]')[0] == "Plan for "
    node = 'node [prompt="@plan.md"] a [prompt_file="deep/plan.md"]'
    assert prompt(node)[0] == "Deep, for "
    assert [each.rule for each in compiled(node).diagnostics] == ["deprecated_spelling"]


@pytest.mark.parametrize("text", ["@ plan.md", "ask @plan.md", "@plan.md and more", "@"])
def test_a_text_that_only_contains_an_at_sign_stays(text: str) -> None:
    assert prompt(f'a [prompt="{text}"]') == (text,)


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("none.md", "does not exist"),
        ("latin.md", "is not UTF-8 text: byte 4 is wrong"),
        ("empty.md", "is empty"),
        ("big.md", "is larger than 1024 KiB"),
        ("/plan.md", "is outside the pipeline's folder: its path is absolute"),
        ("C:/plan.md", "is outside the pipeline's folder: its path is absolute"),
        ("\\\\\\\\host/plan.md", "is outside the pipeline's folder: its path is absolute"),
        ("../plan.md", "is outside the pipeline's folder"),
        ("deep/../../g/plan.md", "is outside the pipeline's folder"),
        ("..", "is outside the pipeline's folder"),
        ("..\\\\plan.md", "is outside the pipeline's folder"),
    ],
)
def test_a_file_that_cannot_be_the_prompt_is_an_error_at_its_name(path: str, reason: str) -> None:
    node = f'a [prompt="@{path}"]'
    (found,) = errors(node)
    text = DOT.format(node)
    assert text[found.span.start : found.span.end] == f"@{path}"
    assert found.message.endswith(f" {reason}")
    assert (found.severity, found.node) == ("error", "a")
    assert compiled(node).plan is None


def test_paths_that_leave_the_folder_are_never_asked_for() -> None:
    asked: list[str] = []

    def ask(path: str) -> bytes:
        asked.append(path)
        return b"x"

    for path in ("/etc/passwd", "../x", "a/../../x", "\\\\x"):
        assert errors(f'a [prompt="@{path}"]', ask)
    assert asked == []


def test_a_file_of_the_largest_size_is_read() -> None:
    assert errors('a [prompt="@full.md"]') == []


def test_without_a_reader_the_finding_says_why_there_is_none() -> None:
    (found,) = errors('a [prompt="@plan.md"]', None)
    assert "the pipeline was given as text" in found.message


def test_a_default_of_many_nodes_is_read_once_and_found_once() -> None:
    asked: list[str] = []

    def ask(path: str) -> bytes:
        asked.append(path)
        raise Unreadable("does not exist")

    found = errors('node [prompt="@x.md"] a -> b -> c -> exit', ask)
    assert (len(found), asked) == (1, ["x.md"])


def test_a_node_that_has_no_prompt_reads_no_file() -> None:
    def ask(path: str) -> bytes:
        raise AssertionError(path)

    assert errors('node [prompt="@x.md"] a [shape=parallelogram, tool_command=true]', ask) == []


def test_a_prompt_file_in_yaml_is_the_same_plan() -> None:
    yaml = (
        "pipeline: g\ngoal: win\ninputs: {who: }\nstart: a\n"
        'nodes:\n  a: {prompt: "@plan.md", next: exit}\n'
    )
    found = compile_bytes(yaml.encode(), "g.yaml", files=folder)
    assert found.diagnostics == ()
    assert found.plan is not None
    assert found.plan.digest == planned('a [prompt="@plan.md"]').digest
    (missing,) = compile_bytes(yaml.encode(), "g.yaml").diagnostics[:1]
    assert yaml[missing.span.start : missing.span.end] == "@plan.md"
