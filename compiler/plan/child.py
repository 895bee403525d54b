"""What a plan says of a pipeline that runs as one stage of another.

Apart from the other kinds of work, because supervisors run children as well. It must not
know the child's own plan, which is found by its digest.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..expr import Expr
from ..value import Json
from .asking import Agent, Tool
from .template import Template

MAX_NESTED = 16
"""The most pipelines that run in one another, the outermost included."""


@dataclass(frozen=True, slots=True)
class Given:
    """What one input of a child pipeline is given: `value`, or what `template` comes to.

    A template that is one reference and nothing else gives the value as it is.
    """

    name: str
    value: Json = None
    template: Template = ()


@dataclass(frozen=True, slots=True)
class Child:
    """Another pipeline that runs as this one stage.

    `plan` is its digest in the `children` of the plan that is run, '' for the plan that this
    step itself belongs to.
    """

    plan: str = ""
    given: tuple[Given, ...] = ()


@dataclass(frozen=True, slots=True)
class Manager:
    """A supervisor: runs a child, looks at it every `poll_interval_ms`, at most `max_cycles` times.

    `stop` ends it well. `actions` are `observe`, `steer`, `wait`; `steer` is what gives the child
    instructions. `workdir` is the folder that the child works in, below that of the stage.
    """

    child: Child
    poll_interval_ms: int = 45_000
    max_cycles: int = 1_000
    stop: Expr | None = None
    actions: tuple[str, ...] = ("observe", "wait")
    steer: Agent | Tool | None = None
    workdir: str = ""


def child_of(work: object) -> Child | None:
    """The pipeline that a stage's work runs, supervised or not; None if it runs none."""
    if isinstance(work, Manager):
        return work.child
    return work if isinstance(work, Child) else None
