"""Pages of a run's records: which entries a filter means, as SQL that an index answers.

Apart from the store because no page may cost a walk over the run: one filter drives, by an
index that is in the order of the page, and the others are asked of what it finds. It must
not know what a turn holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from ..ports import Filter, Index

_PAGE = """
    SELECT t.id, t.context, t.parent, t.depth, t.type, t.version, t.payload, t.key
    FROM (SELECT seq, turn FROM ({found}) ORDER BY seq LIMIT ?) AS page
    CROSS JOIN turns AS t ON t.id = page.turn ORDER BY page.seq"""
_FOUND = """
    SELECT * FROM (
        SELECT e.seq, e.turn FROM {tables} WHERE {conditions} ORDER BY {order} LIMIT ?)"""
_NOTHING = "SELECT 0 AS seq, 0 AS turn WHERE 0"
_ENTRIES = "entries AS e INDEXED BY entries_{0}"
_SCOPED = "scopes AS s CROSS JOIN entries AS e ON e.run = s.run AND e.seq = s.seq"


def page(run: int, after: int, limit: int, where: Filter) -> tuple[str, list[Any]]:
    """The statement for one page, and its values."""
    limit = max(limit, 0)
    parts: list[str] = []
    values: list[Any] = []
    for tables, alias, driving, drivers in _drives(where):
        conditions = [f"{alias}.run = ?", f"{alias}.seq > ?", *driving]
        values += [run, after, *drivers]
        for condition, asked in _asked(where):
            conditions.append(condition)
            values += asked
        values.append(limit)
        parts.append(
            _FOUND.format(tables=tables, conditions=" AND ".join(conditions), order=f"{alias}.seq")
        )
    return _PAGE.format(found=" UNION ALL ".join(parts) or _NOTHING), [*values, limit]


@lru_cache(maxsize=256)
def scopes(path: str) -> tuple[str, ...]:
    """Every prefix that finds a path: itself, and what it is below."""
    found = []
    while path:
        found.append(path)
        path = path.rpartition("/")[0]
    return tuple(found)


def matches(where: Filter, index: Index, record_type: str) -> bool:
    """The same question of one entry, for stores without SQL."""
    scope = _scope(where)
    return (
        (where.node_id is None or "" != index.node_id == where.node_id)
        and (where.attempt_id is None or "" != index.attempt_id == where.attempt_id)
        and (not scope or f"{index.path}/".startswith(f"{scope}/"))
        and (where.types is None or record_type in where.types)
        and (where.kinds is None or "" != index.kind in where.kinds)
    )


def _drives(where: Filter) -> Iterator[tuple[str, str, list[str], list[Any]]]:
    """What to walk: tables, the alias that is in order, its conditions and their values.

    The most telling filter is taken; one with several values gives one walk for each.
    """
    if where.attempt_id is not None:
        # The `<> ''` is what lets SQLite use a partial index.
        driving = ["e.attempt = ?", "e.attempt <> ''"]
        yield _ENTRIES.format("attempt"), "e", driving, [where.attempt_id]
    elif where.node_id is not None:
        yield _ENTRIES.format("node"), "e", ["e.node = ?", "e.node <> ''"], [where.node_id]
    elif scope := _scope(where):
        yield _SCOPED, "s", ["s.scope = ?"], [scope]
    elif where.kinds is not None:
        for kind in dict.fromkeys(where.kinds):
            yield _ENTRIES.format("kind"), "e", ["e.kind = ?", "e.kind <> ''"], [kind]
    elif where.types is not None:
        for type_ in dict.fromkeys(where.types):
            yield _ENTRIES.format("type"), "e", ["e.type = ?"], [type_]
    else:
        yield "entries AS e", "e", [], []


def _asked(where: Filter) -> Iterator[tuple[str, list[Any]]]:
    """All filters, as conditions on an entry; asking the driving one twice does no harm."""
    if where.node_id is not None:
        yield "e.node = ?", [where.node_id]
    if scope := _scope(where):
        # '0' is the character after '/'.
        yield "(e.path = ? OR (e.path > ? AND e.path < ?))", [scope, f"{scope}/", f"{scope}0"]
    for column, wanted in (("type", where.types), ("kind", where.kinds)):
        if wanted is not None:
            yield f"e.{column} IN ({', '.join('?' * len(wanted))})", list(wanted)
    if where.kinds is not None:
        yield "e.kind <> ''", []


def _scope(where: Filter) -> str:
    return (where.path or "").rstrip("/")
