"""`attractorc questions`: what a run asked people, and what they said.

Thin: asks `queries.questions` and prints. It must not know how answers are given.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from .asking import page_options, run_argument, status_option, where_options
from .exits import Exit, Refused
from .paging import page_of, told
from .tables import fitted, terminal_width

if TYPE_CHECKING:
    from attractorc.interpreter.queries import QuestionEntry


@click.command(
    epilog="Example: attractorc questions last --open",
    short_help="Show the questions of a run.",
)
@run_argument
@where_options
@click.option("--open", "only_open", is_flag=True, help="Only those that wait for an answer.")
@status_option(("open", "answered", "timeout", "withdrawn"), "questions")
@page_options
def command(
    run: str,
    node: str | None,
    path: str | None,
    branch: str | None,
    only_open: bool,
    status: str | None,
    after: str,
    limit: int,
    store: str | None,
    as_json: bool,
) -> int:
    """Show what a run asked people, open questions with their choices.

    Answer one with `attractorc answer RUN QUESTION CHOICE`. RUN is a run's id, the beginning
    of one, or `last`.
    """
    from attractorc.interpreter.queries import questions

    if only_open and status not in (None, "open"):
        raise Refused(f"--open and --status {status} do not go together; give one of them")
    wanted = "open" if only_open else status
    found = page_of(
        questions, store, run, after, limit, node=node, path=path, branch=branch, status=wanted
    )
    width = terminal_width()
    lines = [fitted(line, width) for entry in found for line in _lines(entry)]
    told(found, as_json, lambda: lines, "no questions")
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
