"""Paths: where walkers are in the tree of branches and of pipelines in stages (semantics 1).

Apart because stores, outcomes and decisions all ask what lies below what. It must not know
what stands at a path.
"""

from __future__ import annotations

from collections.abc import Container
from functools import lru_cache


@lru_cache(maxsize=4096)
def prefixes(path: str) -> tuple[str, ...]:
    """A path and all that it lies below, innermost first; () for the trunk's, which is ''."""
    found = []
    while path:
        found.append(path)
        path = path.rpartition("/")[0]
    return tuple(found)


def lies_in(path: str, places: Container[str]) -> bool:
    """Whether a path is one of these places, or below one; its length is all that it costs."""
    return any(place in places for place in prefixes(path))
