"""Pages of a run's records: which entries a filter means, as SQL that an index answers.

Apart from the store because no page may cost a walk over the run: the filter that finds
least drives, by an index that is in the order of the page, and the others are asked of what it
finds, of so many entries at most. It must not know what a turn holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, TypeAlias

from attractorc.compiler.value import encoded

from ..ports import Filter, Found, Index, Turn
from ..tuples import tupled

EFFORT = 2_000
"""How many entries one look asks about: about two milliseconds."""

Ask: TypeAlias = Callable[[str, Sequence[Any]], list[Any]]


def columns(turns: str) -> str:
    """The columns of a turn, as `Turn` has them: ids are text everywhere but in the file."""
    ids = ", ".join(f"CAST({turns}.{name} AS TEXT)" for name in ("id", "context", "parent"))
    rest = (f"{turns}.{name}" for name in ("depth", "type", "version", "payload", "key"))
    return ", ".join((ids, *rest))


def turn_of(row: Sequence[Any]) -> Turn:
    """A turn from its `columns`. Its own constructor would take half of the time of a page."""
    return tupled(Turn, row)


_PAGE = f"""
    SELECT {columns("t")}, page.seq
    FROM (SELECT seq, turn FROM ({{found}}) ORDER BY seq {{way}} LIMIT ?) AS page
    CROSS JOIN turns AS t ON t.id = page.turn"""  # noqa: S608 - constants only
_FOUND = """
    SELECT * FROM (
        SELECT e.seq, e.turn FROM {tables} WHERE {conditions} ORDER BY {order} LIMIT ?)"""
_PROBE = "SELECT {alias}.seq FROM {tables} WHERE {conditions} ORDER BY {order} LIMIT 1 OFFSET ?"
_NOTHING = "SELECT 0 AS seq, 0 AS turn WHERE 0"
_ENTRIES = "entries AS e INDEXED BY entries_{0}"
_SCOPE = "scopes AS s"
_SCOPED = "scopes AS s CROSS JOIN entries AS e ON e.run = s.run AND e.seq = s.seq"


@dataclass(frozen=True, slots=True)
class Walk:
    """A walk over one list of an index: its tables, what is in order, and what it is held to."""

    probed: str
    tables: str
    alias: str
    conditions: tuple[str, ...] = ()
    values: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a run, from `start` on (exclusive), one way or the other, up to `end`."""

    run: int
    start: int | None = None
    backwards: bool = False
    end: int | None = None

    def conditions(self, alias: str) -> list[str]:
        """What holds of an entry in it."""
        found = [f"{alias}.run = ?"]
        if self.start is not None:
            found.append(f"{alias}.seq {'<' if self.backwards else '>'} ?")
        if self.end is not None:
            found.append(f"{alias}.seq {'>=' if self.backwards else '<='} ?")
        return found

    @property
    def values(self) -> list[int]:
        """The values of the conditions."""
        return [self.run, *(one for one in (self.start, self.end) if one is not None)]

    def order(self, alias: str) -> str:
        """The order of a page of it."""
        return f"{alias}.seq{' DESC' if self.backwards else ''}"


def taken(search: Callable[[int | None, int], Found], after: int, limit: int) -> tuple[Turn, ...]:
    """At most `limit` turns, over as many looks as it takes; `search(start, most)` is one."""
    found: list[Turn] = []
    start: int | None = after
    while start is not None and len(found) < limit:
        seen = search(start, limit - len(found))
        found += seen.turns
        start = seen.more
    return tuple(found)


def look(ask: Ask, part: Stretch, limit: int, where: Filter) -> Found:
    """One bounded look: the turns that were found, and where to go on."""
    walks, end = sparsest(ask, part, where)
    part = Stretch(part.run, part.start, part.backwards, end)
    # One more than is wanted tells whether there is more.
    statement, values = page(part, limit + 1, where, walks)
    rows = ask(statement, values)
    # Here and not in SQL, which would sort payloads of megabytes along with the numbers.
    rows.sort(key=itemgetter(-1), reverse=part.backwards)
    if len(rows) > limit:
        more = rows[limit - 1][-1] if limit > 0 else part.start or 0
        return Found(tuple(turn_of(row[:-1]) for row in rows[: max(limit, 0)]), more)
    return Found(tuple(turn_of(row[:-1]) for row in rows), end)


def sparsest(ask: Ask, part: Stretch, where: Filter) -> tuple[list[Walk], int | None]:
    """The filter that finds least from here on, and how far the look may go: None to the end."""
    ways = list(lists(where)) or [[_ALL]]
    if len(ways) == 1 and where.branch is None:
        return ways[0], None  # whatever it finds is wanted
    best: list[Walk] = []
    furthest: int | None = None
    for walks in ways:
        reach = _reach(ask, part, walks)
        if reach is None:
            return walks, None
        if furthest is None or (reach < furthest) == part.backwards:
            best, furthest = walks, reach
    return best, furthest


def _reach(ask: Ask, part: Stretch, walks: list[Walk]) -> int | None:
    """Where so many entries of some lists are behind one; None if they end before that."""
    reach: int | None = None
    for walk in walks:
        statement = _PROBE.format(
            alias=walk.alias,
            tables=walk.probed,
            conditions=" AND ".join([*part.conditions(walk.alias), *walk.conditions]),
            order=part.order(walk.alias),
        )
        found = ask(statement, [*part.values, *walk.values, EFFORT // len(walks)])
        if found:
            (seq,) = found[0]
            reach = seq if reach is None or (seq > reach) == part.backwards else reach
    return reach


def page(
    part: Stretch, limit: int, where: Filter, walks: list[Walk] | None = None
) -> tuple[str, list[Any]]:
    """The statement for one page, in no order, and its values; a row ends with its number."""
    limit = max(limit, 0)
    parts: list[str] = []
    values: list[Any] = []
    for walk in next(lists(where), [_ALL]) if walks is None else walks:
        conditions = [*part.conditions(walk.alias), *walk.conditions]
        values += [*part.values, *walk.values]
        for condition, asked in _asked(where):
            conditions.append(condition)
            values += asked
        values.append(limit)
        parts.append(
            _FOUND.format(
                tables=walk.tables,
                conditions=" AND ".join(conditions),
                order=part.order(walk.alias),
            )
        )
    found = " UNION ALL ".join(parts) or _NOTHING
    way = "DESC" if part.backwards else ""
    return _PAGE.format(found=found, way=way), [*values, limit]


def matches(where: Filter, index: Index, record_type: str) -> bool:
    """The same question of one entry, for stores without SQL."""
    scope = _scope(where)
    return (
        (where.node_id is None or "" != index.node_id == where.node_id)
        and (where.attempt_id is None or "" != index.attempt_id == where.attempt_id)
        and (not scope or f"{index.path}/".startswith(f"{scope}/"))
        and (where.types is None or record_type in where.types)
        and (where.kinds is None or "" != index.kind in where.kinds)
        and (where.branch is None or f"/{encoded(where.branch)}/" in f"{index.path}/")
    )


_ALL = Walk("entries AS e", "entries AS e", "e")


def lists(where: Filter) -> Iterator[list[Walk]]:
    """Every way to walk, the most telling filter first.

    A filter with several values gives one walk for each.
    """
    if where.attempt_id is not None:
        yield [_entries("attempt", where.attempt_id)]
    if scope := _scope(where):
        yield [Walk(_SCOPE, _SCOPED, "s", ("s.scope = ?",), (scope,))]
    if where.node_id is not None:
        yield [_entries("node", where.node_id)]
    if where.kinds is not None:
        yield [_entries("kind", kind) for kind in dict.fromkeys(where.kinds)]
    if where.types is not None:
        yield [_entries("type", type_) for type_ in dict.fromkeys(where.types)]


def _entries(column: str, value: str) -> Walk:
    # The `<> ''` is what lets SQLite use a partial index.
    partial = () if column == "type" else (f"e.{column} <> ''",)
    tables = _ENTRIES.format(column)
    return Walk(tables, tables, "e", (f"e.{column} = ?", *partial), (value,))


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
    if where.branch is not None:
        yield "instr(e.path || '/', ?) > 0", [f"/{encoded(where.branch)}/"]


def _scope(where: Filter) -> str:
    return (where.path or "").rstrip("/")
