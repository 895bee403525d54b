"""Pages on the command line: as many as it takes to fill one, and where the next one begins.

Apart because all queries page alike. It must not know what is asked.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from .asking import meant, reading, record_filter
from .tables import json_line

if TYPE_CHECKING:
    from attractorc.interpreter.ports import Store
    from attractorc.interpreter.queries import Page

Entry = TypeVar("Entry")
_POLL_SECONDS = 0.2


def filled(ask: Callable[[str, int], Page[Entry]], after: str, limit: int) -> Page[Entry]:
    """One page of `limit` entries; a query's own may be short where a filter finds little."""
    from attractorc.interpreter.queries import Page

    page = ask(after, limit)
    found: list[Any] = [*page]
    while page.more and len(found) < limit:
        page = ask(page.more, limit - len(found))
        found += page
    return Page(found, page.more)


def page_of(
    query: Callable[..., Page[Entry]],
    store: str | None,
    run: str,
    after: str,
    limit: int,
    *,
    node: str | None = None,
    path: str | None = None,
    attempt: str | None = None,
    branch: str | None = None,
    **more: Any,
) -> Page[Entry]:
    """One page of what a query says of the run that is meant; `more` is the query's own."""
    with reading(store) as kept:
        run_id = meant(kept, run)
        where = record_filter(kept, run_id, node, path, attempt, branch=branch)
        return filled(lambda at, most: query(kept, run_id, where, at, most, **more), after, limit)


def followed(
    store: Store, run_id: str, ask: Callable[[str, int], Page[Entry]], after: str, at_once: int
) -> Iterator[Entry]:
    """Entries as they come, until the run has ended and all are told.

    `ask` pages by sequence number, and entries have one.
    """
    from attractorc.interpreter.ports import ENDED

    while True:
        # Asked before the page, so that nothing can come between the two.
        over = store.run(run_id).status in ENDED
        page = ask(after, at_once)
        for entry in page:
            after = str(entry.sequence_no)  # type: ignore[attr-defined]
            yield entry
        if page.more:
            after = page.more
        elif over:
            return
        elif not page:
            time.sleep(_POLL_SECONDS)


def told(page: Page[Any], as_json: bool, lines: Callable[[], Sequence[str]], nothing: str) -> None:
    """Print a page: as JSON lines, as the lines for people, or that there is nothing."""
    if as_json:
        told_as_json(page)
    elif page:
        click.echo("\n".join(lines()))
    elif not page.more:
        click.echo(nothing)
    told_more(page.more)


def told_as_json(entries: Iterable[Any]) -> None:
    """Print entries, one JSON document a line."""
    for entry in entries:
        click.echo(json_line(dataclasses.asdict(entry)))


def told_more(more: str) -> None:
    """Say where the next page begins, if there is one; not among the entries."""
    if more:
        click.echo(f"attractorc: there is more; go on with --after {more}", err=True)
