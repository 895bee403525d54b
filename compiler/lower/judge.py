"""Who is asked for a region's winner, as the plan's record: the agent's call, the question.

Apart from the work of stages, because what the fan-in does not say the fan-out says for it.
It must not know how winners are compared.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ..graph.asking import asked_by, is_branch
from ..graph.dataflow import mergers
from ..graph.elements import Node
from ..graph.judges import winner_of
from ..graph.model import Graph
from ..graph.shape import RegionShape
from ..plan.model import Agent, Judge, Template
from .effective import effective


def judge_of(
    graph: Graph,
    shape: RegionShape | None,
    text: Callable[[str], Template],
    agent: Callable[[Node, Template], Agent],
) -> Judge | None:
    """The judge of a region, None where its rule asks nobody.

    `text` cuts a written text into a template, `agent` makes a node's call of one.
    """
    asked = frozenset() if shape is None else asked_by(winner_of(graph, shape))
    if shape is None or not asked:
        return None
    nodes = mergers(graph, shape)
    prompt = str(_said(nodes, "prompt") or "")
    judge = Judge()
    if "prompt" in asked:
        call = agent(nodes[0], text(prompt) if prompt else _instruction(graph, shape))
        judge = Judge(
            call.prompt,
            call.model,
            call.provider,
            call.effort,
            call.backend,
            call.fidelity,
            call.thread_id,
        )
    if "human" in asked:
        mine = bool(prompt) and "prompt" not in asked
        question = text(prompt) if mine else _question(nodes[0], shape, text)
        judge = replace(judge, question=question, default_choice=_default(nodes, shape))
    return judge


def _instruction(graph: Graph, shape: RegionShape) -> Template:
    goal = str(graph.value("goal") or "")
    told = f" The goal is: {goal}" if goal else ""
    return (f"Compare the results of the branches of '{shape.fan_out}' and choose the best.{told}",)


def _question(node: Node, shape: RegionShape, text: Callable[[str], Template]) -> Template:
    label = node.value("label")
    return text(str(label)) if label else (f"Which branch of '{shape.fan_out}' is the best?",)


def _default(nodes: tuple[Node, ...], shape: RegionShape) -> str | None:
    choice = _said(nodes, "human.default_choice")
    return choice if choice is not None and is_branch(str(choice), shape) else None


def _said(nodes: tuple[Node, ...], name: str) -> Any:
    return next((value for node in nodes if (value := effective(node, name))), None)
