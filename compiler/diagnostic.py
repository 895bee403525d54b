"""A finding: what is wrong where, and how to mend it.

The one channel for the author's faults: front ends, passes and rules all give these, and
only the renderers turn them into text. It must not know any rule or output format.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from .source import Span


class Severity(StrEnum):
    """How much it matters. `exec` refuses a file with an error (specification 7.1)."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for an error, 1 for a warning, 2 for an info."""
        return _RANK[self]


_RANK = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}


@dataclass(frozen=True, slots=True)
class Related:
    """Another place that the finding is about, with one short clause."""

    message: str
    span: Span


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the text from offset `start` to `end` (exclusive, from 0) by `text`."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """Edits that mend a finding; `safe` only if they leave the plan digest as it was."""

    title: str
    edits: tuple[Edit, ...]
    safe: bool


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding (specification 7.1): rule name, severity, exact span, one sentence.

    `node` is a node id and `edge` a (from, to) pair where the finding is about one.
    `help` says what to type, where that is not part of the message.
    """

    rule: str
    severity: Severity
    span: Span
    message: str
    related: tuple[Related, ...] = ()
    help: str | None = None
    fix: Fix | None = None
    node: str | None = None
    edge: tuple[str, str] | None = None

    @property
    def sort_key(self) -> tuple[str, int, int, str, str]:
        """File, place, rule and message: the order in which findings are shown."""
        return (self.span.file, self.span.start, self.span.end, self.rule, self.message)


def ordered(diagnostics: list[Diagnostic] | tuple[Diagnostic, ...]) -> tuple[Diagnostic, ...]:
    """The findings in the order in which they are shown, exact repetitions dropped."""
    return tuple(sorted(dict.fromkeys(diagnostics), key=lambda found: found.sort_key))


def has_errors(diagnostics: tuple[Diagnostic, ...]) -> bool:
    """Whether `exec` must refuse what these findings are about."""
    return any(found.severity is Severity.ERROR for found in diagnostics)
