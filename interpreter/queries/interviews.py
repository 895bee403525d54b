"""Questions that a run asked people, open and answered.

It must not know how answers are given.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from attractorc.compiler.value import Json

from ..ports import Store
from ..records import InterviewLifecycle
from .reading import every

_STATUS = {"completed": "answered", "timeout": "timeout", "withdrawn": "withdrawn"}


@dataclass(frozen=True, slots=True)
class QuestionEntry:
    """One question. `status` is `open`, `answered`, `timeout` or `withdrawn`.

    `options` are {key, label, target}; `selected` is what was chosen, as it was given. `form` is
    `choice`, `confirm`, `freeform` or `multiple`.
    """

    question_id: str
    node_id: str
    path: str
    text: str
    options: tuple[Json, ...]
    default: str
    asked: str
    status: str = "open"
    answer: str = ""
    selected: str = ""
    source: str = ""
    ended: str = ""
    form: str = "choice"


def questions(store: Store, run_id: str, status: str | None = None) -> tuple[QuestionEntry, ...]:
    """The questions of a run in the order in which they were asked, of one status or all."""
    found: dict[str, QuestionEntry] = {}
    for record in every(store, run_id, InterviewLifecycle):
        if record.kind == "started":
            found[record.question_id] = QuestionEntry(
                record.question_id,
                record.node_id,
                record.path,
                record.question or "",
                tuple(record.options),
                record.default_choice or "",
                record.timestamp,
                form=record.form or "choice",
            )
        elif record.question_id in found and record.kind in _STATUS:
            found[record.question_id] = replace(
                found[record.question_id],
                status=_STATUS[record.kind],
                answer=record.answer or "",
                selected=record.selected or "",
                source=record.source or "",
                ended=record.timestamp,
            )
    return tuple(entry for entry in found.values() if status in (None, entry.status))


def waiting_answer(store: Store, run_id: str, question_id: str) -> str | None:
    """The answer that was posted to a question and that no engine has taken yet, if one was."""
    taken = max((one.control or 0 for one in every(store, run_id, InterviewLifecycle)), default=0)
    for wish in store.controls(run_id, taken):
        if wish.command == "answer" and wish.payload.get("question") == question_id:
            return str(wish.payload.get("choice", ""))
    return None
