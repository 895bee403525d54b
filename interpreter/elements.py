"""The elements of a dynamic fan-out: what `for_each` makes branches of (semantics 3.4).

A list's elements are called by their index, an object's by their key, in the order of the
keys. What a branch sees of its element is a view between it and the context at the fork, so
that it is no write of the branch. It must not know forks or records.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from attractorc.compiler.value import Json

from .context import Context

MOST_ELEMENTS = 100_000


@dataclass(frozen=True, slots=True)
class Element:
    """One element: its name in the branch's id (index or key), its place from 0, its value."""

    name: str
    index: int
    value: Json


def elements(collection: Json) -> tuple[Element, ...] | None:
    """The elements of a list or an object, None for a value that has none."""
    if isinstance(collection, Mapping):
        return tuple(
            Element(key, index, collection[key]) for index, key in enumerate(sorted(collection))
        )
    if isinstance(collection, list | tuple):
        return tuple(Element(str(index), index, value) for index, value in enumerate(collection))
    return None


def seen(context: Context, element: Element, total: int) -> Context:
    """The context as an element's branch sees it: `item`, `item.index`, `item.key`, `item.total`.

    Where the element is an object, its fields are seen too, as `item.<field>`.
    """
    view = context.fork()
    if isinstance(element.value, Mapping):
        for field, value in element.value.items():
            view.set(f"item.{field}", value, "")
    view.set("item", element.value, "")
    view.set("item.index", element.index, "")
    view.set("item.key", element.name, "")
    view.set("item.total", total, "")
    return view
