"""From bytes to text, and which language a text is in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attractorc.compiler.frontend import MAX_BYTES, decode, language_of, read
from attractorc.compiler.source import Source

from .documents import check_places, told

LANGUAGES = {
    ("a.dot", ""): "dot",
    ("a.GV", "pipeline: x"): "dot",
    ("dir.yaml/a.fabro", ""): "dot",
    ("a.yaml", "digraph { a }"): "yaml",
    ("a.yml", ""): "yaml",
    ("-", "// comment\n\nstrict digraph x\n{ a }"): "dot",
    ("-", "# comment\nDigraph { a }"): "dot",
    ("-", "graph {"): "dot",
    ("-", "pipeline: x\ngoal: a digraph\n"): "yaml",
    ("-", "graph: {x: y}\n"): "yaml",
    ("a.txt", ""): "yaml",
}


@pytest.mark.parametrize(("name", "text"), LANGUAGES, ids=repr)
def test_the_ending_tells_the_language_else_the_text(name, text):
    assert language_of(name, text) == LANGUAGES[name, text]


def test_a_byte_order_mark_is_dropped_and_line_ends_are_kept():
    source, findings = decode("\ufeffdigraph {\r\n é }".encode(), "x.dot")
    assert findings == ()
    assert source == Source("x.dot", "digraph {\r\n é }")


EMPTY = "1:1 syntax: the file is empty; a pipeline was expected"
UNREADABLE = {
    "nothing": (b"", "1:1 syntax: the file is empty; a pipeline was expected"),
    "white space": (b" \r\n\t", "1:1 syntax: the file is empty; a pipeline was expected"),
    "a mark and nothing": (
        b"\xef\xbb\xbf",
        "1:1 syntax: the file is empty; a pipeline was expected",
    ),
    "latin-1": (
        "digraph {\n é ".encode() + b"\xe9",
        "2:4 encoding: the byte 0xE9 is not UTF-8; save the file as UTF-8",
    ),
    "latin-1 behind a mark": (
        b"\xef\xbb\xbf\xe9",
        "1:1 encoding: the byte 0xE9 is not UTF-8; save the file as UTF-8",
    ),
    "half a letter": (
        b"a\xc3",
        "1:2 encoding: the byte 0xC3 is not UTF-8; save the file as UTF-8",
    ),
    "a surrogate": (
        b"a\xed\xa0\x80",
        "1:2 encoding: the byte 0xED is not UTF-8; save the file as UTF-8",
    ),
    "UTF-16": ("digraph".encode("utf-16"), "1:1 encoding: the file is UTF-16; save it as UTF-8"),
    "binary": (b"dig\0raph", "1:4 encoding: the file holds a NUL byte: it is no text"),
}


@pytest.mark.parametrize("case", UNREADABLE, ids=str)
def test_what_is_no_text_is_one_finding(case):
    data, expected = UNREADABLE[case]
    source, findings = decode(data, "x.dot")
    check_places(source, findings)
    assert told(findings) == [expected]


def test_a_file_has_a_largest_size():
    assert decode(b"x" * MAX_BYTES, "x.dot")[1] == ()
    source, findings = decode(b"x" * (MAX_BYTES + 1), "x.dot")
    assert told(findings) == [
        "1:1 too_large: the file has 10,000,001 bytes; a pipeline has at most 10 MB; it is not read"
    ]
    assert source.text == ""


@given(st.binary(max_size=40), st.sampled_from(["x.dot", "x.yaml", "-"]))
def test_no_bytes_make_it_raise(data, name):
    source, findings = decode(data, name)
    check_places(source, findings)
    document, more = read(source, language_of(name, source.text))
    assert document is not None or findings or more
