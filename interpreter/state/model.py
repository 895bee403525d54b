"""The state of a run: walkers, forks and branches, as far as decisions need them.

Owned by `apply`, which updates it in place; everybody else reads. Who needs a decision stands in
a small queue, so that it costs what the last record touched. It must not know how to decide.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from attractorc.compiler.plan.model import Plan, Region
from attractorc.compiler.value import Json

from ..elements import Element
from ..joins import Tally
from ..outcome import End
from ..records import FanInDecision
from .phases import BranchPhase
from .walker import Walker

_SIMULATED = frozenset({"simulate", "simulated"})
"""The options of a run whose stages are scripted: by the command line, or by a host."""


@dataclass(slots=True)
class BranchState:
    """One branch of a fork. `end` is set by its terminal record, `arrival` by its stop.

    `position` counts, from 1, the ends that were taken or drained, in that order.
    `late` says why its time is over, '' while it is not. `begun_ms` is the run's `active_ms`
    at the branch's first attempt, None before it. `workspace` says where its own files are,
    `closed` what it left there.
    """

    id: str
    index: int
    path: str
    head: str
    activated: bool = True
    phase: BranchPhase = BranchPhase.WAITING
    arrival: End | None = None
    end: End | None = None
    taken: bool = False
    position: int = 0
    reason: str = ""
    terminal_stage: str = ""
    context: str = ""
    head_turn: str = ""
    started_at: int = 0
    duration_ms: int = 0
    late: str = ""
    begun_ms: int | None = None
    workspace: Mapping[str, Json] | None = None
    closed: Mapping[str, Json] | None = None


@dataclass(slots=True)
class Fork:
    """One visit of a fan-out, from its start until its fan-in has merged it.

    `counted` is how many ends were taken or drained so far, `cursor` the first branch in
    declared order whose end is not taken, `next_start` the first that has not started, `open`
    counts branches without a terminal record. `skips` (not activated, no record yet), `arrived`
    (no terminal record yet) and `taken` are branch indexes, the last two in the order in which
    it happened. `endable` are branches that are not wanted any more, losers or late ones, and
    in which nothing runs. `join` is the decision record's content once there is one, `left`
    that control has left the fan-out. `elements` are those of a dynamic fan-out, one for each
    branch. `decide` is the plan's, unless the run's options override it. `begun_ms` is the
    run's `active_ms` at the start; `late` says that `join_timeout` is over. `base` is set where
    branches have workspaces of their own, `closed` once those are kept as they were left.
    """

    region: Region
    stage: str
    path: str
    visit: int
    branches: list[BranchState]
    started_at: int
    tally: Tally
    counted: int = 0
    cursor: int = 0
    next_start: int = 0
    running: int = 0
    open: int = 0
    skips: dict[int, None] = field(default_factory=dict)
    arrived: dict[int, None] = field(default_factory=dict)
    taken: list[int] = field(default_factory=list)
    endable: dict[int, None] = field(default_factory=dict)
    elements: tuple[Element, ...] = ()
    decide: str = "declared"
    begun_ms: int = 0
    late: bool = False
    join: Mapping[str, Json] | None = None
    satisfied: bool | None = None
    left: bool = False
    decision: FanInDecision | None = None
    base: Mapping[str, Json] | None = None
    closed: bool = False


@dataclass(slots=True)
class State:
    """All that a run is. `ready`, `startable`, `forks_ready` hold what needs a decision.

    `ready` are walkers whose next step needs no effect, `startable` those before an
    effectful attempt, `running` those whose attempt is out, `questions` open question ids with
    the path that asks, each in the order in which they came there. `status` is a run status:
    `running`, `stopped`, `parked`, `cancelling`, `success`, `partial_success`, `fail`,
    `cancelled`, `restarted`. `restarts` counts the runs that this one follows, `restart_at` is
    where the next one begins, if one does. `controls_obeyed` and `pauses_obeyed` are the numbers
    of the last answer and the last pause that were obeyed.
    `active_ms` is how long the run has been running, without the time in which it was
    stopped, parked or dead, as of the last record, which was at `now_ms`; kept only where
    `timed` says that the plan has timeouts of branches or joins.
    """

    plan: Plan
    run_id: str = ""
    status: str = "new"
    reason: str = ""
    epoch: int = 0
    sequence_no: int = 0
    inputs: Mapping[str, Json] = field(default_factory=dict)
    options: Mapping[str, Json] = field(default_factory=dict)
    workspace: str = ""
    walkers: dict[str, Walker] = field(default_factory=dict)
    forks: dict[str, Fork] = field(default_factory=dict)
    ready: dict[str, None] = field(default_factory=dict)
    startable: dict[str, None] = field(default_factory=dict)
    forks_ready: dict[str, None] = field(default_factory=dict)
    running: dict[str, None] = field(default_factory=dict)
    questions: dict[str, str] = field(default_factory=dict)
    completed_count: int = 0
    controls_obeyed: int = 0
    pauses_obeyed: int = 0
    restarts: int = 0
    restart_at: str = ""
    cancelling: bool = False
    timed: bool = False
    active_ms: int = 0
    now_ms: int = 0

    @property
    def trunk(self) -> Walker:
        """The walker of the trunk."""
        return self.walkers[""]

    def above(self, walker: Walker) -> Walker | None:
        """The walker that forked or called this one; None for the run's trunk."""
        fork = self.own_fork(walker)
        if fork is not None:
            return self.walkers[fork.path]
        return None if walker.caller is None else self.walkers[walker.caller]

    def own_fork(self, walker: Walker) -> Fork | None:
        """The fork that a walker is a branch of, None on the trunk."""
        return None if walker.parent_fork is None else self.forks[walker.parent_fork]

    def join_at(self, walker: Walker) -> str | None:
        """Where a branch's region ends; None on the trunk, or where branches meet nowhere."""
        own = walker.parent_fork
        return None if own is None else self.forks[own].region.join_at

    def await_slot(self, path: str) -> None:
        """A walker's next step is an attempt of its stage: it waits among those for a slot.

        Only takes a hint over; what has happened stays as `apply` wrote it.
        """
        self.ready.pop(path, None)
        self.startable[path] = None

    def workspace_kind(self, region: Region) -> str:
        """What files branches see; options override the plan, simulated stages have none."""
        if not _SIMULATED.isdisjoint(self.options):
            return "shared"
        return str(self.options.get("workspace") or region.policy.workspace)

    def awaits_workspace(self, walker: Walker) -> bool:
        """Whether a branch cannot begin yet, because its own files are not there."""
        if walker.parent_fork is None:
            return False
        fork = self.forks[walker.parent_fork]
        if fork.base is None:
            return False
        return fork.branches[walker.branch_index].workspace is None

    def workspace_of(self, walker: Walker) -> str:
        """The folder that a walker's stages work in, '' for the run's own."""
        current: Walker | None = walker
        while current is not None:
            fork = self.own_fork(current)
            workspace = None if fork is None else fork.branches[current.branch_index].workspace
            if workspace is not None:
                return str(workspace["folder"])
            current = self.above(current)
        return ""

    def wait(self, path: str) -> None:
        """Nothing is to be decided about a walker until it got what it waits for; as `rest`."""
        self.ready.pop(path, None)

    def rest(self, stage: str) -> None:
        """Nothing is to be decided about a fork until a record touches it: a hint is taken back."""
        self.forks_ready.pop(stage, None)

    def subtree(self, path: str) -> Iterator[Walker]:
        """The walker of a branch and all in forks and children below it, innermost last."""
        pending = [path]
        while pending:
            walker = self.walkers.get(pending.pop())
            if walker is None:
                continue
            yield walker
            if walker.child is not None:
                pending.append(walker.child.path)
            fork = None if walker.fork is None else self.forks.get(walker.fork)
            if fork is not None:
                pending.extend(
                    branch.path for branch in fork.branches if branch.path in self.walkers
                )
