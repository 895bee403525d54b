"""`collect`, `append`, `union`, `concat`: every branch's value is in the result.

In declared order, whatever order they came in. A value that is no list counts as a list
of one for `append` and `union`.
"""

from __future__ import annotations

from collections.abc import Iterator

from attractorc.compiler.value import Json, canonical

from .contribution import Conflict, Contribution, Merged, misfit


def collect(contribution: Contribution) -> Merged:
    """An object: branch id to value. Without base."""
    return Merged({write.branch: write.value for write in contribution.writes})


def append(contribution: Contribution) -> Merged:
    """The base list, then every branch's values, lists spliced in.

    A list that begins with the whole base was read, extended and written back: it
    contributes what follows. A single value always contributes itself.
    """
    base = _items(contribution.base.value) if contribution.base is not None else []
    base_texts = [canonical(item) for item in base]
    result = list(base)
    for write in contribution.writes:
        items = _items(write.value)
        head = items[: len(base)] if isinstance(write.value, list | tuple) else ()
        extends = [canonical(item) for item in head] == base_texts
        result.extend(items[len(base) :] if extends else items)
    return Merged(result)


def union(contribution: Contribution) -> Merged:
    """The distinct values, the base's first, in order of first occurrence."""
    distinct: dict[str, Json] = {}
    for item in _all_items(contribution):
        distinct.setdefault(canonical(item), item)
    return Merged(list(distinct.values()))


def concat(contribution: Contribution) -> Merged | Conflict:
    """The strings joined by the argument (nothing, if there is none). Without base."""
    wrong = misfit(contribution, lambda value: isinstance(value, str), "strings")
    if wrong is not None:
        return wrong
    separator = contribution.argument or ""
    return Merged(separator.join(str(write.value) for write in contribution.writes))


def _all_items(contribution: Contribution) -> Iterator[Json]:
    if contribution.base is not None:
        yield from _items(contribution.base.value)
    for write in contribution.writes:
        yield from _items(write.value)


def _items(value: Json) -> list[Json]:
    return list(value) if isinstance(value, list | tuple) else [value]
