"""Findings as a JUnit report, which build servers show as tests.

A file is a suite and a finding a case; a file without findings is one case that passes. It
must not know which findings fail a check: the caller says it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from xml.sax.saxutils import escape, quoteattr

from ..diagnostic import Diagnostic
from .snippet import printable


def as_junit(
    findings: Iterable[Diagnostic], files: Sequence[str], fails: Callable[[Diagnostic], bool]
) -> str:
    """One report over `files`, in their order; a finding that does not fail is a passing case."""
    by_file: dict[str, list[Diagnostic]] = {name: [] for name in files}
    for found in findings:
        by_file.setdefault(found.span.file, []).append(found)
    suites = [line for name, its in by_file.items() for line in _suite(name, its, fails)]
    tests = sum(max(1, len(its)) for its in by_file.values())
    failures = sum(fails(found) for its in by_file.values() for found in its)
    head = f'<testsuites name="attractorc check" tests="{tests}" failures="{failures}">'
    lines = ('<?xml version="1.0" encoding="UTF-8"?>', head, *suites, "</testsuites>")
    return "\n".join(lines) + "\n"


def _suite(
    name: str, findings: list[Diagnostic], fails: Callable[[Diagnostic], bool]
) -> Iterator[str]:
    file = _attribute(name)
    failures = sum(fails(found) for found in findings)
    yield f'  <testsuite name={file} tests="{max(1, len(findings))}" failures="{failures}">'
    for found in findings:
        yield from _case(found, fails(found))
    if not findings:
        yield f'    <testcase name="no findings" classname={file} file={file}/>'
    yield "  </testsuite>"


def _case(found: Diagnostic, failed: bool) -> Iterator[str]:
    span = found.span
    place = f"{span.line}:{span.column}"
    file = _attribute(span.file)
    name = _attribute(f"{found.rule} at {place}")
    yield f'    <testcase name={name} classname={file} file={file} line="{span.line}">'
    said = found.message if found.help is None else f"{found.message}; {found.help}"
    text = escape(printable(f"{span.file}:{place}: {found.severity}[{found.rule}] {said}"))
    if failed:
        kind = _attribute(found.severity.value)
        yield f"      <failure type={kind} message={_attribute(found.message)}>{text}</failure>"
    else:
        yield f"      <system-out>{text}</system-out>"
    yield "    </testcase>"


def _attribute(text: str) -> str:
    return quoteattr(printable(text))
