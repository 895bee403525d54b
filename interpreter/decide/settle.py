"""What came from outside, as records: results, delays, cancellations, answers, interruptions.

The other entrance of the machine. A result that nobody waits for any more is fenced off
here, by its attempt. Pure: durations and the random factor of a delay are given.
"""

from __future__ import annotations

from attractorc.compiler.value import duration_text

from ..choices import accepted, match_choice, shown_text
from ..outcome import Outcome, failed
from ..ports import Answer, Control, Option, Process, Question
from ..records import ChildLifecycle, InterviewLifecycle, ParallelLifecycle, Record, StageLifecycle
from ..state import Phase, State, Walker
from ..state.forks import stage_of
from ..state.phases import BranchPhase
from . import drafts, judging, people, supervising, unsure
from .attempts import concluded
from .linking import with_link
from .writing import admitted


def result(
    state: State, attempt_id: str, path: str, outcome: Outcome, duration_ms: int, factor: float
) -> tuple[Record, ...]:
    """Records for a handler's outcome. `factor` in [0.5, 1.5] is the jitter of a delay."""
    walker = state.walkers.get(path)
    if walker is None or walker.attempt_id(state.run_id) != attempt_id:
        return ()
    if walker.child is not None and walker.child.steering:
        return supervising.steered(state, walker, outcome)
    if walker.doomed or walker.phase is not Phase.RUNNING:
        return (_ignored(state, walker, outcome, duration_ms),)
    step = walker.step
    if judging.is_judging(step):
        records = judging.judged(state, walker, outcome, duration_ms, factor)
        return with_link(state, walker, outcome, records)
    outcome, dropped = admitted(step, outcome)
    records = concluded(
        state,
        walker,
        outcome,
        dropped=tuple(dropped),
        duration_ms=duration_ms,
        factor=factor,
    )
    return with_link(state, walker, outcome, records)


def _ignored(state: State, walker: Walker, outcome: Outcome, duration_ms: int) -> StageLifecycle:
    return drafts.stage(
        state,
        walker,
        "ignored",
        status=outcome.status.value,
        failure_reason=outcome.failure_reason or None,
        notes="the join was decided before this result came",
        duration_ms=duration_ms,
    )


def process_started(
    state: State, attempt_id: str, path: str, process: Process
) -> tuple[Record, ...]:
    """Records for a process that an attempt has started."""
    walker = state.walkers.get(path)
    if walker is None or walker.attempt_id(state.run_id) != attempt_id:
        return ()
    record = drafts.stage(
        state, walker, "process_started", pid=process.pid, pid_started=process.started
    )
    return (record,)


def delay_over(state: State, path: str) -> tuple[Record, ...]:
    """Records for a backoff that has passed."""
    walker = state.walkers.get(path)
    if walker is None or walker.phase is not Phase.BACKOFF or walker.doomed:
        return ()
    return (drafts.stage(state, walker, "ready"),)


def time_over(state: State, stage: str, index: int | None) -> tuple[Record, ...]:
    """Records for a timeout that has passed: of a fan-out, of one of its branches, of a child.

    `stage` is the fan-out's stage id, or the id within the run of the attempt that has a child.
    """
    if "@" in stage.rpartition("/")[2]:
        return child_over(state, stage.rpartition("/")[0], stage)
    fork = state.forks.get(stage)
    if fork is None or state.walkers[fork.path].doomed or fork.open == 0:
        return ()
    policy = fork.region.policy
    if index is None:
        if fork.late:
            return ()
        time = duration_text(policy.join_timeout_ms or 0)
        reason = f"'{fork.region.fan_out}' took longer than {time} (join_timeout)"
        return (drafts.parallel(fork, "join_timeout", reason=reason),)
    branch = fork.branches[index]
    if branch.phase is not BranchPhase.RUNNING:
        return ()
    record = drafts.parallel(
        fork,
        "branch_timeout",
        branch_id=branch.id,
        branch_index=branch.index,
        branch_path=branch.path,
        reason=f"took longer than {duration_text(policy.branch_timeout_ms or 0)} (branch_timeout)",
    )
    return (record,)


def child_over(state: State, path: str, writer: str) -> tuple[Record, ...]:
    """Records for the time of an attempt that runs a pipeline, when it has passed."""
    walker = state.walkers.get(path)
    if walker is None or walker.writer != writer or walker.doomed:
        return ()
    if walker.child is None or walker.child.over:
        return ()
    time = duration_text(walker.step.timeout_ms or 0)
    reason = f"timed out after {time}"
    return (drafts.child(state, walker, "timeout", walker.child.path, reason=reason),)


def late_paths(state: State, record: Record) -> tuple[str, ...]:
    """The walkers that a timeout's record has doomed: their attempts are to be ended."""
    if isinstance(record, ChildLifecycle) and record.kind in ("timeout", "given_up"):
        return (record.path, *(walker.path for walker in state.subtree(record.child_path)))
    if not isinstance(record, ParallelLifecycle) or record.kind not in (
        "branch_timeout",
        "join_timeout",
    ):
        return ()
    fork = state.forks[stage_of(record)]
    return tuple(
        walker.path
        for branch in fork.branches
        if branch.late and branch.end is None
        for walker in state.subtree(branch.path)
    )


def cancelled(state: State, path: str) -> tuple[Record, ...]:
    """Records for an attempt that was ended because its branch is not needed."""
    walker = state.walkers.get(path)
    if walker is not None and walker.child is not None and walker.child.steering:
        return supervising.unsteered(state, walker, "the steering was ended")
    if walker is None or path not in state.running or not walker.doomed:
        return ()
    return (drafts.stage(state, walker, "cancelled"),)


def interrupted(state: State, path: str) -> tuple[Record, ...]:
    """Records for an attempt whose end the engine did not live to see (semantics 7)."""
    walker = state.walkers[path]
    if walker.child is not None and walker.child.steering:
        return supervising.unsteered(state, walker, "the steering was interrupted")
    if walker.doomed:
        return cancelled(state, path)
    step = walker.step
    if step.on_interrupted == "fail":
        outcome = failed(
            f"attempt {walker.attempt} of '{step.id}' was interrupted and may have run "
            "(on_interrupted=fail)",
            permanent=True,
            source="engine",
        )
        if judging.is_judging(step):
            return (judging.unjudged(state, walker, outcome),)
        return (drafts.committed(state, walker, outcome),)
    return (drafts.stage(state, walker, "interrupted"),)


def question(state: State, walker: Walker) -> Question:
    """What a walker's stage asks a person: a gate's way, a winner, what became of an attempt."""
    if walker.unsure:
        return unsure.question(walker)
    ask = judging.question if judging.is_judging(walker.step) else people.question
    return ask(state, walker)


def answered(
    state: State, question_id: str, answer: Answer, control: int | None = None
) -> tuple[Record, ...]:
    """Records for an answer; () if the question is not open or the answer decides nothing.

    `control` is the number of the wish that brought it, if one did.
    """
    path = state.questions.get(question_id)
    if path is None or answer.kind == "parked":
        return ()
    walker = state.walkers[path]
    asked = question(state, walker)
    chosen, words = _meant(asked, answer)
    record = InterviewLifecycle(
        kind="timeout" if answer.kind == "timeout" else "completed",
        node_id=walker.node,
        path=walker.path,
        visit=walker.visit,
        question_id=question_id,
        answer=words or answer.text or answer.kind,
        selected=shown_text(words, asked) if chosen is None else chosen.label,
        form=None if words is None else asked.form,
        selected_index=None if chosen is None else asked.options.index(chosen),
        source=answer.source or None,
        control=control,
    )
    return (record,)


def _meant(asked: Question, answer: Answer) -> tuple[Option | None, str | None]:
    """The one option that an answer means, or what it says where that is no option."""
    given = asked.default if answer.kind == "timeout" else answer.text
    if answer.kind == "skipped" or given is None:
        return None, None
    if asked.form in ("freeform", "multiple"):
        return None, accepted(given, asked)
    if answer.kind == "timeout" and asked.form == "choice":
        meant = (one for one in asked.options if given in (one.target, one.label, one.key))
        return next(meant, None), None
    return match_choice(given, asked.options), None


def wanted_by(control: Control) -> str:
    """Why a run stops or is cancelled, for people: what was said with the wish, if anything."""
    said = str(control.payload.get("reason") or "")
    word = "a pause" if control.command == "pause" else "a cancel"
    return f"{word} was asked for" + (f": {said}" if said else "")


def posted(state: State, control: Control) -> tuple[Record, ...]:
    """Records for an answer that was posted to the store: {question, choice, source}.

    Each is obeyed once: one that an earlier record has taken gives nothing.
    """
    if control.command != "answer" or control.number <= state.controls_obeyed:
        return ()
    wish = control.payload
    answer = Answer("chosen", str(wish.get("choice", "")), str(wish.get("source", "answer")))
    return answered(state, str(wish.get("question", "")), answer, control.number)
