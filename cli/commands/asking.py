"""What every query has in common: its options, the store it reads, the run that is meant.

Turns the store's trouble into sentences and exit codes. It must not know what is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from .exits import Exit, Refused

if TYPE_CHECKING:
    from attractorc.interpreter.ports import Filter, Store

Function = TypeVar("Function", bound=Callable[..., Any])

run_argument = click.argument("run", metavar="RUN")
store_option = click.option(
    "--store", metavar="PATH", help="Where runs are kept (default: .attractor/runs.db)."
)
json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print JSON, one document a line."
)
limit_option = click.option(
    "--limit", type=click.IntRange(min=1), default=100, show_default=True, help="At most so many."
)
after_option = click.option(
    "--after",
    default="",
    metavar="CURSOR",
    help="Go on after this place: what the page before ended with.",
)
follow_option = click.option(
    "--follow", is_flag=True, help="Show what comes, until the run has ended; no limit."
)
_NODE = click.option("--node", metavar="ID", help="Only of this node.")
_PATH = click.option("--path", metavar="PREFIX", help="Only at or below this path.")
_BRANCH = click.option("--branch", metavar="ID", help="Only in branches with this id.")


def where_options(function: Function) -> Function:
    """The filters by node, path and branch, which every query about a run has."""
    return _NODE(_PATH(_BRANCH(function)))


def status_option(statuses: Sequence[str], what: str) -> Callable[[Function], Function]:
    """The filter by status: one of these, of what is named."""
    return click.option(
        "--status",
        type=click.Choice(list(dict.fromkeys(statuses))),
        metavar="STATUS",
        help=f"Only {what} of this status: {', '.join(dict.fromkeys(statuses))}.",
    )


def page_options(function: Function) -> Function:
    """Where a page begins and how long it is; the store; and the form of the output."""
    return after_option(limit_option(store_option(json_option(function))))


@contextmanager
def reading(location: str | None) -> Iterator[Store]:
    """The store that was named, or the default one, for reading; never made here."""
    from attractorc.interpreter.ports import NotFound, StoreError
    from attractorc.interpreter.queries import BadCursor, UnknownTarget
    from attractorc.interpreter.stores import default_location, open_store

    try:
        place = str(default_location(Path.cwd())) if location is None else location
        store = open_store(place, create=False)
        try:
            yield store
        finally:
            store.close()
    except (NotFound, UnknownTarget, BadCursor) as error:
        raise Refused(str(error), Exit.USAGE) from error
    except StoreError as error:
        raise Refused(str(error), Exit.STORE) from error


def meant(store: Store, run: str) -> str:
    """The id of the run that a name means: an id, its unique beginning, or `last`."""
    from attractorc.interpreter.queries import resolve

    return resolve(store, run).run_id


def record_filter(
    store: Store,
    run_id: str,
    node: str | None,
    path: str | None,
    attempt: str | None = None,
    kinds: tuple[str, ...] = (),
    branch: str | None = None,
) -> Filter:
    """The filter of these options. A kind may be a family; an attempt may lack the run's id."""
    from attractorc.interpreter.ports import Filter
    from attractorc.interpreter.records import FAMILIES

    families = {family.TYPE.rpartition(".")[2]: family.TYPE for family in FAMILIES}
    known = sorted({kind for family in FAMILIES for kind in family.KINDS})
    wanted, types = [], []
    for kind in kinds:
        if kind in families:
            types.append(families[kind])
        elif kind in known:
            wanted.append(kind)
        else:
            _refuse_kind(kind, [*families, *known])
    if types and wanted:
        raise Refused(f"--kind: '{kinds[0]}' and '{kinds[-1]}' do not go together; ask twice")
    if attempt is not None and not attempt.startswith(f"{run_id}:"):
        attempt = f"{run_id}:{attempt}"
    return Filter(node, path, attempt, tuple(types) or None, tuple(wanted) or None, branch)


def _refuse_kind(kind: str, known: list[str]) -> None:
    from attractorc.compiler.value import nearest

    close = nearest(kind, known)
    hint = f"did you mean '{close}'?" if close else f"there are: {', '.join(known)}"
    raise Refused(f"there is no kind of event '{kind}'; {hint}")
