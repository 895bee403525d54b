"""A join that cancels branches should not need what they write.

Once the join is decided, the branches whose end was not needed are cancelled, and what they
wrote is gone. That contradicts `merge_from=all`, and a stage after the join that reads a key
which only one branch writes may not find it. Write `losers=drain`, so that all run to their
end, or a join that waits for the branch.

```bad
digraph review {
  start [shape=Mdiamond]
  checks [shape=component, join=first_success, decide=declared]
  unit [shape=parallelogram, tool_command="pytest -q", writes=failures]
  lint [shape=parallelogram, tool_command="ruff check .", writes=findings]
  verdict [shape=tripleoctagon, merge="findings: one; failures: one", merge_from=all]
  exit [shape=Msquare]
  start -> checks -> {unit lint} -> verdict -> exit
}
```

```good
digraph review {
  start [shape=Mdiamond]
  checks [shape=component, join=first_success, decide=declared, losers=drain]
  unit [shape=parallelogram, tool_command="pytest -q", writes=failures]
  lint [shape=parallelogram, tool_command="ruff check .", writes=findings]
  verdict [shape=tripleoctagon, merge="findings: one; failures: one", merge_from=all]
  exit [shape=Msquare]
  start -> checks -> {unit lint} -> verdict -> exit
}
```
"""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostic import Diagnostic, Related, Severity
from ..graph.dataflow import written
from ..graph.early import is_template, may_do_without
from ..graph.elements import Attr
from ..graph.model import Graph
from ..graph.reads import Read
from ..graph.shape import BranchShape, RegionShape

RULE = "cancel_loses_work"
SEVERITY = Severity.WARNING


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One finding for each fan-out whose join may cancel a branch that is needed."""
    for shape in graph.regions.by_fan_out.values():
        node = graph.nodes[shape.fan_out]
        join = node.attrs.get("join")
        if join is None or graph.regions.unclear(shape.fan_out):
            continue
        if node.value("losers", "cancel") != "cancel":
            continue
        spared = [branch for branch in shape.branches if may_do_without(graph, shape, branch)]
        found = _finding(graph, shape, join, spared)
        if found is not None:
            yield found


def _finding(
    graph: Graph, shape: RegionShape, join: Attr, spared: list[BranchShape]
) -> Diagnostic | None:
    """What is said of the first of the branches that the join may not wait for."""
    source = written(graph, shape, "merge_from")
    for branch in spared:
        key = _merged_key(graph, shape, branch)
        if key is not None and source is not None and source[1].value == "all":
            return _told(
                shape,
                join,
                f"the join of '{shape.fan_out}' may cancel branch '{branch.id}', but "
                f"merge_from=all wants the '{key}' of every branch",
                Related("merge_from", source[1].value_span),
            )
    if is_template(graph, shape):
        return None  # each branch writes the key, and one that is not cancelled is enough
    for read in graph.data.reads:
        needed = _only_branch(graph, shape, read)
        if needed in spared and needed is not None:
            return _told(
                shape,
                join,
                f"the join of '{shape.fan_out}' may cancel branch '{needed.id}', but "
                f"'{read.node}' reads '{read.key}', which only that branch writes",
                Related("read here", read.span),
            )
    return None


def _told(shape: RegionShape, join: Attr, message: str, related: Related) -> Diagnostic:
    return Diagnostic(
        RULE,
        SEVERITY,
        join.value_span,
        message,
        (related,),
        help=f"add losers=drain to '{shape.fan_out}', or write a join that waits for the branch",
        node=shape.fan_out,
    )


def _merged_key(graph: Graph, shape: RegionShape, branch: BranchShape) -> str | None:
    """A key that the branch is known to write, and that the merge takes up."""
    keys = graph.data.branch_writes(shape, branch).nodes
    return next((key for key in keys if graph.data.lets_out(shape, key)), None)


def _only_branch(graph: Graph, shape: RegionShape, read: Read) -> BranchShape | None:
    """The branch that a read outside the region depends on alone."""
    if read.node in shape.nodes or "*" in read.key:
        return None
    data = graph.data
    writers = [node for node in data.writers(read.key) if data.sees(read, node)]
    branches = [branch for branch in shape.branches if branch.nodes & set(writers)]
    if len(branches) != 1 or not branches[0].nodes >= set(writers):
        return None
    return branches[0]
