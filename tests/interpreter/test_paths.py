"""What lies below what in the tree of branches and of pipelines in stages."""

from __future__ import annotations

import pytest

from attractorc.interpreter.paths import lies_in, prefixes


def test_a_path_lies_below_all_that_it_is_made_of_innermost_first() -> None:
    assert prefixes("/f.1/a/g.2/b") == ("/f.1/a/g.2/b", "/f.1/a/g.2", "/f.1/a", "/f.1")
    assert prefixes("") == ()


@pytest.mark.parametrize(
    ("path", "places", "lies"),
    [
        ("/f.1/a", {"/f.1/a"}, True),
        ("/f.1/a/g.1/b", {"/f.1/a"}, True),
        ("/f.1/ab", {"/f.1/a"}, False),
        ("/f.1", {"/f.1/a"}, False),
        ("", {"/f.1/a"}, False),
        ("/f.1/a", set(), False),
    ],
    ids=[
        "a place itself",
        "far below a place",
        "a place with a longer name",
        "above a place",
        "the trunk",
        "no place at all",
    ],
)
def test_whether_a_path_lies_in_one_of_these_places(
    path: str, places: set[str], lies: bool
) -> None:
    assert lies_in(path, places) is lies
