"""The schemas of cases and of their results: as kept, and of one mind with the reader."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator
from ruamel.yaml import YAML

from attractorc.testing import run_case
from attractorc.testing.results import entry
from attractorc.testing.schema import (
    case_schema,
    case_schema_text,
    cases_schema,
    cases_schema_text,
)

from .ship import case_faults, one_case, ship
from .test_cases import FAULTS
from .test_judging import HOLDS, MISSED, SCRIPT

ROOT = Path(__file__).parents[2]
ONLY_READ = (
    *("two cases of one name", "a path through", "counting an", "a branch through"),
    *("ends of no", "a winner of", "an input", "an unknown input", "a truth value", "a fault in"),
    "a case that expects nothing",
)
"""Faults that need the plan, or a look at two places at once."""


@pytest.mark.parametrize(
    ("name", "made"), [("test", cases_schema_text), ("case", case_schema_text)]
)
def test_the_kept_schema_is_the_made_one(name: str, made: Callable[[], str]) -> None:
    kept = resources.files("attractorc.schemas").joinpath(f"{name}.schema.json")
    assert kept.read_text("utf-8") == made(), f"schemas/{name}.schema.json is old: run make schemas"


@pytest.mark.parametrize("schema", [cases_schema(), case_schema()], ids=["test", "case"])
def test_it_is_a_schema(schema: dict[str, Any]) -> None:
    Draft7Validator.check_schema(schema)


def schema_faults(text: str) -> list[str]:
    found: Any = YAML(typ="safe", pure=True).load(text)
    return [error.message for error in Draft7Validator(cases_schema()).iter_errors(found)]


@pytest.mark.parametrize(
    "expect", [*HOLDS.values(), *(text for text, _ in MISSED.values())], ids=lambda text: text
)
def test_what_can_be_read_fits_the_schema(expect: str) -> None:
    body = "\n".join(f"    {line}" for line in SCRIPT.strip().splitlines())
    text = f"cases:\n  - name: it\n    inputs: {{depth: 1}}\n{body}\n    expect: {expect}\n"
    assert case_faults(text) == []
    assert schema_faults(text) == []


@pytest.mark.parametrize("name", [name for name in FAULTS if not name.startswith(ONLY_READ)])
def test_what_cannot_be_read_does_not_fit(name: str) -> None:
    assert schema_faults(FAULTS[name][0])


def test_the_cases_of_the_examples_fit() -> None:
    files = list((ROOT / "examples").rglob("*.test.yaml"))
    assert files
    for file in files:
        assert schema_faults(file.read_text("utf-8")) == []


@pytest.mark.parametrize("expect", ["{outcome: success}", "{outcome: fail, took: 1s}"])
def test_results_fit_their_schema(expect: str) -> None:
    result = run_case(ship(), one_case(f"{SCRIPT}expect: {expect}"))
    line = json.loads(json.dumps(asdict(entry("ship.yaml", "ship.test.yaml", result))))
    Draft7Validator(case_schema()).validate(line)
