"""Runs: their list, and one by any name it goes by.

It must not know how a run is made, only what its row says.
"""

from __future__ import annotations

from ..ports import ENDED, NotFound, RunRow, Store
from ..records import RunLifecycle
from .pages import Page
from .reading import every

LAST = "last"
_PAGE = 100
_LOOKS = 20
_SHOWN_AT_MOST = 5


class AmbiguousRun(NotFound):
    """The beginning of a run id that several runs share."""


def runs(
    store: Store,
    *,
    pipeline: str | None = None,
    status: str | None = None,
    after: str = "",
    limit: int = _PAGE,
) -> Page[RunRow]:
    """A page of runs, newest first, of one pipeline or status or all; `after` is a run's id.

    Raises `NotFound` for an unknown one.
    """
    found: list[RunRow] = []
    before = after or None
    for _ in range(_LOOKS):
        page = store.runs(before=before, limit=_PAGE)
        for row in page:
            if pipeline not in (None, row.pipeline) or status not in (None, row.status):
                continue
            if len(found) >= limit:
                return Page(found, found[-1].run_id)
            found.append(row)
        if len(page) < _PAGE:
            return Page(found)
        before = page[-1].run_id
    return Page(found, before)


def resolve(store: Store, name: str) -> RunRow:
    """The run of an id, of the only id that begins so, or the newest one for `last`.

    Raises `NotFound`, or `AmbiguousRun`, whose message lists the runs that fit.
    """
    try:
        return store.run(name)
    except NotFound:
        pass
    if name == LAST:
        newest = store.runs(limit=1)
        if not newest:
            raise NotFound("there is no run in the store yet")
        return newest[0]
    fitting: list[RunRow] = []
    before = None
    while name and (page := store.runs(before=before, limit=_PAGE)):
        fitting += [row for row in page if row.run_id.startswith(name)]
        before = page[-1].run_id
    if not fitting:
        raise NotFound(f"there is no run '{name}' in the store; 'attractorc runs' lists them")
    if len(fitting) > 1:
        listed = ", ".join(row.run_id for row in fitting[:_SHOWN_AT_MOST])
        more = len(fitting) - _SHOWN_AT_MOST
        raise AmbiguousRun(
            f"'{name}' fits {len(fitting)} runs: {listed}" + (f" and {more} more" * (more > 0))
        )
    return fitting[0]


def is_over(store: Store, row: RunRow) -> bool:
    """Whether nobody can go on with a run: it has ended, and what starts it anew was begun."""
    if row.status not in ENDED:
        return False
    following = next_run(store, row)
    if not following:
        return True
    try:
        store.run(following)
    except NotFound:
        return False
    return True


def next_run(store: Store, row: RunRow) -> str:
    """The run that starts this one anew, '' if none does."""
    if row.status != "restarted":
        return ""
    ends = every(store, row.run_id, RunLifecycle, kinds=("finalized",))
    return next((end.next_run for end in ends if end.next_run), "")
