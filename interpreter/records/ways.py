"""The record families of people and of ways: questions, routes, and where a run stands.

Apart from the other families only because together they are long; the same rules hold for
their tags. It must not know how records are stored.
"""

from __future__ import annotations

from typing import ClassVar

from attractorc.compiler.value import Json

from .declaring import family, tag
from .record import Record


@family
class InterviewLifecycle(Record):
    """A question to a person. Kinds: `started`, `completed`, `timeout`, `withdrawn`.

    `question_id` is the stage id (semantics 1); `options` are {key, label, target}; `selected`
    is the label that was chosen. `form` is the question's, where it is not one choice; in the
    answer's record it stands only if that was an answer to it.
    """

    TYPE: ClassVar[str] = "attractor.interview_lifecycle"
    KINDS: ClassVar[tuple[str, ...]] = ("started", "completed", "timeout", "withdrawn")

    kind: str = tag(4, "")
    node_id: str = tag(5, "")
    path: str = tag(6, "")
    visit: int = tag(7, 1)
    question_id: str = tag(8, "")
    question: str | None = tag(9)
    options: list[Json] = tag(10, [])
    answer: str | None = tag(11)
    selected: str | None = tag(12)
    source: str | None = tag(13)
    default_choice: str | None = tag(14)
    selected_index: int | None = tag(15)
    control: int | None = tag(16)
    form: str | None = tag(17)


@family
class RouteDecision(Record):
    """Which edge a walker took after a stage, and why.

    `selected_edge` is {from, to, label, fidelity, thread}, None where the walker stops. `rule`
    names the step that chose: `condition`, `preferred_label`, `suggested_next`, `weight`,
    `lexical`, `only_edge`, `fan_in`, `join`, `retry_target`, `fallback_retry_target`,
    `goal_gate`, `exit`, `dead_end`, `no_route`, `failed`, `limit`. `notes` says what conditions
    stumbled over.
    """

    TYPE: ClassVar[str] = "attractor.route_decision"

    node_id: str = tag(4, "")
    path: str = tag(5, "")
    visit: int = tag(6, 1)
    stage_attempt_id: str = tag(7, "")
    selected_edge: dict[str, Json] | None = tag(8)
    rule: str = tag(9, "")
    condition: str | None = tag(10)
    loop_restart: bool | None = tag(11)
    terminated_status: str | None = tag(12)
    terminated_reason: str | None = tag(13)
    notes: list[str] = tag(14, [])


@family
class CheckpointSaved(Record):
    """Where the run stands, for readers of the journal; nothing resumes from it.

    `branches`: path, status, node and attempt; `joins`: `undecided`, `decided` or `merged`.
    `writers`: for each key of the trunk's context the attempt that wrote it, '' for the run
    itself; not those that a fan-out sets under `parallel.`.
    """

    TYPE: ClassVar[str] = "attractor.checkpoint_saved"

    node_id: str = tag(4, "")
    stage_attempt_id: str = tag(5, "")
    checkpoint_id: str = tag(6, "")
    completed_count: int = tag(7, 0)
    branches: list[Json] = tag(8, [])
    joins: dict[str, Json] = tag(9, {})
    writers: dict[str, Json] = tag(10, {})
