"""Where two branches write one key, a merge rule should say what becomes of it.

Without a rule both values stay apart, as `parallel.<fan-out>.branch.<id>.context.<key>`, and
who reads the key itself finds the value from before the fork. If both branches write the key
whenever they succeed, and it is read after the join, that is an error. Write a rule for the
key, or `*: isolate` if the values are to stay apart. `one` and `same` are rules, too, but
`one` is broken by two branches that always write.

```bad
digraph review {
  start [shape=Mdiamond]
  checks [shape=component]
  lint [shape=parallelogram, tool_command="ruff check .", writes=findings]
  types [shape=parallelogram, tool_command="mypy .", writes=findings]
  verdict [shape=tripleoctagon]
  report [prompt="Explain ${findings}"]
  exit [shape=Msquare]
  start -> checks -> {lint types} -> verdict -> report -> exit
}
```

```good
digraph review {
  start [shape=Mdiamond]
  checks [shape=component]
  lint [shape=parallelogram, tool_command="ruff check .", writes=findings]
  types [shape=parallelogram, tool_command="mypy .", writes=findings]
  verdict [shape=tripleoctagon, merge="findings: append"]
  report [prompt="Explain ${findings}"]
  exit [shape=Msquare]
  start -> checks -> {lint types} -> verdict -> report -> exit
}
```
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..diagnostic import Diagnostic, Related, Severity
from ..graph.dataflow import BranchWrites, DataFlow, Read, merge_of, mergers, written
from ..graph.early import is_template
from ..graph.model import Graph
from ..graph.patterns import meets, never_merged, never_written, rule_for
from ..graph.places import word_in
from ..graph.shape import RegionShape
from ..policy import Join, Merge
from ..source import Span

RULE = "merge_conflict"
SEVERITY = Severity.ERROR
_WAITS = ("wait_all", "all_success")


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One finding for each key that two branches of one fan-out write, and that has no rule."""
    for shape in graph.regions.by_fan_out.values():
        merge = merge_of(graph, shape)
        if merge is None or graph.regions.unclear(shape.fan_out):
            continue
        brought = {branch.id: graph.data.branch_writes(shape, branch) for branch in shape.branches}
        for key in dict.fromkeys(key for each in brought.values() for key in each.nodes):
            if "*" in key or never_merged(key) or never_written(key) or key == "tool.output":
                continue
            writing = [name for name, each in brought.items() if key in each.nodes]
            if len(writing) > 1 or (writing and is_template(graph, shape)):
                yield from _judged(graph, shape, merge, brought, key, writing)


def _judged(
    graph: Graph,
    shape: RegionShape,
    merge: Merge,
    brought: Mapping[str, BranchWrites],
    key: str,
    writing: list[str],
) -> Iterator[Diagnostic]:
    data = graph.data
    related = _writers(graph, brought, key, writing)
    sure = [
        branch.id
        for branch in shape.branches
        if branch.id in writing and data.surely_writes(shape, branch, key)
    ]
    rule = rule_for(key, merge.rules)
    many = is_template(graph, shape)
    always = len(sure) > 1 or (many and bool(sure))
    named = " and ".join(f"'{name}'" for name in (sure if len(sure) > 1 else writing)[:2])
    both = f"the branches of '{shape.fan_out}' all" if many else f"branches {named} both"
    place = written(graph, shape, "merge")
    if rule is not None:
        if place and rule.strategy == "one" and always and _takes_all(graph, shape, merge):
            yield Diagnostic(
                RULE,
                Severity.WARNING,
                word_in(graph.source, place[1], rule.pattern),
                f"{both} write '{key}', which '{rule.pattern}: one' allows one branch only",
                related,
                help=f"write {rule.pattern}: append, or another strategy that takes several",
                node=place[0].id,
            )
        return
    if _reads_apart(data, shape, key):
        return
    read = _missed(data, shape, key)
    if read is not None:
        related = (*related, Related("read here, after the join", read.span))
    node = mergers(graph, shape)[0]
    yield Diagnostic(
        RULE,
        SEVERITY if read is not None and always else Severity.WARNING,
        place[1].value_span if place is not None else node.span,
        f"{both} write '{key}', and no merge rule says how to combine them",
        related,
        help=_mend(graph, key, place is not None),
        node=node.id,
    )


def _mend(graph: Graph, key: str, has_rules: bool) -> str:
    if has_rules:
        return f"add the rule {key}: append, or *: isolate to keep all others apart"
    rule = f"merge: {{{key}: append}}" if graph.language == "yaml" else f'merge="{key}: append"'
    return f"add {rule}, or another strategy"


def _writers(
    graph: Graph, brought: Mapping[str, BranchWrites], key: str, writing: list[str]
) -> tuple[Related, ...]:
    nodes = [brought[name].nodes[key][0] for name in writing]
    return tuple(Related(f"written by '{node}'", _place(graph, node, key)) for node in nodes)


def _place(graph: Graph, node: str, key: str) -> Span:
    attr = graph.nodes[node].attrs.get("writes")
    return graph.nodes[node].span if attr is None else word_in(graph.source, attr, key)


def _takes_all(graph: Graph, shape: RegionShape, merge: Merge) -> bool:
    """Whether two branches that succeed both come to the merge, and a conflict fails it."""
    join = graph.nodes[shape.fan_out].value("join", Join())
    return join.kind in _WAITS and merge.on_conflict == "fail" and merge.source != "winner"


def _reads_apart(data: DataFlow, shape: RegionShape, key: str) -> bool:
    """Whether someone reads the branches' values where they are kept apart: as it was meant."""
    prefix = f"parallel.{shape.fan_out}.branch."
    return any(
        read.key.startswith(prefix) and meets(read.key, f"*.context.{key}") for read in data.reads
    )


def _missed(data: DataFlow, shape: RegionShape, key: str) -> Read | None:
    """The first read after the join that nothing but these branches could have satisfied."""
    for read in data.reads:
        if read.node in shape.nodes or not meets(read.key, key):
            continue
        writers = data.writers(key)
        if any(data.sees(read, writer) for writer in writers):
            continue
        if any(data.held_in(read, writer) is shape for writer in writers):
            return read
    return None
