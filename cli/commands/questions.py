"""`attractorc questions`: what a run asked people, and what they said.

Thin: asks `queries.questions` and prints. It must not know how answers are given.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from .asking import json_option, meant, reading, run_argument, store_option
from .exits import Exit
from .tables import fitted, json_line, terminal_width

if TYPE_CHECKING:
    from attractorc.interpreter.queries import QuestionEntry


@click.command(
    epilog="Example: attractorc questions last --open",
    short_help="Show the questions of a run.",
)
@run_argument
@click.option("--open", "only_open", is_flag=True, help="Only those that wait for an answer.")
@store_option
@json_option
def command(run: str, only_open: bool, store: str | None, as_json: bool) -> int:
    """Show what a run asked people, open questions with their choices.

    Answer one with `attractorc answer RUN QUESTION CHOICE`. RUN is a run's id, the beginning
    of one, or `last`.
    """
    from attractorc.interpreter.queries import questions

    with reading(store) as kept:
        found = questions(kept, meant(kept, run), "open" if only_open else None)
    if as_json:
        for entry in found:
            click.echo(json_line(dataclasses.asdict(entry)))
    elif not found:
        click.echo("no questions")
    else:
        width = terminal_width()
        click.echo("\n".join(fitted(line, width) for entry in found for line in _lines(entry)))
    return Exit.DONE


def _lines(entry: QuestionEntry) -> Iterator[str]:
    yield f"{entry.question_id}  {entry.status}  {entry.text}"
    if entry.status != "open":
        by = f" ({entry.source})" if entry.source else ""
        if entry.selected:
            yield f"  chosen: {entry.selected}{by}"
        return
    choices: Any = entry.options
    for choice in choices:
        default = "  (default)" if entry.default in (choice["target"], choice["label"]) else ""
        leads = f" -> {choice['target']}" if entry.form == "choice" else ""
        yield f"  {choice['key']}  {choice['label']}{leads}{default}"
    if entry.form == "freeform":
        yield "  in your own words"
    elif entry.form == "multiple":
        yield "  several may be chosen, with commas between, or none"
