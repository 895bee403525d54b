"""From the bytes or the text of one file to its findings and its plan.

The compiler's front door and its table of contents: read, elaborate, passes, rules, lower.
Pure: it opens no file but those of the compiler itself, and what is wrong with the text is
a finding, never an exception. It must not know where text comes from or findings go.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .diagnostic import Diagnostic, Severity, has_errors, ordered
from .elaborate import elaborate
from .frontend import Language, decode, language_of, read
from .graph.model import Graph
from .passes import PASSES
from .plan.model import Plan
from .rules import LOCAL_RULES, RULES, Rule
from .rules import check as apply_rules
from .source import Source
from .syntax import Document


@dataclass(frozen=True, slots=True)
class Compiled:
    """What became of one file.

    `plan` is None if there is an error, or if none was asked for; `document` and `graph` are
    None if the file was not even read so far. `diagnostics` are in the order of showing.
    """

    source: Source
    diagnostics: tuple[Diagnostic, ...]
    plan: Plan | None = None
    graph: Graph | None = None
    document: Document | None = None


def compile_bytes(
    data: bytes, name: str, rules: Iterable[Rule] = RULES, planned: bool = True
) -> Compiled:
    """Compile a file's bytes; `name` is what findings call it, its ending tells the language.

    Without `planned` there is no plan in the end, which is all that a linter needs.
    """
    source, found = decode(data, name)
    if has_errors(found):
        return Compiled(source, ordered(found))
    return _compile(source, None, rules, found, planned)


def compile_source(
    source: Source, language: Language | None = None, rules: Iterable[Rule] = RULES
) -> Compiled:
    """Compile a text; without `language` its name and its beginning tell it."""
    return _compile(source, language, rules, (), planned=True)


def _compile(
    source: Source,
    language: Language | None,
    rules: Iterable[Rule],
    found: tuple[Diagnostic, ...],
    planned: bool,
) -> Compiled:
    document, syntax = read(source, language or language_of(source.name, source.text))
    found += syntax
    if document is None:
        return Compiled(source, ordered(found))
    graph, elaborated = elaborate(document)
    found += elaborated
    for each in PASSES:
        graph, passed = each(graph)
        found += passed
    found = ordered(_judged(graph, found, rules))
    return Compiled(source, found, _plan(graph, found) if planned else None, graph, document)


def _plan(graph: Graph, found: tuple[Diagnostic, ...]) -> Plan | None:
    if has_errors(found):
        return None
    from .lower import lower

    return lower(graph)


def _judged(
    graph: Graph, found: tuple[Diagnostic, ...], rules: Iterable[Rule]
) -> tuple[Diagnostic, ...]:
    """With what the rules find; without what only follows from a fault that is told already."""
    if any(finding.rule == "syntax" for finding in found):
        # What could not be read may be just what a rule would miss, or a warning be about.
        errors = tuple(finding for finding in found if finding.severity is Severity.ERROR)
        return errors + apply_rules(graph, [rule for rule in rules if rule in LOCAL_RULES])
    told = {finding.span for finding in found if finding.severity is Severity.ERROR}
    return found + tuple(
        finding
        for finding in apply_rules(graph, rules)
        if finding.severity is Severity.ERROR or finding.span not in told
    )
