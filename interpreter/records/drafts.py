"""Drafts: records that are still without what only the journal knows.

Decisions make them, the journal fills them in: number, time, store ids. Until then nobody
else has seen them, so they are filled in where they are, although records are frozen: a copy
would be one more object for all that happens. It must not know which fields those are.
"""

from __future__ import annotations

from typing import Any, TypeVar

from .record import Record


class InOrder(dict[str, Any]):
    """A map whose keys are in order, and those of all maps in it: nobody need sort it again."""


Family = TypeVar("Family", bound=Record)

_new, _set = object.__new__, object.__setattr__


def drafted(family: type[Family], fields: dict[str, Any]) -> Family:
    """A draft that holds this very dict: whoever made it must not use it again."""
    draft = _new(family)
    _set(draft, "__dict__", fields)
    return draft


def filled(draft: Family, **fields: Any) -> Family:
    """The draft itself, with these fields set; whoever made it must not use it again."""
    draft.__dict__.update(fields)
    return draft
