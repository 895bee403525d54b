"""Reads the model stylesheet and holds its declarations against the attribute table.

Apart from the other values, because it has attributes of its own inside. Which nodes its
rules match is for the stylesheet pass. It must not know nodes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ..attributes import is_synonym, lookup
from ..diagnostic import Edit, Fix, Severity
from ..frontend.small import Fault, Problem, narrowed
from ..frontend.stylesheet import Declaration, Stylesheet, parse_stylesheet
from ..source import Source, Span
from ..syntax import Scalar
from ..value import nearest
from .findings import Findings

PROPERTIES = ("llm_model", "llm_provider", "reasoning_effort", "backend")


def styles(value: Scalar, source: Source, findings: Findings) -> Stylesheet | None:
    """The sheet with known properties only, by canonical name; None if it does not parse."""
    sheet = parse_stylesheet(value.text)
    if isinstance(sheet, Problem):
        span = Fault(value, sheet).span(source)
        findings.add("stylesheet_syntax", span, sheet.message, help=sheet.help)
        return None
    reader = _Properties(value, source, findings)
    return Stylesheet(
        tuple(
            replace(rule, declarations=tuple(reader.known(rule.declarations)))
            for rule in sheet.rules
        )
    )


class _Properties:
    def __init__(self, value: Scalar, source: Source, findings: Findings) -> None:
        self._value, self._source, self._findings = value, source, findings

    def known(self, declarations: tuple[Declaration, ...]) -> Iterator[Declaration]:
        """The declarations that mean something."""
        for declaration in declarations:
            row = lookup("node", declaration.property)
            if row is None or row.name not in PROPERTIES:
                self._unknown(declaration)
                continue
            if not is_synonym(row, declaration.property):
                self._other_spelling(declaration, row.name)
            if row.values and declaration.value not in row.values:
                self._findings.add(
                    "unknown_value",
                    self._span(declaration.value_start, declaration.value_end),
                    f"'{row.name}' must be one of {', '.join(row.values)}, "
                    f"not '{declaration.value}'",
                    severity=Severity.WARNING,
                )
            yield replace(declaration, property=row.name)

    def _span(self, start: int, end: int) -> Span:
        return narrowed(self._source, self._value.span, self._value.text, start, end)

    def _unknown(self, declaration: Declaration) -> None:
        name = declaration.property
        if self._findings.first_of("stylesheet", name):
            meant = nearest(name, PROPERTIES)
            self._findings.add(
                "unknown_attribute",
                self._span(declaration.start, declaration.end),
                f"a stylesheet cannot set '{name}', only {', '.join(PROPERTIES)}",
                help=f"did you mean '{meant}'?" if meant else None,
            )

    def _other_spelling(self, declaration: Declaration, name: str) -> None:
        span = self._span(declaration.start, declaration.end)
        exact = self._source.text[span.start : span.end] == declaration.property
        edit = Edit(span.start, span.end, name)
        self._findings.add(
            "deprecated_spelling",
            span,
            f"'{declaration.property}' is spelled '{name}' here",
            fix=Fix(f"write {name}", (edit,), safe=True) if exact else None,
        )
