"""Findings as JSON, for programs: the shape that `schemas/diagnostic.schema.json` fixes.

Apart from the text for people, because this one never changes within a version.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from ..diagnostic import Diagnostic, Fix, Severity
from ..value import Json

VERSION = 1


def as_json(findings: Iterable[Diagnostic]) -> str:
    """One JSON object with all findings and their counts, indented, with a line end."""
    found = tuple(findings)
    report: dict[str, Json] = {
        "version": VERSION,
        "findings": [finding(item) for item in found],
        "summary": {
            severity.value: sum(1 for item in found if item.severity is severity)
            for severity in Severity
        },
    }
    return json.dumps(report, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def finding(found: Diagnostic) -> dict[str, Json]:
    """One finding. Lines and columns from 1, in code points; offsets of edits from 0."""
    span = found.span
    return {
        "rule": found.rule,
        "severity": found.severity.value,
        "message": found.message,
        "file": span.file,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
        "node": found.node,
        "edge": None if found.edge is None else list(found.edge),
        "related": [
            {
                "message": related.message,
                "file": related.span.file,
                "line": related.span.line,
                "column": related.span.column,
            }
            for related in found.related
        ],
        "help": found.help,
        "fix": None if found.fix is None else _fix(found.fix),
    }


def _fix(fix: Fix) -> Json:
    edits: list[Json] = [
        {"start": edit.start, "end": edit.end, "text": edit.text} for edit in fix.edits
    ]
    return {"safe": fix.safe, "title": fix.title, "edits": edits}
