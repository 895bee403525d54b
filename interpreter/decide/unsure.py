"""`on_interrupted=ask`: a person says what became of an attempt that nobody saw the end of.

The attempt may have run, in part or whole; only somebody who can look knows. Apart from
`people`, whose questions are the pipeline's own. Pure. It must not know how the attempt was
interrupted.
"""

from __future__ import annotations

from ..outcome import Outcome, Status, failed
from ..ports import Option, Question
from ..state import State, Walker
from . import drafts
from .commands import Ask, Command, Commit

CHOICES = (
    Option("R", "[R] Run it again", "rerun"),
    Option("D", "[D] It was done", "done"),
    Option("F", "[F] It failed", "fail"),
)


def question(walker: Walker) -> Question:
    """What a person is asked about the attempt that a walker stands at."""
    return Question(
        id=walker.stage,
        text=(
            f"Attempt {walker.attempt} of '{walker.node}' was interrupted and may have run. "
            "What became of it?"
        ),
        options=CHOICES,
        node_id=walker.node,
        path=walker.path,
    )


def go_on(state: State, walker: Walker) -> tuple[Command, ...]:
    """Ask, or do what the answer says; one that says nothing is a failure."""
    answer = walker.answer
    if answer is None:
        return (Commit((drafts.asked(walker, question(walker)),)), Ask(walker.path))
    chosen = "" if answer.selected_index is None else CHOICES[answer.selected_index].target
    if chosen == "rerun":
        return (Commit((drafts.stage(state, walker, "ready"),)),)
    if chosen == "done":
        note = f"attempt {walker.attempt} was interrupted; a person said that it was done"
        outcome = Outcome(Status.SUCCESS, notes=note, source="person")
    else:
        said = "a person said that it failed" if chosen else "nobody said what became of it"
        reason = f"attempt {walker.attempt} of '{walker.node}' was interrupted, and {said}"
        outcome = failed(reason, permanent=True, source="person")
    return (Commit((drafts.committed(state, walker, outcome),)),)
