"""Policies as data: joins, winners, merges, retries, and what a fan-out declares.

Only their shapes and closed sets; their texts are parsed in the front end, and their
meaning is in the interpreter, one file a strategy. It must not know a graph or a run.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal, TypeAlias

BranchState: TypeAlias = Literal["succeeded", "failed", "skipped", "done"]


@dataclass(frozen=True, slots=True)
class Atom:
    """A branch id in a formula: bare (succeeded), `.failed`, `.skipped` or `.done`."""

    branch: str
    state: BranchState = "succeeded"


@dataclass(frozen=True, slots=True)
class AtLeast:
    """`k of (a, b, c)`: at least k of these branches succeeded."""

    k: int
    branches: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NoneOf:
    """`!x`"""

    operand: Formula


@dataclass(frozen=True, slots=True)
class AllOf:
    """`x && y`"""

    operands: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """`x || y`"""

    operands: tuple[Formula, ...]


Formula: TypeAlias = Atom | AtLeast | NoneOf | AllOf | AnyOf


def branches_named(formula: Formula) -> Iterator[str]:
    """Every branch id that a formula names, in the order of its text."""
    pending: list[Formula] = [formula]
    while pending:
        current = pending.pop()
        match current:
            case Atom():
                yield current.branch
            case AtLeast():
                yield from current.branches
            case NoneOf():
                pending.append(current.operand)
            case AllOf() | AnyOf():
                pending.extend(reversed(current.operands))


JoinKind: TypeAlias = Literal[
    "wait_all",
    "all_success",
    "first_success",
    "k_of_n",
    "quorum",
    "majority",
    "all_done",
    "formula",
]
ErrorPolicy: TypeAlias = Literal["continue", "fail_fast", "ignore"]
Losers: TypeAlias = Literal["cancel", "drain"]
Decide: TypeAlias = Literal["declared", "arrival"]
Workspace: TypeAlias = Literal["shared", "copy", "worktree"]


@dataclass(frozen=True, slots=True)
class Join:
    """When a join is satisfied (semantics 5). `text` is the policy as people read it.

    `k` goes with `k_of_n`, `ratio` (exact, in (0, 1]) with `quorum`, `formula` with
    `formula`; `any_success` is lowered to `first_success`, `ignore` to `all_done`.
    """

    kind: JoinKind = "wait_all"
    k: int | None = None
    ratio: Fraction | None = None
    formula: Formula | None = None
    text: str = "wait_all"


@dataclass(frozen=True, slots=True)
class ForEach:
    """One branch for each element of the collection under a context key (semantics 3.4).

    `empty` is what the fan-out comes to where the collection has no element.
    """

    key: str
    empty: Literal["success", "fail"] = "success"


@dataclass(frozen=True, slots=True)
class FanOut:
    """All that a fan-out declares. Durations in milliseconds.

    With `for_each` the region's one branch is the template of all.
    """

    join: Join = field(default_factory=Join)
    error_policy: ErrorPolicy = "continue"
    losers: Losers = "cancel"
    decide: Decide = "declared"
    max_parallel: int = 4
    join_timeout_ms: int | None = None
    branch_timeout_ms: int | None = None
    workspace: Workspace = "shared"
    for_each: ForEach | None = None


WinnerKind: TypeAlias = Literal[
    "status", "max", "min", "first", "priority", "arrival", "vote", "prompt", "human"
]


@dataclass(frozen=True, slots=True)
class WinnerKey:
    """One key of a winner rule: `max(coverage)` has `key`, `priority(a, b)` has `branches`."""

    kind: WinnerKind
    key: str | None = None
    branches: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Winner:
    """Keys compared in turn; `written` tells a declared rule from the default (semantics 6)."""

    keys: tuple[WinnerKey, ...] = (
        WinnerKey("status"),
        WinnerKey("max", "score"),
        WinnerKey("first"),
    )
    written: bool = False


StrategyName: TypeAlias = Literal[
    "isolate",
    "winner",
    "first",
    "last",
    "collect",
    "append",
    "union",
    "keyed",
    "concat",
    "sum",
    "min",
    "max",
    "count",
    "all",
    "any",
    "deep",
    "same",
    "one",
    "drop",
]
OnConflict: TypeAlias = Literal["fail", "winner", "first", "last", "collect"]
MergeFrom: TypeAlias = Literal["candidates", "all", "winner"]
MergeFiles: TypeAlias = Literal["winner", "all", "none"]


@dataclass(frozen=True, slots=True)
class MergeRule:
    """`pattern: strategy`; a pattern is a context key, may hold `*`, or is `*` alone.

    `argument` is the field of `keyed(id)` or the separator of `concat(sep)`.
    """

    pattern: str
    strategy: StrategyName
    argument: str | None = None


@dataclass(frozen=True, slots=True)
class Merge:
    """How branch results are combined. What no rule names is isolated.

    `files` says whose files are brought back where branches have workspaces of their own;
    its default is left out of a plan's JSON, since most branches share theirs.
    """

    rules: tuple[MergeRule, ...] = ()
    source: MergeFrom = "candidates"
    on_conflict: OnConflict = "fail"
    files: MergeFiles = field(default="winner", metadata={"quiet": True})


@dataclass(frozen=True, slots=True)
class Retry:
    """A stage's retry policy (specification 3.5, 3.6; semantics 7).

    `max_attempts` counts the first try. `covers_fail` is true where `max_retries` is written
    on the node: then FAIL is retried too, else only RETRY. Delays in milliseconds.
    """

    max_attempts: int = 1
    covers_fail: bool = False
    initial_delay_ms: int = 200
    backoff_factor: float = 2.0
    max_delay_ms: int = 60_000
    jitter: bool = True


RETRY_PRESETS: dict[str, Retry] = {
    "none": Retry(1),
    "standard": Retry(5, True, 200, 2.0),
    "aggressive": Retry(5, True, 500, 2.0),
    "linear": Retry(3, True, 500, 1.0),
    "patient": Retry(3, True, 2_000, 3.0),
}

FIDELITIES: tuple[str, ...] = (
    "full",
    "truncate",
    "compact",
    "summary:low",
    "summary:medium",
    "summary:high",
)
