"""Tables of decisions, written out: one case for each entry, from the law of section 5.

An entry `+2` says that the join is satisfied with the second end that is taken, `-1` that
the first one decides it as not satisfied. All that a case expects follows from that, here,
without any of the code under test. It must not know how a join is decided.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from attractorc.compiler.source import Span
from attractorc.testing.reading import Read, data

BRANCHES = ("a", "b", "c")
POLICIES = ("continue", "fail_fast", "ignore")
LOSERS = ("cancel", "drain")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a table: its cell in the matrix, its pipeline's places, its case."""

    cell: tuple[str, str, str, str]
    name: str
    law: str
    dot: str
    places: Mapping[str, str]
    written: Read


@dataclass(frozen=True, slots=True)
class _Decided:
    """What an entry says, of branches that end as `ends` says and are taken in `order`."""

    ends: Mapping[str, str]
    order: tuple[str, ...]
    satisfied: bool
    last: int
    losers: str

    @property
    def taken(self) -> tuple[str, ...]:
        return self.order[: self.last]


def entries(table: Read) -> Iterator[Entry]:
    """The entries of a table, under both ways to treat losers."""
    made: dict[str, Any] = data(table)
    columns = made["columns"].split()
    for row, read in zip(made["rows"], table.value["rows"].value, strict=True):
        for policy in POLICIES:
            decisions = row[policy].split()
            assert len(decisions) == len(columns), f"{row} needs {len(columns)} decisions"
            for column, decision in zip(columns, decisions, strict=True):
                for losers in LOSERS:
                    span = read.keys[policy]
                    yield _entry(made, row, policy, column, decision, losers, span)


def _entry(
    table: Mapping[str, Any],
    row: Mapping[str, str],
    policy: str,
    column: str,
    decision: str,
    losers: str,
    span: Span,
) -> Entry:
    ends = {
        branch: "success" if letter == "s" else "fail"
        for branch, letter in zip(BRANCHES, column, strict=True)
    }
    decided = _Decided(ends, tuple(table["order"]), decision[0] == "+", int(decision[1:]), losers)
    declared = table["decide"] == "declared"
    if declared:
        decided = _Decided(ends, BRANCHES, decided.satisfied, decided.last, losers)
    more = row.get("more", "")
    join = row.get("join", more)
    name = f"{join} of {column}, {policy}, {losers}, {table['decide']}"
    places = {
        "join": f'join="{row["join"]}"' if "join" in row else "",
        "more": more,
        "error_policy": policy,
        "losers": losers,
        "decide": table["decide"],
    }
    stages = {
        branch: {
            "status": ends[branch],
            "after": 1000 * (1 + table["order"].index(branch)),
            "writes": {"x": branch},
        }
        for branch in BRANCHES
    }
    written = {
        "name": name,
        "script": {"stages": stages},
        "expect": _expected(decided),
    }
    return Entry(
        (row["kind"], policy, losers, table["decide"]),
        name,
        table["law"],
        table["dot"],
        places,
        _read(written, span),
    )


def _expected(decided: _Decided) -> dict[str, Any]:
    """What follows from a decision, by sections 4, 5 and 6."""
    taken = decided.taken
    heard = BRANCHES if decided.losers == "drain" else taken
    ends = {name: decided.ends[name] if name in heard else "cancelled" for name in BRANCHES}
    candidates = [name for name in BRANCHES if ends[name] == "success"]
    failed = "fail" in ends.values()
    own = "fail" if not decided.satisfied else "partial_success" if failed else "success"
    states = {
        name: "merged" if decided.satisfied and name in candidates else "excluded"
        for name in BRANCHES
        if ends[name] != "cancelled"
    }
    expected: dict[str, Any] = {
        "outcome": "success" if decided.satisfied else "fail",
        "ends": {"fan": ends},
        "join": {"fan": {"satisfied": decided.satisfied, "taken": list(taken)}},
        "counts": {
            "fan": {
                "branches": 3,
                "activated": 3,
                "succeeded": sum(decided.ends[name] == "success" for name in taken),
                "failed": sum(decided.ends[name] == "fail" for name in taken),
                "skipped": 0,
            }
        },
        "outcomes": {"fan": own, "verdict": "success" if decided.satisfied else "fail"},
        "winner": {"fan": candidates[0] if decided.satisfied and candidates else None},
        "writes": {"fan": {"x": states}},
    }
    if decided.satisfied and candidates:
        expected["context"] = {"x": candidates}
    else:
        expected["absent"] = ["x"]
    return expected


def _read(value: Any, span: Span, under: str = "") -> Read:
    """Plain data as if it had been read at one place; context values stay as they are."""
    if isinstance(value, dict):
        keys = dict.fromkeys(value, span)
        whole = under == "context" or (
            under == "writes" and "x" in value and value["x"] in BRANCHES
        )
        made = {
            key: Read(one, span) if whole else _read(one, span, key) for key, one in value.items()
        }
        return Read(made, span, keys)
    if isinstance(value, list):
        return Read([_read(one, span) for one in value], span)
    return Read(value, span)
