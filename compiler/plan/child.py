"""What a plan says of a pipeline that runs as one stage of another.

Apart from the other kinds of work, because supervisors run children as well. It must not
know the child's own plan, which is found by its digest.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..value import Json
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
