"""What a run did, as plain JSON that any implementation can give, and as judges see it.

The JSON is described by `observation.schema.json` and README.md. It must not know what was
expected, or whose run it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from attractorc.interpreter.queries.joining import JoinEntry, Taken
from attractorc.testing.observing import Observed, Region


@dataclass(slots=True)
class FanOut(Region):
    """One visit of a fan-out, with what only a suite asks for."""

    reasons: dict[str, str] = field(default_factory=dict)
    writers: dict[str, dict[str, str]] = field(default_factory=dict)
    records: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Seen(Observed):
    """A run as judges see it. `stages` are in the order in which they began."""

    stages: tuple[Mapping[str, Any], ...] = ()
    refused: tuple[str, ...] | None = None


def seen(given: Mapping[str, Any]) -> Seen:
    """The observation that an implementation gave."""
    if "refused" in given:
        return Seen("refused", "", [], {}, {}, {}, [], 0, refused=tuple(given["refused"]))
    stages = tuple(given["stages"])
    ran: dict[str, int] = {}
    walked: dict[str, list[str]] = {}
    for stage in stages:
        ran[stage["node"]] = ran.get(stage["node"], 0) + stage["attempts"]
        walked.setdefault(stage["path"], []).append(stage["node"])
    regions = {each["stage"]: _fan_out(each, walked) for each in given["fan_outs"]}
    return Seen(
        given["outcome"],
        given["reason"],
        walked.get("", []),
        regions,
        given["context"],
        ran,
        list(given["questions"]),
        given["took_ms"],
        stages=stages,
    )


def _fan_out(given: Mapping[str, Any], walked: Mapping[str, list[str]]) -> FanOut:
    join, merge = given["join"], given["merge"]
    entry = JoinEntry(
        given["stage"],
        given["node"],
        given["stage"].rpartition("/")[0],
        int(given["stage"].rpartition(".")[2]),
        state="undecided" if join is None else "decided" if merge is None else "merged",
        satisfied=None if join is None else join["satisfied"],
        reason="" if join is None else join["reason"],
        taken=() if join is None else tuple(Taken(name, "") for name in join["taken"]),
        counts={} if join is None else join["counts"],
        winner=None if merge is None else merge["winner"],
    )
    writes = {} if merge is None else merge["writes"]
    return FanOut(
        entry,
        {one["id"]: one["end"] for one in given["branches"]},
        {one["id"]: walked.get(one["path"], []) for one in given["branches"]},
        {key: {name: one["state"] for name, one in by.items()} for key, by in writes.items()},
        {one["id"]: one["reason"] for one in given["branches"]},
        {key: {name: one["writer"] for name, one in by.items()} for key, by in writes.items()},
        tuple(given["records"]),
    )
