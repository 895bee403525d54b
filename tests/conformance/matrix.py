"""What the suite covers, as a matrix: joins, error policies, losers and orders, by cell.

Counts the entries of the tables of decisions, and of all cases what their plans ask for. It
must not know whether a case holds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import product

from .suite import Conformance
from .tables import LOSERS, POLICIES

ORDERS = ("declared", "arrival")
KINDS = (
    "wait_all",
    "all_success",
    "first_success",
    "k_of_n",
    "quorum",
    "majority",
    "all_done",
    "formula",
    "formula with !",
    "formula with states",
)
Cell = tuple[str, str, str, str]


def cells() -> Iterator[Cell]:
    """Every cell: join, error policy, losers, order."""
    yield from product(KINDS, POLICIES, LOSERS, ORDERS)


def counted(cases: Iterable[Conformance]) -> Counter[Cell]:
    """How many entries of the tables each cell has."""
    return Counter(case.cell.cell for case in cases if case.cell is not None)


def lines(counts: Counter[Cell]) -> Iterator[str]:
    """The matrix as a table: a line for each join, a column for each of the rest."""
    columns = list(product(ORDERS, POLICIES, LOSERS))
    heads = [f"{order[:4]} {policy} {losers}" for order, policy, losers in columns]
    width = max(map(len, KINDS))
    yield " " * width + "  " + "  ".join(heads)
    for kind in KINDS:
        numbers = [
            str(counts[kind, policy, losers, order]).rjust(len(head))
            for (order, policy, losers), head in zip(columns, heads, strict=True)
        ]
        yield f"{kind.ljust(width)}  {'  '.join(numbers)}"
