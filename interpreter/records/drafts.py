"""Drafts: records that are still without what only the journal knows.

Decisions make them, the journal fills them in: number, time, store ids. Until then nobody
else has seen them, so they are filled in where they are: a copy of thirty fields for each
record would cost more than writing it. It must not know which fields those are.
"""

from __future__ import annotations

from typing import Any, TypeVar

from .record import Record

Family = TypeVar("Family", bound=Record)


def filled(draft: Family, **fields: Any) -> Family:
    """The draft itself, with these fields set; whoever made it must not use it again."""
    for name, value in fields.items():
        setattr(draft, name, value)
    return draft
