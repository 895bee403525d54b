"""The kinds of work that ask somebody or something: tools, agents, people, judges.

Apart from the plan's other types, because a supervisor asks tools and agents as well. It
must not know steps or regions.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from .template import Template

QUIET = {"quiet": True}
"""Marks a field whose default is left out of JSON: one try, as most steps have, says nothing."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A command for `sh -c`. `output` says what its standard output becomes (language.md)."""

    command: str
    output: Literal["text", "lines", "json", "none"] = "text"


@dataclass(frozen=True, slots=True)
class Agent:
    """A prompt for an agent backend. `backend` overrides the run's, if the node names one.

    Fidelity, thread and model attributes are resolved as far as one can without a run.
    """

    prompt: Template
    model: str | None = None
    provider: str | None = None
    effort: str | None = None
    backend: str | None = None
    fidelity: str | None = None
    thread_id: str | None = None


HumanForm: TypeAlias = Literal["choice", "freeform", "confirm", "multiple"]


@dataclass(frozen=True, slots=True)
class Human:
    """A question whose choices are the step's routes; `question` is what is asked.

    `default_choice` is the node id taken at a timeout (specification 4.6), or the label of one of
    several edges that lead there. Other forms than
    `choice` have choices of their own: none (`freeform`), yes and no (`confirm`), `options`
    (`multiple`); their default is an answer as a person would write it.
    """

    question: Template
    default_choice: str | None = None
    form: HumanForm = field(default="choice", metadata=QUIET)
    options: tuple[str, ...] = field(default=(), metadata=QUIET)


@dataclass(frozen=True, slots=True)
class Judge:
    """Who is asked for the winner, by the stage that merges, where the rule has such a key.

    `prompt` and what belongs to it are an agent's, for the key of that name; `question` is what
    `human` asks, `default_choice` the branch id that is taken when nobody answers in time.
    """

    prompt: Template | None = None
    model: str | None = None
    provider: str | None = None
    effort: str | None = None
    backend: str | None = None
    fidelity: str | None = None
    thread_id: str | None = None
    question: Template = ()
    default_choice: str | None = None

    @property
    def agent(self) -> Agent | None:
        """The call of the agent, None where none is asked."""
        if self.prompt is None:
            return None
        return Agent(
            self.prompt,
            self.model,
            self.provider,
            self.effort,
            self.backend,
            self.fidelity,
            self.thread_id,
        )
