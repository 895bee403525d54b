"""The events of a YAML file, from the C parser where it is installed, else from pure Python.

Both are ruamel.yaml and give the same events; their messages differ, so that trouble is told
in our words, one sentence for each cause. It must not know what a pipeline is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ..diagnostic import Diagnostic, Related, Severity
from ..source import Source

_UNPRINTABLE = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)

# Cause, as both parsers tell it, and our sentence; the first that matches counts.
_CAUSES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), sentence)
    for pattern, sentence in (
        (r"mapping values are not allowed", "a ':' cannot stand here; put the text in quotes"),
        (r"mapping keys are not allowed", "a '?' cannot stand here; put the text in quotes"),
        (r"sequence entries are not allowed", "a list item ('- ') cannot stand here"),
        (r"expected ',' or '\]'", "expected ',' or ']' in the list"),
        (r"expected ',' or '\}'", "expected ',' or '}' in the mapping"),
        (r"node content|expected the node", "expected a value"),
        (r"<?document start>?", "expected the end of the file"),
        (r"undefined tag handle", "this tag is unknown; write the value without it"),
        (r"hexdecimal|hexadecimal|hex", "expected hexadecimal digits after the escape"),
        (
            r"chomping|indentation indicator|comment or (a )?line break",
            "expected a comment or the end of the line",
        ),
        (r"(scanning|parsing) an? tag", "this tag is not well formed; write the value without it"),
        (r"alphabetic|alphanumeric", "expected a name of letters and digits after '&' or '*'"),
    )
)
_MISFIT = "this does not fit the lines above; check its indentation, or quote the text"


def events(source: Source) -> Iterator[Any]:
    """The events of the file; raises ruamel.yaml's `YAMLError` where it cannot go on."""
    try:
        from _ruamel_yaml import CParser
    except ImportError:
        try:
            from _ruamel_yaml_clibz import CParser
        except ImportError:
            yield from _pure(source)
            return
    parser = CParser(source.text)
    while parser.check_event():
        yield parser.get_event()


def _pure(source: Source) -> Iterator[Any]:
    from ruamel.yaml import YAML

    yield from YAML(typ="safe", pure=True).parse(source.text)


def unprintable(source: Source) -> Diagnostic | None:
    """The finding about the first character that YAML does not allow, if there is one."""
    found = _UNPRINTABLE.search(source.text)
    if found is None:
        return None
    message = f"YAML does not allow the character U+{ord(found[0]):04X}; remove it"
    return _finding(source, found.start(), found.end(), message, rule="encoding")


def trouble(source: Source, error: Any) -> Diagnostic:
    """The finding about an error of the parser, at its place and in our words."""
    at = _index(source, getattr(error, "problem_mark", None))
    begin = _index(source, getattr(error, "context_mark", None), at)
    problem = str(getattr(error, "problem", None) or "")
    context = str(getattr(error, "context", None) or "")
    char = source.text[at : at + 1]
    if "end of stream" in problem:
        return _finding(source, begin, begin + 1, "the text that begins here is never closed")
    if "start any token" in problem or "tab character" in problem:
        return _bad_start(source, at)
    if "unknown escape" in problem:
        start = source.text.rfind("\\", 0, at + 1)
        message = "a text in double quotes has no such escape; write it in single quotes"
        return _finding(source, start, start + 2, message)
    if "expected ':'" in problem:
        return _finding(source, begin, begin + 1, "expected ':' and a value after this key")
    if "directive" in context or "YAML document" in problem:
        start = source.text.rfind("\n", 0, at) + 1
        return _finding(source, start, start + 1, "a pipeline needs no '%' line; remove it")
    if "',' or" in problem and at >= len(source.text.rstrip()):
        bracket = source.text[begin : begin + 1]
        return _finding(source, begin, begin + 1, f"this '{bracket}' is never closed")
    whole = f"{context} {problem}".strip()
    sentence = next((said for pattern, said in _CAUSES if pattern.search(whole)), None)
    if sentence is not None:
        return _finding(source, at, at + 1, sentence)
    if char and char in "]}":
        return _finding(source, at, at + 1, f"this '{char}' closes nothing")
    before = source.text[:at].rstrip(" \t")[-1:]
    if before and before in "\"'":
        message = "the text in quotes ends before this; inside it, '\"' is written '\\\"'"
        return _finding(source, at, at + 1, message)
    place = (Related("what it stands in begins here", source.span(begin, begin)),)
    return _finding(source, at, at + 1, _MISFIT, place if begin != at else ())


def _index(source: Source, mark: Any, otherwise: int = 0) -> int:
    return min(mark.index, len(source.text)) if mark is not None else otherwise


def _bad_start(source: Source, at: int) -> Diagnostic:
    char = source.text[at : at + 1]
    line_start = source.text.rfind("\n", 0, at) + 1
    tab = source.text.find("\t", line_start, at + 1)
    if tab >= 0 and not source.text[line_start:tab].strip():
        return _finding(source, tab, tab + 1, "a tab cannot indent YAML; use spaces")
    message = f"a text cannot begin with '{char}' here; put it in quotes"
    if char == "\t":
        message = "a tab cannot stand here; use spaces"
    return _finding(source, at, at + 1, message)


def _finding(
    source: Source,
    start: int,
    end: int,
    message: str,
    related: tuple[Related, ...] = (),
    rule: str = "syntax",
) -> Diagnostic:
    span = source.span(min(start, len(source.text)), min(end, len(source.text)))
    return Diagnostic(rule, Severity.ERROR, span, message, related)
