"""Says in words why a text is no YAML, the same words whichever parser noticed it.

The parsers' own problems are matched loosely: they only tell which of the known mistakes it
is, and the place. It must not know pipelines.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from ..diagnostic import Diagnostic, Related, Severity
from ..source import Source
from .yaml_events import Broken
from .yaml_layout import tab

_ESCAPES = re.compile(
    r"\\(?:[0abt\tnvfre \"/\\N_LP\r\n]|x[0-9a-fA-F]{2}|u(?![dD][89a-fA-F])[0-9a-fA-F]{4}"
    r"|U00(?:0[0-9a-fA-F]|10)[0-9a-fA-F]{4})"
)
_CLOSING = {"[": "]", "{": "}"}
_WORD = re.compile(r"\w[\w.-]*|\S")


def complain(source: Source, fault: Broken, opening: int | None = None) -> Diagnostic:
    """The one finding about a text that is no YAML; `opening` is a bracket that is still open."""
    if source.text[fault.index : fault.index + 1] == "\t" and "quoted" not in fault.context:
        return tab(source, fault.index)
    if opening is not None and _forward(source, fault.index) >= len(source.text):
        return _never_closed(source, opening)
    said = f"{fault.context} {fault.problem}"
    for pattern, explain in _EXPLANATIONS:
        if pattern.search(said):
            return explain(source, fault)
    return _error(source, fault.index, f"cannot go on from {_found(source, fault.index)} here")


def unacceptable(source: Source, index: int) -> Diagnostic:
    """The finding about a character that no YAML file may hold."""
    code = ord(source.text[index])
    message = f"the character U+{code:04X} cannot stand in a YAML file; remove it"
    if code in (0x0D, 0x85, 0x2028, 0x2029):
        message = f"the character U+{code:04X} ends a line for some readers only; remove it"
    elif code < 0xA0 or code == 0xFEFF:
        message = f"an invisible character (U+{code:04X}) stands here; remove it"
    return _error(source, index, message, index + 1)


def bad_escape(source: Source, quote: int) -> Diagnostic:
    """The finding about the first wrong escape in the text whose quote stands at an offset."""
    at = source.text.find("\\", quote)
    while at >= 0 and (match := _ESCAPES.match(source.text, at)):
        at = source.text.find("\\", match.end())
    at = max(at, quote)
    escape = source.text[at : at + 2]
    if escape[1:] in ("x", "u", "U"):
        digits = re.compile(r"[0-9a-fA-F]{0,8}").match(source.text, at + 2)
        end = digits.end() if digits else at + 2
        message = f"'{source.text[at:end]}' is no character"
        return _error(source, at, message, end)
    message = f"'{escape}' is no escape"
    mend = f"write '\\{escape}' for a backslash, or put the text in single quotes"
    return _error(source, at, message, at + 2, help_=mend)


# What the parsers say, and what it means


def _start_of_text(source: Source, fault: Broken) -> Diagnostic:
    char = source.text[fault.index]
    message = f"a text cannot begin with '{char}'; put it in quotes"
    return _error(source, fault.index, message, fault.index + 1)


def _name_expected(source: Source, fault: Broken) -> Diagnostic:
    start = _begin(fault)
    message = f"a text that begins with '{source.text[start : start + 1]}' needs quotes"
    return _error(source, start, message, start + 1)


def _second_colon(source: Source, fault: Broken) -> Diagnostic:
    at = fault.index
    line_start = source.text.rfind("\n", 0, at) + 1
    before = source.text[line_start:at]
    above = source.text[:line_start].rstrip()
    start = above.rfind("\n") + 1
    start += len(above[start:]) - len(above[start:].lstrip())
    if above[start:] and source.position(start)[1] == 1 + len(before) - len(before.lstrip()):
        return _error(source, start, f"expected ':' after {_shown(above[start:])}", len(above))
    if re.search(r":\s", before):
        message = "a second ':' stands on this line; a text that holds ': ' needs quotes"
    elif before.lstrip().startswith(('"', "'")):
        message = "a ':' cannot stand here; a list or a mapping is missing around it"
    else:
        message = "a ':' cannot stand here: this line is indented as if it continued the one before"
    return _error(source, at, message, at + 1)


def _colon_missing(source: Source, fault: Broken) -> Diagnostic:
    start = _begin(fault)
    end = _line_end(source, start)
    comment = source.text.find(" #", start, end)
    end = end if comment < 0 else start + len(source.text[start:comment].rstrip())
    return _error(source, start, f"expected ':' after {_shown(source.text[start:end])}", end)


def _list_not_here(source: Source, fault: Broken) -> Diagnostic:
    message = "a list cannot begin here; begin it on the next line, or write [a, b]"
    return _error(source, fault.index, message, fault.index + 1)


def _key_not_here(source: Source, fault: Broken) -> Diagnostic:
    message = "a '?' cannot stand here; put the text in quotes"
    return _error(source, fault.index, message, fault.index + 1)


def _quote_unclosed(source: Source, fault: Broken) -> Diagnostic:
    start = _begin(fault)
    mark = source.text[start : start + 1]
    shown = '"\'"' if mark == "'" else f"'{mark}'"
    message = f"the text that begins here is never closed: a {shown} is missing"
    return _error(source, start, message, start + 1)


def _escape(source: Source, fault: Broken) -> Diagnostic:
    start = _begin(fault)
    if source.text[start : start + 1] != '"':
        start = max(source.text.find('"', start), 0)
    return bad_escape(source, start)


def _never_closed(source: Source, start: int) -> Diagnostic:
    opening = source.text[start]
    message = f"this '{opening}' is never closed: a '{_CLOSING[opening]}' is missing"
    return _error(source, start, message, start + 1)


def _flow_sequence(source: Source, fault: Broken) -> Diagnostic:
    return _bracket(source, fault, "[")


def _flow_mapping(source: Source, fault: Broken) -> Diagnostic:
    return _bracket(source, fault, "{")


def _bracket(source: Source, fault: Broken, opening: str) -> Diagnostic:
    at = _forward(source, fault.index)
    start = _begin(fault)
    if at >= len(source.text):
        return _never_closed(source, start)
    first = Related(f"this '{opening}' is still open", source.span(start, start + 1))
    message = f"expected ',' or '{_CLOSING[opening]}', not {_found(source, at)}"
    return _error(source, at, message, related=(first,))


def _block(source: Source, fault: Broken) -> Diagnostic:
    at = _forward(source, fault.index)
    found = _found(source, at)
    if source.text[at : at + 1] in ("]", "}"):
        return _error(source, at, f"{found} closes nothing")
    line, column = source.position(at)
    if source.line(line)[: column - 1].strip():
        return _error(source, at, f"expected the end of the line after the value, not {found}")
    start = _begin(fault)
    first = source.position(start)
    related = (Related("what stands above begins here", source.span(start, start)),)
    if first[1] != column:
        message = "the indentation of this line fits none of the lines above"
    elif source.text[start : start + 1] == "-":
        message = f"expected '- ' as above, not {found}"
    else:
        message = f"expected a key as above, not {found}"
    return _error(source, at, message, related=related)


def _content(source: Source, fault: Broken) -> Diagnostic:
    at = _forward(source, fault.index)
    return _error(source, at, f"expected a value, not {_found(source, at)}")


def _end_expected(source: Source, fault: Broken) -> Diagnostic:
    at = _forward(source, fault.index)
    message = f"expected the end of the file, not {_found(source, at)}; check the indentation"
    return _error(source, at, message)


def _block_header(source: Source, fault: Broken) -> Diagnostic:
    start = _begin(fault)
    end = _line_end(source, start)
    message = f"only '+', '-' or a digit may follow '{source.text[start]}' on its line"
    return _error(source, start, message, end)


def _directive(source: Source, fault: Broken) -> Diagnostic:
    start = source.text.rfind("\n", 0, _begin(fault)) + 1
    message = "a line that begins with '%' is an instruction to the reader, and this is none"
    return _error(source, start, message, _line_end(source, start))


_EXPLANATIONS: tuple[tuple[re.Pattern[str], Callable[[Source, Broken], Diagnostic]], ...] = (
    (re.compile("cannot start any token"), _start_of_text),
    (re.compile("scanning an (?:alias|anchor)|(?:a|parsing a?) ?tag|tag handle"), _name_expected),
    (re.compile("directive|incompatible YAML"), _directive),
    (re.compile("mapping values are not allowed"), _second_colon),
    (re.compile("could not find expected ':'"), _colon_missing),
    (re.compile("sequence entries are not allowed"), _list_not_here),
    (re.compile("mapping keys are not allowed"), _key_not_here),
    (re.compile("unexpected end of stream|unexpected document"), _quote_unclosed),
    (re.compile("escape|hexdecimal"), _escape),
    (re.compile("scanning a block scalar"), _block_header),
    (re.compile("node content"), _content),
    (re.compile("parsing a flow sequence"), _flow_sequence),
    (re.compile("parsing a flow mapping"), _flow_mapping),
    (re.compile("parsing a block"), _block),
    (re.compile("<document start>"), _end_expected),
)


# Pieces


def _begin(fault: Broken) -> int:
    """Where that began which could not be read to its end."""
    return fault.index if fault.context_index is None else fault.context_index


def _forward(source: Source, index: int) -> int:
    """The next offset at which something stands, comments left out."""
    blank = re.compile(r"(?:\s+|(?<=\s)#[^\r\n]*)*").match(source.text, index)
    return blank.end() if blank else index


def _found(source: Source, index: int) -> str:
    word = _WORD.match(source.text, index)
    return _shown(word[0]) if word else "the end of the file"


def _shown(text: str) -> str:
    return f"'{text}'" if len(text) <= 40 else f"'{text[:37]}...'"


def _line_end(source: Source, start: int) -> int:
    end = source.text.find("\n", start)
    end = len(source.text) if end < 0 else end
    return max(start + len(source.text[start:end].rstrip()), start)


def _error(
    source: Source,
    start: int,
    message: str,
    end: int | None = None,
    *,
    related: tuple[Related, ...] = (),
    help_: str | None = None,
) -> Diagnostic:
    start = min(start, len(source.text))
    if end is None:
        word = _WORD.match(source.text, start)
        end = word.end() if word else start
    span = source.span(start, min(max(start, end), len(source.text)))
    return Diagnostic("syntax", Severity.ERROR, span, message, related, help_)
