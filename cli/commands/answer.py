"""`attractorc answer`: answer a question that a parked run asked.

The answer is kept in the store; `resume` journals it and goes on.
"""

from __future__ import annotations

import click

from .exits import Exit, Refused
from .running import opened, store_location


@click.command(
    epilog="Example: attractorc answer last /ship.1 yes",
    short_help="Answer a question of a parked run.",
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
    from attractorc.interpreter.choices import choices_text, match_choice
    from attractorc.interpreter.driver.clock import SystemClock
    from attractorc.interpreter.ports import Option, StoreError
    from attractorc.interpreter.queries import questions
    from attractorc.interpreter.records.times import stamp

    from .choosing import chosen_run

    kept = opened(store_location(store))
    try:
        name = chosen_run(kept, run)
        asked = [one for one in questions(kept, name) if one.open]
        found = [one for one in asked if question in (one.id, one.node_id)]
        if len(found) != 1:
            ids = ", ".join(one.id for one in asked) or "none"
            word = "several open questions are" if found else "no open question is"
            raise Refused(f"{word} called '{question}' in {name}; open: {ids}")
        options = tuple(Option(one.key, one.label, one.target) for one in found[0].options)
        chosen = match_choice(choice, options)
        if chosen is None:
            raise Refused(f"'{choice}' is no choice of {found[0].id}: {choices_text(options)}")
        payload = {"question": found[0].id, "choice": chosen.label, "source": "answer"}
        kept.post(name, "answer", payload, stamp(SystemClock().now()))
        kept.commit()
    except StoreError as error:
        raise Refused(str(error), Exit.STORE) from error
    finally:
        kept.close()
    click.echo(f"{found[0].id}: {chosen.label}; go on with: attractorc resume {name}")
    return Exit.DONE
