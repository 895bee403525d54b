"""The suite's files as cases: pipelines filled in, and tables written out.

What was read keeps its places, so that a miss points at its line. It must not know who runs
a case.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from attractorc.compiler.driver import Compiled, compile_bytes
from attractorc.compiler.frontend.yaml_shapes import Findings
from attractorc.compiler.plan.model import Plan
from attractorc.compiler.source import Source, Span
from attractorc.interpreter.simulation import Script
from attractorc.testing.cases import Case, case_of
from attractorc.testing.reading import Faulty, Read, data, read_file, refuse

from .form import SUITE
from .tables import Entry, entries

FOLDER = Path(__file__).parent
_PLACE = re.compile(r"\{\{(\w+)\}\}")


@dataclass(frozen=True, slots=True)
class Conformance:
    """One case: a pipeline in one or two languages, a script, what must come of it.

    `written` is what stands in the file; an entry of a table is written out. `cell` is its
    place in the table: how the matrix counts it.
    """

    topic: str
    file: str
    name: str
    law: str
    source: Source
    written: Read
    dot: str
    yaml: str | None = None
    cell: Entry | None = field(default=None, compare=False)

    @property
    def refused(self) -> bool:
        """Whether the pipeline must be an error."""
        return "refused" in self.written.value["expect"].value

    def compiled(self, language: str = "dot") -> Compiled:
        """The pipeline in one of its languages."""
        text = self.dot if language == "dot" else self.yaml
        assert text is not None, f"{self.name}: there is no {language}"
        return _compiled(text, f"{self.topic}.{language}")

    def plan(self, language: str = "dot") -> Plan:
        """The plan; raises `Faulty` if there is none."""
        made = self.compiled(language)
        if made.plan is None:
            raise Faulty(made.source, made.diagnostics)
        return made.plan

    def case(self, plan: Plan) -> Case:
        """The case for a plan. Raises `Faulty`."""
        findings = Findings()
        case = case_of(self.written, plan, Script(), findings)
        refuse(findings, self.source)
        return case


@cache
def _compiled(text: str, name: str) -> Compiled:
    return compile_bytes(text.encode(), name)


def files() -> list[Path]:
    """The files of the suite."""
    return sorted(FOLDER.glob("*.yaml"))


@cache
def suite(path: Path) -> tuple[Conformance, ...]:
    """The cases of a file, those of its tables last. Raises `Faulty`."""
    read, source, findings = read_file(path.read_bytes(), path.name, SUITE)
    shared = read.get("pipelines")
    pipelines: Mapping[str, Read] = {} if shared is None else shared.value
    made = [
        _case(source, read.value["topic"].value, each, pipelines, findings)
        for each in _list(read, "cases")
    ]
    for table in _list(read, "tables"):
        for entry in entries(table):
            text = _filled(entry.dot, entry.places, table.span, findings)
            topic = read.value["topic"].value
            written = entry.written
            made.append(
                Conformance(
                    topic, path.name, entry.name, entry.law, source, written, text, cell=entry
                )
            )
    for name in {case.name for case in made if [each.name for each in made].count(case.name) > 1}:
        findings.error(read.span, f"two cases are called '{name}'")
    refuse(findings, source)
    return tuple(made)


def _list(read: Read, key: str) -> list[Read]:
    found = read.get(key)
    return [] if found is None else found.value


def _case(
    source: Source, topic: str, read: Read, pipelines: Mapping[str, Read], findings: Findings
) -> Conformance:
    name, named = read.value["name"].value, read.get("pipeline")
    pipeline = read
    if named is not None:
        if named.value not in pipelines:
            findings.error(named.span, f"the file has no pipeline '{named.value}'")
        pipeline = pipelines.get(named.value, read)
    if pipeline.get("dot") is None and read.get("dot") is None:
        findings.error(read.span, f"the case '{name}' has no pipeline; write dot: or pipeline:")
    places: dict[str, str] = {}
    for holder in (pipeline, read):
        found = holder.get("with")
        places |= {} if found is None else data(found)
    dot = read.get("dot") or pipeline.get("dot")
    yaml = read.get("yaml") or (None if read.get("dot") else pipeline.get("yaml"))
    if dot is not None:
        _unused(read, dot, findings)
    return Conformance(
        topic,
        source.name,
        name,
        read.value["law"].value,
        source,
        read,
        "" if dot is None else _filled(dot.value, places, read.span, findings),
        None if yaml is None else _filled(yaml.value, places, read.span, findings),
    )


def _unused(read: Read, dot: Read, findings: Findings) -> None:
    """Report what a case puts into its pipeline that has no place there."""
    own = read.get("with")
    if own is not None:
        for place in own.value.keys() - set(_PLACE.findall(dot.value)):
            message = f"nothing in the pipeline is called {{{{{place}}}}}"
            findings.error(own.keys[place], message)


def _filled(text: str, places: Mapping[str, str], span: Span, findings: Findings) -> str:
    """The pipeline with its places filled; one that nothing stands for is a finding."""
    wanted = set(_PLACE.findall(text))
    for name in sorted(wanted - set(places)):
        findings.error(span, f"nothing says what stands for {{{{{name}}}}}")
    return _PLACE.sub(lambda match: places.get(match[1], ""), text)


def all_cases() -> Iterator[Conformance]:
    """Every case of every file."""
    for path in files():
        yield from suite(path)
