"""Replay: does the machine decide again what a journal says that it decided?

Goes through the records of a run without any handler. What came from outside is taken as it
stands; every record that the machine made must be one that it would make at that place, word
for word (semantics 8). It must not write anything.
"""

from __future__ import annotations

from collections.abc import Iterator

from attractorc.compiler.plan.difference import difference
from attractorc.compiler.value import Json, canonical

from ..decide import Command, Commit, FileWork, Finish, Limits, candidates, supervising
from ..decide.filed import answer_in, filed
from ..decide.plan_change import reached, standing_in_the_way
from ..outcome import Outcome, Status
from ..ports import Store, StoreError
from ..queries.canonical import canonical_outcome, outcome_digest
from ..queries.plans import first_plan, follow, kept_plan
from ..queries.replayed import Difference, Replayed
from ..records import (
    ChildLifecycle,
    FanInDecision,
    InterviewLifecycle,
    ParallelLifecycle,
    PlanChange,
    Record,
    RouteDecision,
    RunLifecycle,
    StageLifecycle,
)
from ..records.codec import to_json
from ..redaction import could_be, has_marker
from ..retry import tries_again
from ..state import State, begin
from .journal import read

PLACED = frozenset(
    {
        "type",
        "run_id",
        "sequence_no",
        "timestamp",
        "unknown",
        "base_context",
        "base_turn",
        "context",
        "head_turn",
        "duration_ms",
        "artifacts",
    }
)
"""What the driver fills in, or what depends on the store and the clock: no decision."""

FROM_OUTSIDE = ("branch_retrying", "branch_timeout", "join_timeout")
_LIMITS = (Limits(), Limits(stopping=True))


def replay(store: Store, run_id: str) -> Replayed:
    """Hold a run's journal against the machine. Raises `StoreError` for one without a plan."""
    return Replay(store, run_id).run()


class Replay:
    """One pass over a journal; `pending` is what a decision that began still has to bring."""

    def __init__(self, store: Store, run_id: str) -> None:
        self._store = store
        self._run_id = run_id
        self._plan = first_plan(store, run_id)
        self._state = begin(self._plan)
        self._pending: list[Record] = []
        self._past: list[Record] = []
        self._decisions = 0

    def run(self) -> Replayed:
        """Read on until the journal ends or a record differs."""
        difference = None
        for record, _turn in read(self._store, self._run_id):
            difference = self._differs(record)
            if difference is not None:
                break
            self._past.append(record)
            if isinstance(record, RunLifecycle) and record.kind == "resumed":
                self._resume()
            else:
                follow(self._state, record, self._store)
        if not self._past and difference is None:
            raise StoreError(f"the run '{self._run_id}' has no records to replay")
        return Replayed(
            self._run_id, self._state.status, len(self._past), self._decisions, difference
        )

    def _resume(self) -> None:
        """As the engine that resumed it: from the records alone, whatever was about to come."""
        self._pending = []
        self._state = begin(self._plan)
        for record in self._past:
            follow(self._state, record, self._store)

    def _differs(self, record: Record) -> Difference | None:
        if isinstance(record, RunLifecycle) and record.kind in ("finalized", "cancelled"):
            return self._finalized(record)
        if isinstance(record, PlanChange):
            return self._changed(record)
        if not decided(self._state, record):
            if self._pending and _same(self._pending[0], record):
                self._pending.pop(0)  # of one decision with what came before it
            return self._outside(record)
        self._decisions += 1
        if self._pending:
            draft = self._pending.pop(0)
            return None if _same(draft, record) else _difference(record, draft)
        nearest: Record | None = None
        for commands in _decisions(self._state):
            drafts = [one for each in commands for one in _drafts(self._state, each, record)]
            if drafts and _same(drafts[0], record):
                self._pending = drafts[1:]
                return None
            if nearest is None and drafts and _about(drafts[0]) == _about(record):
                nearest = drafts[0]
        return _difference(record, nearest)

    def _looked(self, record: ChildLifecycle) -> Difference | None:
        """When a supervisor looks is the clock's to say; what it sees then is not."""
        walker = self._state.walkers.get(record.path)
        due = None if walker is None else walker.due
        drafts: tuple[Record, ...] = ()
        if walker is not None and due is not None:
            drafts = supervising.look(self._state, record.path, walker.writer, due)
        if drafts and _same(drafts[0], record):
            return None
        return _difference(record, drafts[0] if drafts else None)

    def _outside(self, record: Record) -> Difference | None:
        """What a handler brought is not decided; whether it was tried again is."""
        if isinstance(record, ChildLifecycle) and record.kind in ("observed", "given_up"):
            return self._looked(record)
        if not isinstance(record, StageLifecycle) or record.status is None:
            return None
        walker = self._state.walkers.get(record.path)
        if walker is None or record.kind not in ("completed", "failed", "retrying"):
            return None
        policy = walker.step.retry
        outcome = Outcome(Status(record.status), permanent=bool(record.permanent))
        again = tries_again(policy, outcome, record.attempt)
        if again == (record.kind == "retrying"):
            return None
        found: dict[str, Json] = {"kind": record.kind, "attempt": record.attempt}
        return _told(record, found, {"kind": "retrying" if again else "failed"})

    def _changed(self, record: PlanChange) -> Difference | None:
        """Another plan may only take over where nothing that it changes was reached."""
        old, new = self._state.plan, kept_plan(self._store, record)
        found: dict[str, Json] = {"changed": list(record.changed), "replaces": record.replaces}
        differ = difference(old, new)
        why = standing_in_the_way(reached(self._past, old), differ, old, new)
        expected: dict[str, Json] = {"changed": list(differ.names()), "replaces": old.digest}
        if why is None and found == expected:
            return None
        return _told(record, found, {**expected, "refused": why} if why else expected)

    def _finalized(self, record: RunLifecycle) -> Difference | None:
        self._decisions += 1
        for commands in _decisions(self._state):
            for command in commands:
                if isinstance(command, Finish):
                    found: dict[str, Json] = {
                        "status": record.status,
                        "reason": record.reason or "",
                        "outcome_digest": record.outcome_digest,
                    }
                    expected: dict[str, Json] = {
                        "status": command.status,
                        "reason": command.reason,
                        "outcome_digest": self._digest(command),
                    }
                    return None if found == expected else _told(record, found, expected)
        return _told(record, {"kind": record.kind}, {})

    def _digest(self, finish: Finish) -> str:
        context = self._state.trunk.context.flat()
        return outcome_digest(canonical_outcome(self._past, finish.status, finish.reason, context))


def decided(state: State, record: Record) -> bool:
    """Whether a record is the machine's own, and not what a handler, person or clock brought."""
    match record:
        case RouteDecision() | FanInDecision():
            return True
        case ParallelLifecycle():
            return record.kind not in FROM_OUTSIDE
        case ChildLifecycle():
            stopped = record.kind == "given_up" and record.status == "success"
            return record.kind in ("started", "steering") or stopped
        case InterviewLifecycle():
            return record.kind in ("started", "withdrawn")
        case StageLifecycle(kind="started" | "judging"):
            return True
        case StageLifecycle(kind="completed" | "failed" | "retrying"):
            return record.path not in state.running
        case _:
            return False


def _decisions(state: State) -> Iterator[tuple[Command, ...]]:
    """What could be decided now. A stop that was asked for, and `--jobs`, only hold back."""
    for limits in _LIMITS:
        yield from candidates(state, limits)


def _drafts(state: State, command: Command, record: Record) -> tuple[Record, ...]:
    """What a command would have brought, what came of file work being taken as it stands."""
    match command:
        case Commit():
            return command.records
        case FileWork() if (answer := answer_in(command, record)) is not None:
            return filed(state, command, answer)
        case _:
            return ()


def _about(record: Record) -> tuple[type[Record], str, str]:
    return type(record), str(getattr(record, "path", "")), str(getattr(record, "node_id", ""))


def _spoken(record: Record) -> dict[str, Json]:
    """What a record says beside what the driver filled in."""
    return {name: value for name, value in to_json(record).items() if name not in PLACED}


def _same(draft: Record, record: Record) -> bool:
    if type(draft) is not type(record):
        return False
    made, kept = _spoken(draft), _spoken(record)
    text = canonical(kept)
    # What a merge or a prompt put together can be a secret only then.
    return canonical(made) == text or (has_marker(text) and could_be(made, kept))


def _difference(record: Record, draft: Record | None) -> Difference:
    found, expected = _spoken(record), {} if draft is None else _spoken(draft)
    if draft is not None:
        differ = {
            name
            for name in found.keys() | expected.keys()
            if canonical(found.get(name)) != canonical(expected.get(name))
        }
        found = {name: value for name, value in found.items() if name in differ}
        expected = {name: value for name, value in expected.items() if name in differ}
    return _told(record, found, expected)


def _told(record: Record, found: dict[str, Json], expected: dict[str, Json]) -> Difference:
    kind = getattr(record, "kind", "") or record.TYPE.removeprefix("attractor.")
    place = f"{getattr(record, 'path', '')}/{getattr(record, 'node_id', '')}".rstrip("/")
    return Difference(record.sequence_no, f"{kind} {place}".strip(), found, expected)
