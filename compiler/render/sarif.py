"""Findings as SARIF 2.1.0, which code scanning services and editors read.

Columns count code points. Fingerprints hold when lines move: they are made of the rule, the
file, the text of the line and what the finding is about. It must not know where the pages
of the rules come from.
"""

from __future__ import annotations

import json
import re
import string
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from ..diagnostic import Diagnostic, Edit, Fix, Related, Severity
from ..source import Source, Span
from ..value import Json

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_FINGERPRINT = "attractorc/v1"
_UNRESERVED = frozenset(f"{string.ascii_letters}{string.digits}-._~/".encode())


@dataclass(frozen=True, slots=True)
class RuleHelp:
    """What a rule is about: one sentence, and its page as text and as Markdown."""

    rule: str
    severity: Severity
    title: str
    text: str
    markdown: str


def as_sarif(
    findings: Iterable[Diagnostic],
    sources: Mapping[str, Source],
    rules: Sequence[RuleHelp],
    version: str,
) -> str:
    """One SARIF log with one run, indented, with a line end.

    `sources` gives the text by file name; `rules` are all rules that there are, in order.
    """
    indices = {each.rule: index for index, each in enumerate(rules)}
    seen: Counter[str] = Counter()
    results: list[Json] = [_result(found, sources, indices, seen) for found in findings]
    described: list[Json] = [_rule(each) for each in rules]
    driver: dict[str, Json] = {"name": "attractorc", "version": version, "rules": described}
    run: dict[str, Json] = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    log: dict[str, Json] = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _rule(each: RuleHelp) -> Json:
    return {
        "id": each.rule,
        "shortDescription": {"text": each.title},
        "help": {"text": each.text, "markdown": each.markdown},
        "defaultConfiguration": {"level": _LEVELS[each.severity]},
    }


def _result(
    found: Diagnostic,
    sources: Mapping[str, Source],
    indices: Mapping[str, int],
    seen: Counter[str],
) -> Json:
    said = found.message if found.help is None else f"{found.message}; {found.help}"
    result: dict[str, Json] = {
        "ruleId": found.rule,
        "level": _LEVELS[found.severity],
        "message": {"text": said},
        "locations": [_location(found)],
        "partialFingerprints": {_FINGERPRINT: _fingerprint(found, sources, seen)},
    }
    if found.rule in indices:
        result["ruleIndex"] = indices[found.rule]
    if found.related:
        result["relatedLocations"] = [_related(each) for each in found.related]
    source = sources.get(found.span.file)
    if found.fix and source is not None:
        result["fixes"] = [_fix(found.fix, source)]
    return result


def _location(found: Diagnostic) -> Json:
    place: dict[str, Json] = {"physicalLocation": _physical(found.span)}
    name = " -> ".join(found.edge) if found.edge else found.node
    if name is not None:
        place["logicalLocations"] = [{"name": name, "kind": "edge" if found.edge else "node"}]
    return place


def _related(each: Related) -> Json:
    return {"physicalLocation": _physical(each.span), "message": {"text": each.message}}


def _physical(span: Span) -> Json:
    return {
        "artifactLocation": {"uri": _uri(span.file)},
        "region": {
            "startLine": span.line,
            "startColumn": span.column,
            "endLine": span.end_line,
            "endColumn": span.end_column,
        },
    }


def _uri(name: str) -> str:
    """A file name as a URI reference, absolute only if the name is."""
    drive = re.match(r"[A-Za-z]:(?=/)", name)
    if drive:
        return f"file:///{drive[0]}{_escaped(name[2:])}"
    return f"file://{_escaped(name)}" if name.startswith("/") else _escaped(name)


def _escaped(path: str) -> str:
    return "".join(
        chr(byte) if byte in _UNRESERVED else f"%{byte:02X}"
        for byte in path.encode("utf-8", "surrogatepass")
    )


def _fix(fix: Fix, source: Source) -> Json:
    replacements: list[Json] = [_replacement(edit, source) for edit in fix.edits]
    kind = "" if fix.safe else " (may change what the pipeline does)"
    return {
        "description": {"text": f"{fix.title}{kind}"},
        "artifactChanges": [
            {"artifactLocation": {"uri": _uri(source.name)}, "replacements": replacements}
        ],
        "properties": {"safe": fix.safe},
    }


def _replacement(edit: Edit, source: Source) -> Json:
    line, column = source.position(edit.start)
    end_line, end_column = source.position(edit.end)
    return {
        "deletedRegion": {
            "startLine": line,
            "startColumn": column,
            "endLine": end_line,
            "endColumn": end_column,
        },
        "insertedContent": {"text": edit.text},
    }


def _fingerprint(found: Diagnostic, sources: Mapping[str, Source], seen: Counter[str]) -> str:
    """The same as long as rule, file, line text and subject are; a count tells twins apart."""
    source = sources.get(found.span.file)
    line = "" if source is None else " ".join(source.line(found.span.line).split())
    about = (found.rule, found.span.file, line, found.node or "", *(found.edge or ()))
    key = json.dumps(about)
    seen[key] += 1
    return sha256(f"{key} {seen[key]}".encode()).hexdigest()
