"""Collects what elaboration finds wrong, each fault once.

The severities of its rules stand here, in one table. It must not know what is looked for.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..diagnostic import Diagnostic, Fix, Related, Severity
from ..source import Span

SEVERITIES: Mapping[str, Severity] = {
    "condition_syntax": Severity.ERROR,
    "deprecated_spelling": Severity.INFO,
    "duplicate_attribute": Severity.WARNING,
    "fidelity_valid": Severity.WARNING,
    "ignored_attribute": Severity.WARNING,
    "inputs_syntax": Severity.ERROR,
    "join_syntax": Severity.ERROR,
    "merge_syntax": Severity.ERROR,
    "out_of_range": Severity.ERROR,
    "stylesheet_syntax": Severity.ERROR,
    "too_large": Severity.ERROR,
    "unknown_attribute": Severity.WARNING,
    "unknown_shape": Severity.WARNING,
    "unknown_value": Severity.ERROR,
    "winner_syntax": Severity.ERROR,
    "wrong_type": Severity.ERROR,
}


class Findings:
    """The findings of one elaboration. The same rule at the same place is found once."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, Span], Diagnostic] = {}
        self._once: set[tuple[str, str]] = set()

    def add(
        self,
        rule: str,
        span: Span,
        message: str,
        *,
        help: str | None = None,  # noqa: A002  (the finding's own field)
        related: tuple[Related, ...] = (),
        fix: Fix | None = None,
        node: str | None = None,
        severity: Severity | None = None,
    ) -> None:
        """Adds a finding, unless this rule has one at this place already."""
        given = severity or SEVERITIES[rule]
        line = " ".join(part.strip() for part in message.splitlines())
        found = Diagnostic(rule, given, span, line, related, help, fix, node)
        self._found.setdefault((rule, span), found)

    def first_of(self, rule: str, name: str) -> bool:
        """True the first time that it is asked for a rule and a name."""
        if (rule, name) in self._once:
            return False
        self._once.add((rule, name))
        return True

    def all(self) -> tuple[Diagnostic, ...]:
        """The findings, in the order in which they were found."""
        return tuple(self._found.values())
