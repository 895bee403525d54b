"""YAML pipelines for the schema and for `check`: good ones, bad ones, and where they differ.

Tables only, each text under a sentence that says what it is about. It must not know how
a verdict is reached.
"""

from __future__ import annotations

from collections.abc import Mapping

SCHEMA_LIKE = {
    *(
        "duplicate_key",
        "fidelity_valid",
        "ignored_attribute",
        "inputs_syntax",
        "join_syntax",
        "merge_syntax",
    ),
    *("node_kind", "out_of_range", "syntax", "unknown_attribute", "unknown_value"),
    *("winner_syntax", "wrong_type"),
}
"""The rules about what a schema can see: shapes, names, values. Others judge the graph."""

HEAD = "pipeline: p\nstart: a\n"


def node(body: str, more: str = "") -> str:
    """A pipeline with the node `a`, and others behind it."""
    return f"{HEAD}nodes:\n  a: {{{body}}}\n{more}"


B = "  b: {run: y}\n"
JOINED = "  b: {run: y}\n  j: {fan_in: true, next: exit}\n"


def fan_out(policy: str) -> str:
    """A pipeline with a fan-out that has one branch."""
    return node(f"parallel: {{u: b, v: c}}, {policy}next: j", f"{JOINED}  c: {{run: z}}\n")


def fan_in(policy: str) -> str:
    """A pipeline with a fan-in."""
    return f"{HEAD}nodes:\n  a: {{parallel: {{u: {{run: x}}}}, next: j}}\n  j: {policy}\n"


def inputs(declared: str) -> str:
    """A pipeline with inputs."""
    return f"{HEAD}inputs: {declared}\nnodes: {{a: {{run: x, next: exit}}}}\n"


GOOD: Mapping[str, str] = {
    "an agent stage": node("prompt: What to do, model: m, fidelity: full, next: exit"),
    "a tool stage": node("run: make, output: json, writes: [x, y], timeout: 900s, next: exit"),
    "a human gate": node('ask: Ship it?, choices: {"[Y] Yes": exit, "[N] No": {to: a, when: x}}'),
    "a fan-out with branches by name": fan_out(""),
    "a join as a policy": fan_out("join: first_success, losers: drain, "),
    "a join with a number": fan_out("join: k_of_n(1), "),
    "a join as a mapping": fan_out("join: {quorum: 2/3}, "),
    "a join as a formula": fan_out("join: 'u && (1 of (u, v) || !\"v\")', "),
    "a join with its number beside it": fan_out("join: k_of_n, k: 1, max_parallel: 2, "),
    "inline branches": node(
        "parallel: {u: {run: x}, v: [{prompt: y}, b], w: {to: {run: z}, label: w}}, next: j", JOINED
    ),
    "a fan-in that says nothing": fan_in("{fan_in: true, next: exit}"),
    "a fan-in with nothing": fan_in("{fan_in: , next: exit}"),
    "a winner and a merge as text": fan_in(
        '{fan_in: {winner: "max(score), first", merge: "f: append; *: isolate"}, next: exit}'
    ),
    "a winner and a merge as lists": fan_in(
        "{fan_in: {winner: [{max: score}, {priority: [u]}, first], "
        'merge: [{key: f, strategy: append}, {g: {keyed: id}}, "h: sum"]}, next: exit}'
    ),
    "policies beside the fan-in's key": fan_in(
        "{fan_in: true, merge: {f: union}, merge_from: all, next: exit}"
    ),
    "a conditional node": node(
        "route: true, next: [{to: b, when: outcome=fail, weight: 2}, exit]", B
    ),
    "a supervisor": node(
        "supervise: {pipeline: c.dot, max_cycles: 3, actions: [wait]}, next: exit"
    ),
    "a child pipeline": node("pipeline: c.dot, next: exit"),
    "a handler of its own": node("uses: mine, join: wait_all, next: exit"),
    "a retry as a number": node("run: x, retry: 2, next: exit"),
    "a retry as a preset": node("run: x, retry: patient, next: exit"),
    "a retry as both": node("run: x, retry: {max: 2, backoff: linear}, next: exit"),
    "numbers and truth values in quotes": node('run: x, timeout: "3", gate: "True", next: exit'),
    "the names of the specification": node(
        "prompt: x, llm_model: m, goal_gate: true, max_retries: 1, next: exit"
    ),
    "a spelling of another implementation": node("run: x, human_timeout_seconds: 3, next: exit"),
    "drawing attributes": node("run: x, color: red, penwidth: 2, next: exit"),
    "a model on a stage without an agent": node("run: x, model: m, next: exit"),
    "an effort that nobody knows": node("prompt: x, effort: minimal, next: exit"),
    "a node as in DOT": node("shape: component, join: wait_all, next: [b, exit]", B),
    "a type as in DOT": node("type: tool, tool_command: x, next: exit"),
    "a command by the specification's name": node("tool_command: x, next: exit"),
    "a start node of its own": (
        "pipeline: p\nnodes:\n  start: {next: a}\n  a: {run: x, next: exit}\n"
    ),
    "an entry by its shape": (
        "pipeline: p\nnodes:\n  go: {shape: Mdiamond, next: a}\n  a: {run: x, next: exit}\n"
    ),
    "an exit with a goal gate": node("run: x, next: exit", "  exit: {label: Done}\n"),
    "an exit that says nothing": node("run: x, next: exit", "  exit:\n"),
    "defaults": f"{HEAD}defaults: {{node: {{timeout: 3s, losers: drain}}, edge: {{weight: 1}}}}\n"
    "nodes: {a: {run: x, next: exit}}\n",
    "defaults of nothing": f"{HEAD}defaults: {{node: }}\nnodes: {{a: {{run: x, next: exit}}}}\n",
    "a graph with everything": (
        f"goal: g\nlabel: l\nfidelity: compact\nmax_retries: 1\nmodel: m\n{HEAD}"
        "stylesheet: '* {llm_model: m}'\nnodes: {a: {run: x, next: exit}}\n"
    ),
    "inputs in all forms": inputs(
        "{base: main, depth: {type: int, default: 3, enum: [1, 3]}, deep: {type: bool}, must: }"
    ),
    "inputs as text": inputs('"base: string = main; depth: int"'),
    "a number that is a text": node("prompt: 3, label: 2.5, next: exit"),
    "a way on after the join": fan_out("").replace(
        "next: j}\n", "next: [j, {to: exit, when: outcome=fail}]}\n", 1
    ),
}

BAD: Mapping[str, str] = {
    "no name": "start: a\nnodes: {a: {run: x, next: exit}}\n",
    "no nodes": HEAD,
    "nodes that are none": f"{HEAD}nodes: {{}}\n",
    "nodes as a list": f"{HEAD}nodes: [a]\n",
    "no start": "pipeline: p\nnodes: {a: {run: x, next: exit}}\n",
    "a start that is a list": "pipeline: p\nstart: [a]\nnodes: {a: {run: x, next: exit}}\n",
    "a key of a graph that is none": f"golas: x\n{HEAD}nodes: {{a: {{run: x, next: exit}}}}\n",
    "edges beside nodes": f"{HEAD}edges: []\nnodes: {{a: {{run: x, next: exit}}}}\n",
    "a node without a kind": node("timeout: 3s, next: exit"),
    "a node with two kinds": node("prompt: x, run: y, next: exit"),
    "a node that is a text": f"{HEAD}nodes: {{a: x}}\n",
    "a node that is nothing": f"{HEAD}nodes:\n  a:\n",
    "a kind that is misspelt": node("promt: x, next: exit"),
    "a key that is misspelt": node("run: x, tiemout: 3s, next: exit"),
    "a key of another kind": node("prompt: x, join: wait_all, next: exit"),
    "an output of an agent": node("prompt: x, output: json, next: exit"),
    "a start with a prompt": node("run: x, next: exit", "  start: {prompt: x}\n"),
    "choices without a question": node("run: x, choices: {y: exit}"),
    "a choice with a label": node("ask: x, choices: {y: {to: exit, label: z}}"),
    "a duration of no unit": node("run: x, timeout: 3 apples, next: exit"),
    "a duration of nothing": node("run: x, timeout: 0, next: exit"),
    "a number that is a word": fan_out("max_parallel: many, "),
    "a number below its minimum": fan_out("max_parallel: 0, "),
    "a truth value that is a word": node("run: x, gate: perhaps, next: exit"),
    "a word outside a closed set": fan_out("losers: cancle, "),
    "a fidelity that is none": node("prompt: x, fidelity: complete, next: exit"),
    "a retry preset that is none": node("run: x, retry: patiently, next: exit"),
    "a retry below nothing": node("run: x, retry: -1, next: exit"),
    "a retry with a key that is none": node("run: x, retry: {times: 2}, next: exit"),
    "a join that calls what is none": fan_out("join: quorom(2/3), "),
    "a join that is a list": fan_out("join: [u, v], "),
    "a join of two policies": fan_out("join: {quorum: 2/3, k_of_n: 1}, "),
    "a quorum above one": fan_out("join: {quorum: 3}, "),
    "k that is nothing": fan_out("join: k_of_n, k: 0, "),
    "a winner that is none": fan_in("{fan_in: {winner: maximum(score)}, next: exit}"),
    "a winner without a key": fan_in("{fan_in: {winner: [max]}, next: exit}"),
    "a merge strategy that is none": fan_in("{fan_in: {merge: {f: apend}}, next: exit}"),
    "a merge without a key": fan_in("{fan_in: {merge: append}, next: exit}"),
    "a fan-in that is false": fan_in("{fan_in: false, next: exit}"),
    "a fan-in with a key that is none": fan_in("{fan_in: {mrege: 'f: append'}, next: exit}"),
    "a route that is false": node("route: false, next: exit"),
    "a next that says no node": node("run: x, next: {when: outcome=fail}"),
    "a next without any": node("run: x, next: []"),
    "a next that is a number": node("run: x, next: 3"),
    "a key of an edge that is none": node("run: x, next: [{to: exit, wehn: x}]"),
    "a weight that is a word": node("run: x, next: [{to: exit, weight: heavy}]"),
    "no branches": node("parallel: {}, next: exit"),
    "a branch that is nothing": node("parallel: {u: }, next: exit"),
    "a branch without a kind": node("parallel: {u: {timeout: 3s}}, next: j", JOINED),
    "a label where branches meet": node("parallel: {u: b}, next: {to: j, label: x}", JOINED),
    "a value that is missing": node("run: x, timeout: , next: exit"),
    "a prompt that is a list": node("prompt: [x], next: exit"),
    "a key of a supervisor that is none": node("supervise: {pipline: c.dot}, next: exit"),
    "defaults of a graph": (
        f"{HEAD}defaults: {{graph: {{}}}}\nnodes: {{a: {{run: x, next: exit}}}}\n"
    ),
    "a kind as a default": (
        f"{HEAD}defaults: {{node: {{prompt: x}}}}\nnodes: {{a: {{run: x, next: exit}}}}\n"
    ),
    "an input of a type that is none": inputs("{depth: {type: number8}}"),
    "an input with a key that is none": inputs("{depth: {defualt: 3}}"),
    "an input with a default of another type": inputs("{depth: {type: int, default: deep}}"),
    "an input called goal": inputs("{goal: x}"),
    "an input that is called by two words": inputs("{two words: x}"),
    "a choice of inputs without any": inputs("{depth: {enum: []}}"),
}

DIFFERENT: Mapping[str, tuple[str, str]] = {
    "a lone name may be a branch: only check knows the branches": (
        fan_out("join: first_sucess, "),
        "check",
    ),
    "one key has a meaning by another one: k without k_of_n": (fan_out("k: 2, "), "check"),
    "a fraction above one: a pattern cannot compare two numbers": (
        fan_out("join: quorum(5/3), "),
        "check",
    ),
    "a duration above a year: a pattern does not convert units": (
        node("run: x, timeout: 400d, next: exit"),
        "check",
    ),
    "a formula that never closes: a pattern does not count brackets": (
        fan_out('join: "u && (v || w", '),
        "check",
    ),
    "two places where branches meet: a schema does not count some kinds of items": (
        node("parallel: {u: b}, next: [j, b]", JOINED),
        "check",
    ),
    "a fan-out whose branches go elsewhere: a schema sees no graph": (
        node("parallel: {u: {run: x, next: exit}}, next: j", JOINED),
        "check",
    ),
    "a default that is none of its choices: a schema compares no two values": (
        inputs("{depth: {type: int, default: 2, enum: [1, 3]}}"),
        "check",
    ),
    "inputs as text: a language of its own": (inputs('"base: strnig"'), "check"),
    "one attribute under two names: a schema sees keys, not what they mean": (
        node("prompt: x, model: m, llm_model: n, next: exit"),
        "check",
    ),
    "a beginning that is said twice: a schema compares no two values": (
        node("run: x, next: exit", "  start: {next: a}\n").replace("start: a", "start: b", 1),
        "check",
    ),
    "a key that is a number: for JSON every key is a text": (
        f"{HEAD}nodes: {{a: {{run: x, next: exit}}, 1: {{run: y, next: exit}}}}\n",
        "check",
    ),
    "a stage as in DOT: the schema does not know what its shape reads": (
        node("shape: box, join: wait_all, next: exit"),
        "check",
    ),
    "a number with a point: whole for JSON, written otherwise for check": (
        fan_out("max_parallel: 2.0, "),
        "check",
    ),
    "a fidelity of nothing: check takes it for none, an editor should not offer it": (
        node('prompt: x, fidelity: "", next: exit'),
        "schema",
    ),
    "a kind inside a fan-in's mapping: an accident of reading, which nobody should write": (
        fan_in("{fan_in: {ask: x}, next: exit}"),
        "schema",
    ),
    "one key has a meaning by another one: retries of a fan-out that asks nobody": (
        fan_out("retry: 2, "),
        "check",
    ),
    "one key has a meaning by another one: a default of a winner that nobody is asked for": (
        fan_in("{fan_in: true, default_choice: a, next: exit}"),
        "check",
    ),
}
