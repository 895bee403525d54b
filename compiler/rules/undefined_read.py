"""What a stage reads should be written before it.

A key in `reads`, in a condition or in a prompt that no stage before it writes is never
there. It is noted only where that is certain: every stage before declares what it `writes`,
or the only stages that declare this key come later, or are in a branch whose join does not
bring the key out (the default, `*: isolate`, keeps it apart), or the way from them to here
starts the run anew (`loop_restart`), which keeps none of them.

```bad
digraph review {
  start [shape=Mdiamond]
  unit [shape=parallelogram, tool_command="pytest -q", writes=coverage]
  report [prompt="Explain ${covrage}"]
  exit [shape=Msquare]
  start -> unit -> report -> exit
}
```

```good
digraph review {
  start [shape=Mdiamond]
  unit [shape=parallelogram, tool_command="pytest -q", writes=coverage]
  report [prompt="Explain ${coverage}"]
  exit [shape=Msquare]
  start -> unit -> report -> exit
}
```
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ..diagnostic import Diagnostic, Related, Severity
from ..graph.dataflow import DataFlow, mergers, written
from ..graph.early import is_template
from ..graph.model import Graph
from ..graph.patterns import never_merged
from ..graph.reach import spread, ways
from ..graph.reads import Read
from ..graph.shape import RegionShape
from ..value import Names

RULE = "undefined_read"
SEVERITY = Severity.WARNING
_GIVEN = frozenset({"goal", "item", "outcome", "preferred_label", "current_node"})
_GIVEN_PREFIXES = ("graph.", "inputs.", "internal.", "item.", "parallel.")


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One finding for each read that nothing can satisfy."""
    data = graph.data
    known = Names(
        key
        for node, writes in data.writes.items()
        if node in data.visited
        for key in writes.declared
    )
    told: dict[tuple[str, str], Diagnostic] = {}
    for read in data.reads:
        given = read.key in _GIVEN or read.key.startswith(_GIVEN_PREFIXES)
        if given and read.spelled is None:
            continue
        found = _finding(graph, data, read, known)
        if found is None:
            continue
        fault = _fault(graph, data, read, found)
        first = told.get(fault)
        if first is None:
            told[fault] = found
        elif first.span != found.span:
            key = read.spelled or read.key
            again = Related(f"'{key}' is read here, too", found.span)
            if again not in first.related:
                told[fault] = replace(first, related=(*first.related, again))
    yield from told.values()


def _fault(graph: Graph, data: DataFlow, read: Read, found: Diagnostic) -> tuple[str, str]:
    """What is wrong, apart from where it shows: a key, or a region that merges nothing."""
    if read.spelled is None:
        for writer in data.writers(read.key):
            shape = data.held_in(read, writer)
            if shape is not None and written(graph, shape, "merge") is None:
                return ("merge", shape.fan_out)
    return (read.spelled or read.key, found.message.partition("reads")[2])


def _finding(graph: Graph, data: DataFlow, read: Read, known: Names) -> Diagnostic | None:
    if read.spelled is not None:
        return _never(read, known)
    writers = data.writers(read.key)
    if data.sight.sees_any(read):
        return None
    if not writers:
        return None if data.may_come_unseen(read) else _never(read, known)
    if "*" in read.key:
        return None
    own = (read.node,) if read.node in data.sight.writers(read.key) else ()
    all_, ahead = data.ahead.bits(writers), data.ahead
    before = data.sight.behind.among(read.node, all_) | ahead.bits(own)
    first = ahead.first(before)
    if first is None:
        return None if data.may_come_unseen(read) else _later(graph, data, read, writers)
    shape = data.held_in(read, first)
    if shape is None or graph.regions.unclear(shape.fan_out):
        return None
    branches = {each.id for each in shape.branches if ahead.bits(each.nodes) & before}
    several = len(branches) > 1 or is_template(graph, shape)
    if read.node in shape.nodes or (several and not never_merged(read.key)):
        # Other rules speak of siblings, and of keys that two branches write.
        return None
    return _kept_apart(graph, read, first, shape, branches)


def _never(read: Read, known: Names) -> Diagnostic:
    meant = read.key if read.spelled is not None else known.nearest(read.key)
    return Diagnostic(
        RULE,
        SEVERITY,
        read.span,
        f"'{read.node}' reads '{read.spelled or read.key}', which no stage writes",
        help=f"did you mean '{meant}'?"
        if meant
        else "add it to the writes of the stage that sets it",
        node=read.node,
    )


def _later(graph: Graph, data: DataFlow, read: Read, writers: tuple[str, ...]) -> Diagnostic | None:
    regions, writing = graph.regions, data.sight.writers(read.key)
    inner = regions.by_fan_out.get(read.node)
    if inner is not None and inner.nodes & writing:
        return None
    if not data.ahead.among(read.node, data.ahead.bits(writers)) and read.node not in writing:
        # Neither before nor after: on another way, or in a branch beside it.
        around = regions.place(read.node)
        if around and regions.by_fan_out[around[-1][0]].nodes & writing:
            return None
        return Diagnostic(
            RULE,
            SEVERITY,
            read.span,
            f"'{read.node}' reads '{read.key}', which no stage before it writes",
            (
                Related(f"'{writers[0]}' writes it, on another way", graph.nodes[writers[0]].span),
                *_restart(graph, read, writers[0]),
            ),
            help=f"lead the way through '{writers[0]}' first, or read another key",
            node=read.node,
        )
    return Diagnostic(
        RULE,
        SEVERITY,
        read.span,
        f"'{read.node}' reads '{read.key}', which is written only later",
        (
            Related(f"'{writers[0]}' writes it", graph.nodes[writers[0]].span),
            *_restart(graph, read, writers[0]),
        ),
        help=f"move '{writers[0]}' in front of '{read.node}', or read another key",
        node=read.node,
    )


def _restart(graph: Graph, read: Read, writer: str) -> Iterator[Related]:
    """The edge over which the way from the writer leads, and what is written does not."""
    from_there = spread(ways(graph), (writer,))
    for edge in graph.edges:
        restarts = edge.value("loop_restart", False) and edge.source in from_there
        if restarts and read.node in spread(ways(graph), (edge.target,)):
            yield Related("here the run starts anew, and begins without it", edge.span)
            return


def _kept_apart(
    graph: Graph, read: Read, writer: str, shape: RegionShape, branches: set[str]
) -> Diagnostic:
    branch = next(each.id for each in shape.branches if each.id in branches)
    apart = f"parallel.{shape.fan_out}.branch.{branch}.context.{read.key}"
    mend = f"read {apart}"
    if not never_merged(read.key):
        rule = f"{read.key}: one"
        wanted = f"merge: {{{rule}}}" if graph.language == "yaml" else f'merge="{rule}"'
        mend = f"add {wanted} to '{mergers(graph, shape)[0].id}', or {mend}"
    return Diagnostic(
        RULE,
        SEVERITY,
        read.span,
        f"'{read.node}' reads '{read.key}', but what branch '{branch}' of '{shape.fan_out}' "
        "writes to it stays in that branch",
        (Related(f"'{writer}' writes it", graph.nodes[writer].span),),
        help=mend,
        node=read.node,
    )
