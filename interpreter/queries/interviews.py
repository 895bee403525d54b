"""Questions that a run asked people, open and answered.

It must not know how answers are given.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from attractorc.compiler.value import Json

from ..ports import Filter, Store
from ..records import InterviewLifecycle
from .pages import Cursor, Page, number_of
from .reading import DECODED, every, turn_record

OPEN = "open"
STATUSES = {"completed": "answered", "timeout": "timeout", "withdrawn": "withdrawn"}


@dataclass(frozen=True, slots=True)
class QuestionEntry:
    """One question. `status` is `open`, `answered`, `timeout` or `withdrawn`.

    `options` are {key, label, target}; `selected` is what was chosen, as it was given. `form` is
    `choice`, `confirm`, `freeform` or `multiple`.
    """

    sequence_no: int
    question_id: str
    node_id: str
    path: str
    text: str
    options: tuple[Json, ...]
    default: str
    asked: str
    status: str = OPEN
    answer: str = ""
    selected: str = ""
    source: str = ""
    ended: str = ""
    form: str = "choice"


def waiting_answer(store: Store, run_id: str, question_id: str) -> str | None:
    """The answer that was posted to a question and that no engine has taken yet, if one was."""
    newest = every(store, run_id, InterviewLifecycle, newest_first=True, at_once=32)
    taken = next((one.control for one in newest if one.control), 0)  # they are taken in order
    for wish in store.controls(run_id, taken):
        if wish.command == "answer" and wish.payload.get("question") == question_id:
            return str(wish.payload.get("choice", ""))
    return None


def questions(
    store: Store,
    run_id: str,
    where: Filter | None = None,
    after: Cursor = 0,
    limit: int = 256,
    *,
    status: str | None = None,
) -> Page[QuestionEntry]:
    """A page of a run's questions in the order in which they were asked, of one status or all."""
    wanted = replace(where or Filter(), types=(InterviewLifecycle.TYPE,), kinds=("started",))
    start = number_of(after)
    found: list[QuestionEntry] = []
    look = store.search(run_id, wanted, start, max(DECODED, limit))
    for turn in look.turns:
        if len(found) >= limit:
            return Page(found, start)
        record = turn_record(store, turn)
        assert isinstance(record, InterviewLifecycle)
        start = record.sequence_no
        entry = _entry(store, record)
        if status in (None, entry.status):
            found.append(entry)
    return Page(found, look.more)


def open_questions(store: Store, run_id: str, limit: int) -> Page[QuestionEntry]:
    """The newest open questions, in the order in which they were asked.

    No more than `DECODED` questions are looked at.
    """
    found: list[QuestionEntry] = []
    for examined, entry in enumerate(_newest(store, run_id)):
        if len(found) > limit or examined >= DECODED:
            return Page(reversed(found[:limit]), found[-1].sequence_no if found else "")
        if entry.status == OPEN:
            found.append(entry)
    return Page(reversed(found[:limit]), found[-1].sequence_no if len(found) > limit else "")


def _newest(store: Store, run_id: str) -> Iterator[QuestionEntry]:
    asked = every(
        store, run_id, InterviewLifecycle, kinds=("started",), newest_first=True, at_once=32
    )
    return (_entry(store, record) for record in asked)


def _entry(store: Store, record: InterviewLifecycle) -> QuestionEntry:
    entry = QuestionEntry(
        record.sequence_no,
        record.question_id,
        record.node_id,
        record.path,
        record.question or "",
        tuple(record.options),
        record.default_choice or "",
        record.timestamp,
        form=record.form or "choice",
    )
    where = Filter(node_id=record.node_id, path=record.path or None)
    for end in every(
        store,
        record.run_id,
        InterviewLifecycle,
        where,
        kinds=tuple(STATUSES),
        start=record.sequence_no,
        at_once=8,
    ):
        if end.question_id == record.question_id:
            return replace(
                entry,
                status=STATUSES[end.kind],
                answer=end.answer or "",
                selected=end.selected or "",
                source=end.source or "",
                ended=end.timestamp,
            )
    return entry
