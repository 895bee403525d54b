"""A walker: the trunk or a branch, where it stands, and what the way there left.

Apart from the rest of the state, which is about how walkers belong together. It must not
know how a walk is decided.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from attractorc.compiler.plan.model import Plan, Step
from attractorc.compiler.value import Json, encoded

from ..context import Context
from ..outcome import Status
from ..ports import Process
from ..records import InterviewLifecycle, StageLifecycle
from .called import ChildRun
from .memory import Memory
from .phases import Phase


@dataclass(slots=True)
class Walker:
    """The trunk or a branch: a position, a context view, and what the way there left.

    `path` is '' on the trunk, `stage` the stage id: `<path>/<node>.<visit>`. `outcome` and
    `preferred_label` are those of the last stage that was not conditional. `fork` is the stage
    id of the fan-out that it stands at, kept until the fan-in has used it. `gates` are the last
    statuses of visited goal gates. `doomed`: the join of a fork above was decided without it;
    what it still brings is not wanted. `idle_stages` counts stages in a row that did nothing,
    `sent_back` how often a goal gate led back. `answer` is what a person said to the attempt's
    question, `verdict` what an agent asked for a winner did; `unsure`: a person is to say what
    became of the attempt. A backoff of `delay_ms` ends at `due`. `base` is what workspaces start
    from, until a fork holds it. `memory` is what agents are told of the way, None in a run
    without any. `plan` and `inputs` are those of the pipeline that it walks through; of a child
    pipeline `caller` is the path of the walker whose stage runs it, and there `child` says where
    it is.
    """

    path: str
    context: Context
    node: str
    phase: Phase = Phase.ENTER
    plan: Plan = field(kw_only=True)
    inputs: Mapping[str, Json] = field(kw_only=True)
    visit: int = 1
    attempt: int = 1
    parent_fork: str | None = None
    branch_index: int = -1
    visits: dict[str, int] = field(default_factory=dict)
    gates: dict[str, Status] = field(default_factory=dict)
    status: Status = Status.SUCCESS
    outcome: Status = Status.SUCCESS
    preferred_label: str = ""
    suggested: tuple[str, ...] = ()
    reason: str = ""
    last_stage: str = ""
    idle_stages: int = 0
    sent_back: int = 0
    fork: str | None = None
    due: int | None = None
    delay_ms: int = 0
    process: Process | None = None
    answer: InterviewLifecycle | None = None
    verdict: StageLifecycle | None = None
    doomed: bool = False
    unsure: bool = False
    base: Mapping[str, Json] | None = None
    memory: Memory | None = None
    caller: str | None = None
    child: ChildRun | None = None
    stage: str = field(init=False)
    step: Step = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.move(self.node, self.visit)

    def move(self, node: str, visit: int) -> None:
        """Stand at another node, or again at this one; only `apply` may call this."""
        self.node, self.visit, self.step = node, visit, self.plan.steps[node]
        self.stage = stage_id(self.path, node, visit)

    def attempt_id(self, run_id: str) -> str:
        """The idempotency key of the current attempt."""
        return f"{run_id}:{self.stage}@{self.attempt}"

    @property
    def writer(self) -> str:
        """The current attempt's id within the run, as contexts name writers."""
        return f"{self.stage}@{self.attempt}"


@lru_cache(maxsize=1024)
def stage_id(path: str, node: str, visit: int) -> str:
    """The id of a stage within its run (semantics 1)."""
    return f"{path}/{encoded(node)}.{visit}"
