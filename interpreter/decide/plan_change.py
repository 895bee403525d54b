"""Whether another plan may take a run's over: only what was not reached yet may differ.

Then what the run has done is what it would have done by the new plan, so that nothing has
to be undone, and every decision in the journal stands. Pure; it must not know where the new
plan comes from.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from attractorc.compiler.plan.child import child_of
from attractorc.compiler.plan.difference import Difference
from attractorc.compiler.plan.model import Conditional, Human, Plan
from attractorc.compiler.value import encoded

from ..paths import lies_in
from ..records import (
    ChildLifecycle,
    ParallelLifecycle,
    Record,
    RouteDecision,
    RunLifecycle,
    StageLifecycle,
)


@dataclass(slots=True)
class Reached:
    """What a run has reached, on any path: node ids with the first stage id of each.

    `stages` have started, from `left` an edge was chosen, `chosen` are where it led. What lies
    in another pipeline than the run's `plan` is left out: that is a part of the stage around it.
    """

    plan: Plan
    stages: dict[str, str] = field(default_factory=dict)
    left: dict[str, str] = field(default_factory=dict)
    chosen: dict[str, str] = field(default_factory=dict)
    _elsewhere: set[str] = field(default_factory=set)

    def note(self, record: Record) -> None:
        """Take a record into account."""
        if self._elsewhere and lies_in(str(getattr(record, "path", "")), self._elsewhere):
            return
        match record:
            case ChildLifecycle(kind="started"):
                run = child_of(self.plan.steps[record.node_id].work)
                if run is None or run.plan:
                    self._elsewhere.add(record.child_path)
            case RunLifecycle(kind="initialized") if record.start_at:
                self.chosen.setdefault(record.start_at, "the run's start")
            case StageLifecycle():
                self.stages.setdefault(record.node_id, _stage(record))
            case RouteDecision():
                self.left.setdefault(record.node_id, _stage(record))
                if record.selected_edge is not None:
                    self.chosen.setdefault(str(record.selected_edge["to"]), _stage(record))
            case ParallelLifecycle(kind="branch_started") if record.target_node:
                self.chosen.setdefault(record.target_node, _stage(record))


def reached(records: Iterable[Record], plan: Plan) -> Reached:
    """What these records of a run say that it has reached of its plan."""
    found = Reached(plan)
    for record in records:
        found.note(record)
    return found


def standing_in_the_way(there: Reached, differ: Difference, old: Plan, new: Plan) -> str | None:
    """Why the new plan cannot take over, as the end of a sentence; None if it can."""
    if differ.graph:
        names = ", ".join(f"'{name}'" for name in differ.graph)
        return f"the run has begun with what the graph says, and it says another {names}"
    for name in (*differ.removed, *differ.stages):
        if name in there.stages:
            how = "gone" if name in differ.removed else "another one"
            return f"the stage '{name}' has started already ({there.stages[name]}), and is {how}"
    for name in differ.regions:
        if name in there.stages:
            at = there.stages[name]
            return f"the fan-out '{name}' was entered already ({at}), and is another one"
    for name in differ.edges:
        if name in there.left:
            at = there.left[name]
            return f"the way on from '{name}' was chosen already ({at}), and its edges are others"
        if name in there.stages and isinstance(old.steps[name].work, Human):
            at = there.stages[name]
            return f"'{name}' has asked a person already ({at}), and its choices are others"
    for name, at in there.chosen.items():
        if name in differ.removed or old.steps[name].region != new.steps[name].region:
            how = "gone" if name in differ.removed else "in another fan-out"
            return f"'{name}' was chosen as the next stage already (after {at}), and is {how}"
    for name in differ.stages:
        # A failed stage goes on to a conditional one only, so that its kind has decided.
        kinds = [isinstance(plan.steps[name].work, Conditional) for plan in (old, new)]
        asked = [one for one in there.left if name in [to.target for to in old.steps[one].routes]]
        if kinds[0] != kinds[1] and asked:
            at = there.left[asked[0]]
            return f"an edge to '{name}' was weighed already ({at}), and it is of another kind"
    return None


def _stage(record: StageLifecycle | RouteDecision | ParallelLifecycle) -> str:
    return f"{record.path}/{encoded(record.node_id)}.{record.visit}"
