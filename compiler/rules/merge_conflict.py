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
from dataclasses import dataclass

from ..diagnostic import Diagnostic, Related, Severity
from ..graph.dataflow import BranchWrites, DataFlow, mergers, written
from ..graph.early import is_template
from ..graph.model import Graph
from ..graph.patterns import never_merged, never_written, rule_for
from ..graph.places import word_in
from ..graph.shape import RegionShape
from ..policy import Join, Merge
from ..source import Span

RULE = "merge_conflict"
SEVERITY = Severity.ERROR
_WAITS = ("wait_all", "all_success")


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One finding for each merge that says nothing of keys which two branches write."""
    for shape in graph.regions.by_fan_out.values():
        merge = graph.data.merge_meant(shape)
        if merge is None or graph.regions.unclear(shape.fan_out):
            continue
        brought = {branch.id: graph.data.branch_writes(shape, branch) for branch in shape.branches}
        unsaid: list[_Key] = []
        for key in dict.fromkeys(key for each in brought.values() for key in each.nodes):
            if "*" in key or never_merged(key) or never_written(key) or key == "tool.output":
                continue
            writing = [name for name, each in brought.items() if key in each.nodes]
            many = is_template(graph, shape)
            if len(writing) > 1 or (writing and many):
                sure = _sure(graph.data, shape, key, writing)
                found = _Key(key, shape.fan_out, tuple(writing), sure, many)
                rule = rule_for(key, merge.rules)
                if rule is not None and rule.strategy == "one":
                    yield from _allows_one(graph, shape, merge, rule.pattern, found, brought)
                elif rule is None and not graph.data.sight.reads_apart(key, shape.fan_out):
                    unsaid.append(found)
        if unsaid:
            yield _finding(graph, shape, brought, unsaid)


@dataclass(frozen=True, slots=True)
class _Key:
    """A key, the branches that may write it, and those that do whenever they succeed.

    With `many`, one branch stands for one of each element.
    """

    name: str
    fan_out: str
    writing: tuple[str, ...]
    sure: tuple[str, ...]
    many: bool

    @property
    def always(self) -> bool:
        """Whether two branches that succeed have both written it."""
        return len(self.sure) > 1 or (self.many and bool(self.sure))

    @property
    def who(self) -> str:
        """The branches that write it, as the subject of a sentence."""
        if self.many:
            return f"the branches of '{self.fan_out}' all"
        shown = self.sure if len(self.sure) > 1 else self.writing
        return "branches " + " and ".join(f"'{name}'" for name in shown[:2]) + " both"


def _sure(data: DataFlow, shape: RegionShape, key: str, writing: list[str]) -> tuple[str, ...]:
    return tuple(
        branch.id
        for branch in shape.branches
        if branch.id in writing and data.surely_writes(shape, branch, key)
    )


def _allows_one(
    graph: Graph,
    shape: RegionShape,
    merge: Merge,
    pattern: str,
    key: _Key,
    brought: Mapping[str, BranchWrites],
) -> Iterator[Diagnostic]:
    """The rule `one` for a key that two branches always write."""
    place = written(graph, shape, "merge")
    if place and key.always and _takes_all(graph, shape, merge):
        yield Diagnostic(
            RULE,
            Severity.WARNING,
            word_in(graph.source, place[1], pattern),
            f"{key.who} write '{key.name}', which '{pattern}: one' allows one branch only",
            _writers(graph, brought, key),
            help=f"write {pattern}: append, or another strategy that takes several",
            node=place[0].id,
        )


def _finding(
    graph: Graph, shape: RegionShape, brought: Mapping[str, BranchWrites], keys: list[_Key]
) -> Diagnostic:
    """All keys that no rule is for: they have one mend."""
    place = written(graph, shape, "merge")
    severity = Severity.WARNING
    related: list[Related] = []
    for key in keys:
        related += _writers(graph, brought, key)
        read = graph.data.sight.missed(key.name, shape)
        if read is not None:
            related.append(Related("read here, after the join", read.span))
            if key.always:
                severity = SEVERITY
    names = [key.name for key in keys]
    who, combine = f"{keys[0].who} write '{names[0]}'", "combine them"
    if len(names) > 1:
        listed = ", ".join(f"'{name}'" for name in names[:-1]) + f" and '{names[-1]}'"
        who, combine = f"several branches of '{shape.fan_out}' write {listed}", "combine each"
    node = mergers(graph, shape)[0]
    return Diagnostic(
        RULE,
        severity,
        place[1].value_span if place is not None else node.span,
        f"{who}, and no merge rule says how to {combine}",
        tuple(related),
        help=_mend(graph, names, place is not None),
        node=node.id,
    )


def _mend(graph: Graph, keys: list[str], has_rules: bool) -> str:
    if has_rules:
        rules, more = "; ".join(f"{key}: append" for key in keys), "s" if len(keys) > 1 else ""
        return f"add the rule{more} {rules}, or *: isolate to keep all others apart"
    if graph.language == "yaml":
        return f"add merge: {{{', '.join(f'{key}: append' for key in keys)}}}, or another strategy"
    return f'add merge="{"; ".join(f"{key}: append" for key in keys)}", or another strategy'


def _writers(graph: Graph, brought: Mapping[str, BranchWrites], key: _Key) -> tuple[Related, ...]:
    nodes = [brought[name].nodes[key.name][0] for name in key.writing]
    return tuple(Related(f"written by '{node}'", _place(graph, node, key.name)) for node in nodes)


def _place(graph: Graph, node: str, key: str) -> Span:
    attr = graph.nodes[node].attrs.get("writes")
    return graph.nodes[node].span if attr is None else word_in(graph.source, attr, key)


def _takes_all(graph: Graph, shape: RegionShape, merge: Merge) -> bool:
    """Whether two branches that succeed both come to the merge, and a conflict fails it."""
    join = graph.nodes[shape.fan_out].value("join", Join())
    return join.kind in _WAITS and merge.on_conflict == "fail" and merge.source != "winner"
