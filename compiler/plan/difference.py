"""In what two plans differ, by name: the graph, stages, their edges, fan-outs.

Two plans without a difference have the same digest, and the other way round. It must not
know what a run has reached, nor how a difference is told to people.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..value import Json, canonical
from .digest import essence
from .model import Plan


@dataclass(frozen=True, slots=True)
class Difference:
    """Names of what differs, sorted. `graph` are fields of the plan; the rest are node ids.

    `stages` differ in themselves, `edges` in the edges that leave them, `regions` in branches
    or policies; what is `added` or `removed` is in none of the others.
    """

    graph: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    edges: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()

    def names(self) -> list[str]:
        """All of it in short, for a record: `graph goal`, `stage b`, `edges of c`."""
        return [
            *(f"graph {name}" for name in self.graph),
            *(f"stage {name} added" for name in self.added),
            *(f"stage {name} removed" for name in self.removed),
            *(f"stage {name}" for name in self.stages),
            *(f"edges of {name}" for name in self.edges),
            *(f"fan-out {name}" for name in self.regions),
        ]


def difference(old: Plan, new: Plan) -> Difference:
    """In what the new plan differs from the old one."""
    before, after = essence(old), essence(new)
    steps, later = _table(before, "steps"), _table(after, "steps")
    kept = sorted(steps.keys() & later.keys())
    return Difference(
        graph=_unequal(_graph(before), _graph(after)),
        stages=tuple(name for name in kept if _itself(steps[name]) != _itself(later[name])),
        edges=tuple(name for name in kept if _edges(steps[name]) != _edges(later[name])),
        added=tuple(sorted(later.keys() - steps.keys())),
        removed=tuple(sorted(steps.keys() - later.keys())),
        regions=_unequal(_table(before, "regions"), _table(after, "regions")),
    )


def _table(plan: Mapping[str, Json], name: str) -> Mapping[str, Json]:
    found = plan.get(name, {})
    assert isinstance(found, Mapping)
    return found


def _graph(plan: Mapping[str, Json]) -> dict[str, Json]:
    return {name: value for name, value in plan.items() if name not in ("steps", "regions")}


def _unequal(old: Mapping[str, Json], new: Mapping[str, Json]) -> tuple[str, ...]:
    names = sorted(old.keys() | new.keys())
    return tuple(one for one in names if canonical(old.get(one)) != canonical(new.get(one)))


def _itself(step: Json) -> str:
    assert isinstance(step, Mapping)
    return canonical({name: value for name, value in step.items() if name != "routes"})


def _edges(step: Json) -> str:
    assert isinstance(step, Mapping)
    return canonical(step.get("routes"))
