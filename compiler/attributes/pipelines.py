"""The rows of the attributes of a whole pipeline, of its subgraphs and of its edges.

Data only; apart from the stages', which are many. It must not know how an attribute is used.
"""

from __future__ import annotations

from .row import Row

GRAPH: tuple[Row, ...] = (
    Row("goal", ("graph",), "string", "What the pipeline is for; $goal in prompts.", spec=True),
    Row("label", ("graph",), "string", "The name that people see.", spec=True),
    Row(
        "model_stylesheet",
        ("graph",),
        "stylesheet",
        "Rules that give nodes their model, like a small CSS.",
        spec=True,
    ),
    Row(
        "default_max_retries",
        ("graph",),
        "int",
        "The max_retries of the nodes that have none of their own.",
        "0",
        aliases=("default_max_retry",),
        minimum=0,
        spec=True,
    ),
    Row(
        "max_restarts",
        ("graph",),
        "int",
        "How many new runs loop_restart may start in a row; one more is a failure.",
        "100",
        minimum=0,
    ),
    Row(
        "default_fidelity",
        ("graph",),
        "fidelity",
        "The fidelity where neither node nor edge says one.",
        "compact",
        aliases=("context_fidelity_default",),
        spec=True,
    ),
    Row(
        "thread_id",
        ("graph",),
        "string",
        "The thread of the stages for which neither node nor edge names one.",
        aliases=("context_thread_default",),
        spec=True,
    ),
    Row(
        "inputs",
        ("graph",),
        "inputs",
        "What a run is given from outside: names, types and defaults.",
        aliases=("vars",),
    ),
)

SUBGRAPHS: tuple[Row, ...] = (
    Row("label", ("subgraph",), "string", "Becomes a class of the nodes inside.", spec=True),
)

EDGES: tuple[Row, ...] = (
    Row("label", ("edge",), "string", "The caption, and what a preferred label names.", spec=True),
    Row(
        "condition",
        ("edge",),
        "condition",
        "The edge is taken only if this holds.",
        "always",
        spec=True,
    ),
    Row("weight", ("edge",), "int", "Of equal edges the heavier one is taken.", "0", spec=True),
    Row(
        "loop_restart",
        ("edge",),
        "bool",
        "Taking the edge ends this run and starts a new one.",
        "false",
        spec=True,
    ),
    Row(
        "branch",
        ("edge",),
        "string",
        "The id of the branch that this edge of a fan-out starts.",
        "the label's slug, or the target",
    ),
)
