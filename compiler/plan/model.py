"""The plan's types: steps, routes, regions and branches, as the interpreter reads them.

The only door between the two houses. Every name is resolved, every default applied,
every condition parsed; each step still knows its place in the file. It must not know how
a plan was written, nor how it is run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from ..expr import Expr
from ..policy import FanOut, Merge, Retry, Winner
from ..value import Json
from .asking import QUIET as QUIET
from .asking import Agent as Agent
from .asking import Human as Human
from .asking import HumanForm as HumanForm
from .asking import Judge as Judge
from .asking import Tool as Tool
from .child import Child as Child
from .child import Given as Given
from .child import Manager as Manager
from .template import ContextRef as ContextRef
from .template import InputRef as InputRef
from .template import Template as Template

PLAN_VERSION = 1
MAX_RESTARTS = 100


@dataclass(frozen=True, slots=True)
class Place:
    """Where a step or a route stands: file name, line and column from 1."""

    file: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Start:
    """The entry; does nothing."""


@dataclass(frozen=True, slots=True)
class Exit:
    """The end of the trunk; does nothing."""


@dataclass(frozen=True, slots=True)
class Conditional:
    """A routing point; keeps the outcome of the stage before it."""


@dataclass(frozen=True, slots=True)
class Parallel:
    """A fan-out; all else about it is in the plan's region of the same id.

    `judge` is asked here only where branches do not meet at a fan-in.
    """

    judge: Judge | None = None


@dataclass(frozen=True, slots=True)
class FanIn:
    """A fan-in. `region` is the fan-out that meets here, None if none does."""

    region: str | None
    judge: Judge | None = None


@dataclass(frozen=True, slots=True)
class Custom:
    """A node whose handler the host gives, by its type name.

    `settings` are the node's known attributes that no field of a step carries, by name.
    """

    type: str
    settings: Mapping[str, Json] = field(default_factory=dict)


Work: TypeAlias = (
    Start | Exit | Conditional | Tool | Agent | Human | Parallel | FanIn | Child | Manager | Custom
)


@dataclass(frozen=True, slots=True)
class Route:
    """One edge to take after a step. A step's routes stand in the order of the file.

    `match` is the label as preferred labels are compared (lower case, accelerator prefix
    stripped), `key` its accelerator (specification 4.6), both '' without a label.
    """

    target: str
    label: str = ""
    match: str = ""
    key: str = ""
    condition: Expr | None = None
    weight: int = 0
    fidelity: str | None = None
    thread_id: str | None = None
    restart: bool = False
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A node, ready to run. A fan-out's routes are those taken after its join.

    `reads`/`writes` are context key patterns, None where the author declared none.
    `pre_hook` and `post_hook` are commands to run before and after each call that it makes.
    `region` is the innermost fan-out whose branches contain the step, None on the trunk.
    `extra` keeps unknown attributes; neither it nor `place` counts in the digest.
    """

    id: str
    label: str
    work: Work
    routes: tuple[Route, ...] = ()
    retry: Retry = field(default_factory=Retry, metadata=QUIET)
    timeout_ms: int | None = None
    goal_gate: bool = False
    retry_target: str | None = None
    fallback_retry_target: str | None = None
    allow_partial: bool = False
    auto_status: bool = False
    max_visits: int | None = None
    on_interrupted: Literal["rerun", "ask", "fail"] = "rerun"
    reads: tuple[str, ...] | None = None
    writes: tuple[str, ...] | None = None
    pre_hook: str | None = None
    post_hook: str | None = None
    classes: tuple[str, ...] = ()
    region: str | None = None
    extra: Mapping[str, Json] = field(default_factory=dict)
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Branch:
    """One branch edge of a fan-out, resolved: its id and where it starts."""

    id: str
    head: str
    condition: Expr | None = None
    weight: int = 0
    label: str = ""
    fidelity: str | None = None
    thread_id: str | None = None
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Region:
    """A fan-out, its branches in declared order, and where and how they meet.

    `join_at` is the node where the branches meet, None if nowhere. With `meeting="fan_in"`
    it is a fan-in of this region, which carries the decision; with `"node"` any other
    node, and join and merge happen at the fan-out.
    """

    fan_out: str
    branches: tuple[Branch, ...]
    join_at: str | None
    meeting: Literal["fan_in", "node", "none"]
    policy: FanOut = field(default_factory=FanOut)
    winner: Winner = field(default_factory=Winner)
    merge: Merge = field(default_factory=Merge)
    parent: str | None = None
    nodes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Input:
    """A declared input. Without `default`, `exec` must be given a value."""

    name: str
    type: Literal["string", "int", "float", "bool", "json"] = "string"
    default: Json = None
    required: bool = True
    description: str = ""
    enum: tuple[Json, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole pipeline. `steps` and `regions` are keyed by node id.

    `context` holds the keys that a run starts with (`graph.goal` and so on). `max_restarts` is
    how many new runs `loop_restart` may start, one after the other. `digest` is
    `sha256:<hex>` over what a run can depend on (language.md), set by `digest.sealed`.
    `children` are, by digest, all plans that steps of this one and of its children name; a
    plan that is a child has none of its own here.
    """

    name: str
    start: str
    exit: str
    steps: Mapping[str, Step]
    regions: Mapping[str, Region]
    goal: str = ""
    label: str = ""
    retry_target: str | None = None
    fallback_retry_target: str | None = None
    default_fidelity: str | None = None
    default_thread_id: str | None = None
    inputs: tuple[Input, ...] = ()
    context: Mapping[str, Json] = field(default_factory=dict)
    max_restarts: int = field(default=MAX_RESTARTS, metadata=QUIET)
    children: Mapping[str, Plan] = field(default_factory=dict)
    version: int = PLAN_VERSION
    digest: str = ""

    @property
    def family(self) -> tuple[Plan, ...]:
        """This plan, and all that run inside of it."""
        return (self, *self.children.values())
