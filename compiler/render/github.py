"""Findings as commands of GitHub's workflow log, which become notes beside the lines.

Apart from the other one-line format because of the escapes that the log needs. It must not
know that GitHub shows only the first few of each kind.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..diagnostic import Diagnostic, Severity

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def as_commands(findings: Iterable[Diagnostic]) -> str:
    """Every finding as one `::error file=…::…` line; '' without findings."""
    return "".join(f"{_command(found)}\n" for found in findings)


def _command(found: Diagnostic) -> str:
    span = found.span
    place = {
        "file": span.file,
        "line": str(span.line),
        "col": str(span.column),
        "endLine": str(span.end_line),
        "endColumn": str(span.end_column),
        "title": f"attractorc {found.rule}",
    }
    properties = ",".join(f"{name}={_property(value)}" for name, value in place.items())
    said = found.message if found.help is None else f"{found.message}; {found.help}"
    return f"::{_COMMANDS[found.severity]} {properties}::{_data(said)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
