"""What holds for every input whatever: the laws that the fuzzer holds the compiler to.

A plan or errors, never both or neither; places inside the file; findings that print in
every format; a plan that comes back from its own text with the same digest. Apart from the
process that bounds time and memory.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from xml.etree import ElementTree

from attractorc.commands.reporting import FORMATS, Report
from attractorc.compiler.diagnostic import Diagnostic, Severity, has_errors
from attractorc.compiler.driver import Compiled, compile_bytes
from attractorc.compiler.fixes import applied
from attractorc.compiler.plan.codec import from_text, to_json
from attractorc.compiler.plan.digest import digest_of
from attractorc.compiler.plan.model import Plan
from attractorc.compiler.render.plan_tree import plan_tree
from attractorc.compiler.source import Source, Span, Unreadable
from attractorc.compiler.value import canonical

from ..corpus.rewriting import again_with, broken_conversion, broken_layout, digest, language

SMALL = 12_000
"""The most bytes of an input that is compiled twice and looked through place by place."""

_PRINTED = 200
"""The most findings that are printed in every format."""


def files(path: str) -> bytes:
    """Prompt files: one that is there, one that is no text, and no others."""
    if path == "judge.md":
        return b"Judge $goal and ${context.unit}; @judge.md is not read again."
    if path == "bytes.md":
        return b"\xff\0"
    raise Unreadable("is not there")


def compiled(data: bytes, name: str) -> Compiled:
    """The input compiled, with those prompt files beside it."""
    return compile_bytes(data, name, files=files)


def broken_laws(data: bytes, one: Compiled) -> Iterator[str]:
    """Every law that does not hold for an input and what became of it, a sentence each."""
    refused = has_errors(one.diagnostics)
    if refused == (one.plan is not None):
        yield "it has errors and a plan" if refused else "it has neither errors nor a plan"
    yield from _misplaced(one, thorough=len(data) <= SMALL)
    yield from _unprintable(one)
    if one.plan is not None:
        yield from _unstable(one.plan)
    if len(data) <= SMALL:
        other = compiled(data, one.source.name)
        if other.diagnostics != one.diagnostics or other.plan != one.plan:
            yield "compiled again, it gives something else"
        yield from _rewritten(one)


def _rewritten(one: Compiled) -> Iterator[str]:
    """Layout, conversion and safe fixes, which keep the plan; what they refuse is no fault."""
    again = again_with(files)
    if one.document is not None:
        faults = broken_layout(one, again)
        yield from (fault for fault in faults if not fault.startswith("it cannot"))
    if one.plan is not None:
        faults = broken_conversion(one, again)
        yield from (fault for fault in faults if not fault.startswith("YAML cannot"))
        safe = [found.fix for found in one.diagnostics if found.fix and found.fix.safe]
        fixed = again(applied(one.source.text, safe)[0], language(one))
        if digest(fixed) != digest(one):
            yield "with its safe fixes, it has another plan"


def _misplaced(one: Compiled, thorough: bool) -> Iterator[str]:
    for found in one.diagnostics:
        for span in (found.span, *(related.span for related in found.related)):
            yield from (f"{found.rule}: {words}" for words in _off(one.source, span))
        for edit in () if found.fix is None else found.fix.edits:
            if not 0 <= edit.start <= edit.end <= len(one.source.text):
                yield f"{found.rule}: its fix edits {edit.start} to {edit.end}, outside the file"
    if thorough:
        for part in (one.document, one.graph and one.graph.nodes, one.plan):
            for span in set(_spans(part)):
                yield from (f"{type(part).__name__}: {words}" for words in _off(one.source, span))


def _off(source: Source, span: Span) -> Iterator[str]:
    if span.file != source.name:
        yield f"a place in the file {span.file!r}, not in {source.name!r}"
    elif not 0 <= span.start <= span.end <= len(source.text):
        yield f"the place {span.start} to {span.end} is outside the file"
    elif source.span(span.start, span.end) != span:
        yield f"the lines and columns of {span} are not those of its offsets"


def _spans(whole: object) -> Iterator[Span]:
    seen: set[int] = set()
    left = [whole]
    while left:
        part = left.pop()
        if isinstance(part, Span):
            yield part
        elif id(part) in seen or isinstance(part, str | Source):
            continue
        elif is_dataclass(part):
            seen.add(id(part))
            left += [getattr(part, field.name) for field in fields(part)]
        elif isinstance(part, Mapping):
            left += part.values()
        elif isinstance(part, tuple | list):
            left += part


def _unprintable(one: Compiled) -> Iterator[str]:
    sources = {one.source.name: one.source}
    for name, text in _printed(one.diagnostics[:_PRINTED], sources):
        reason = _unreadable(name, text)
        if reason is not None:
            yield f"the findings as {name} cannot be read: {reason}"
    for found in one.diagnostics:
        if not found.message.strip() or "\n" in found.message:
            yield f"{found.rule}: its message is not one line: {found.message[:80]!r}"


def _printed(
    found: tuple[Diagnostic, ...], sources: Mapping[str, Source]
) -> Iterator[tuple[str, str]]:
    report = Report(found, sources, lambda item: item.severity is Severity.ERROR)
    for name, form in FORMATS.items():
        yield name, form(report)
    yield "text in colour", FORMATS["text"](replace(report, colour=True))


def _unreadable(name: str, text: str) -> str | None:
    """Why a text is none of its format, if there is a reader for the format."""
    try:
        text.encode()
        if name in ("json", "sarif"):
            json.loads(text)
        elif name == "junit":
            ElementTree.fromstring(text)
    except (ValueError, ElementTree.ParseError) as error:
        return str(error)
    return None


def _unstable(plan: Plan) -> Iterator[str]:
    if digest_of(plan) != plan.digest:
        yield "the plan does not have the digest that it says"
        return
    text = canonical(to_json(plan))
    if from_text(text) != plan:
        yield "the plan is another after its own JSON"
    for name, words in (("JSON", text), ("a tree", plan_tree(plan))):
        try:
            words.encode()
        except UnicodeEncodeError as error:
            yield f"the plan as {name} is no UTF-8: {error.reason}"
