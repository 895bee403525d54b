"""The rows of the attributes that say what a stage is and how it runs.

Data only; apart from the policies of fan-outs and fan-ins, which are a subject of their
own. It must not know how an attribute is used.
"""

from __future__ import annotations

from .row import Row, Where

_NODE: tuple[Where, ...] = ("node",)
_AGENTS = ("codergen", "custom")
# A region's two ends: read there only where somebody is asked for the winner.
_REGION = ("parallel", "parallel.fan_in")
_MODELS = ("codergen", *_REGION, "custom", "stack.manager_loop")
_WORKERS = ("codergen", "tool", "wait.human", "custom")
_EFFORTS = ("low", "medium", "high")

STAGES: tuple[Row, ...] = (
    Row("label", _NODE, "string", "The name that people see.", "the node's id", spec=True),
    Row("shape", _NODE, "string", "Says the kind of the node.", "box", spec=True),
    Row(
        "type",
        _NODE,
        "string",
        "The handler, where the shape does not say it.",
        aliases=("node_type", "handler"),
        spec=True,
    ),
    Row(
        "class",
        _NODE,
        "classes",
        "Names by which the model stylesheet finds the node.",
        spec=True,
    ),
    Row(
        "prompt",
        _NODE,
        "string",
        "What the agent is told, or @path of a file; $goal, inputs, ${context.key} are filled in.",
        "the label",
        kinds=(*_AGENTS, *_REGION),
        aliases=("llm_prompt",),
        spec=True,
    ),
    Row(
        "prompt_file",
        _NODE,
        "string",
        'A file beside the pipeline that holds the prompt; written prompt="@path" as a rule.',
        kinds=(*_AGENTS, *_REGION),
    ),
    Row(
        "tool_command",
        _NODE,
        "string",
        "The command that a tool stage runs with sh -c.",
        kinds=("tool",),
        aliases=("script", "command"),
        spec=True,
    ),
    Row(
        "output",
        _NODE,
        "enum",
        "What a tool's standard output becomes.",
        "text",
        kinds=("tool",),
        values=("text", "lines", "json", "none"),
    ),
    Row("reads", _NODE, "keys", "The context keys that the stage reads; * is allowed."),
    Row("writes", _NODE, "keys", "The only context keys that the stage may write; * is allowed."),
    Row(
        "max_retries",
        _NODE,
        "int",
        "How often the stage is tried again after a RETRY or a FAIL.",
        "the graph's default_max_retries",
        kinds=(*_WORKERS, *_REGION),
        minimum=0,
        spec=True,
    ),
    Row(
        "retry_policy",
        _NODE,
        "retry",
        "A preset of tries and delays: none, standard, aggressive, linear or patient.",
        kinds=(*_WORKERS, *_REGION),
        synonyms=("retry",),
    ),
    Row(
        "timeout",
        _NODE,
        "duration",
        "The longest time that one attempt may take.",
        "no limit",
        kinds=(*_WORKERS, *_REGION),
        aliases=("human_timeout_seconds",),
        minimum=1,
        spec=True,
    ),
    Row(
        "goal_gate",
        _NODE,
        "bool",
        "The run can only end well if this stage did.",
        "false",
        spec=True,
    ),
    Row(
        "retry_target",
        ("node", "graph"),
        "node_ref",
        "The node to go to if the stage fails, or a goal gate does not hold at the exit.",
        spec=True,
    ),
    Row(
        "fallback_retry_target",
        ("node", "graph"),
        "node_ref",
        "The node to go to where retry_target is missing or names no node.",
        spec=True,
    ),
    Row(
        "auto_status",
        _NODE,
        "bool",
        "A stage that says nothing about its outcome has succeeded.",
        "false",
        kinds=_WORKERS,
        spec=True,
    ),
    Row(
        "allow_partial",
        _NODE,
        "bool",
        "Once its retries are used up, the stage ends as partial_success, not as fail.",
        "false",
        kinds=_WORKERS,
        spec=True,
    ),
    Row(
        "max_visits",
        _NODE,
        "int",
        "How often a run may come to this node; one time more is a failure.",
        "no limit",
        minimum=1,
    ),
    Row(
        "on_interrupted",
        _NODE,
        "enum",
        "What a resume does with a stage that may have run already.",
        "rerun",
        kinds=(*_WORKERS, *_REGION),
        values=("rerun", "ask", "fail"),
    ),
    Row(
        "fidelity",
        ("node", "edge"),
        "fidelity",
        "How much of what went before is told to the agent.",
        "the graph's default_fidelity",
        kinds=_MODELS,
        spec=True,
    ),
    Row(
        "thread_id",
        ("node", "edge"),
        "string",
        "Stages of one thread share a session under full fidelity.",
        "derived",
        kinds=_MODELS,
        spec=True,
    ),
    Row(
        "llm_model",
        ("node", "graph"),
        "string",
        "The model that the agent uses.",
        "the backend's",
        kinds=_MODELS,
        aliases=("model",),
        spec=True,
    ),
    Row(
        "llm_provider",
        ("node", "graph"),
        "string",
        "Who provides the model.",
        "by the model's name",
        kinds=_MODELS,
        aliases=("provider",),
        spec=True,
    ),
    Row(
        "reasoning_effort",
        ("node", "graph"),
        "enum",
        "How hard the model thinks.",
        "high",
        kinds=_MODELS,
        values=_EFFORTS,
        open_set=True,
        spec=True,
    ),
    Row("backend", _NODE, "string", "The agent backend of this stage.", "the run's", kinds=_MODELS),
    Row(
        "human.default_choice",
        _NODE,
        "string",
        "The choice (its target, label or key; a branch id) taken when nobody answers in time.",
        kinds=("wait.human", *_REGION),
        aliases=("default_choice",),
        spec=True,
    ),
)

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
