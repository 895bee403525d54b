"""From the bytes or the text of one file to its findings and its plan.

The compiler's front door and its table of contents: read, elaborate, passes, rules, lower.
Pure: it opens no file but those of the compiler itself, so what a pipeline pulls in comes
from the caller's reader; what is wrong with the text is a finding, never an exception. It
must not know where text comes from or findings go.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from posixpath import basename
from typing import TYPE_CHECKING

from .children import Family
from .consequences import without_consequences
from .diagnostic import Diagnostic, Severity, has_errors, ordered
from .elaborate import elaborate
from .frontend import Language, decode, language_of, read
from .graph.model import Graph
from .graph.nesting import MAX_NESTED, too_deep
from .passes import PASSES, Pass
from .rules import LOCAL_RULES, RULES, Rule
from .rules import check as apply_rules
from .source import Files, Source, no_files
from .suppressions import suppressed
from .syntax import Document

if TYPE_CHECKING:
    from .plan.model import Plan


class Unsound(ValueError):
    """A pipeline that has errors; `diagnostics` are those, the message has a line for each."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        self.diagnostics = diagnostics
        super().__init__("\n".join(map(_in_a_line, diagnostics)) or "no plan was made")


def _in_a_line(found: Diagnostic) -> str:
    span = found.span
    return f"{span.file}:{span.line}:{span.column}: error[{found.rule}] {found.message}"


@dataclass(frozen=True, slots=True)
class Compiled:
    """What became of one file.

    `plan` is None if there is an error, or if none was asked for; `document` and `graph` are
    None if the file was not even read so far. `diagnostics` are in the order of showing, those
    of the files in `below`, the pipelines that it runs, included.
    """

    source: Source
    diagnostics: tuple[Diagnostic, ...]
    plan: Plan | None = None
    graph: Graph | None = None
    document: Document | None = None
    below: tuple[Source, ...] = ()

    @property
    def sources(self) -> dict[str, Source]:
        """The file and those of the pipelines that it runs, by the names that findings show."""
        return {source.name: source for source in (self.source, *self.below)}

    def plan_or_raise(self) -> Plan:
        """The plan. Raises `Unsound` with every error where there is none (specification 7.3)."""
        if self.plan is None:
            errors = (one for one in self.diagnostics if one.severity is Severity.ERROR)
            raise Unsound(tuple(errors))
        return self.plan


def compile_bytes(
    data: bytes,
    name: str,
    rules: Iterable[Rule] = RULES,
    planned: bool = True,
    *,
    files: Files | None = None,
    passes: Iterable[Pass] = PASSES,
) -> Compiled:
    """Compile a file's bytes; `name` is what findings call it, its ending tells the language.

    Without `planned` there is no plan in the end, which is all that a linter needs. `files`
    reads the files that the pipeline names; without it, naming one is an error.
    """
    source, found = decode(data, name)
    if has_errors(found):
        return Compiled(source, ordered(found))
    way = _Way(tuple(rules), passes, files or no_files, planned)
    return _compile(source, None, found, way)


def compile_source(
    source: Source,
    language: Language | None = None,
    rules: Iterable[Rule] = RULES,
    *,
    files: Files | None = None,
    passes: Iterable[Pass] = PASSES,
) -> Compiled:
    """Compile a text; without `language` its name and its beginning tell it.

    A host adds its own as `passes=PASSES + (mine,)` and `rules=RULES + (mine,)`.
    """
    way = _Way(tuple(rules), passes, files or no_files, True)
    return _compile(source, language, (), way)


@dataclass(frozen=True, slots=True)
class _Way:
    """How the caller wants it done."""

    rules: tuple[Rule, ...]
    passes: Iterable[Pass]
    files: Files
    planned: bool


def _compile(
    source: Source, language: Language | None, found: tuple[Diagnostic, ...], way: _Way
) -> Compiled:
    root = basename(source.name)

    def make(file: Source, told: tuple[Diagnostic, ...], chain: tuple[str, ...]) -> Compiled:
        return Compiled(file, told) if has_errors(told) else one(file, None, told, chain)

    def one(
        file: Source,
        written: Language | None,
        told: tuple[Diagnostic, ...],
        chain: tuple[str, ...],
    ) -> Compiled:
        return _compile_one(file, written, told, way, family, chain)

    family = Family(source.name, way.files, make)
    compiled = one(source, language, found, (root,))
    below = tuple(made.source for made in family.known.values())
    return replace(compiled, below=below) if below else compiled


def _compile_one(
    source: Source,
    language: Language | None,
    found: tuple[Diagnostic, ...],
    way: _Way,
    family: Family,
    chain: tuple[str, ...],
) -> Compiled:
    document, syntax = read(source, language or language_of(source.name, source.text))
    found += syntax
    if document is None:
        return Compiled(source, ordered(found))
    graph, elaborated = elaborate(document)
    found += elaborated
    for each in way.passes:
        graph, passed = each(graph, way.files)
        found += passed
    below = family.adopt(graph, chain)
    graph = below.graph
    found = ordered(_judged(graph, found + below.faults, way.rules))
    found = suppressed(document, found, way.rules)
    if below.found:
        found = ordered(found + below.found)
    plan = _plan(graph, below.plans, found) if way.planned else None
    return Compiled(source, found, plan, graph, document)


def _plan(graph: Graph, children: Mapping[str, Plan], found: tuple[Diagnostic, ...]) -> Plan | None:
    if has_errors(found):
        return None
    from .lower import lower

    return lower(graph, children)


def _judged(
    graph: Graph, found: tuple[Diagnostic, ...], rules: Iterable[Rule]
) -> tuple[Diagnostic, ...]:
    """With what the rules find; without what only follows from a fault that is told already."""
    nested = too_deep(graph)
    if nested is not None:
        message = f"fan-outs are nested more than {MAX_NESTED} deep; '{nested.id}' is one too many"
        found += (Diagnostic("too_large", Severity.ERROR, nested.span, message, node=nested.id),)
    if any(finding.rule in ("syntax", "too_large") for finding in found):
        # What could not be read may be just what a rule would miss, or a warning be about.
        errors = tuple(finding for finding in found if finding.severity is Severity.ERROR)
        return errors + apply_rules(graph, [rule for rule in rules if rule in LOCAL_RULES])
    told = {finding.span for finding in found if finding.severity is Severity.ERROR}
    found += tuple(
        finding
        for finding in apply_rules(graph, rules)
        if finding.severity is Severity.ERROR or finding.span not in told
    )
    return without_consequences(graph, ordered(found))
