"""Which nodes lie ahead of which, for all nodes at once, with sets of nodes as bits of a number.

Rules ask about every pair of a writer and a reader; a search for each of them would take a
time that grows with the square of the file. Nodes of one loop share their answer. It must
not know what a way is made of.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence


class Ahead:
    """For every node, the nodes that some way leads to from it; itself only by a loop."""

    def __init__(self, forward: Mapping[str, Sequence[str]]) -> None:
        self._names = tuple(forward)
        self._number = {node: number for number, node in enumerate(self._names)}
        self._after = _masks([[self._number[each] for each in forward[n]] for n in self._names])

    def leads(self, first: str, second: str) -> bool:
        """Whether some way leads from the first node to the second."""
        return bool(self._after[self._number[first]] >> self._number[second] & 1)

    def bits(self, nodes: Iterable[str]) -> int:
        """A set of nodes, to be asked about with `among`."""
        found = bytearray(len(self._names) // 8 + 1)
        for node in nodes:
            number = self._number[node]
            found[number >> 3] |= 1 << (number & 7)
        return int.from_bytes(found, "little")

    def among(self, node: str, bits: int) -> int:
        """Those of a set to which some way leads from the node."""
        return self._after[self._number[node]] & bits

    def first(self, bits: int) -> str | None:
        """The first node of a set, None if it is empty."""
        return self._names[(bits & -bits).bit_length() - 1] if bits else None


def _masks(forward: Sequence[Sequence[int]]) -> list[int]:
    masks = [0] * len(forward)
    for group in _loops(forward):
        mask = 0
        inside = set(group)
        is_loop = len(group) > 1 or group[0] in forward[group[0]]
        for node in group:
            for target in set(forward[node]) - inside:
                mask |= masks[target] | 1 << target
        if is_loop:
            for node in group:
                mask |= 1 << node
        for node in group:
            masks[node] = mask
    return masks


def _loops(forward: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    """The strongly connected groups, each after all that lie ahead of it (Tarjan 1972)."""
    seen: dict[int, int] = {}
    low = [0] * len(forward)
    open_: list[int] = []
    is_open = [False] * len(forward)
    for root in range(len(forward)):
        work = [] if root in seen else [(root, iter(forward[root]))]
        while work:
            node, targets = work[-1]
            if node not in seen:
                seen[node] = low[node] = len(seen)
                open_.append(node)
                is_open[node] = True
            entered = None
            for target in targets:
                if target not in seen:
                    entered = target
                    break
                if is_open[target]:
                    low[node] = min(low[node], low[target])
            if entered is not None:
                work.append((entered, iter(forward[entered])))
                continue
            work.pop()
            if work:
                low[work[-1][0]] = min(low[work[-1][0]], low[node])
            if low[node] == seen[node]:
                group = [open_.pop()]
                while group[-1] != node:
                    group.append(open_.pop())
                for each in group:
                    is_open[each] = False
                yield group
