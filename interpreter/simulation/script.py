"""A script: what stages come to, and what people answer, in turn.

Plain data that hosts can make themselves and that the command line reads from a file. Which
turn an attempt is given depends on the journal alone, so that a resumed run goes on where it
was. It must not know how scripts are written down.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Generic, Literal, TypeVar

from attractorc.compiler.value import Json

from ..outcome import Status


@dataclass(frozen=True, slots=True)
class Play:
    """What one attempt comes to, `after_ms` of virtual time; with `hang`, never by itself.

    `response` is what an agent says; it becomes what a real agent's response does. `output`
    is what a tool's command prints, likewise. `writes` are context updates on top of these.
    """

    status: Status = Status.SUCCESS
    after_ms: int = 0
    writes: Mapping[str, Json] = field(default_factory=dict)
    label: str = ""
    next: tuple[str, ...] = ()
    notes: str = ""
    reason: str = ""
    permanent: bool = False
    response: str | None = None
    output: str | None = None
    hang: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """What one question comes to. `timeout` waits for the gate's own; `park` finds nobody."""

    kind: Literal["answer", "timeout", "skip", "park"] = "park"
    text: str = ""
    after_ms: int = 0


@dataclass(frozen=True, slots=True)
class Script:
    """Turns by node id, or by stage id (`/checks.1/unit/deploy.2`), which counts first.

    A stage takes its turns one attempt after another, over retries and visits; the last one
    stands for all that follow. What no entry is for plays `default`, and a question without
    one parks.
    """

    stages: Mapping[str, Sequence[Play]] = field(default_factory=dict)
    answers: Mapping[str, Sequence[Reply]] = field(default_factory=dict)
    default: Play = field(default_factory=Play)

    def __post_init__(self) -> None:
        for name, turns in (*self.stages.items(), *self.answers.items()):
            if not turns:
                raise ValueError(f"the script has no turn for '{name}'")


def merged(base: Script, over: Script, *, default: bool) -> Script:
    """The entries of both, those of `over` first; its default too if `default`."""
    return replace(
        over,
        stages={**base.stages, **over.stages},
        answers={**base.answers, **over.answers},
        default=over.default if default else base.default,
    )


_VISIT = re.compile(r"\.\d+(?:@\d+)?(?=/)")
T = TypeVar("T")


class Turns(Generic[T]):
    """Which turn each attempt takes.

    Turns are counted by node and branch, not by the visit of a fan-out around it: a branch
    that runs a second time goes on with its next turn, and instances of a dynamic fan-out
    each begin with the first. An attempt that runs again after an interruption keeps its own.
    """

    def __init__(self, entries: Mapping[str, Sequence[T]]) -> None:
        self._entries = entries
        self._taken: dict[tuple[str, str], dict[str, int]] = {}

    def take(self, path: str, node: str, stage: str, attempt_id: str) -> T | None:
        """The turn of an attempt; None if no entry is for it."""
        number = self.count(path, node, attempt_id)
        turns = self._entries.get(node)
        if stage in self._entries:
            number, turns = self._count(("", stage), attempt_id), self._entries[stage]
        return None if turns is None else turns[min(number, len(turns) - 1)]

    def count(self, path: str, node: str, attempt_id: str) -> int:
        """The number of an attempt among those of its node and branch, from 0."""
        return self._count((_VISIT.sub("", f"{path}/"), node), attempt_id)

    def _count(self, key: tuple[str, str], attempt_id: str) -> int:
        taken = self._taken.setdefault(key, {})
        return taken.setdefault(attempt_id, len(taken))
