"""The pipeline that the tests of scripts and cases are about, and a way to write their YAML."""

from __future__ import annotations

import textwrap

from attractorc.compiler.driver import compile_bytes
from attractorc.compiler.plan.model import Plan
from attractorc.testing import Case, Faulty, read_cases, read_script

SHIP = """
pipeline: ship
inputs:
  base: main
  depth: {type: int}
  level: {default: low, enum: [low, high]}
start: build
nodes:
  build: {run: make, next: checks}
  checks:
    parallel: {unit: unit, lint: lint}
    join: all_done
    next: gate
  unit: {run: make test, writes: [coverage, score]}
  lint: {run: make lint, writes: [findings, score]}
  gate: {fan_in: {merge: {findings: append, score: same}}, next: approve}
  approve: {ask: Ship?, timeout: 1h, choices: {"[Y] Yes": audit, "[N] No": checks}}
  audit: {prompt: Look., writes: [report], next: exit}
"""


def ship() -> Plan:
    """The plan of it."""
    compiled = compile_bytes(SHIP.encode(), "ship.yaml")
    assert compiled.plan is not None, compiled.diagnostics
    return compiled.plan


def yaml(text: str) -> bytes:
    return textwrap.dedent(text).encode()


def told(faulty: Faulty) -> list[str]:
    """The findings as `line:column message`."""
    return [f"{one.span.line}:{one.span.column} {one.message}" for one in faulty.findings]


def script_faults(text: str) -> list[str]:
    try:
        read_script(yaml(text), "s.yaml", ship())
    except Faulty as faulty:
        return told(faulty)
    return []


def case_faults(text: str) -> list[str]:
    try:
        read_cases(yaml(text), "ship.test.yaml", ship())
    except Faulty as faulty:
        return told(faulty)
    return []


def one_case(text: str) -> Case:
    """The case whose script and expectation a text holds."""
    lines = textwrap.indent(textwrap.dedent(text), "    ")
    whole = f"cases:\n  - name: it\n    inputs: {{depth: 1}}\n{lines}".encode()
    (case,) = read_cases(whole, "ship.test.yaml", ship()).cases
    return case
