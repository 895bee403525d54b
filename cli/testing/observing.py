"""What a simulated run did, as cases speak of it: paths, ends, joins, counts, values.

Read from the run's records alone. It must not know what was expected.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from attractorc.compiler.plan.model import Plan
from attractorc.compiler.value import Json
from attractorc.interpreter.queries import JoinEntry, branches, joins
from attractorc.interpreter.queries.joining import WHOLE
from attractorc.interpreter.queries.pages import paged
from attractorc.interpreter.queries.reading import stage_id
from attractorc.interpreter.records import FanInDecision, StageLifecycle
from attractorc.interpreter.simulation import Simulated


@dataclass(slots=True)
class Region:
    """One visit of a fan-out: its join, and by branch id how branches ended and went.

    `writes` are the states of what branches wrote, by key and branch.
    """

    join: JoinEntry
    ends: dict[str, str] = field(default_factory=dict)
    nodes: dict[str, list[str]] = field(default_factory=dict)
    writes: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def node(self) -> str:
        """The fan-out's node id."""
        return self.join.node_id

    @property
    def conflicts(self) -> list[str]:
        """The keys that are in conflict, sorted."""
        return sorted(key for key, by in self.writes.items() if "conflict" in by.values())


@dataclass(frozen=True, slots=True)
class Observed:
    """A run as it was. `regions` are by stage id, `ran` counts attempts by node.

    `path` is the trunk's; nodes of child pipelines are among those that `ran`. Without a `plan`
    it was one of no pipeline in another.
    """

    outcome: str
    reason: str
    path: list[str]
    regions: Mapping[str, Region]
    context: Mapping[str, Json]
    ran: Mapping[str, int]
    questions: list[str]
    took_ms: int
    plan: Plan | None = None


def observed(plan: Plan, run: Simulated) -> Observed:
    """What a run did."""
    decided = paged(lambda after: joins(run.store, run.result.run_id, after=after, most=WHOLE))
    regions = {entry.fan_out: Region(entry) for entry in decided}
    trunk: list[str] = []
    walked = {"": trunk}
    for branch in paged(lambda after: branches(run.store, run.result.run_id, after=after)):
        region = regions[branch.fan_out]
        region.ends[branch.branch_id] = branch.end or branch.state
        walked[branch.path] = region.nodes.setdefault(branch.branch_id, [])
    ran: dict[str, set[str]] = {}
    seen: set[str] = set()
    for record in run.records:
        if isinstance(record, StageLifecycle) and record.kind == "started":
            ran.setdefault(record.node_id, set()).add(record.stage_attempt_id)
            stage = stage_id(record.path, record.node_id, record.visit)
            if stage not in seen and record.handler != "start":
                seen.add(stage)
                walked.setdefault(record.path, []).append(record.node_id)
        elif isinstance(record, FanInDecision):
            stage = stage_id(record.path, record.fan_out, record.fan_out_visit)
            for entry in cast("list[Mapping[str, Any]]", record.keys):
                states = {str(one["branch"]): str(one["state"]) for one in entry["writes"]}
                regions[stage].writes[str(entry["key"])] = states
    return Observed(
        run.result.status,
        run.result.reason,
        trunk,
        regions,
        run.context,
        {node: len(attempts) for node, attempts in ran.items()},
        list(run.result.questions),
        run.took_ms,
        plan,
    )
