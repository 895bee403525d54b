"""What a node does, as a plan's work record: one case for each kind of node.

Apart from the other attributes of a step, which are the same for every kind. A new kind of
node touches this, the plan's types and a handler. It must not know routes or regions.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import assert_never

from ..frontend.templates import parse_template
from ..graph.elements import Attr, Edge, Node
from ..graph.model import Graph
from ..graph.shape import RegionShape
from ..plan.labels import accelerator, match_text
from ..plan.model import (
    Agent,
    Conditional,
    Custom,
    Exit,
    FanIn,
    Human,
    Judge,
    Parallel,
    Plan,
    Start,
    Template,
    Tool,
    Work,
)
from ..value import Json, NotJson, checked
from .children import child_of, manager_of
from .effective import effective
from .judge import judge_of

# What a step itself carries, or what only draws or selects: nothing for a host's handler.
_CARRIED = frozenset(
    {
        "allow_partial",
        "auto_status",
        "class",
        "fallback_retry_target",
        "goal_gate",
        "label",
        "max_retries",
        "max_visits",
        "on_interrupted",
        "reads",
        "retry_policy",
        "retry_target",
        "shape",
        "timeout",
        "type",
        "writes",
    }
)


def work_of(graph: Graph, node: Node, joined: str | None, children: Mapping[str, Plan]) -> Work:
    """The work of a node; `joined` is the fan-out whose branches meet here, if one's do.

    `children` are the plans of the other pipelines that nodes name.
    """
    match node.kind:
        case "start":
            return Start()
        case "exit":
            return Exit()
        case "conditional":
            return Conditional()
        case "parallel":
            own = graph.regions.by_fan_out.get(node.id)
            asks = own is not None and own.meeting != "fan_in"
            return Parallel(_judge(graph, own if asks else None))
        case "parallel.fan_in":
            met = None if joined is None else graph.regions.by_fan_out[joined]
            return FanIn(joined, _judge(graph, met))
        case "tool":
            return Tool(node.value("tool_command", ""), node.value("output", "text"))
        case "codergen":
            return _agent(graph, node, _text(graph, str(node.value("prompt") or node.label)))
        case "wait.human":
            return _human(graph, node)
        case "pipeline":
            return child_of(graph, node, children)
        case "stack.manager_loop":
            return manager_of(graph, node, children, partial(_text, graph), partial(_agent, graph))
        case "custom":
            return Custom(node.type, _settings(node.attrs))
        case _ as never:
            assert_never(never)


def _human(graph: Graph, node: Node) -> Human:
    choice, form = node.value("human.default_choice"), node.value("human.type", "choice")
    if form == "choice":
        routes = graph.outgoing[node.id]
        return Human(_text(graph, node.label), chosen(routes, choice) if choice else None)
    parts = str(node.value("human.options") or "").split(",") if form == "multiple" else ()
    options = tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))
    return Human(_text(graph, node.label), str(choice) if choice else None, form, options)


def chosen(routes: tuple[Edge, ...], choice: str) -> str | None:
    """The node that a default choice means: by its id, else by an edge's label or key.

    Where other edges lead there too, it is the label that says which one is meant.
    """
    for same in (
        lambda edge: edge.target == choice,
        lambda edge: bool(edge.label) and match_text(edge.label) == match_text(choice),
        lambda edge: bool(edge.label) and accelerator(edge.label).lower() == choice.lower(),
    ):
        for edge in routes:
            if same(edge):
                alone = sum(other.target == edge.target for other in routes) == 1
                return edge.target if alone or choice == edge.target else edge.label
    return None


def _judge(graph: Graph, shape: RegionShape | None) -> Judge | None:
    return judge_of(graph, shape, partial(_text, graph), partial(_agent, graph))


def _agent(graph: Graph, node: Node, prompt: Template) -> Agent:
    def named(name: str) -> str | None:
        return effective(node, name) or graph.value(name) or None

    return Agent(
        prompt=prompt,
        model=named("llm_model"),
        provider=named("llm_provider"),
        effort=named("reasoning_effort"),
        backend=node.value("backend") or None,
        fidelity=node.value("fidelity") or None,
        thread_id=node.value("thread_id") or None,
    )


def _text(graph: Graph, text: str) -> Template:
    inputs = frozenset(declared.name for declared in graph.value("inputs", ()))
    return parse_template(text, str(graph.value("goal") or ""), inputs)


def _settings(attrs: Mapping[str, Attr]) -> dict[str, Json]:
    settings: dict[str, Json] = {}
    for name, attr in attrs.items():
        if name not in _CARRIED:
            try:
                settings[name] = checked(attr.value)
            except NotJson:
                settings[name] = attr.text
    return settings
