"""The table of merge strategies: each name, its function, and the laws that it claims.

The one list of them. A strategy is added by its name in `policy`, its function in a file
of its family, and a line here; the tests hold each line to the laws in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from attractorc.compiler.policy import StrategyName

from .agree import deep, one, same
from .apart import drop, isolate
from .contribution import Contribution, Settlement
from .gather import append, collect, concat, union
from .keyed import keyed
from .number import count, greatest, least, total
from .pick import first, last, winner
from .truth import every, some

Law: TypeAlias = Literal["associative", "order_free", "idempotent", "holds_all"]
"""`associative`: merging a merged group changes nothing. `order_free`: no order of the
writes shows. `idempotent`: a write twice is a write once. `holds_all`: every write can be
read back from the result."""


@dataclass(frozen=True, slots=True)
class Strategy:
    """How a key's writes become one value, and what always holds of it."""

    settle: Callable[[Contribution], Settlement]
    laws: frozenset[Law] = frozenset()


def _strategy(settle: Callable[[Contribution], Settlement], *laws: Law) -> Strategy:
    return Strategy(settle, frozenset(laws))


STRATEGIES: Mapping[StrategyName, Strategy] = {
    "isolate": _strategy(isolate),
    "winner": _strategy(winner),
    "first": _strategy(first),
    "last": _strategy(last),
    "collect": _strategy(collect, "holds_all"),
    "append": _strategy(append, "associative"),
    "union": _strategy(union, "associative", "idempotent"),
    "keyed": _strategy(keyed, "associative", "idempotent"),
    "concat": _strategy(concat, "associative"),
    "sum": _strategy(total, "order_free"),
    "min": _strategy(least, "order_free", "idempotent"),
    "max": _strategy(greatest, "order_free", "idempotent"),
    "count": _strategy(count, "order_free"),
    "all": _strategy(every, "order_free", "idempotent"),
    "any": _strategy(some, "order_free", "idempotent"),
    "deep": _strategy(deep),
    "same": _strategy(same, "order_free", "idempotent"),
    "one": _strategy(one, "order_free"),
    "drop": _strategy(drop),
}
