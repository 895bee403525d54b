"""`attractorc events`: the records of a run, a page of them or as they come.

Thin: asks `queries.events` and prints. It must not know what records do to a run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import click

from .asking import (
    after_option,
    follow_option,
    json_option,
    meant,
    reading,
    record_filter,
    run_argument,
    store_option,
    where_options,
)
from .exits import Exit
from .paging import followed, told_more
from .tables import clock_time, fitted, json_line, terminal_width

if TYPE_CHECKING:
    from attractorc.interpreter.ports import Store
    from attractorc.interpreter.queries import Page
    from attractorc.interpreter.records import Record

_PAGE = 500


@click.command(
    epilog="Example: attractorc events last --kind failed --kind retrying --follow",
    short_help="Show what happened in a run.",
)
@run_argument
@where_options
@click.option("--kind", "kinds", multiple=True, metavar="KIND", help="Only this kind or family.")
@click.option("--attempt", metavar="ID", help="Only of this attempt, such as /lint.1@1.")
@click.option("--status", metavar="STATUS", help="Only what has this status.")
@follow_option
@after_option
@click.option("--limit", type=click.IntRange(min=1), help="At most so many (default: all).")
@store_option
@json_option
def command(
    run: str,
    node: str | None,
    path: str | None,
    branch: str | None,
    kinds: tuple[str, ...],
    attempt: str | None,
    status: str | None,
    follow: bool,
    after: str,
    limit: int | None,
    store: str | None,
    as_json: bool,
) -> int:
    """Show what happened in a run, in order: its journal, record by record.

    RUN is a run's id, the beginning of one, or `last`. With --json every line is an event as
    `attractorc schema event` describes it. To page, give --limit; the command says what to give
    to --after then.
    """
    from attractorc.interpreter.queries import events
    from attractorc.interpreter.records.codec import to_json

    width = terminal_width()
    with reading(store) as kept:
        run_id = meant(kept, run)
        where = record_filter(kept, run_id, node, path, attempt, kinds, branch)

        def ask(at: str, most: int) -> Page[Record]:
            return events(kept, run_id, where, at, most, status=status)

        for record in _stream(kept, run_id, ask, after, None if follow else limit, follow):
            line = json_line(to_json(record)) if as_json else fitted(_line(record), width)
            click.echo(line)
    return Exit.DONE


def _stream(
    store: Store,
    run_id: str,
    ask: Callable[[str, int], Page[Record]],
    after: str,
    limit: int | None,
    follow: bool,
) -> Iterator[Record]:
    if follow:
        yield from followed(store, run_id, ask, after, _PAGE)
        return
    left = limit
    while left is None or left > 0:
        page = ask(after, _PAGE if left is None else min(_PAGE, left))
        yield from page
        after = page.more
        if not after:
            return
        left = None if left is None else left - len(page)
    told_more(after)


def _line(record: Record) -> str:
    """A record in a line: number, time, what, whose, and what was said."""
    from attractorc.interpreter.records.codec import type_name

    family = type_name(record).rpartition(".")[2].removesuffix("_lifecycle")
    kind = _field(record, "kind")
    what = f"{family} {kind}".strip()
    subject = _subject(record)
    words = [_field(record, "status"), _field(record, "rule"), _edge(record)]
    said = next(
        (
            text
            for name in ("failure_reason", "reason", "terminated_reason", "question", "notes")
            if isinstance(text := getattr(record, name, None), str) and text
        ),
        "",
    )
    told = "  ".join(word for word in (*words, said) if word)
    number = str(record.sequence_no).rjust(6)
    return f"{number}  {clock_time(record.timestamp)}  {what.ljust(26)}  {subject}  {told}"


def _subject(record: Record) -> str:
    attempt = _field(record, "stage_attempt_id")
    if attempt:
        return attempt.partition(":")[2]
    node = _field(record, "node_id")
    return _field(record, "branch_path") or (f"{_field(record, 'path')}/{node}" if node else "")


def _edge(record: Record) -> str:
    edge: Any = getattr(record, "selected_edge", None)
    return f"-> {edge['to']}" if edge else ""


def _field(record: Record, name: str) -> str:
    value = getattr(record, name, None)
    return value if isinstance(value, str) else ""
