"""`attractorc answer`: answer a question of a run, parked or not.

The answer is kept in the store; the run's engine, or the next `resume`, journals it and goes on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from .exits import Exit, Refused
from .running import chosen_run, opened, store_location
from .showing import naming_store
from .wishing import is_running, meant, without_secrets

if TYPE_CHECKING:
    from attractorc.compiler.value import Json
    from attractorc.interpreter.ports import Option, Store
    from attractorc.interpreter.queries import QuestionEntry


@click.command(
    epilog="Example: attractorc answer last /ship.1 yes",
    short_help="Answer a question of a run.",
)
@click.argument("run")
@click.argument("question")
@click.argument("choice")
@click.option("--store", metavar="PATH", help="Where the run is kept.")
def command(run: str, question: str, choice: str, store: str | None) -> int:
    """Answer an open question of a run: QUESTION is its id or its node, CHOICE a key,
    a label, a target or a number; where words are asked for, the words; where several may be
    chosen, some of them with commas between, or `none`.

    A run that still works takes it at once; a parked one goes on with `attractorc resume RUN`.
    """
    from attractorc.interpreter.driver.clock import SystemClock
    from attractorc.interpreter.ports import StoreError
    from attractorc.interpreter.queries import questions
    from attractorc.interpreter.queries.pages import paged
    from attractorc.interpreter.records.times import stamp

    location = store_location(store)
    kept = opened(location, create=False)
    try:
        name = meant(kept, chosen_run(kept, run))
        asked = tuple(paged(lambda after: questions(kept, name, after=after)))
        entry = _meant(asked, question, name)
        _refuse_second(kept, name, entry)
        taken, shown = _accepted(entry, choice)
        if entry.form == "freeform":  # all other answers stand in the plan
            taken = without_secrets(kept, name, taken, "put it back")
        payload: dict[str, Json] = {
            "question": entry.question_id,
            "choice": taken,
            "source": "answer",
        }
        runs = is_running(kept, name)
        kept.post(name, "answer", payload, stamp(SystemClock().now()))
        kept.commit()
    except StoreError as error:
        raise Refused(str(error), Exit.STORE) from error
    finally:
        kept.close()
    onward = f"go on with: attractorc resume {name}{naming_store(location)}"
    if runs:
        onward = "the run is at work, and takes it"
    click.echo(f"{entry.question_id}: {shown}; {onward}")
    return Exit.DONE


_OVER = {
    "answered": "is answered already: {selected}",
    "timeout": "is over: nobody answered in time",
    "withdrawn": "was withdrawn: its branch is not needed any more",
}


def _meant(asked: tuple[QuestionEntry, ...], question: str, run: str) -> QuestionEntry:
    called = [one for one in asked if question in (one.question_id, one.node_id)]
    still = [one for one in asked if one.status == "open"]
    found = [one for one in called if one.status == "open"]
    if len(found) == 1:
        return found[0]
    ids = ", ".join(one.question_id for one in still) or "none"
    if not found and called:
        over = called[-1]
        told = _OVER[over.status].format(selected=over.selected or over.answer)
        raise Refused(f"the question {over.question_id} of {run} {told}; open: {ids}")
    word = "several open questions are" if found else "no open question is"
    raise Refused(f"{word} called '{question}' in {run}; open: {ids}")


def _refuse_second(kept: Store, run: str, entry: QuestionEntry) -> None:
    """Refuse a second answer while the first one waits for the run to go on."""
    from attractorc.interpreter.queries.interviews import waiting_answer

    waits = waiting_answer(kept, run, entry.question_id)
    if waits is not None:
        raise Refused(
            f"the question {entry.question_id} of {run} has an answer already, '{waits}', which "
            f"counts when the run goes on: attractorc resume {run}"
        )


def _accepted(entry: QuestionEntry, choice: str) -> tuple[str, str]:
    """What is kept of an answer, and how it is shown. Raises `Refused`."""
    from attractorc.interpreter.choices import accepted, choices_text, match_choice, wanted_text
    from attractorc.interpreter.ports import Question

    options = tuple(_option(one) for one in entry.options)
    form: Any = entry.form
    asked = Question(entry.question_id, entry.text, options, entry.node_id, entry.path, form=form)
    taken = accepted(choice, asked)
    if taken is None:
        if entry.form in ("choice", "confirm"):
            told = f"is no choice of {entry.question_id}: {choices_text(options)}"
        else:
            told = f"is no answer to {entry.question_id}: {wanted_text(asked)}"
        raise Refused(f"'{choice}' {told}")
    one = match_choice(choice, options) if entry.form in ("choice", "confirm") else None
    return taken, taken if one is None else one.label


def _option(shown: Json) -> Option:
    from attractorc.interpreter.ports import Option

    assert isinstance(shown, dict)
    return Option(str(shown["key"]), str(shown["label"]), str(shown["target"]))
