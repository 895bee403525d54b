"""What YAML refuses, and in which words: the same under each parser, at the exact place."""

from __future__ import annotations

import pytest

from attractorc.compiler.diagnostic import Diagnostic
from attractorc.compiler.frontend import yaml_values
from attractorc.compiler.frontend.yaml_values import compose
from attractorc.compiler.source import Source

from .documents import check_places, mended

A_TAB = "a tab stands here; write spaces, or put a text with tabs in quotes"
LONE_END = "ends a line for some readers only; remove it"
DEEP = "lists and mappings are nested more than 64 deep here"

# What is wrong with a text: the piece that the finding marks (in «», where it is not alone),
# its rule and its message.
REFUSED: dict[str, tuple[str, str, str]] = {
    "an unclosed quote": (
        "a: «'»x",
        "syntax",
        'the text that begins here is never closed: a "\'" is missing',
    ),
    "an unclosed double quote": (
        'a: «"»x\nb: c\n',
        "syntax",
        "the text that begins here is never closed: a '\"' is missing",
    ),
    "an unclosed list": ("a: «[»b, c", "syntax", "this '[' is never closed: a ']' is missing"),
    "a list that ends at once": (
        "a: «[»\n",
        "syntax",
        "this '[' is never closed: a ']' is missing",
    ),
    "an unclosed mapping": (
        "a: «{»b: c\n\n# end\n",
        "syntax",
        "this '{' is never closed: a '}' is missing",
    ),
    "a list that the next line goes on in": (
        "a: [b\nc«:» d",
        "syntax",
        "expected ',' or ']', not ':'",
    ),
    "the wrong bracket": ("a: {b: c«]»", "syntax", "expected ',' or '}', not ']'"),
    "a bracket too many": ("a: b\n«]»\n", "syntax", "']' closes nothing"),
    "a bracket instead of a value": ("a: «]»", "syntax", "expected a value, not ']'"),
    "an empty place in a list": ("a: [b,«,» c]", "syntax", "expected a value, not ','"),
    "two colons on a line": (
        "run: echo a«:» b",
        "syntax",
        "a second ':' stands on this line; a text that holds ': ' needs quotes",
    ),
    "a line indented below a value": (
        "a: b\n  c«:» d",
        "syntax",
        "a ':' cannot stand here: this line is indented as if it continued the one before",
    ),
    "a first line without a colon": ("«goal»\nb: c", "syntax", "expected ':' after 'goal'"),
    "a line without a colon": ("a: b\n«goal»\nc: d", "syntax", "expected ':' after 'goal'"),
    "a last line without a colon": ("a: b\n«goal» # c", "syntax", "expected ':' after 'goal'"),
    "indentation that fits nothing": (
        "a:\n    b: c\n  «d»: e",
        "syntax",
        "the indentation of this line fits none of the lines above",
    ),
    "less indentation than the first line": (
        "  a: b\n «c»: d",
        "syntax",
        "expected the end of the file, not 'c'; check the indentation",
    ),
    "a key in a list": ("- a\n«b»: c", "syntax", "expected '- ' as above, not 'b'"),
    "an item in a mapping": ("a: b\n«-» c", "syntax", "expected a key as above, not '-'"),
    "a text behind a quoted one": (
        "a: 'b' «c»",
        "syntax",
        "expected the end of the line after the value, not 'c'",
    ),
    "a list on the line of its key": (
        "a: «-» b",
        "syntax",
        "a list cannot begin here; begin it on the next line, or write [a, b]",
    ),
    "a text that begins with @": (
        "prompt: «@»plan.md",
        "syntax",
        "a text cannot begin with '@'; put it in quotes",
    ),
    "a text that begins with %": (
        "a: «%»b",
        "syntax",
        "a text cannot begin with '%'; put it in quotes",
    ),
    "a text that begins with a backtick": (
        "a: «`»b`",
        "syntax",
        "a text cannot begin with '`'; put it in quotes",
    ),
    "a key that is a star": ("«*»: isolate", "syntax", "a text that begins with '*' needs quotes"),
    "a text that begins with &": ("a: «&»", "syntax", "a text that begins with '&' needs quotes"),
    "an alias with a dot": ("a: «*»x.y", "syntax", "a text that begins with '*' needs quotes"),
    "a tag prefix that nobody declared": (
        "a: «!»e!x y",
        "syntax",
        "a text that begins with '!' needs quotes",
    ),
    "an unknown escape": (r'a: "b«\d»"', "syntax", r"'\d' is no escape"),
    "an escape without digits": (r'a: "«\x»zz"', "syntax", r"'\x' is no character"),
    "half a surrogate pair": (r'a: "b«\ud800»"', "syntax", r"'\ud800' is no character"),
    "an escape beyond Unicode": (r'a: "«\U00110000»"', "syntax", r"'\U00110000' is no character"),
    "a word behind a block's mark": (
        "a: «| x»\n  b",
        "syntax",
        "only '+', '-' or a digit may follow '|' on its line",
    ),
    "an instruction to some reader": (
        "«%FOO bar»\n---\na: b",
        "syntax",
        "a line that begins with '%' is an instruction to the reader, and this is none",
    ),
    "a tab as indentation": ("a:\n«\t»b: c", "syntax", A_TAB),
    "a tab behind a colon": ("a:«\t»b", "syntax", A_TAB),
    "a tab at the end of a line": ("a: b«\t»\n", "syntax", A_TAB),
    "a tab in a text without quotes": ("a: b«\t»c", "syntax", A_TAB),
    "a tab in a list": ("a: [b,«\t»c]", "syntax", A_TAB),
    "a tab below a block": ("a: |\n  b\n«\t»c\n", "syntax", A_TAB),
    "a NUL byte": ("a: «\0»b", "syntax", "an invisible character (U+0000) stands here; remove it"),
    "a byte order mark inside": (
        "a: «\ufeff»b",
        "syntax",
        "an invisible character (U+FEFF) stands here; remove it",
    ),
    "half a surrogate": (
        "a: «\ud800»",
        "syntax",
        "the character U+D800 cannot stand in a YAML file; remove it",
    ),
    "a line separator": ("a: b«\u2028»c", "syntax", f"the character U+2028 {LONE_END}"),
    "a carriage return alone": ("a: b«\r»c: d", "syntax", f"the character U+000D {LONE_END}"),
    "an alias without an anchor": ("a: «*b»", "syntax", "no anchor '&b' stands above"),
    "a value that holds itself": (
        "a: &b [«*b»]",
        "syntax",
        "'*b' stands inside of '&b'; a value cannot hold itself",
    ),
    "an anchor that is set twice": (
        "a: &x b\nc: &x «d»",
        "syntax",
        "the anchor '&x' is set twice; give this one another name",
    ),
    "a merge key": ("«<<»: {a: b}", "syntax", "merge keys ('<<') are refused"),
    "a key that stands twice": ("a: b\n«a»: c", "duplicate_key", "the key 'a' stands twice"),
    "a key that stands twice in quotes": (
        "{a: b, «'a'»: c}",
        "duplicate_key",
        "the key 'a' stands twice",
    ),
    "a number as a key": (
        "«1»: a",
        "wrong_type",
        "a key must be text, and 1 is a number; put it in quotes",
    ),
    "a truth value as a key": (
        "«true»: a",
        "wrong_type",
        "a key must be text, and true is a truth value; put it in quotes",
    ),
    "nothing as a key": ("«~»: a", "wrong_type", "a key must be text, and here is none"),
    "a list as a key": ("«[a]»: b", "wrong_type", "a key must be text, not a list"),
    "a text in braces": ("a: {«{b}»}", "wrong_type", "a key must be text, not a mapping"),
    "a tag": (
        "a: «!secret» b",
        "yaml_tag",
        "the tag '!secret' is refused: a pipeline is plain data",
    ),
    "a tag of Python's": (
        "a: «!!python/object:os.system» [b]",
        "yaml_tag",
        "the tag '!!python/object:os.system' is refused: a pipeline is plain data",
    ),
    "a tag behind an anchor": (
        "a: &b «!c»\n  d: e",
        "yaml_tag",
        "the tag '!c' is refused: a pipeline is plain data",
    ),
    "a tag of YAML's own": (
        "a: «!!int» 3",
        "yaml_tag",
        "the tag '!!int' is refused: a pipeline is plain data",
    ),
    "a second document": (
        "a: b\n«---»\nc: d",
        "syntax",
        "a file holds one pipeline; this second document is not read",
    ),
    "a text behind the end of the document": (
        "a: b\n...\n«c»: d",
        "syntax",
        "expected the end of the file, not 'c'; check the indentation",
    ),
    "lists 65 deep": ("[" * 64 + "«[»" + "]" * 65, "too_large", DEEP),
    "mappings 65 deep": ("{a: " * 64 + "«{»" + "}" * 65, "too_large", DEEP),
}


def parted(marked: str) -> tuple[str, int, int]:
    """The text without its marks, and what stands between them."""
    before, _, rest = marked.partition("«")
    inside, _, after = rest.partition("»")
    return before + inside + after, len(before), len(before) + len(inside)


def findings(text: str, parser: str, monkeypatch: pytest.MonkeyPatch) -> tuple[Diagnostic, ...]:
    """What is found by the parsers as users have them, by Python's, and by C's alone."""
    if parser == "C alone":
        monkeypatch.setattr(yaml_values, "MAX_RETRIED", -1)
    source = Source("p.yaml", text)
    composed = compose(source, pure=parser == "Python")
    check_places(source, composed.findings)
    return composed.findings


@pytest.mark.parametrize("parser", ["as installed", "Python", "C alone"])
@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_what_is_refused_is_told_in_one_sentence(
    case: str, parser: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    marked, rule, message = REFUSED[case]
    text, start, end = parted(marked)
    found = findings(text, parser, monkeypatch)
    assert [(each.rule, each.message) for each in found] == [(rule, message)]
    assert (found[0].span.start, found[0].span.end) == (start, end)


RELATED: dict[str, tuple[str, str]] = {
    "a key that stands twice": ("«a»: b\na: c", "the first one"),
    "an anchor that is set twice": ("a: &x «b»\nc: &x d", "the first one"),
    "a bracket that is still open": ("a: «[»b\nc: d", "this '[' is still open"),
}


@pytest.mark.parametrize("case", RELATED, ids=str)
def test_a_finding_shows_the_other_place(case: str) -> None:
    marked, message = RELATED[case]
    text, start, end = parted(marked)
    (found,) = compose(Source("p.yaml", text)).findings
    assert [(each.message, each.span.start, each.span.end) for each in found.related] == [
        (message, start, end)
    ]


MENDED: dict[str, tuple[str, str]] = {
    "a number as a key": ("1: a", '"1": a'),
    "a tab": ("a:\n\t- b", "a:\n  - b"),
}


@pytest.mark.parametrize("case", MENDED, ids=str)
def test_a_fix_gives_yaml(case: str) -> None:
    text, expected = MENDED[case]
    source = Source("p.yaml", text)
    (found,) = compose(source).findings
    assert mended(source, found) == expected
    assert compose(Source("p.yaml", expected)).findings == ()


def test_what_does_not_stop_reading_is_told_all_at_once() -> None:
    text = "a: !x b\na: c\n1: d\ne: &f g\nh: &f i\n"
    found = compose(Source("p.yaml", text)).findings
    assert [each.rule for each in found] == ["yaml_tag", "duplicate_key", "wrong_type", "syntax"]


def test_aliases_that_multiply_are_refused_before_they_are_expanded() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    for level in range(1, 12):
        lines.append(f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]")
    (found,) = compose(Source("p.yaml", "\n".join(lines))).findings
    assert found.rule == "alias_bomb"
    assert found.message == "the aliases of this file expand to more than 100000 values"


def test_aliases_cannot_nest_deeper_than_brackets() -> None:
    nested = "[" * 40 + "x" + "]" * 40
    again = "[" * 40 + "*a" + "]" * 40
    (found,) = compose(Source("p.yaml", f"a: &a {nested}\nb: {again}")).findings
    assert (found.rule, found.message) == ("too_large", DEEP)


def test_many_aliases_of_a_small_value_are_fine() -> None:
    lines = ["a: &a [x, y]", *(f"k{number}: *a" for number in range(20_000))]
    assert compose(Source("p.yaml", "\n".join(lines))).findings == ()
