"""Cases as they are read from an `x.test.yaml`, for the plan of the pipeline beside it.

What a case expects is kept as it was read, with its places, so that a miss can point at its
line. It must not know how a case is run or judged.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from attractorc.compiler.frontend.yaml_shapes import Findings
from attractorc.compiler.plan.model import Plan
from attractorc.compiler.source import Source, Span
from attractorc.compiler.value import Json, canonical, nearest
from attractorc.interpreter.simulation import Script, merged

from .format import CASES
from .judging import REGIONAL
from .reading import Read, data, read_file, refuse
from .scripts import script_of
from .stage_ids import NoStage, in_family, no_node, node_of


@dataclass(frozen=True, slots=True)
class Case:
    """One case: the run that is made, and what is expected of it."""

    name: str
    span: Span
    script: Script
    expect: Read
    inputs: dict[str, Json] = field(default_factory=dict)
    jobs: int | None = None


@dataclass(frozen=True, slots=True)
class Cases:
    """The cases of a file, in its order."""

    source: Source
    cases: tuple[Case, ...]


def read_cases(content: bytes, name: str, plan: Plan) -> Cases:
    """The cases in a file, for a plan. Raises `Faulty`."""
    read, source, findings = read_file(content, name, CASES)
    shared = script_of(read.get("script"), plan, findings)
    found: dict[str, Case] = {}
    for each in read.value["cases"].value:
        case = case_of(each, plan, shared, findings)
        if case.name in found:
            findings.error(case.span, f"two cases are called '{case.name}'; rename one")
        found[case.name] = case
    refuse(findings, source)
    return Cases(source, tuple(found.values()))


def case_of(read: Read, plan: Plan, shared: Script, findings: Findings) -> Case:
    """The case that was read, as far as it has no faults; those are added to `findings`."""
    own = read.get("script")
    script = script_of(own, plan, findings)
    expect, jobs = read.value["expect"], read.get("jobs")
    if not expect.value:
        findings.error(expect.span, "the case expects nothing; write for example outcome: success")
    for key, name, span in _nodes(expect):
        _check_node(key, name, span, plan, findings)
    for key in REGIONAL:
        for name, span in _keys(expect, key):
            node = _check_node(key, name, span, plan, findings)
            if node is not None and not any(node in one.regions for one in plan.family):
                findings.error(span, f"'{key}': '{node}' is no fan-out")
    return Case(
        read.value["name"].value,
        read.value["name"].span,
        merged(shared, script, default=own is not None and own.get("default") is not None),
        expect,
        _inputs(read, plan, findings),
        None if jobs is None else jobs.value,
    )


def _check_node(key: str, name: str, span: Span, plan: Plan, findings: Findings) -> str | None:
    """The node that an id names; None, with a finding, if there is none."""
    try:
        if name.startswith("/") and key in (*REGIONAL, "questions"):
            return node_of(name, plan)
    except NoStage as error:
        findings.error(span, f"'{key}': {error}")
        return None
    if key == "path" and name in plan.steps:
        return name
    if key != "path" and in_family(name, plan) is not None:
        return name
    findings.error(span, f"'{key}': {no_node(name, plan)}")
    return None


def _nodes(expect: Read) -> Iterator[tuple[str, str, Span]]:
    """The nodes that an expectation names: the key that each stands under, and its place."""
    for key in ("path", "never_ran", "questions"):
        read = expect.get(key)
        for item in () if read is None else read.value:
            yield key, item.value, item.span
    for name, span in _keys(expect, "ran"):
        yield "ran", name, span
    branches = expect.get("branches")
    for by_branch in () if branches is None else branches.value.values():
        for nodes in by_branch.value.values():
            yield from (("branches", item.value, item.span) for item in nodes.value)


def _keys(expect: Read, key: str) -> Iterator[tuple[str, Span]]:
    """The names under a key of an expectation, and their places."""
    read = expect.get(key)
    if read is not None:
        yield from ((name, read.keys[name]) for name in read.value)


def _inputs(read: Read, plan: Plan, findings: Findings) -> dict[str, Json]:
    """The values of all inputs: those that the case gives, and defaults."""
    given = read.get("inputs")
    values: dict[str, Json] = {} if given is None else data(given)
    declared = {one.name: one for one in plan.inputs}
    types = {"string": str, "int": int, "float": (int, float), "bool": bool}
    for name, value in values.items():
        assert given is not None
        one = declared.get(name)
        if one is None:
            meant = nearest(name, declared)
            hint = f"; did you mean '{meant}'?" if meant else ""
            findings.error(given.keys[name], f"the pipeline has no input '{name}'{hint}")
            continue
        wanted = types.get(one.type)
        fits = wanted is None or isinstance(value, wanted)  # type: ignore[arg-type]
        if not fits or (one.type in ("int", "float") and isinstance(value, bool)):
            message = f"the input '{name}' must be of the type {one.type}"
            findings.error(given.keys[name], message)
        elif one.enum and canonical(value) not in [canonical(each) for each in one.enum]:
            choices = ", ".join(canonical(each) for each in one.enum)
            findings.error(given.keys[name], f"the input '{name}' must be one of {choices}")
    for name, one in declared.items():
        if name not in values and one.required:
            message = f"the case gives no value for the input '{name}', which has no default"
            findings.error(read.place("name"), message, mend=f"write inputs: {{{name}: ...}}")
    return {name: values.get(name, one.default) for name, one in declared.items()}
