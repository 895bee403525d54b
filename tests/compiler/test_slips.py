"""Context keys that are slips of others: which are taken for one, and which never."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from attractorc.compiler.graph.reach import path_to, told_path
from attractorc.compiler.graph.slips import KeySlips, key_slips

from .graphs import graph_of

Declared = Mapping[str, Sequence[str]]


def slips(declared: Declared, read: Sequence[str], merged: Sequence[str] = ()) -> KeySlips:
    return key_slips(declared, ("tool.output", "log.*"), read, merged, ("goal", "outcome"))


@pytest.mark.parametrize(
    ("declared", "read", "expected"),
    [
        pytest.param({"findngs": "a"}, ["findings"] * 2, {"findngs": "findings"}, id="left out"),
        pytest.param({"findings": "a"}, ["findings"], {}, id="the key that is read"),
        pytest.param({"findngs": "a"}, ["findings"], {}, id="read once: the read may be the slip"),
        pytest.param(
            {"findings": "a", "fidnings": "b"},
            ["findings"],
            {"fidnings": "findings"},
            id="one stage of several, that swaps two letters",
        ),
        pytest.param(
            {"findings": "a", "fidnings": "bc"}, ["findings"], {}, id="two stages do not slip alike"
        ),
        pytest.param(
            {"summary": "ab", "sumary": "c"}, [], {"sumary": "summary"}, id="as two others write"
        ),
        pytest.param({"score1": "a", "score2": "b"}, ["score1"], {}, id="a number"),
        pytest.param({"file": "a", "files": "b"}, ["file"], {}, id="a plural"),
        pytest.param({"test_a": "a", "test_b": "b"}, ["test_a"], {}, id="a short part of its own"),
        pytest.param({"text": "a", "test": "b"}, ["text"], {}, id="a short word with one letter"),
        pytest.param({"log.a": "a", "log.ab": "b"}, ["log.a"], {}, id="what a pattern stands for"),
    ],
)
def test_keys_that_are_written_by_a_slip(
    declared: Declared, read: list[str], expected: Mapping[str, str]
) -> None:
    assert slips(declared, read).written == expected


@pytest.mark.parametrize(
    ("declared", "read", "expected"),
    [
        pytest.param({"coverage": "a"}, ["coverge"], {"coverge": "coverage"}, id="one letter less"),
        pytest.param({"coverage": "a"}, ["coveragee"], {"coveragee": "coverage"}, id="one more"),
        pytest.param({"coverage": "a"}, ["cobverge"], {}, id="two letters"),
        pytest.param({}, ["outcoem"], {"outcoem": "outcome"}, id="a key that always exists"),
        pytest.param({"plans": "a"}, ["plan"], {}, id="a plural"),
        pytest.param({"state": "a", "stale": "b"}, ["stave"], {}, id="of two keys"),
        pytest.param({"coverage": "a"}, ["log.coverage"], {}, id="another group of keys"),
    ],
)
def test_keys_that_are_read_by_a_slip(
    declared: Declared, read: list[str], expected: Mapping[str, str]
) -> None:
    assert slips(declared, read).read == expected


def test_a_key_of_a_merge_rule_alone_is_a_slip_of_the_rule() -> None:
    found = slips({"findings": "ab"}, ["findings"], ["findigns"])
    assert found == KeySlips(merged={"findigns": "findings"})


def test_the_way_to_a_node_is_the_shortest_one() -> None:
    graph = graph_of("start -> a -> b -> c -> exit\na -> c")
    assert path_to(graph, "c") == ("start", "a", "c")
    assert path_to(graph, "start") == ("start",)
    assert told_path(path_to(graph, "exit")) == "'start' -> 'a' -> 'c' -> 'exit'"


def test_a_long_way_is_told_in_part() -> None:
    assert told_path("abcdefghi") == "'a' -> 'b' -> 'c' -> 'd' -> 'e' -> ... -> 'i'"
