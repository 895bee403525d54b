"""The DOT front end: what it accepts, what it refuses, and how it goes on."""

from __future__ import annotations

from importlib import resources

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attractorc.compiler.frontend.dot import read_dot
from attractorc.compiler.frontend.dot_lexer import DotLexer
from attractorc.compiler.source import Source
from attractorc.compiler.syntax import EdgeStatement, GraphStatement, NodeStatement, Scalar

from .documents import check_places, mended, outline, told


def read(text: str, name: str = "x.dot"):
    source = Source(name, text)
    document, findings = read_dot(source)
    check_places(source, findings)
    return document, findings


ACCEPTED = {
    "commas, semicolons and blanks separate attributes": (
        'a [x=1, y="2"; z=3 w=4,]',
        ["a [x=1:int, y='2', z=3:int, w=4:int]"],
    ),
    "several lists are one": ("a [x=1][y=2]", ["a [x=1:int, y=2:int]"]),
    "an empty list is none": ("a []", ["a"]),
    "semicolons may stand anywhere": (";; a;; b ;", ["a", "b"]),
    "a key without a value is true": ("a [goal_gate]", ["a [goal_gate=true:bool]"]),
    "plain values have types": (
        "a [i=-3, f=.5, g=1.5, t=true, s=True, d=900s]",
        ["a [i=-3:int, f=.5:float, g=1.5:float, t=true:bool, s=True, d=900s]"],
    ),
    "bare values may hold dots, hyphens and colons": (
        "a [m=gpt-5.2, n=claude-opus-4-6, f=summary:low, r=LR]",
        ["a [m=gpt-5.2, n=claude-opus-4-6, f=summary:low, r=LR]"],
    ),
    "keys may have dots, bare or quoted": (
        'a [human.default_choice=b, "manager.max_cycles"=3]',
        ["a [human.default_choice=b, manager.max_cycles=3:int]"],
    ),
    "texts are joined by plus": ('a [x="1" + "2" + "3"]', ["a [x='123']"]),
    "escapes of the specification, others kept": (
        r'a [x="\"q\" \n \t \\ \l \d"]',
        [r"""a [x='"q" \n \t \\ \\l \\d']"""],
    ),
    "a backslash joins lines": ('a [x="1\\\n2\\\r\n3"]', ["a [x='123']"]),
    "texts run over lines, whatever ends them": ('a [x="1\r\n2\n3"]', [r"a [x='1\n2\n3']"]),
    "ids are names, numerals or quoted": (
        '1 -> 2.5 -> -3 -> "a b" -> "c" + "d" -> _e -> é',
        ["1 -> 2.5 -> -3 -> a b -> cd -> _e -> é"],
    ),
    "keywords are ids where nothing else fits": (
        "Node -> Edge -> Graph -> node -> edge -> graph -> digraph -> Start",
        ["Node -> Edge -> Graph -> node -> edge -> graph -> digraph -> Start"],
    ),
    "keywords are keys and values": (
        "graph=node; a [digraph=graph, node=edge, subgraph=strict]",
        ["graph [graph=node]", "a [digraph=graph, node=edge, subgraph=strict]"],
    ),
    "defaults, with a comment before their list": (
        "node /* [ */ [a=1] edge\n# [\n[b=2] graph [c=3]; rankdir=LR",
        ["node [a=1:int]", "edge [b=2:int]", "graph [c=3:int]", "graph [rankdir=LR]"],
    ),
    "groups are named, anonymous, nested, and ends of edges": (
        "subgraph x { a subgraph { b {c} } } a -> {b c} -> subgraph y {d} [w=1]",
        ["x{a; {b; {c}}}", "a -> {b; c} -> y{d} [w=1:int]"],
    ),
    "a keyword may have any case": ("SubGraph x { a }", ["x{a}"]),
    "node lists": (
        "a, b -> c, d [w=1]; e, f [x=2]",
        ["{a; b} -> {c; d} [w=1:int]", "e [x=2:int]", "f [x=2:int]"],
    ),
    "hyphens and arrows keep apart": ("a->b->c-> d", ["a -> b -> c -> d"]),
    "comments of three kinds": (
        '# one\na // two\n/* three */ b [x="# no", y="//", z="/*"] # four',
        ["a", "b [x='# no', y='//', z='/*']"],
    ),
}


@pytest.mark.parametrize("case", ACCEPTED, ids=str)
def test_accepts(case):
    written, expected = ACCEPTED[case]
    document, findings = read(f"digraph x {{\n{written}\n}}")
    assert told(findings) == []
    assert outline(document) == expected


@pytest.mark.parametrize("case", ACCEPTED, ids=str)
def test_line_ends_do_not_matter(case):
    text = f"digraph x {{\n{ACCEPTED[case][0]}\n}}"
    document, findings = read(text.replace("\r\n", "\n").replace("\n", "\r\n"))
    assert findings == ()
    assert outline(document) == ACCEPTED[case][1]


REFUSED = {
    "strict": (
        "strict digraph { a }",
        ["1:1 syntax: 'strict' is refused: it would merge edges without a word"],
        ["a"],
    ),
    "an undirected graph is one finding": (
        "graph { a -- b -- c }",
        ["1:1 syntax: a pipeline is a directed graph: write 'digraph', not 'graph'"],
        ["a -> b -> c"],
    ),
    "other arrows, each for itself": (
        "digraph { a -- b; c --> d; e => f }",
        [
            "1:13 syntax: an edge is written '->', not '--'",
            "1:21 syntax: an edge is written '->', not '-->'",
            "1:30 syntax: an edge is written '->', not '=>'",
        ],
        ["a -> b", "c -> d", "e -> f"],
    ),
    "an arrow to the left": (
        "digraph { a <- b; c }",
        ["1:13 syntax: '<-' is no edge: edges are written '->', from left to right"],
        ["a", "c"],
    ),
    "a second graph": (
        "digraph { a }\ndigraph y { b }",
        ["2:1 syntax: a file holds one graph; this second one is not read"],
        ["a"],
    ),
    "an HTML label": (
        "digraph { a [label=<<b>x</b>>, y=1]; b }",
        ["1:20 syntax: HTML labels are refused; write a text in quotes"],
        ["a [label='<<b>x</b>>', y=1:int]", "b"],
    ),
    "attributes of a group": (
        "digraph { {a b} [x=1] }",
        ["1:17 syntax: a group takes no attributes; write them inside its braces"],
        ["{a; b}"],
    ),
    "an id that needs quotes": (
        "digraph { my-node -> 1a }",
        [
            "1:11 syntax: the id 'my-node' needs quotes: "
            "a bare one holds letters, digits and '_' only",
            "1:22 syntax: the id '1a' needs quotes: a bare one holds letters, digits and '_' only",
        ],
        ["my-node -> 1a"],
    ),
    "a misspelt keyword": (
        "diagraph x { a }",
        ["1:1 syntax: a pipeline begins with 'digraph', not 'diagraph'"],
        ["a"],
    ),
    "no keyword": (
        "{ a }",
        ["1:1 syntax: expected 'digraph name { ... }', not '{'"],
        ["a"],
    ),
    "something else altogether": (
        "hello world",
        ["1:1 syntax: a pipeline begins with 'digraph name {', not 'hello'"],
        [],
    ),
    "only comments": (
        "// nothing\n",
        ["2:1 syntax: expected 'digraph name { ... }', not the end of the file"],
        [],
    ),
    "a graph that ends early": (
        "digraph { a }\n-> b\n}",
        ["2:1 syntax: expected the end of the file after the graph, not '->'"],
        ["a"],
    ),
    "two names": (
        "digraph x y { a }",
        ["1:11 syntax: expected '{' after the name, not 'y'"],
        ["a"],
    ),
    "a colon for an equals sign": (
        'digraph { a [label: "x", k:v, z=1] }',
        [
            "1:19 syntax: a key and its value are joined by '=', not ':'",
            "1:27 syntax: a key and its value are joined by '=', not ':', as in k=v",
        ],
        ["a [label='x', k=true:bool, z=1:int]"],
    ),
    "values that need quotes": (
        "digraph {\n a [c=./run.sh, u=http://x.y/z,\n  q=@p.md, z=1]\n b }",
        [
            f"{place} syntax: {what} needs quotes: "
            "a bare value holds letters, digits, '_', '.', ':', '-' only"
            for place, what in (
                ("2:7", "'./run.sh'"),
                ("2:19", "'http://x.y/z'"),
                ("3:5", "'@p.md'"),
            )
        ],
        ["a [z=1:int]", "b"],
    ),
    "quotes of other kinds": (
        "digraph {\n a [x=\u201cb c\u201d, y=1]\n b [x='c']\n}",
        [
            "2:7 syntax: a text is quoted with '\"', not with \u201c",
            "3:7 syntax: a text is quoted with '\"', not with '",
        ],
        ["a [y=1:int]", "b"],
    ),
    "an invisible character": (
        "digraph { a\u200b\n b }",
        ["1:12 syntax: an invisible character (U+200B) stands here; remove it"],
        ["a", "b"],
    ),
    "quotes inside of a text": (
        'digraph { a [x="say "hi" now", y=1]; b }',
        ["1:21 syntax: the text ends at this '\"'; a '\"' inside a text is written '\\\"'"],
        ["a [x='say ']", "b"],
    ),
    "a text for a key": (
        'digraph { a ["b"] }',
        ["1:14 syntax: expected '=' and a value after a key in quotes"],
        ["a [b=true:bool]"],
    ),
    "a text that is not closed": (
        'digraph {\n a [x="b]\n c [x="d"]\n}',
        ["2:7 syntax: the text that begins here is never closed: a '\"' is missing"],
        ["a [x='b']", "c [x='d']"],
    ),
    "a text that is not closed in the last line": (
        'digraph {\n a [x="b"]\n c [x="d]\n}',
        ["3:7 syntax: the text that begins here is never closed: a '\"' is missing"],
        ["a [x='b']", "c [x='d']"],
    ),
    "a comment that is not closed": (
        "digraph {\n a\n /* b\n}",
        ["3:2 syntax: the comment that begins here is never closed: a '*/' is missing"],
        ["a"],
    ),
    "a list that is not closed": (
        'digraph {\n a [x="b",\n     y=2\n c [x="d"]\n c -> a\n}',
        ["2:4 syntax: this '[' is never closed: a ']' is missing"],
        ["a [x='b', y=2:int]", "c [x='d']", "c -> a"],
    ),
    "a list that is not closed before an edge": (
        "digraph {\n a [x=1\n b -> c\n}",
        ["2:4 syntax: this '[' is never closed: a ']' is missing"],
        ["a [x=1:int]", "b -> c"],
    ),
    "a list that is not closed at the end": (
        "digraph { a [x=1",
        ["1:13 syntax: this '[' is never closed"],
        ["a [x=1:int]"],
    ),
    "a group that is not closed": (
        "digraph { a -> {b c",
        ["1:16 syntax: this '{' is never closed"],
        ["a -> {b; c}"],
    ),
    "several faults, each told once, the rest intact": (
        'digraph {\n a [label="foo"=3, k=2]; b\n c -> -> d\n e [x=, y=1]\n f = ;\n g -> \n}',
        [
            "2:16 syntax: expected ',' or ']' after the value of 'label', not '='",
            "3:7 syntax: expected a node or a group after '->', not '->'",
            "4:7 syntax: expected a value after 'x=', not ','",
            "5:6 syntax: expected a value after 'f=', not ';'",
            "7:1 syntax: expected a node or a group after '->', not '}'",
        ],
        ["a [label='foo', k=2:int]", "b", "c", "e [y=1:int]", "g"],
    ),
    "attributes in the middle of a chain": (
        "digraph { a -> b [x=1] -> c\n d }",
        ["1:24 syntax: expected '->', '[' or the next statement after ']', not '->'"],
        ["a -> b [x=1:int]", "d"],
    ),
}


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_refuses_and_goes_on(case):
    text, findings, statements = REFUSED[case]
    document, found = read(text)
    assert told(found) == findings
    assert outline(document) == statements


MENDED = {
    "strict digraph x { a }": " digraph x { a }",
    "graph { a -- b }": "digraph { a -> b }",
    "digraph { a --> b }": "digraph { a -> b }",
    "diagraph { a }": "digraph { a }",
    "digraph { my-node }": 'digraph { "my-node" }',
    'digraph { a [label: "x"] }': 'digraph { a [label= "x"] }',
    "digraph { a [k:v] }": "digraph { a [k=v] }",
    "digraph { a [c=./x] }": 'digraph { a [c="./x"] }',
}


@pytest.mark.parametrize("text", MENDED, ids=str)
def test_a_fix_mends_what_it_is_about(text):
    source = Source("x.dot", text)
    _, findings = read(text)
    assert mended(source, findings[0]) == MENDED[text]
    assert read(MENDED[text])[1] == ()


def test_a_port_is_noted_and_dropped():
    document, findings = read('digraph { a:p:n -> "b":q }')
    assert document is not None
    assert [(found.rule, found.severity) for found in findings] == [("ignored_port", "info")] * 2
    assert [(found.span.column, found.span.end_column) for found in findings] == [
        (12, 16),
        (23, 25),
    ]
    assert outline(document) == ["a -> b"]


def test_names_and_values_know_their_place():
    text = 'digraph x {\n  "a" [label="é" + "ü", max=3]\n  "a" -> {b}\n}'
    document, _ = read(text)
    assert document is not None
    node, edge = document.statements
    assert isinstance(node, NodeStatement)
    assert isinstance(edge, EdgeStatement)
    label, largest = node.attributes
    assert isinstance(label.value, Scalar)
    assert document.source.text[label.value.span.start : label.value.span.end] == '"é" + "ü"'
    assert (label.key.span.line, label.key.span.column) == (2, 8)
    assert (largest.value.span.line, largest.value.span.column) == (2, 29)
    assert (node.span.line, node.span.column, node.span.end_column) == (2, 3, 31)
    assert (edge.span.column, edge.span.end_column) == (3, 13)
    assert [each.text for each in (document.name, node.id)] == ["x", "a"]
    assert node.id.span.end - node.id.span.start == 3


def test_a_graph_may_have_no_name():
    document, findings = read("digraph { a }")
    assert findings == ()
    assert document is not None
    assert (document.name.text, document.name.span.start) == ("", 0)


def test_comments_are_kept_once_each_with_their_marks():
    text = 'digraph { // one\n# two\n a [x="b # c"\n d /* three\n */ -> e }  # four'
    document, findings = read(text)  # reading goes back over the comments of a faulty list
    assert len(findings) == 1
    assert document is not None
    assert [comment.text for comment in document.comments] == [
        "// one",
        "# two",
        "/* three\n */",
        "# four",
    ]


def test_a_number_sign_in_a_word_is_no_comment():
    _, findings = read("digraph { a [color=#ff0000]; b }")
    assert told(findings) == [
        "1:20 syntax: '#ff0000' needs quotes: "
        "a bare value holds letters, digits, '_', '.', ':', '-' only"
    ]


def test_groups_are_bounded_in_depth():
    ok = "digraph {" + "{" * 63 + "a" + "}" * 63 + "}"
    assert read(ok)[1] == ()
    document, findings = read("digraph {" + "subgraph {" * 100_000 + "}" * 100_001)
    assert document is None
    assert [found.message for found in findings] == [
        "groups are nested more than 64 deep here; the file is not read"
    ]


def test_a_very_long_line_is_read():
    document, findings = read('digraph { a [x="' + "long " * 2_000_000 + '"] }')
    assert findings == ()
    assert document is not None


def test_a_file_without_end_is_not_read_on(monkeypatch):
    monkeypatch.setattr("attractorc.compiler.frontend.dot_lexer.MAX_TOKENS", 100)
    document, findings = read("digraph { " + "a -> " * 100)
    assert document is None
    assert [found.rule for found in findings] == ["too_large"]


def test_errors_without_end_are_cut_short():
    document, findings = read("digraph {\n" + "= =\n" * 1_000 + "}")
    assert document is None
    assert len(findings) == 51
    assert findings[-1].message == "more than 50 syntax errors; the rest of the file is not read"


def test_the_grammar_has_no_conflicts():
    from lark import Lark

    text = resources.files("attractorc.grammar").joinpath("dot.lark").read_text("utf-8")
    Lark(text, parser="lalr", lexer=DotLexer, strict=True)


GOOD = """// a pipeline
digraph review {
  graph [goal="Can this \\"change\\" ship?"]
  node [shape=box, timeout=900s]; rankdir = LR
  start [shape=Mdiamond]  # entry
  checks [shape=component, join="unit && 1 of (lint, types)" max_parallel=3]
  subgraph cluster_x { label="Loop A"; unit [tool_command="pytest -q"] { lint types } }
  /* edges */
  start:p:n -> checks -> {unit lint types} -> "the verdict" -> ship
  ship -> exit [label="[Y]" + " Yes", condition="outcome=success"][weight=2]
}
"""
SIGNS = "{}[]()=;,:+-<>\"'\\/*#@$\n \t.a\u00e9\u200b\x00"
WORDS = ["->", "--", "=>", "<-", "//", "/*", "*/", '\\"', "digraph", "graph", "subgraph", "node["]
PIECES = st.sampled_from([*SIGNS, *WORDS, "edge", "<b>", "1a", 'a [b="', "\r\n", "strict digraph"])


@st.composite
def mutated(draw, good):
    text = good
    for _ in range(draw(st.integers(1, 5))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 6)))
        text = text[:start] + "".join(draw(st.lists(PIECES, max_size=3))) + text[end:]
    return text


@given(st.one_of(mutated(GOOD), st.lists(PIECES, max_size=30).map("".join), st.text()))
@settings(max_examples=300, deadline=None)
def test_no_text_makes_it_raise(text):
    document, findings = read(text)
    assert document is not None or any(found.severity == "error" for found in findings)
    assert read(text) == (document, findings)


def test_the_good_text_of_the_fuzzer_is_good():
    document, findings = read(GOOD)
    assert [found.rule for found in findings] == ["ignored_port"]
    assert document is not None
    assert isinstance(document.statements[0], GraphStatement)
    assert len(document.statements) == 8
