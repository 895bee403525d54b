"""Which reads can see a write, for all reads of a file at once.

A key may be read at thousands of stages and written at as many: what keeps a write in its
region is worked out once for each writer, not for each pair. Apart from the data flow, which
answers about one pair. It must not know what any rule says.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from .ahead import Ahead
from .patterns import meets
from .reach import backwards, carrying
from .reads import Read
from .shape import RegionShape

if TYPE_CHECKING:
    from .dataflow import DataFlow

_Outlet = tuple[str, str]


class Sight:
    """The reads and writers of one data flow, by key."""

    def __init__(self, data: DataFlow) -> None:
        self._data = data
        self._outlets: dict[str, Mapping[_Outlet | None, int]] = {}
        self._sets: dict[str, frozenset[str]] = {}
        self._unseen: dict[str, int] = {}
        self._readers: dict[str, int] = {}

    @cached_property
    def behind(self) -> Ahead:
        """For every node, the nodes from which a run can come to it."""
        return Ahead(backwards(carrying(self._data.graph)))

    @cached_property
    def _reads(self) -> Mapping[str, list[Read]]:
        found: dict[str, list[Read]] = {}
        for read in self._data.reads:
            found.setdefault(read.key, []).append(read)
        return found

    @cached_property
    def _patterns(self) -> tuple[str, ...]:
        return tuple(key for key in self._reads if "*" in key)

    @cached_property
    def _apart(self) -> frozenset[str]:
        """The keys whose values, kept apart for the branches, are read by their whole names."""
        keys = (key for key in self._reads if "*" not in key and key.startswith("parallel."))
        return frozenset(key.rpartition(".context.")[2] for key in keys)

    def writers(self, key: str) -> frozenset[str]:
        """The nodes that are known to write a key, as a set."""
        known = self._sets.get(key)
        if known is None:
            known = self._sets[key] = frozenset(self._data.writers(key))
        return known

    def reads(self, key: str) -> list[Read]:
        """The reads that ask for a key without `*`, by its name or by a pattern."""
        more = (self._reads[each] for each in self._patterns if meets(each, key))
        return [*self._reads.get(key, ()), *(read for some in more for read in some)]

    def is_read_from(self, key: str, node: str) -> bool:
        """Whether a key without `*` is read at a node, or at one to which a way leads from it."""
        readers = self._readers.get(key)
        ahead = self._data.ahead
        if readers is None:
            readers = ahead.bits({read.node for read in self.reads(key)})
            self._readers[key] = readers
        return bool((ahead.among(node, readers) | ahead.bits((node,))) & readers)

    def reads_apart(self, key: str, fan_out: str | None = None) -> bool:
        """Whether somebody reads a branch's own value of a key, of one region or of any."""
        prefix = "parallel." if fan_out is None else f"parallel.{fan_out}.branch."
        patterns: tuple[str, ...] = self._patterns
        if key in self._apart:
            if fan_out is None:
                return True
            patterns = tuple(self._reads)
        return any(p.startswith(prefix) and meets(p, f"*.context.{key}") for p in patterns)

    def sees_any(self, read: Read) -> bool:
        """Whether what some writer writes to the key can be there when it is read."""
        writers = self.writers(read.key)
        if not writers:
            return False
        if read.edge is not None and read.node in writers:
            return True
        outlets = self._outlets_of(read.key)
        around = self._data.graph.regions.place(read.node)
        return any(
            self.behind.among(read.node, outlets[outlet])
            for outlet in (None, *around)
            if outlet in outlets
        )

    def missed(self, key: str, shape: RegionShape) -> Read | None:
        """The first read behind a region that sees no write, and could see one from in there."""
        unseen = self._unseen.get(key)
        ahead = self._data.ahead
        if unseen is None:
            nodes = {read.node for read in self.reads(key) if not self.sees_any(read)}
            unseen = self._unseen[key] = ahead.bits(nodes)
        outside = ahead.among(shape.fan_out, unseen) & ~ahead.bits(shape.nodes)
        node = ahead.first(outside)
        return next((read for read in self.reads(key) if read.node == node), None)

    def _outlets_of(self, key: str) -> Mapping[_Outlet | None, int]:
        """The writers of a key by the innermost branch that keeps it; None where none does."""
        known = self._outlets.get(key)
        if known is None:
            regions = self._data.graph.regions
            kept: dict[_Outlet | None, list[str]] = {}
            for writer in self._data.writers(key):
                around = (
                    (fan_out, branch)
                    for fan_out, branch in regions.place(writer)
                    if not self._data.lets_out(regions.by_fan_out[fan_out], key)
                )
                kept.setdefault(next(around, None), []).append(writer)
            known = {outlet: self._data.ahead.bits(nodes) for outlet, nodes in kept.items()}
            self._outlets[key] = known
        return known
