"""The quick reader of plain DOT gives what the grammar gives, or leaves the file to it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attractorc.compiler.frontend import dot_lexer, dot_plain
from attractorc.compiler.frontend.dot_parse import parse_dot
from attractorc.compiler.frontend.dot_plain import plain_document
from attractorc.compiler.source import Source

from .test_dot import ACCEPTED, MENDED, REFUSED


def is_plain(text: str) -> bool:
    """Whether the quick reader reads a text; if so, the grammar must give just the same."""
    source = Source("x.dot", text)
    document = plain_document(source)
    if document is not None:
        assert parse_dot(source) == (document, ())
    return document is not None


PLAIN = {
    "a chain and its attributes": 'digraph g { a -> b -> "c d" [label="x", weight=2] }',
    "a name in quotes, and none": 'digraph "a b" { a } ',
    "no name": "DiGraph { a }",
    "attributes over lines": 'digraph g {\n  a [\n    x="1",\n    y=2;\n    z\n  ]\n}\n',
    "several lists": "digraph g { a [x=1] [y=2]\n[] }",
    "keys with dots, bare and quoted": 'digraph g { a [human.default_choice=b, "c.d" = e] }',
    "bare values": "digraph g { a [a=-3, b=.5, c=true, d=900s, e=gpt-5.2, f=summary:low] }",
    "a text over lines": 'digraph g {\r\n a [x="1\r\n2\\\n3\\"4", y=5]\r\n b }',
    "defaults": "digraph g { node [a=1] edge // [\n [b=2] graph[c=3] rankdir=LR }",
    "groups": "digraph g { subgraph x { label=L a } {b} a -> {b c} -> subgraph y {d} [w=1] }",
    "a group alone with a semicolon": "digraph g { subgraph { a; b; }; }",
    "comments": "# one\ndigraph g { // two\n a /* three */ -> b # four\n} // five",
    "numerals": "digraph g { 1 -> 2.5 -> a3 }",
    "an assignment of a text": 'digraph g { goal = "ship" }',
    "letters of any script": 'digraph g { ключ [é="ü", ß=ö] }',
}


@pytest.mark.parametrize("case", PLAIN, ids=str)
def test_plain(case: str) -> None:
    assert is_plain(PLAIN[case])
    assert is_plain(PLAIN[case].replace("\r\n", "\n").replace("\n", "\r\n"))


LEFT = {
    "a keyword for an id": "digraph g { a -> node [x=1] }",
    "a keyword that a hyphen ends": "digraph g { a [x=graph-b] }",
    "a port": "digraph g { a:p -> b }",
    "an id that needs quotes": "digraph g { my-node -> 1a }",
    "texts joined by plus": 'digraph g { a [x="1" + "2"] }',
    "a text that a word touches": 'digraph g { a [x="say "hi""] }',
    "a text that runs on": 'digraph g { a [x="b\n c="d"] }',
    "a colon for an equals sign": "digraph g { a [k:v] }",
    "a quoted key alone": 'digraph g { a ["b"] }',
    "another arrow": "digraph g { a -> > b; c => d; e -- f }",
    "attributes of a group": "digraph g { {a} [x=1] }",
    "a list that is not closed": "digraph g { a [x=1 \n b -> c }",
    "something behind the graph": "digraph g { a } b",
    "a comment that is not closed": "digraph g { a } /* b",
    "no graph": "a -> b",
    "nothing": "",
}


@pytest.mark.parametrize("case", LEFT, ids=str)
def test_left_to_the_grammar(case: str) -> None:
    assert not is_plain(LEFT[case])


def test_the_grammars_own_cases_hold() -> None:
    accepted = [f"digraph x {{\n{written}\n}}" for written, _ in ACCEPTED.values()]
    plain = [text for text in accepted if is_plain(text)]
    assert len(plain) > len(accepted) / 2
    refused = [text for text, _, _ in REFUSED.values()]
    assert [text for text in (*refused, *MENDED) if is_plain(text)] == []


def test_nearly_every_real_pipeline_is_plain(corpus: Path) -> None:
    files = [path for path in corpus.glob("*/*") if path.suffix in (".dot", ".gv", ".fabro")]
    texts = [path.read_bytes().decode("utf-8-sig", "replace") for path in files]
    plain = [is_plain(text) for text in texts]
    assert sum(plain) > 0.95 * len(plain)


PIECES = st.sampled_from(
    [
        *("a", "b1", "node", "edge", "graph", "subgraph", "digraph", "strict", "Graph", "é"),
        *(".5", "-1", "1a", "a.b", "a-b", "a:b", "x=1", "->", "->", "--", "-", ">", "->>"),
        *("{", "}", "[", "]", "{", "}", "[", "]", "=", "=", ",", ";", ":", "+", "<b>", "\\"),
        *('"t"', '"u"', '"v\nw"', '"x\\"y"', '"', "//", "#", "/*", "*/", "//c\n", "#c\n", "/"),
        *(" ", " ", "\n", "\r\n", "\t", "a [x=y]", "a -> b", "[k=v, l]", "subgraph s {"),
    ]
)
BODIES = st.lists(PIECES, max_size=12).map("".join)


@settings(max_examples=300)
@given(body=BODIES)
def test_whatever_is_in_the_braces(body: str) -> None:
    is_plain(f"digraph g {{ {body} }}")


@settings(max_examples=300)
@given(body=BODIES)
def test_whatever_is_in_the_list(body: str) -> None:
    is_plain(f"digraph g {{ a [{body}] }}")


@settings(max_examples=200)
@given(data=st.data(), case=st.sampled_from(sorted(PLAIN)))
def test_a_plain_file_with_anything_put_into_it(data: st.DataObject, case: str) -> None:
    text = PLAIN[case]
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 3)))
    is_plain(text[:start] + data.draw(PIECES) + text[end:])


def test_the_limits_lie_inside_the_grammars() -> None:
    assert dot_plain.MAX_DEPTH < dot_lexer.MAX_DEPTH
    assert 4 * dot_plain.MAX_STEPS <= dot_lexer.MAX_TOKENS
    deepest = dot_plain.MAX_DEPTH
    assert is_plain("digraph g {" + "{" * deepest + "}" * deepest + "}")
    assert not is_plain("digraph g {" + "{" * (deepest + 1) + "}" * (deepest + 1) + "}")


@pytest.mark.parametrize("each", ["a;", "a->", "a[b]", "# c\n"])
def test_a_file_without_end_is_left_to_the_grammar(each: str, monkeypatch) -> None:
    monkeypatch.setattr(dot_plain, "MAX_STEPS", 100)
    assert not is_plain("digraph g { " + each * 100 + " b }")
