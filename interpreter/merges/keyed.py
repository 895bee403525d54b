"""`keyed(field)`: lists of objects merged item by item, matched by one of their fields.

The base is included; an item that a branch leaves out is one it did not change. Items are
whole: two different changes of one item are a conflict, two equal ones are not.
"""

from __future__ import annotations

from collections.abc import Mapping

from attractorc.compiler.value import canonical

from .contribution import Conflict, Contribution, Merged, Valued, Write, clash, cut, valued


def keyed(contribution: Contribution) -> Merged | Conflict:
    """The base's items in their order, then new ones in order of first occurrence."""
    field = contribution.argument
    assert field, "the compiler lets no keyed pass without its field"
    base = _by_field(contribution.base, field) if contribution.base is not None else {}
    if isinstance(base, str):
        return clash(f"it found {base} before the fork", contribution.writes)
    result: dict[str, Valued] = dict(base)
    changed_by: dict[str, Write] = {}
    for write in contribution.writes:
        items = _by_field(write, field)
        if isinstance(items, str):
            return clash(f"it found {items}", (write,))
        for name, item in items.items():
            if name in base and item.text == base[name].text:
                continue
            if name not in changed_by:
                changed_by[name] = write
                result[name] = item
            elif item.text != result[name].text:
                said = ((changed_by[name].branch, result[name].text), (write.branch, item.text))
                return Conflict(
                    f"two branches changed the item whose '{field}' is {cut(name)}", said
                )
    return Merged([item.value for item in result.values()])


def _by_field(lists: Valued, field: str) -> dict[str, Valued] | str:
    """A list's items by the canonical text of their field, or what is wrong with it."""
    if not isinstance(lists.value, list | tuple):
        return "no list of objects"
    items: dict[str, Valued] = {}
    for part in lists.value:
        if not isinstance(part, Mapping) or field not in part:
            return f"an item without '{field}'"
        name, item = canonical(part[field]), valued(part)
        if items.setdefault(name, item).text != item.text:
            return f"two unequal items whose '{field}' is {cut(name)}"
    return items
