"""The front ends: from the bytes of a file to its document, whichever language it is in.

Each language has a reader of its own; the parsers of the small languages (conditions,
policies, stylesheets, inputs) live here too, for whoever meets their texts. The readers are
imported when they are used, because their libraries take time. It must not know a graph.
"""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import Literal, TypeAlias

from ..diagnostic import Diagnostic, Severity
from ..source import Source
from ..syntax import Document

Language: TypeAlias = Literal["dot", "yaml"]

MAX_BYTES = 10_000_000

_SUFFIXES: dict[str, Language] = {
    ".dot": "dot",
    ".gv": "dot",
    ".fabro": "dot",
    ".yaml": "yaml",
    ".yml": "yaml",
}
_DOT_HEAD = re.compile(r"^[ \t]*(?:strict\s+)?(?:di)?graph\b[^:\n]*(?:\{|$)", re.I | re.M)
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def language_of(name: str, text: str) -> Language:
    """The language of a file: by its ending, else by how its text looks."""
    known = _SUFFIXES.get(PurePath(name).suffix.lower())
    if known is not None:
        return known
    return "dot" if _DOT_HEAD.search(text) else "yaml"


def decode(data: bytes, name: str) -> tuple[Source, tuple[Diagnostic, ...]]:
    """The text of a file under the name that findings show, without a byte order mark.

    Finds what is no text at all (rules `encoding`, `too_large`, and `syntax` for an empty
    file); then the source holds as much of the text as can be shown.
    """
    if len(data) > MAX_BYTES:
        limit = f"a pipeline has at most {MAX_BYTES // 1_000_000} MB"
        message = f"the file has {len(data):,} bytes; {limit}; it is not read"
        return _refused(Source(name, ""), 0, message, "too_large")
    if data.startswith(_UTF_16):
        message = "the file is UTF-16; save it as UTF-8"
        return _refused(Source(name, ""), 0, message, "encoding")
    try:
        source = Source(name, data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        # The position counts from behind a byte order mark, as the text does.
        before = len(error.object[: error.start].decode("utf-8", "replace"))
        shown = Source(name, error.object.decode("utf-8", "replace"))
        message = f"the byte 0x{error.object[error.start]:02X} is not UTF-8; save the file as UTF-8"
        return _refused(shown, before, message, "encoding")
    nul = source.text.find("\0")
    if nul >= 0:
        return _refused(source, nul, "the file holds a NUL byte: it is no text", "encoding")
    if not source.text.strip():
        return _refused(source, 0, "the file is empty; a pipeline was expected", "syntax")
    return source, ()


def _refused(
    source: Source, at: int, message: str, rule: str
) -> tuple[Source, tuple[Diagnostic, ...]]:
    span = source.span(at, min(at + 1, len(source.text)))
    return source, (Diagnostic(rule, Severity.ERROR, span, message),)


def read(source: Source, language: Language) -> tuple[Document | None, tuple[Diagnostic, ...]]:
    """The document of a file and all that was found in reading it.

    There is no document only where there is an error; with errors, the document holds what
    could be read. Never raises, whatever the text.
    """
    if language == "dot":
        from .dot import read_dot

        return read_dot(source)
    from .yaml import read_yaml

    return read_yaml(source)
