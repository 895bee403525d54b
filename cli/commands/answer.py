"""`attractorc answer`: answer a question that a parked run asked.

The answer is kept in the store; `resume` journals it and goes on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .exits import Exit, Refused
from .running import chosen_run, opened, store_location
from .showing import naming_store

if TYPE_CHECKING:
    from attractorc.compiler.value import Json
    from attractorc.interpreter.ports import Option


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
    a label, a target or a number.

    Nothing runs yet: `attractorc resume RUN` goes on.
    """
    from attractorc.interpreter.choices import answer_text, choices_text, match_choice
    from attractorc.interpreter.driver.clock import SystemClock
    from attractorc.interpreter.ports import StoreError
    from attractorc.interpreter.queries import questions
    from attractorc.interpreter.records.times import stamp

    location = store_location(store)
    kept = opened(location, create=False)
    try:
        name = chosen_run(kept, run)
        asked = questions(kept, name, "open")
        found = [one for one in asked if question in (one.question_id, one.node_id)]
        if len(found) != 1:
            ids = ", ".join(one.question_id for one in asked) or "none"
            word = "several open questions are" if found else "no open question is"
            raise Refused(f"{word} called '{question}' in {name}; open: {ids}")
        asked_id = found[0].question_id
        options = tuple(_option(one) for one in found[0].options)
        chosen = match_choice(choice, options)
        if chosen is None:
            raise Refused(f"'{choice}' is no choice of {asked_id}: {choices_text(options)}")
        payload = {
            "question": asked_id,
            "choice": answer_text(chosen, options),
            "source": "answer",
        }
        kept.post(name, "answer", payload, stamp(SystemClock().now()))
        kept.commit()
    except StoreError as error:
        raise Refused(str(error), Exit.STORE) from error
    finally:
        kept.close()
    option = naming_store(location)
    click.echo(f"{asked_id}: {chosen.label}; go on with: attractorc resume {name}{option}")
    return Exit.DONE


def _option(shown: Json) -> Option:
    from attractorc.interpreter.ports import Option

    assert isinstance(shown, dict)
    return Option(str(shown["key"]), str(shown["label"]), str(shown["target"]))
