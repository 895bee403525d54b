"""Reads DOT: text to document, with every fault of the file as a finding.

Two readers, one language: the plain form, which nearly every file is in, is read at once;
whatever is not is left to the grammar from the start, so that findings have one origin.
It must not know what any attribute means.
"""

from __future__ import annotations

from ..diagnostic import Diagnostic
from ..source import Source
from ..syntax import Document
from .dot_plain import plain_document


def read_dot(source: Source) -> tuple[Document | None, tuple[Diagnostic, ...]]:
    """The document of a DOT file and all findings; no document only with an error.

    After syntax errors the document holds what could be read. Never raises, whatever the text.
    """
    document = plain_document(source)
    if document is not None:
        return document, ()
    # A parser generator takes longer to import than most files take to read.
    from .dot_parse import parse_dot

    return parse_dot(source)
