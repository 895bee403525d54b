"""The schema of YAML pipelines says the same as `check`, in files, rows and single mistakes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator, Draft202012Validator

from attractorc.compiler.attributes import MODELS, RETRIES, TABLE, lookup, spellings
from attractorc.compiler.diagnostic import Severity
from attractorc.compiler.driver import compile_bytes
from attractorc.compiler.frontend.inputs import plain
from attractorc.compiler.frontend.yaml_kinds import KINDS
from attractorc.compiler.frontend.yaml_values import compose
from attractorc.compiler.render.pipeline_schema import pipeline_schema, pipeline_schema_text
from attractorc.compiler.source import Source

from .schema_cases import BAD, DIFFERENT, GOOD, SCHEMA_LIKE

SCHEMA = pipeline_schema()
OLDER, NEWER = Draft7Validator(SCHEMA), Draft202012Validator(SCHEMA)
ROOT = Path(__file__).parents[2]
EXAMPLES = sorted(
    path for path in (ROOT / "examples").rglob("*.yaml") if not path.name.endswith(".test.yaml")
)

SHARED_KEYWORDS = {
    *("$id", "$ref", "$schema", "definitions", "title", "description", "default", "examples"),
    *("type", "enum", "const", "allOf", "anyOf", "not", "if", "then", "else"),
    *("minimum", "maximum", "exclusiveMinimum", "minLength", "pattern"),
    *("items", "minItems", "properties", "patternProperties", "additionalProperties"),
    *("propertyNames", "minProperties", "maxProperties", "required"),
}
"""Keywords that mean the same in draft-07 and in 2020-12."""
FOR_EDITORS = {
    *("markdownDescription", "defaultSnippets", "doNotSuggest"),
    *("errorMessage", "patternErrorMessage"),
}


def data(text: str) -> Any:
    """The plain data that a text composes to."""
    value = compose(Source("p.yaml", text)).value
    assert value is not None
    return plain(value)


def faults(text: str) -> list[str]:
    """What `check` finds that a schema could find as well."""
    found = compile_bytes(text.encode(), "p.yaml", planned=False).diagnostics
    return [
        f"{each.rule}: {each.message}"
        for each in found
        if each.rule in SCHEMA_LIKE
        and (each.rule != "unknown_value" or each.severity is Severity.ERROR)
    ]


def broken(text: str) -> list[str]:
    """What the schema finds."""
    return [f"{each.json_path}: {each.message}" for each in OLDER.iter_errors(data(text))]


# The file, and what it is made of


def test_the_file_is_what_the_attribute_table_says() -> None:
    kept = resources.files("attractorc.schemas").joinpath("pipeline.schema.json")
    assert kept.read_text("utf-8") == pipeline_schema_text(), (
        "schemas/pipeline.schema.json is old: run make schemas"
    )


def test_it_is_a_schema_of_both_drafts() -> None:
    Draft7Validator.check_schema(SCHEMA)
    Draft202012Validator.check_schema(SCHEMA)


def schemas(part: Any) -> Iterator[Mapping[str, Any]]:
    """Every schema inside of a schema, itself included."""
    if not isinstance(part, Mapping):
        return
    yield part
    for keyword, value in part.items():
        if keyword in ("properties", "patternProperties", "definitions"):
            for inner in value.values():
                yield from schemas(inner)
        elif keyword in ("allOf", "anyOf", "oneOf"):
            for inner in value:
                yield from schemas(inner)
        elif keyword not in ("default", "examples", "enum", "const", "defaultSnippets"):
            yield from schemas(value)


def test_only_keywords_are_used_that_both_drafts_share() -> None:
    used = {keyword for schema in schemas(SCHEMA) for keyword in schema}
    assert used - SHARED_KEYWORDS - FOR_EDITORS == set()
    assert used & FOR_EDITORS == FOR_EDITORS


def test_nothing_stands_beside_a_reference_which_the_older_draft_would_not_read() -> None:
    assert [schema for schema in schemas(SCHEMA) if "$ref" in schema and len(schema) > 1] == []


def test_every_key_of_a_node_is_described() -> None:
    definitions = SCHEMA["definitions"]
    keys = {
        reference["$ref"].removeprefix("#/definitions/")
        for name, kind in definitions.items()
        if name.startswith("kind.")
        for reference in kind["properties"].values()
    }
    shown = {name for name in keys if not definitions[name].get("doNotSuggest")}
    assert len(shown) > 40
    one_or_more = {name: definitions[name] for name in shown}
    assert [name for name, each in one_or_more.items() if "description" not in each] == []


def test_every_default_fits_its_own_schema() -> None:
    checked = 0
    for name, schema in SCHEMA["definitions"].items():
        if "default" in schema:
            checked += 1
            around = {**schema, "definitions": SCHEMA["definitions"]}
            assert list(Draft7Validator(around).iter_errors(schema["default"])) == [], name
    assert checked > 15


def test_places_of_a_snippet_have_one_number_only_if_they_say_the_same() -> None:
    bodies = [
        json.dumps(snippet["body"])
        for schema in schemas(SCHEMA)
        for snippet in schema.get("defaultSnippets", ())
    ]
    assert len(bodies) > 20
    for body in bodies:
        places = set(re.findall(r"\$\{(\d+):([^}]*)\}", body))
        assert len({number for number, _ in places}) == len(places), body


# The verdicts


@pytest.mark.parametrize("text", GOOD.values(), ids=GOOD)
def test_a_good_file_is_good_for_both(text: str) -> None:
    assert faults(text) == []
    assert broken(text) == []
    assert NEWER.is_valid(data(text))


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
def test_a_bad_file_is_bad_for_both(text: str) -> None:
    assert faults(text)
    assert broken(text)
    assert not NEWER.is_valid(data(text))


@pytest.mark.parametrize(("text", "finder"), DIFFERENT.values(), ids=DIFFERENT)
def test_a_difference_has_its_reason(text: str, finder: str) -> None:
    assert {"check": bool(faults(text)), "schema": bool(broken(text))} == {
        "check": finder == "check",
        "schema": finder == "schema",
    }


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_every_example_names_its_schema_and_fits_it(path: Path) -> None:
    text = path.read_text("utf-8")
    first = text.splitlines()[0]
    assert first.startswith("# yaml-language-server: $schema=")
    named = path.parent / first.partition("=")[2]
    assert named.resolve() == (path.parents[2] / "schemas" / "pipeline.schema.json").resolve()
    assert named.is_file()
    assert broken(text) == []


BLOCKS = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "editors.md").read_text("utf-8"), re.S)


@pytest.mark.parametrize("text", BLOCKS)
def test_what_the_page_about_editors_shows_is_good(text: str) -> None:
    assert faults(text) == []
    assert broken(text) == []


def test_the_page_about_editors_lists_the_differences() -> None:
    page = (ROOT / "docs" / "editors.md").read_text("utf-8")
    reasons = " ".join(DIFFERENT)
    listed = re.findall(r"^\| ([^|]+) \| [^|]+ \|$", page, re.M)[1:]
    assert len(listed) >= 8
    assert [word for word in listed if word.strip() not in reasons] == []


# Single mistakes

BY_WINNER = {*MODELS, *RETRIES, "human.default_choice", "prompt_file"}

BODIES = {
    "prompt": "prompt: x",
    "run": "run: x",
    "ask": "ask: x",
    "parallel": "parallel: {u: b}",
    "fan_in": "fan_in: true",
    "route": "route: true",
    "supervise": "supervise: {pipeline: c.dot}",
    "pipeline": "pipeline: c.dot",
    "uses": "uses: h",
}
VALUES = (
    *(
        "x",
        '"3"',
        "3",
        "0",
        "-1",
        "1.5",
        "true",
        '"TRUE"',
        "900s",
        "~",
        "[]",
        "[a]",
        "[~]",
        "[[a]]",
    ),
    *("{}", "{a: b}", "on", "wait_all", "k_of_n(2)", "{quorum: 2/3}", "max(score), first"),
    *("[first, {max: x}]", "'findings: append'", "{f: append}", "{f: {keyed: id}}", "{f: apend}"),
    *("full", "patient", "{max: 2, backoff: patient}", "{max: x}", "{mx: 1}", "cancel", "json"),
)
# What `check` knows of the rest of the node, or of the rest of the file.
_DEPENDENT = ("join", "k", "quorum_ratio")


def names(where: str) -> list[str]:
    """Every spelling of every attribute of a place, and two that are none."""
    found = {name for row in TABLE if where in row.where for name in spellings(row)}
    for row in TABLE:
        if row.name in _DEPENDENT:
            found -= set(spellings(row))
    return sorted(found - {*KINDS, "tool_command", "type"} | {"color", "nothing"})


def agreed(text: str) -> None:
    found = compile_bytes(text.encode(), "p.yaml", planned=False).diagnostics
    if any(each.rule.startswith("duplicate") for each in found):
        return  # one attribute under two names, which a schema cannot see
    assert bool(faults(text)) == bool(broken(text)), (text, faults(text), broken(text))


def test_every_kind_of_node_is_tried() -> None:
    assert BODIES.keys() == KINDS.keys()


@settings(max_examples=100)
@given(st.sampled_from(sorted(BODIES)), st.sampled_from(names("node")), st.sampled_from(VALUES))
def test_one_key_more_on_a_node_is_judged_alike(kind: str, name: str, value: str) -> None:
    row = lookup("node", "retry_policy" if name == "retry" else name)
    if kind in ("parallel", "fan_in") and row is not None and row.name in BY_WINNER:
        return  # the winner rule says whether it is read there; a schema judges each key by itself
    agreed(
        f"pipeline: p\nstart: a\nnodes:\n  a: {{{BODIES[kind]}, {name}: {value}, next: exit}}\n"
        "  b: {prompt: x}\n"
    )


@settings(max_examples=40)
@given(st.sampled_from(names("edge")), st.sampled_from(VALUES))
def test_one_key_more_on_an_edge_is_judged_alike(name: str, value: str) -> None:
    agreed(
        "pipeline: p\nstart: a\n"
        f"nodes: {{a: {{run: x, next: [b, {{to: exit, {name}: {value}}}]}}, b: {{run: y}}}}\n"
    )


@settings(max_examples=40)
@given(st.sampled_from(names("graph")), st.sampled_from(VALUES))
def test_one_key_more_on_a_graph_is_judged_alike(name: str, value: str) -> None:
    if name in ("inputs", "vars"):
        return  # as text a language of its own; the forms of mappings stand in the tables
    agreed(f"pipeline: p\nstart: a\n{name}: {value}\nnodes: {{a: {{run: x, next: exit}}}}\n")


GOOD_NODE = "prompt: x, timeout: 15m, retry: {max: 2, backoff: patient}, gate: true, next: exit"


@settings(max_examples=50)
@given(st.data())
def test_a_slip_of_one_letter_is_judged_alike(drawn: st.DataObject) -> None:
    text = f"pipeline: p\nstart: a\nmax_retries: 2\nnodes:\n  a: {{{GOOD_NODE}}}\n"
    letters = [at for at, letter in enumerate(text) if letter.isalnum()]
    at = drawn.draw(st.sampled_from(letters))
    slip = drawn.draw(st.sampled_from(("", "q", "Z", "_")))
    changed = text[:at] + slip + text[at + 1 :]
    composed = compose(Source("p.yaml", changed))
    if composed.value is not None and not composed.findings:
        agreed(changed)
