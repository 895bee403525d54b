"""Nodes to steps: routes, retries, targets, and whatever else a stage has besides its work.

Every default is applied here, so that the interpreter looks nothing up. What means nothing
on a kind of node is left out, so that it cannot change the plan's digest. It must not know
how a graph was written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ..graph.elements import Attr, Edge, Node
from ..graph.model import Graph
from ..plan.labels import accelerator, match_text
from ..plan.model import (
    Agent,
    Conditional,
    Exit,
    FanIn,
    Parallel,
    Place,
    Plan,
    Route,
    Start,
    Step,
    Tool,
    Work,
)
from ..policy import Retry
from ..source import Span
from ..value import Json
from .effective import effective
from .work import work_of


def step_of(
    graph: Graph,
    node: Node,
    region: str | None,
    joined: str | None,
    children: Mapping[str, Plan],
) -> Step:
    """A node's step in the fan-out `region`; `joined` is the fan-out that meets at it."""
    work = work_of(graph, node, joined, children)
    runs = _makes_attempts(work)
    return Step(
        id=node.id,
        label=node.label,
        work=work,
        routes=tuple(
            _route(edge) for edge in graph.outgoing[node.id] if not graph.is_branch_edge(edge)
        ),
        retry=_retry(graph, node) if runs else Retry(),
        timeout_ms=effective(node, "timeout") if runs else None,
        goal_gate=bool(effective(node, "goal_gate", False)),
        retry_target=target(graph, node.value("retry_target")),
        fallback_retry_target=target(graph, node.value("fallback_retry_target")),
        allow_partial=bool(effective(node, "allow_partial", False)),
        auto_status=bool(effective(node, "auto_status", False)),
        max_visits=effective(node, "max_visits"),
        on_interrupted=effective(node, "on_interrupted", "rerun") if runs else "rerun",
        reads=_patterns(node, "reads"),
        writes=_patterns(node, "writes"),
        pre_hook=_hook(graph, node, work, "tool_hooks.pre"),
        post_hook=_hook(graph, node, work, "tool_hooks.post"),
        classes=node.classes,
        region=region,
        extra=_texts(node.extra),
        place=place(node.span),
    )


def target(graph: Graph, name: str | None) -> str | None:
    """A retry target, or None if it is not set or names no node (a finding says so)."""
    return name if name in graph.nodes else None


def place(span: Span) -> Place:
    """Where a span starts; `file` as the caller named the source."""
    return Place(span.file, span.line, span.column)


def _route(edge: Edge) -> Route:
    return Route(
        target=edge.target,
        label=edge.label,
        match=match_text(edge.label),
        key=accelerator(edge.label),
        condition=edge.condition,
        weight=edge.weight,
        fidelity=edge.value("fidelity") or None,
        thread_id=edge.value("thread_id") or None,
        restart=bool(edge.value("loop_restart", False)),
        place=place(edge.span),
    )


def _makes_attempts(work: Work) -> bool:
    """Whether a stage does, or asks, anything that can be tried again."""
    if isinstance(work, Parallel | FanIn):
        return work.judge is not None
    return not isinstance(work, Start | Exit | Conditional)


def _hook(graph: Graph, node: Node, work: Work, name: str) -> str | None:
    """A hook of a stage that calls a tool or an agent; an empty one takes the graph's away."""
    asks = isinstance(work, Parallel | FanIn) and work.judge is not None and work.judge.agent
    if not asks and not isinstance(work, Tool | Agent):
        return None
    own = effective(node, name)
    return str(graph.value(name) or "" if own is None else own).strip() or None


def _retry(graph: Graph, node: Node) -> Retry:
    preset: Retry | None = effective(node, "retry_policy")
    written = effective(node, "max_retries")
    if written is not None:
        return replace(preset or Retry(), max_attempts=1 + written, covers_fail=True)
    return preset or Retry(max_attempts=1 + int(graph.value("default_max_retries") or 0))


def _patterns(node: Node, name: str) -> tuple[str, ...] | None:
    attr = node.attrs.get(name)
    return None if attr is None else tuple(dict.fromkeys(attr.value))


def _texts(extra: Mapping[str, Attr]) -> dict[str, Json]:
    return {name: attr.text for name, attr in extra.items()}
