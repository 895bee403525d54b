"""Which join belongs to which fan-out.

Branches meet at their nearest common post-dominator. In a graph with a fault that place
is often far behind the join that the author meant, so other places are tried, and the
one that leaves the fewest faults is the region's join: a finding then names the edge that
is wrong, not all that follows from it. It must not know how faults are worded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from .branching import NamedBranch
from .flow import Flow
from .territory import Territory, survey

_TRIED = 8
"""How many joins are tried for a region with faults: enough for any file seen, and bounded."""


@dataclass(slots=True)
class Pairing:
    """A fan-out, its branches, and the join that it has so far."""

    fan_out: str
    branches: tuple[NamedBranch, ...]
    territory: Territory

    @property
    def join_at(self) -> str | None:
        """Where the branches meet."""
        return self.territory.join_at


class Pairer:
    """Pairs all fan-outs of a flow with their joins; `pairs` is the result, in file order."""

    def __init__(
        self, flow: Flow, fan_ins: frozenset[str], branches: Mapping[str, Sequence[NamedBranch]]
    ) -> None:
        self._flow = flow
        self._fan_ins = fan_ins
        self._branches = {fan_out: tuple(named) for fan_out, named in branches.items()}
        self.pairs: dict[str, Pairing] = {}
        deepest_first = sorted(branches, key=lambda fan_out: -flow.depth[fan_out])
        forked = [fan_out for fan_out in deepest_first if self._heads(fan_out) > 1]
        for fan_out in forked:
            self._settle(fan_out, next(self._chain(fan_out), None))
        single = [fan_out for fan_out in deepest_first if fan_out not in self.pairs]
        self._settle_singles(single, forked)
        better = [fan_out for fan_out in forked if self._improve(fan_out)]
        if better:
            self._settle_singles(single, forked)
        self.pairs = {fan_out: self.pairs[fan_out] for fan_out in branches}

    def _heads(self, fan_out: str) -> int:
        """How many different nodes the branches start at, dead ends only if all are."""
        heads = {branch.edge.target for branch in self._branches[fan_out]}
        return len(heads & self._flow.live) or len(heads)

    def _chain(self, fan_out: str) -> Iterator[str]:
        heads = [branch.edge.target for branch in self._branches[fan_out]]
        return self._flow.meeting_chain(heads, fan_out)

    def _survey(self, fan_out: str, join_at: str | None) -> Territory:
        edges = [branch.edge for branch in self._branches[fan_out]]
        return survey(self._flow, fan_out, edges, join_at)

    def _settle(self, fan_out: str, join_at: str | None) -> None:
        territory = self._survey(fan_out, join_at)
        self.pairs[fan_out] = Pairing(fan_out, self._branches[fan_out], territory)

    def _settle_singles(self, single: Sequence[str], forked: Sequence[str]) -> None:
        """Fan-outs of which one branch counts, the innermost first."""
        around: dict[str, set[str | None]] = {fan_out: set() for fan_out in single}
        takers: dict[str | None, list[str]] = {}
        for other in forked:
            territory = self.pairs[other].territory
            takers.setdefault(territory.join_at, []).append(other)
            for node in territory.branches:
                if node in around:
                    around[node].add(territory.join_at)
        for fan_out in single:
            join_at = self._single_join(fan_out, around[fan_out], takers)
            self._settle(fan_out, join_at)
            takers.setdefault(join_at, []).append(fan_out)

    def _single_join(
        self, fan_out: str, around: set[str | None], takers: Mapping[str | None, Sequence[str]]
    ) -> str | None:
        """The nearest fan-in that no region inside takes, else where a region around ends."""
        place = None
        for place in self._chain(fan_out):
            if place in around:
                return place
            if place in self._fan_ins:
                others = takers.get(place, ())
                within = self._survey(fan_out, place).branches if others else {}
                if not others or any(other not in within for other in others):
                    return place
        return place if place in self._flow.exits else None

    def _improve(self, fan_out: str) -> bool:
        """Try other joins for a region with faults; whether one was better."""
        current = self.pairs[fan_out].territory
        if not self._faults(fan_out, current):
            return False
        reached = sorted(
            (node for node in current.branches if node in self._fan_ins),
            key=lambda node: (-len(current.branches[node]), self._flow.order[node]),
        )
        tried = [current, *(self._survey(fan_out, node) for node in reached[:_TRIED])]
        if current.join_at is None or current.join_at in self._flow.exits:
            tried += [
                self._survey(fan_out, node)
                for node in current.shared[:_TRIED]
                if node not in self._fan_ins
            ]
        labels = {node: len(found) for node, found in current.branches.items()}
        best = min(tried, key=lambda territory: self._cost(fan_out, territory, labels))
        self.pairs[fan_out].territory = best
        return best is not current

    def _cost(
        self, fan_out: str, territory: Territory, labels: Mapping[str, int]
    ) -> tuple[int, int, bool, bool, int]:
        """Few faults, then a fan-in, one of its own, one for two branches, one that is near."""
        join_at = territory.join_at
        kind = 2
        if join_at in self._fan_ins:
            kind = 0
        elif join_at is not None and join_at not in self._flow.exits:
            kind = 1
        alone = join_at is not None and labels.get(join_at, 2) < 2
        inner = any(self.pairs[node].join_at == join_at for node in labels if node in self.pairs)
        return self._faults(fan_out, territory), kind, inner, alone, len(territory.branches)

    def _faults(self, fan_out: str, territory: Territory) -> int:
        """How many places are wrong: nodes shared, edges that leave, fan-ins left alone."""
        taken = {
            self.pairs[node].join_at
            for node in territory.branches
            if node in self.pairs and node != fan_out
        }
        alone = {node for node in territory.branches if node in self._fan_ins} - taken
        places = alone.union(territory.shared)
        return len(places) + len(territory.escapes) + len(territory.exits)
