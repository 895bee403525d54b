"""The canonical layout: what it looks like, and that it never changes what a file says."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from attractorc.compiler.driver import compile_source
from attractorc.compiler.frontend import decode, read
from attractorc.compiler.render.layout import laid_out, same_document
from attractorc.compiler.source import Source

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted(
    path for path in (ROOT / "examples").rglob("*") if path.suffix in (".dot", ".yaml")
)
WHOLE_CORPUS = "ATTRACTORC_WHOLE_CORPUS"

DOT = {
    "one statement a line, without semicolons": (
        "digraph g{a->b;b->c;}",
        "digraph g {\n  a -> b\n  b -> c\n}\n",
    ),
    "the lists of neighbours stand in a column": (
        "digraph g {\n a [shape=box]\n long[shape=box ,label=x]\n}",
        "digraph g {\n  a    [shape=box]\n  long [shape=box, label=x]\n}\n",
    ),
    "an empty line ends the column": (
        "digraph g {\n a [shape=box]\n\n\n\n long [shape=box]\n}",
        "digraph g {\n  a [shape=box]\n\n  long [shape=box]\n}\n",
    ),
    "very uneven names stand in no column": (
        "digraph g {\n a [x=1]\n a_name_that_is_rather_long [x=1]\n}",
        "digraph g {\n  a [x=1]\n  a_name_that_is_rather_long [x=1]\n}\n",
    ),
    "a list that is too long is filled": (
        f'digraph g {{ a [label="{"x" * 50}", prompt="{"y" * 50}", shape=box] }}',
        f'digraph g {{\n  a [label="{"x" * 50}",\n     prompt="{"y" * 50}", shape=box]\n}}\n',
    ),
    "a long text gets a line of its own": (
        f'digraph g {{ a [shape=box, prompt="{"y" * 90}"] }}',
        f'digraph g {{\n  a [\n    shape=box,\n    prompt="{"y" * 90}"\n  ]\n}}\n',
    ),
    "a text over several lines is not touched": (
        'digraph g { a [label="x\n   y"] }',
        'digraph g {\n  a [label="x\n   y"]\n}\n',
    ),
    "joined texts are broken where they are joined": (
        f'digraph g {{ a [label="{"x" * 60}"+"{"y" * 60}"] }}',
        f'digraph g {{\n  a [\n    label="{"x" * 60}" +\n      "{"y" * 60}"\n  ]\n}}\n',
    ),
    "several lists become one": (
        "digraph g { a [x=1][y=2; z=3] }",
        "digraph g {\n  a [x=1, y=2, z=3]\n}\n",
    ),
    "a short group stays on its line": (
        "digraph g { a -> { b; c } -> d }",
        "digraph g {\n  a -> {b c} -> d\n}\n",
    ),
    "a group with a setting keeps its semicolons": (
        "digraph g { { rank = same a b } }",
        "digraph g {\n  {rank=same; a; b}\n}\n",
    ),
    "a subgraph is a block": (
        "digraph g { subgraph cluster_0 { label=x node[shape=box] a } }",
        "digraph g {\n  subgraph cluster_0 {\n    label = x\n    node [shape=box]\n    a\n  }\n}\n",
    ),
    "comments stay where they are": (
        "// top\ndigraph g { // open\n  # one\n\n  // two\n  a->b // beside\n  // last\n} // end",
        "// top\ndigraph g {  // open\n  # one\n\n  // two\n  a -> b  // beside\n"
        "  // last\n}  // end\n",
    ),
    "comments in a list need a line each": (
        "digraph g { a [ // first\n x=1, // one\n /* two */ y=2\n // last\n] }",
        "digraph g {\n  a [\n    // first\n    x=1,  // one\n    /* two */\n    y=2\n"
        "    // last\n  ]\n}\n",
    ),
    "a comment in the midst of a statement goes above it": (
        "digraph g { a -> // why\n b }",
        "digraph g {\n  // why\n  a -> b\n}\n",
    ),
    "nothing follows a line comment on its line": (
        "digraph g {\n a // one\n ; // two\n}",
        "digraph g {\n  a  // one\n  // two\n}\n",
    ),
    "defaults without attributes keep their brackets": (
        "digraph g { node []; a [] }",
        "digraph g {\n  node []\n  a\n}\n",
    ),
    "ports, keywords and quoted names": (
        'DiGraph "a b" { "node":n -> x:y ; SubGraph { a } }',
        'digraph "a b" {\n  "node":n -> x:y\n  subgraph {\n    a\n  }\n}\n',
    ),
}

YAML = {
    "two spaces a level": (
        "pipeline: x\nnodes:\n    a:\n        run: y\n",
        "pipeline: x\nnodes:\n  a:\n    run: y\n",
    ),
    "spaces around signs": (
        "pipeline:   x\nnodes: { a : {run: y ,next: [ exit ]} }\n",
        "pipeline: x\nnodes: {a: {run: y, next: [exit]}}\n",
    ),
    "a list stands below its key": (
        "nodes:\n  a:\n    next:\n    -   to: b\n        when: x\n    - c\n",
        "nodes:\n  a:\n    next:\n      - to: b\n        when: x\n      - c\n",
    ),
    "a text over several lines moves as a whole": (
        "nodes:\n    a:\n        run: |\n            one\n              two\n\n            three\n",
        "nodes:\n  a:\n    run: |\n      one\n        two\n\n      three\n",
    ),
    "a text that says its own indentation": (
        "a:\n    b: |2-\n          one\n        two\n",
        "a:\n  b: |2-\n        one\n      two\n",
    ),
    "a quoted text over several lines": (
        'a:\n    b: "one\n             two\n\n      three"\n',
        'a:\n  b: "one\n    two\n\n    three"\n',
    ),
    "brackets over several lines": (
        "a:\n    b: {\n           c: 1,\n      d: [1,\n   2]\n       }\n",
        "a:\n  b: {\n    c: 1,\n    d: [1,\n      2]\n  }\n",
    ),
    "comments keep their level": (
        "# top\na:\n    b: 1 # beside\n    # of b\n# of c\nc: 2\n    # end\n",
        "# top\na:\n  b: 1  # beside\n  # of b\n# of c\nc: 2\n# end\n",
    ),
    "one empty line where there were some": (
        "\n\na: 1\n\n\n\nb: 2\n\n\n",
        "a: 1\n\nb: 2\n",
    ),
    "spaces at line ends go, but not those of a text": (
        "a: 1   \nb: |\n  x  \n  y\n",
        "a: 1\nb: |\n  x  \n  y\n",
    ),
    "anchors and aliases": (
        "a:   &x {b: 1}\nc: [ *x , *x ]\n",
        "a: &x {b: 1}\nc: [*x , *x ]\n",
    ),
    "a document marker": ("---\na:   1\n...\n", "---\na: 1\n...\n"),
}


@pytest.mark.parametrize(("before", "after"), DOT.values(), ids=DOT)
def test_dot_is_laid_out(before: str, after: str) -> None:
    assert laid_out(Source("x.dot", before)).text == after
    assert laid_out(Source("x.dot", after)).text == after


@pytest.mark.parametrize(("before", "after"), YAML.values(), ids=YAML)
def test_yaml_is_laid_out(before: str, after: str) -> None:
    from attractorc.compiler.frontend.yaml_values import compose
    from attractorc.compiler.render.layout_yaml import layout_yaml

    assert layout_yaml(before) == after
    assert layout_yaml(after) == after
    one, other = (compose(Source("x.yaml", text)) for text in (before, after))
    assert plain(one.value) == plain(other.value)


def plain(value: object) -> object:
    from attractorc.compiler.frontend.inputs import plain as plain_value

    return plain_value(value)  # type: ignore[arg-type]


def test_line_ends_and_a_mark_at_the_beginning_go() -> None:
    source, _ = decode(b'\xef\xbb\xbfdigraph g {\r\n  a [label="x\r\ny"]\r\n}\r\n', "x.dot")
    assert laid_out(source).text == 'digraph g {\n  a [label="x\ny"]\n}\n'


def test_a_file_with_syntax_errors_is_left_alone_with_its_finding() -> None:
    result = laid_out(Source("x.dot", "digraph g { a -> }"))
    assert result.text is None
    assert [found.rule for found in result.findings] == ["syntax"]


def test_what_cannot_be_laid_out_safely_is_left_alone_with_a_reason() -> None:
    text = "pipeline: x\nstart: a\nnodes:\n  a: {prompt: y}\nlabel: |+\n  z\n\n"
    result = laid_out(Source("x.yaml", text))
    assert (result.text, result.findings) == (None, ())
    assert "keeps its last line ends" in result.reason


def test_documents_differ_by_comments_names_and_values() -> None:
    texts = ["a [x=1] // c", "a [x=1] // d", "a [x=2] // c", "b [x=1] // c", 'a [x="1"] // c']
    documents = [read(Source("x.dot", f"digraph g {{ {text}\n}}"), "dot")[0] for text in texts]
    first, *others = documents
    assert first is not None
    again = read(Source("y.dot", "digraph g {\n\n  a[x=1]; // c\n}"), "dot")[0]
    assert again is not None
    assert same_document(first, again)
    for other in others:
        assert other is not None
        assert not same_document(first, other)


def test_a_layout_that_says_something_else_is_kept_back(monkeypatch: pytest.MonkeyPatch) -> None:
    from attractorc.compiler.render import layout_dot

    monkeypatch.setattr(layout_dot, "layout_dot", lambda text: text.replace("a", "b"))
    result = laid_out(Source("x.dot", "digraph g { a }"))
    assert (result.text, result.reason) == (None, "its layout would change what it says")


PAGE = (ROOT / "docs" / "formatting.md").read_text("utf-8")
SHOWN = re.findall(r"^```(dot|yaml)\n(.*?)^```", PAGE, re.M | re.S)


@pytest.mark.parametrize(("language", "text"), SHOWN, ids=[each[0] for each in SHOWN])
def test_what_the_page_shows_is_laid_out(language: str, text: str) -> None:
    assert laid_out(Source(f"x.{language}", text)).text == text


def test_both_pipelines_of_the_page_are_one() -> None:
    digests = set()
    for language, text in SHOWN:
        plan = compile_source(Source(f"x.{language}", text)).plan
        assert plan is not None
        digests.add(plan.digest)
    assert len(SHOWN) == 2
    assert len(digests) == 1


# Laws

_WORDS = st.sampled_from(["a", "b", "c1", '"d e"', '"x\n y"', "node1"])
_VALUES = st.sampled_from(['"text"', "box", "3", "15m", f'"{"z" * 80}"', '"p" + "q"', '"a\\"b\n"'])
_SPACES = st.sampled_from(["", " ", "\n", "\n\n\n", "\t", " // c\n", "\n# d\n", "/* e\n f */", ";"])
_GAPS = st.sampled_from([" ", "\n", " /* g */ ", "\n// h\n"])


@st.composite
def attribute_lists(draw: st.DrawFn) -> str:
    pairs = draw(st.lists(st.tuples(st.sampled_from(["x", "label", "p.q"]), _VALUES), max_size=4))
    marks = draw(st.sampled_from([",", ";", " ", ", // i\n", "\n"]))
    text = marks.join(f"{key}={value}" for key, value in pairs)
    return f"[{draw(_GAPS)}{text}{draw(_GAPS)}]"


@st.composite
def statements(draw: st.DrawFn, depth: int = 2) -> str:
    kind = draw(st.integers(0, 5 if depth else 3))
    gap = draw(_GAPS)
    if kind == 0:
        return f"{draw(_WORDS)}{gap}{draw(attribute_lists())}"
    if kind == 1:
        return f"{draw(st.sampled_from(['node', 'edge', 'graph']))}{gap}{draw(attribute_lists())}"
    if kind == 2:
        return f"rank{gap}={gap}{draw(_VALUES)}"
    if kind == 3:
        ends = draw(st.lists(_WORDS, min_size=2, max_size=4))
        return f"{gap}->{gap}".join(ends) + draw(st.sampled_from(["", " [x=1]"]))
    inner = draw(blocks(depth - 1))
    if kind == 4:
        return f"subgraph{draw(st.sampled_from(['', ' s1']))} {inner}"
    return f"{draw(_WORDS)} -> {inner}{gap}-> {draw(_WORDS)}"


@st.composite
def blocks(draw: st.DrawFn, depth: int = 2) -> str:
    inside = "".join(
        f"{draw(_SPACES)}\n{each}{draw(_SPACES)}"
        for each in draw(st.lists(statements(depth), max_size=4))
    )
    return f"{{{draw(_SPACES)}{inside}\n}}"


@given(blocks(), _SPACES.filter(lambda text: text != ";"))
@example("{ a -> { b [ /* g */ ] } }", "")
@settings(max_examples=60, deadline=None)
def test_any_dot_keeps_what_it_says_and_is_laid_out_once(block: str, after: str) -> None:
    source = Source("x.dot", f"digraph g {block}{after}")
    result = laid_out(source)
    assert result.text is not None, (source.text, result)
    assert laid_out(Source("x.dot", result.text)).text == result.text


_TREES = st.recursive(
    st.sampled_from(
        ["1", "text", '"q: x"', "'it''s'", "[a, b]", "{a: 1}", "|\n{i}  one\n{i}   two"]
    ),
    lambda inner: (
        st.dictionaries(st.sampled_from("abcd"), inner, min_size=1, max_size=3)
        | st.lists(inner, min_size=1, max_size=3)
    ),
    max_leaves=8,
)


def written(tree: object, indent: int, step: int, remarks: Iterator[str]) -> Iterator[str]:
    """A tree in block style, with its own steps and comments here and there."""
    pad = " " * indent
    pairs = tree.items() if isinstance(tree, dict) else [("-", each) for each in list(tree)]  # type: ignore[call-overload]
    for key, value in pairs:
        head = f"{pad}{key}" if key == "-" else f"{pad}{key}:"
        yield from (line for line in next(remarks).replace("{i}", pad).splitlines())
        if isinstance(value, str):
            yield f"{head} {value.replace('{i}', pad)}"
        else:
            yield head
            yield from written(value, indent + step, step, remarks)


@given(
    st.dictionaries(st.sampled_from("efgh"), _TREES, min_size=1, max_size=3),
    st.integers(1, 5),
    st.lists(st.sampled_from(["", "", "{i}# own", "\n\n", "# left"]), min_size=1),
)
@settings(max_examples=60, deadline=None)
def test_any_yaml_keeps_its_values_and_is_laid_out_once(
    tree: dict[str, object], step: int, remarks: list[str]
) -> None:
    from itertools import cycle

    from attractorc.compiler.frontend.yaml_values import compose
    from attractorc.compiler.render.layout_yaml import layout_yaml

    text = "\n".join(written(tree, 0, step, cycle(remarks))) + "\n"
    before = compose(Source("x.yaml", text))
    assert before.value is not None, (text, before.findings)
    result = layout_yaml(text)
    after = compose(Source("x.yaml", result))
    assert after.value is not None, (text, result)
    assert plain(after.value) == plain(before.value)
    assert [each.text for each in after.comments] == [each.text for each in before.comments]
    assert layout_yaml(result) == result


# Real files


def check_layout(name: str, data: bytes) -> None:
    source, _ = decode(data, name)
    result = laid_out(source)
    if result.findings:
        return
    assert result.text is not None, (name, result.reason)
    again = Source(name, result.text)
    assert laid_out(again).text == result.text, name
    one, other = compile_source(source), compile_source(again)
    assert (one.plan and one.plan.digest) == (other.plan and other.plan.digest), name
    assert one.document is not None
    assert other.document is not None
    comments = [
        Counter(comment.text.rstrip() for comment in each.document.comments)
        for each in (one, other)
        if each.document is not None
    ]
    assert comments[0] == comments[1], name


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_examples_keep_their_plan(path: Path) -> None:
    check_layout(path.name, path.read_bytes())


def test_real_pipelines_keep_their_plan_and_their_comments(corpus: Path) -> None:
    files = sorted(path for path in corpus.glob("*/*") if path.is_file())
    for path in files[:: 1 if os.environ.get(WHOLE_CORPUS) else 6]:
        check_layout(path.name, path.read_bytes())
