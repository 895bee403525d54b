"""The record families, one frozen dataclass each, with their tags.

Tags are never reused and never change their meaning; a changed descriptor raises
`TYPE_VERSION`. Absent fields are None (or empty) and are not encoded. Times are ISO 8601 in
UTC, durations whole milliseconds; ids are those of semantics 1, with the run id only in
`*_attempt_id` and `branch_run_id`. It must not know how records are stored.
"""

from __future__ import annotations

from typing import ClassVar

from attractorc.compiler.value import Json

from .declaring import family, tag
from .record import Record


@family
class RunLifecycle(Record):
    """A run as a whole.

    Kinds: `initialized`, `resumed`, `stopped` (can be resumed), `parked` (waits for an answer),
    `cancelling` (nothing begins any more); at the end `cancelled` or `finalized`. `options` are
    the command line's overrides, `control` is the last wish that is obeyed with this. A run that
    ends as `restarted` goes on as `next_run`, which begins at `start_at`; that one's first record
    names it as `previous_run`, and in `restarts` how many runs came before. `counts`, of a
    run that ended, says how many stages and branches came out how, by kind of record.
    """

    TYPE: ClassVar[str] = "attractor.run_lifecycle"
    KINDS: ClassVar[tuple[str, ...]] = (
        "initialized",
        "resumed",
        "stopped",
        "parked",
        "cancelling",
        "cancelled",
        "finalized",
    )

    kind: str = tag(4, "")
    pipeline: str | None = tag(5)
    plan_digest: str | None = tag(6)
    goal: str | None = tag(7)
    inputs: dict[str, Json] = tag(8, {})
    options: dict[str, Json] = tag(9, {})
    status: str | None = tag(10)
    reason: str | None = tag(11)
    epoch: int | None = tag(12)
    workspace: str | None = tag(14)
    outcome_digest: str | None = tag(15)
    questions: list[str] = tag(16, [])
    control: int | None = tag(17)
    previous_run: str | None = tag(18)
    next_run: str | None = tag(19)
    restarts: int | None = tag(20)
    start_at: str | None = tag(21)
    counts: dict[str, Json] = tag(22, {})


@family
class SourceRecord(Record):
    """The pipeline file's text, as a blob."""

    TYPE: ClassVar[str] = "attractor.source"

    name: str = tag(4, "")
    blob: str = tag(5, "")
    size_bytes: int = tag(6, 0)


@family
class PlanRecord(Record):
    """The plan's canonical JSON, as a blob."""

    TYPE: ClassVar[str] = "attractor.plan"

    plan_digest: str = tag(4, "")
    blob: str = tag(5, "")
    size_bytes: int = tag(6, 0)


@family
class StageLifecycle(Record):
    """One attempt at one stage.

    Kinds: `started`, `process_started` (with `pid` and `pid_started`), `completed` and `failed`
    (final; the outcome is committed), `retrying` (the attempt's outcome, and the `delay_ms`
    before `next_attempt`), `ready` (that delay is over), `interrupted`, `cancelled`, `ignored`
    (a result that came too late), `judging` (an agent is asked for a winner: `asked` holds `key`
    and `candidates`), `judged` (`answer` is its branch id, else see `failure_reason`). `path` is
    the walker's, '' on the trunk. `context_updates` are those that `writes` left, the others in
    `dropped_keys`. `artifacts` maps a file name to its type and size, and its text or its blob.
    `ignored` are sentences about what did not count, `session` is an agent's, `agent`: backend,
    model, usage, tries.
    `fidelity` is how much the agent was told (absent: compact), `thread_key` the conversation that
    it was told it in, `degraded_from` what it would have been, had the run not been resumed.
    """

    TYPE: ClassVar[str] = "attractor.stage_lifecycle"
    KINDS: ClassVar[tuple[str, ...]] = (
        "started",
        "process_started",
        "completed",
        "failed",
        "retrying",
        "ready",
        "interrupted",
        "cancelled",
        "ignored",
        "judging",
        "judged",
    )

    kind: str = tag(4, "")
    node_id: str = tag(5, "")
    path: str = tag(6, "")
    visit: int = tag(7, 1)
    attempt: int = tag(8, 1)
    stage_attempt_id: str = tag(9, "")
    handler: str | None = tag(10)
    status: str | None = tag(11)
    preferred_label: str | None = tag(12)
    suggested_next_ids: list[str] = tag(13, [])
    context_updates: dict[str, Json] = tag(14, {})
    dropped_keys: list[str] = tag(15, [])
    notes: str | None = tag(16)
    failure_reason: str | None = tag(17)
    permanent: bool | None = tag(18)
    outcome_source: str | None = tag(19)
    artifacts: dict[str, Json] = tag(20, {})
    will_retry: bool | None = tag(21)
    next_attempt: int | None = tag(22)
    delay_ms: int | None = tag(23)
    duration_ms: int | None = tag(24)
    pid: int | None = tag(25)
    pid_started: str | None = tag(26)
    epoch: int | None = tag(27)
    base_context: str | None = tag(28)
    base_turn: str | None = tag(29)
    asked: dict[str, Json] = tag(30, {})
    answer: str | None = tag(31)
    session: str | None = tag(32)
    agent: dict[str, Json] = tag(33, {})
    ignored: list[str] = tag(34, [])
    fidelity: str | None = tag(35)
    thread_key: str | None = tag(36)
    degraded_from: str | None = tag(37)


@family
class ParallelLifecycle(Record):
    """A fan-out and its branches. `node_id`, `path` and `visit` are the fan-out's.

    Kinds: `started` (with `branches`: id, head and activated of each, in declared order; of
    a dynamic fan-out also the `collection`), `branch_started` (the branch context's first
    turn: where it came from), `branch_retrying`, `branch_timeout` and `join_timeout` (that
    time is over), `branch_arrived` (a walker's stop; not terminal), one terminal of
    `branch_completed`, `branch_failed`, `branch_skipped`, `branch_cancelled`,
    `branch_timed_out`; `join_decided` (with `join`), `completed` (control leaves); of
    branches with files of their own also `workspace_ready` (without a branch the base of
    all, with one its own; `workspace` says where), `workspace_failed` (a branch's could not
    be made), `workspaces_closed` (`workspaces`: branch, index, commit, changed, fault; what
    each branch left is kept).
    """

    TYPE: ClassVar[str] = "attractor.parallel_lifecycle"
    KINDS: ClassVar[tuple[str, ...]] = (
        "started",
        "branch_started",
        "branch_arrived",
        "branch_retrying",
        "branch_timeout",
        "join_timeout",
        "branch_completed",
        "branch_failed",
        "branch_skipped",
        "branch_cancelled",
        "branch_timed_out",
        "join_decided",
        "completed",
        "workspace_ready",
        "workspace_failed",
        "workspaces_closed",
    )
    ENDS: ClassVar[tuple[str, ...]] = (
        "branch_completed",
        "branch_failed",
        "branch_skipped",
        "branch_cancelled",
        "branch_timed_out",
    )
    """The kinds of terminal records."""

    kind: str = tag(4, "")
    node_id: str = tag(5, "")
    path: str = tag(6, "")
    visit: int = tag(7, 1)
    branch_id: str | None = tag(8)
    branch_index: int | None = tag(9)
    branch_path: str | None = tag(10)
    branch_run_id: str | None = tag(11)
    target_node: str | None = tag(12)
    base_context: str | None = tag(13)
    base_turn: str | None = tag(14)
    branches: list[Json] = tag(15, [])
    branch_count: int | None = tag(16)
    status: str | None = tag(17)
    reason: str | None = tag(18)
    terminal_stage: str | None = tag(19)
    score: Json = tag(20)
    writes: list[str] = tag(21, [])
    duration_ms: int | None = tag(22)
    context: str | None = tag(23)
    head_turn: str | None = tag(24)
    join: dict[str, Json] = tag(25, {})
    success_count: int | None = tag(26)
    fail_count: int | None = tag(27)
    collection: Json = tag(28)
    workspace: dict[str, Json] = tag(34, {})
    workspaces: list[Json] = tag(35, [])


@family
class FanInDecision(Record):
    """The merge decision, whole (semantics 6, Provenance).

    `join`: policy, error_policy, decide, losers, satisfied, reason, counts, order. `branches`:
    id, path, end, score, context, terminal_turn, candidate. `winner`: id, method, ranking.
    `keys`: for each (key): strategy, base, result, contributors with writer and value, state
    of every branch's write. `context_updates` is what the merge sets. `files`, of branches with
    workspaces of their own: for each path that one changed its change and every branch's state;
    `file_merge`: rule, kind, how many paths of the parent are changed.
    """

    TYPE: ClassVar[str] = "attractor.fan_in_decision"

    node_id: str = tag(4, "")
    path: str = tag(5, "")
    visit: int = tag(6, 1)
    fan_out: str = tag(7, "")
    fan_out_visit: int = tag(8, 1)
    status: str = tag(9, "")
    reason: str | None = tag(10)
    join: dict[str, Json] = tag(11, {})
    branches: list[Json] = tag(12, [])
    winner: dict[str, Json] = tag(13, {})
    keys: list[Json] = tag(14, [])
    context_updates: dict[str, Json] = tag(15, {})
    files: list[Json] = tag(16, [])
    file_merge: dict[str, Json] = tag(17, {})
