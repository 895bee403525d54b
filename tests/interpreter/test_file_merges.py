"""Merges of files, by path and by lines: tables, and laws on drawn trees."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attractorc.interpreter.merges.files import (
    BranchFiles,
    PathDecision,
    entry_of,
    merge_files,
    readable,
    told,
    unapplied,
)
from attractorc.interpreter.merges.lines import merge_lines
from attractorc.interpreter.workspace import FILE, LINK, PROGRAM, Change, Entry, FileRule

Tree = Mapping[str, str]
ALL = FileRule("all", "fail", None)


def entry(text: str | None) -> Entry | None:
    """`*x` is a program that holds x, `>x` a link to x, anything else a file."""
    if text is None:
        return None
    mode = {"*": PROGRAM, ">": LINK}.get(text[:1], FILE)
    return Entry(mode, text if mode == FILE else text[1:])


def text_of(found: Entry | None) -> str | None:
    return None if found is None else {PROGRAM: "*", LINK: ">"}.get(found.mode, "") + found.id


def changes(base: Tree, tree: Tree) -> dict[str, Change]:
    return {
        path: Change(entry(base.get(path)), entry(tree.get(path)))
        for path in sorted({*base, *tree})
        if base.get(path) != tree.get(path)
    }


def combine(_path: str, base: Entry, ours: Entry, theirs: Entry) -> str | None:
    merged = merge_lines(*(each.id.encode() for each in (base, ours, theirs)))
    return None if merged is None else merged.decode()


def decide(
    base: Tree, trees: Mapping[str, Tree], rule: FileRule = ALL, *, only: str = ""
) -> dict[str, PathDecision]:
    branches = [
        BranchFiles(name, changes(base, tree), not only or name in only.split())
        for name, tree in trees.items()
    ]
    return {each.path: each for each in merge_files(branches, rule, combine)}


def merged(base: Tree, trees: Mapping[str, Tree], rule: FileRule = ALL) -> dict[str, str] | None:
    """The tree that comes of it, None where there is a conflict."""
    decisions = decide(base, trees, rule)
    if any(each.unresolved for each in decisions.values()):
        return None
    result = dict(base)
    for path, each in decisions.items():
        result.pop(path, None)
        if (after := text_of(each.after)) is not None:
            result[path] = after
    return result


CASES: dict[str, tuple[Tree, Tree, Tree, Tree | None]] = {
    "two files that only one changed each": ({}, {"x": "1"}, {"y": "2"}, {"x": "1", "y": "2"}),
    "the same change of both": ({"x": "1"}, {"x": "2"}, {"x": "2"}, {"x": "2"}),
    "both delete": ({"x": "1"}, {}, {}, {}),
    "one deletes what the other leaves": ({"x": "1"}, {}, {"x": "1"}, {}),
    "one deletes what the other changes": ({"x": "1"}, {}, {"x": "2"}, None),
    "other lines of one file": (
        {"x": "1\n2\n3\n"},
        {"x": "0\n2\n3\n"},
        {"x": "1\n2\n4\n"},
        {"x": "0\n2\n4\n"},
    ),
    "the same line of one file": ({"x": "1\n"}, {"x": "2\n"}, {"x": "3\n"}, None),
    "the content and the exec bit": ({"x": "1"}, {"x": "*1"}, {"x": "2"}, {"x": "*2"}),
    "two new files of one name": ({}, {"x": "1"}, {"x": "2"}, None),
    "two new files, one a program": ({}, {"x": "1"}, {"x": "*1"}, None),
    "a link and a file": ({"x": "1"}, {"x": ">1"}, {"x": "2"}, None),
    "two links": ({"x": ">1"}, {"x": ">2"}, {"x": ">3"}, None),
    "a link that one changed": ({"x": ">1"}, {"x": ">2"}, {"x": ">1"}, {"x": ">2"}),
    "bytes that are no text": ({"x": "\0a\nb"}, {"x": "\0c\nb"}, {"x": "\0a\nd"}, None),
    "a file and a folder": ({}, {"x": "1"}, {"x/y": "2"}, None),
    "a folder that becomes a file": ({"x/y": "1"}, {"x": "2"}, {"x/y": "1"}, {"x": "2"}),
    "a folder that becomes a file and gets more": ({"x/y": "1"}, {"x": "2"}, {"x/y": "3"}, None),
    "a renamed file that the other left": (
        {"old": "1"},
        {"new": "1"},
        {"old": "1"},
        {"new": "1"},
    ),
    "a renamed file that the other changed": ({"old": "1"}, {"new": "1"}, {"old": "2"}, None),
    "names that only look nested": (
        {},
        {"x": "1"},
        {"x.y": "2", "xy/z": "3"},
        {"x": "1", "x.y": "2", "xy/z": "3"},
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_becomes_of_files_is_three_way_and_the_same_in_both_orders(case) -> None:
    base, one, other, expected = case
    assert merged(base, {"a": one, "b": other}) == expected
    assert merged(base, {"b": other, "a": one}) == expected


@pytest.mark.parametrize(
    ("policy", "winner", "expected"),
    [
        ("first", None, {"x": "2"}),
        ("last", None, {"x": "3"}),
        ("winner", "b", {"x": "3"}),
        ("winner", "c", {"x": "1", "z": "9"}),
    ],
)
def test_a_conflict_is_settled_as_the_policy_says(policy, winner, expected) -> None:
    trees = {"a": {"x": "2"}, "b": {"x": "3"}}
    if winner == "c":
        trees["c"] = {"x": "1", "z": "9"}
    assert merged({"x": "1"}, trees, FileRule("all", policy, winner)) == expected


def test_a_file_and_a_folder_are_settled_as_one_branchs_whole_tree() -> None:
    base = {"x/old": "0"}
    trees = {"a": {"x": "1"}, "b": {"x/old": "0", "x/new": "2"}, "c": {"x/old": "5"}}
    assert merged(base, trees, FileRule("all", "first", None)) == {"x": "1"}
    assert merged(base, trees, FileRule("all", "winner", "b")) == {"x/old": "0", "x/new": "2"}
    assert merged(base, trees, FileRule("all", "last", None)) == {"x/old": "5"}


def test_a_conflict_that_settles_to_a_file_does_not_stand_where_a_folder_is() -> None:
    trees = {"p": {"a": "", "b": ""}, "q": {"a": "", "b/z": ""}, "r": {"b": "1"}}
    assert merged({}, trees, FileRule("all", "first", None)) == {"a": "", "b": ""}
    assert merged({}, trees, FileRule("all", "winner", "q")) == {"a": "", "b/z": ""}


def test_a_conflict_names_file_and_branches_and_collect_settles_none() -> None:
    rule = FileRule("all", "collect", None)
    found = decide({"x": "1"}, {"a": {"x": "2"}, "b": {"x": "3"}, "c": {"x": "1", "y": "1"}}, rule)
    conflicts = [each for each in found.values() if each.unresolved]
    assert told(conflicts, rule) == (
        "'x': 'a' and 'b' changed the same lines (on_conflict=collect settles no files)"
    )
    assert entry_of(found["x"]) == {
        "path": "x",
        "change": "none",
        "writes": [{"branch": "a", "state": "conflict"}, {"branch": "b", "state": "conflict"}],
        "conflict": {
            "reason": "'x': 'a' and 'b' changed the same lines",
            "branches": ["a", "b"],
            "resolved_by": None,
        },
    }
    nothing = {each.path: each for each in unapplied(found.values())}
    assert not any(each.changes for each in nothing.values())
    assert dict(nothing["y"].states) == {"c": "excluded"}


@pytest.mark.parametrize(
    ("files", "winner", "states", "result"),
    [
        ("winner", "a", {"a": "merged", "b": "not_chosen", "c": "excluded"}, "2"),
        ("winner", None, {"a": "excluded", "b": "excluded", "c": "excluded"}, "1"),
        ("none", "a", {"a": "excluded", "b": "excluded", "c": "excluded"}, "1"),
    ],
)
def test_whose_files_come_back(files, winner, states, result) -> None:
    trees = {"a": {"x": "2"}, "b": {"x": "3"}, "c": {"x": "4"}}
    found = decide({"x": "1"}, trees, FileRule(files, "fail", winner), only="a b")["x"]
    assert dict(found.states) == states
    assert text_of(found.after) == result


def test_bytes_that_are_no_utf_8_in_a_name_are_shown_escaped() -> None:
    assert readable(b"caf\xe9".decode("utf-8", "surrogateescape")) == "caf\\xe9"
    assert readable("ä") == "ä"


# --- laws ---------------------------------------------------------------------------------

NAMES = st.sampled_from(["a", "b", "a/x", "a/y", "a/x/deep", "b/z"])
TEXTS = st.one_of(
    st.lists(st.sampled_from(["1\n", "2\n", "3\n", "4\n", ""]), max_size=6).map("".join),
    st.sampled_from(["*run", ">a", "\0"]),
)


@st.composite
def trees(draw) -> dict[str, str]:
    """A tree in which nothing is both a file and a folder."""
    found: dict[str, str] = {}
    for name, text in draw(st.dictionaries(NAMES, TEXTS, max_size=5)).items():
        below = any(other.startswith(f"{name}/") for other in found)
        if not below and not any(name.startswith(f"{other}/") for other in found):
            found[name] = text
    return found


def consistent(tree: Tree) -> bool:
    return not any(other.startswith(f"{name}/") for name in tree for other in tree if name != other)


@given(trees(), trees())
def test_a_branch_that_changes_nothing_changes_nothing(base: Tree, tree: Tree) -> None:
    alone = merged(base, {"a": tree})
    assert alone == tree
    for idle in ({"a": tree, "z": base}, {"z": base, "a": tree}):
        assert merged(base, idle) == tree


@given(trees(), trees(), trees())
def test_two_branches_give_the_same_in_either_order(base: Tree, one: Tree, other: Tree) -> None:
    assert merged(base, {"a": one, "b": other}) == merged(base, {"b": other, "a": one})


@given(trees(), st.lists(trees(), min_size=2, max_size=2))
def test_changes_of_different_files_commute_and_are_all_there(base: Tree, drawn) -> None:
    tops = ["a", "b"]
    own: dict[str, Tree] = {}
    for number, top in enumerate(tops):
        mine = {p: t for p, t in drawn[number].items() if p.partition("/")[0] == top}
        rest = {p: t for p, t in base.items() if p.partition("/")[0] != top}
        own[top] = {**rest, **mine}
    expected = {
        **{p: t for p, t in base.items() if p.partition("/")[0] not in tops},
        **{p: t for top in tops for p, t in own[top].items() if p.partition("/")[0] == top},
    }
    for order in permutations(own):
        assert merged(base, {name: own[name] for name in order}) == expected


@given(
    trees(),
    st.dictionaries(st.sampled_from("pqr"), trees(), min_size=1),
    st.sampled_from(["all", "winner", "none"]),
    st.sampled_from(["fail", "first", "last", "winner", "collect"]),
)
def test_every_change_of_every_branch_is_accounted_for_once(base, drawn, files, policy) -> None:
    winner = min(drawn)
    found = decide(base, drawn, FileRule(files, policy, winner))
    made = {(name, path) for name, tree in drawn.items() for path in changes(base, tree)}
    said = {(name, path) for path, each in found.items() for name in each.states}
    assert said == made
    again = {(name, each.path) for each in unapplied(found.values()) for name in each.states}
    assert again == made


@settings(max_examples=300)
@given(
    trees(),
    st.dictionaries(st.sampled_from("pqr"), trees(), min_size=1),
    st.sampled_from(["fail", "first", "last", "winner"]),
)
def test_what_comes_out_can_stand_in_a_folder(base, drawn, policy) -> None:
    result = merged(base, drawn, FileRule("all", policy, min(drawn)))
    assert result is None or consistent(result)
    if policy != "fail":
        assert result is not None


LINES = st.lists(st.sampled_from([b"a\n", b"b\n", b"c\n", b"d\n"]), max_size=8).map(b"".join)


@given(LINES, LINES, LINES)
def test_lines_merge_the_same_from_either_side(base: bytes, one: bytes, other: bytes) -> None:
    assert merge_lines(base, one, other) == merge_lines(base, other, one)
    assert merge_lines(base, one, base) == one
    assert merge_lines(base, one, one) == one


@given(st.lists(st.integers(0, 3), min_size=3, max_size=12), st.data())
def test_changes_of_lines_far_apart_are_both_there(values, data) -> None:
    """Lines are all different, so that there is one way only to see what was changed."""
    base = [f"{number}:{value}\n" for number, value in enumerate(values)]
    first = data.draw(st.integers(0, len(base) - 3))
    second = data.draw(st.integers(first + 2, len(base) - 1))
    one, other, both = list(base), list(base), list(base)
    one[first] = both[first] = "new one\n"
    other[second] = both[second] = "new other\n"
    texts = ("".join(each).encode() for each in (base, one, other))
    assert merge_lines(*texts) == "".join(both).encode()


@pytest.mark.parametrize(
    ("base", "one", "other", "expected"),
    [
        ("1\n2\n3\n", "1\n2\n3", "0\n2\n3\n", "0\n2\n3"),
        ("1\r\n2\r\n3\r\n", "0\r\n2\r\n3\r\n", "1\r\n2\r\n4\r\n", "0\r\n2\r\n4\r\n"),
        ("1\n2\n", "1\n0\n2\n", "1\n9\n2\n", None),
        ("1\n2\n", "1\n0\n2\n", "1\n2\n3\n", "1\n0\n2\n3\n"),
        ("", "1\n", "2\n", None),
    ],
)
def test_ends_of_lines_and_insertions(base, one, other, expected) -> None:
    found = merge_lines(base.encode(), one.encode(), other.encode())
    assert found == (None if expected is None else expected.encode())


def test_texts_that_would_take_for_ever_are_a_conflict() -> None:
    one, other = b"a\n" * 3000 + b"x\n", b"y\n" + b"b\n" * 3000
    assert merge_lines(b"c\n" * 3000, one, other) is None
