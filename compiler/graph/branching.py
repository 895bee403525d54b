"""The branches of a fan-out: which edges they are, their ids, and their declared order.

Apart from the regions, because ids and order follow from the fan-out's own edges alone
(semantics 1 and 3). It must not know where a branch leads.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from ..source import Span
from ..value import slug
from .elements import Edge


@dataclass(frozen=True, slots=True)
class NamedBranch:
    """A branch edge and its id; `id_span` is the text that the id comes from."""

    id: str
    id_span: Span
    edge: Edge


def named_branches(edges: Iterable[Edge]) -> tuple[NamedBranch, ...]:
    """A fan-out's branch edges in declared order: higher weight first, then as in the file.

    An id is the edge's `branch` attribute, else its label's slug if no other of the edges
    has it, else the target's id. Ids need not be unique here.
    """
    ordered = sorted(edges, key=lambda edge: (-edge.weight, edge.index))
    slugs = Counter(slug(edge.label) for edge in ordered)
    return tuple(_named(edge, slugs) for edge in ordered)


def _named(edge: Edge, slugs: Counter[str]) -> NamedBranch:
    written = edge.attrs.get("branch")
    if written is not None and str(written.value):
        return NamedBranch(str(written.value), written.value_span, edge)
    label = edge.attrs.get("label")
    from_label = slug(edge.label)
    if label is not None and from_label and slugs[from_label] == 1:
        return NamedBranch(from_label, label.value_span, edge)
    return NamedBranch(edge.target, edge.target_span, edge)


def duplicates(branches: Iterable[NamedBranch]) -> tuple[tuple[NamedBranch, NamedBranch], ...]:
    """Pairs (first in the file, a later one) of branches with one id."""
    first: dict[str, NamedBranch] = {}
    pairs: list[tuple[NamedBranch, NamedBranch]] = []
    for branch in sorted(branches, key=lambda branch: branch.edge.index):
        earlier = first.setdefault(branch.id, branch)
        if earlier is not branch:
            pairs.append((earlier, branch))
    return tuple(pairs)
