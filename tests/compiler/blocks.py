"""Random pipelines made of nested blocks, with the regions that they are made of.

A pipeline is written block by block, so what region analysis must find is known without
analysing anything. For tests only; the ids are those that `graphs` reads.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import strategies as st


@dataclass(frozen=True)
class Stage:
    """One node; `back` is how many blocks before it an edge leads back to, if one does."""

    back: int | None = None
    dead_end: bool = False


@dataclass(frozen=True)
class Fork:
    """A fan-out with branches; without `own`, they meet at whatever comes next."""

    branches: tuple[Blocks, ...]
    own: bool
    route: bool = False


Blocks = tuple["Stage | Fork", ...]


@dataclass(frozen=True)
class Expected:
    """What is to be found of one fan-out."""

    join_at: str
    own: bool
    parent: str | None
    nodes: frozenset[str]


def stages() -> st.SearchStrategy[Stage]:
    return st.builds(Stage, st.none() | st.integers(0, 2), st.booleans())


def forks(inner: st.SearchStrategy[Blocks]) -> st.SearchStrategy[Fork]:
    several = st.lists(inner, min_size=2, max_size=3).map(tuple)
    alone = st.builds(lambda blocks, last: ((*blocks, last),), inner, stages())
    return st.builds(Fork, several, st.booleans(), st.booleans()) | st.builds(
        Fork, alone, st.just(True), st.booleans()
    )


def pipelines() -> st.SearchStrategy[Blocks]:
    """A sequence of at least one block."""
    return st.recursive(
        st.lists(stages(), min_size=1, max_size=2).map(tuple),
        lambda inner: st.lists(stages() | forks(inner), min_size=1, max_size=3).map(tuple),
        max_leaves=12,
    )


@dataclass
class Writer:
    """Writes blocks as lines for `graphs.graph_of`, and keeps what they are."""

    lines: list[str] = field(default_factory=list)
    expected: dict[str, Expected] = field(default_factory=dict)
    nodes: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All lines."""
        return "\n".join(self.lines)

    def pipeline(self, blocks: Blocks) -> Writer:
        """The whole, from start to exit."""
        first, _ = self._blocks(blocks, "exit", None)
        self.lines.insert(0, f"start -> {first}")
        return self

    def _name(self, letter: str) -> str:
        self.nodes.append(f"{letter}{len(self.nodes)}")
        return self.nodes[-1]

    def _blocks(self, blocks: Blocks, follow: str, parent: str | None) -> tuple[str, set[str]]:
        """The first node, and all nodes, of blocks after which `follow` comes."""
        firsts = [self._name("f" if isinstance(block, Fork) else "s") for block in blocks]
        inside = set(firsts)
        for number, (block, first) in enumerate(zip(blocks, firsts, strict=True)):
            after = firsts[number + 1] if number + 1 < len(firsts) else follow
            if isinstance(block, Fork):
                inside |= self._fork(block, first, after, parent)
                continue
            self.lines.append(f"{first} -> {after}")
            if block.back is not None:
                self.lines.append(f"{first} -> {firsts[max(0, number - block.back)]}")
            if block.dead_end:
                inside.add(self._name("d"))
                self.lines.append(f"{first} -> {self.nodes[-1]}")
        return firsts[0], inside

    def _fork(self, fork: Fork, fan_out: str, after: str, parent: str | None) -> set[str]:
        join_at = self._name("j") if fork.own else after
        inside: set[str] = set()
        for branch in fork.branches:
            head, nodes = self._blocks(branch, join_at, fan_out)
            self.lines.append(f"{fan_out} -> {head}")
            inside |= nodes
        self.expected[fan_out] = Expected(join_at, fork.own, parent, frozenset(inside))
        if fork.own:
            self.lines.append(f"{join_at} -> {after}")
            inside = {*inside, join_at}
        if fork.route and fork.own:
            self.lines.append(f"{fan_out} -> {after} [if=outcome]")
        return inside
