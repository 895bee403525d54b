"""Whatever can be written in YAML has a twin in DOT: both have one plan, one digest."""

from __future__ import annotations

import textwrap
from typing import Any

import pytest

from attractorc.compiler.driver import compile_source
from attractorc.compiler.plan.codec import to_json
from attractorc.compiler.plan.model import Plan
from attractorc.compiler.source import Source

FAN_DOT = """
f [shape=component{}]
a [shape=parallelogram, tool_command=a]
b [shape=parallelogram, tool_command=b]
m [shape=tripleoctagon{}]
start -> f -> {{a b}} -> m -> exit
"""
FAN_YAML = """
f: {{parallel: {{a: a, b: b}}, next: m{}}}
a: {{run: a}}
b: {{run: b}}
m: {{fan_in: {{{}}}, next: exit}}
"""


def fan(dot: str, yaml: str) -> tuple[str, str]:
    """Twins of a fan-out with these attributes."""
    return FAN_DOT.format(f", {dot}", ""), FAN_YAML.format(f", {yaml}", "")


def meeting(dot: str, yaml: str) -> tuple[str, str]:
    """Twins of a fan-in with these attributes."""
    return FAN_DOT.format("", f", {dot}"), FAN_YAML.format("", yaml)


def stage(dot: str, yaml: str) -> tuple[str, str]:
    """Twins of one node `a` between the start and the exit."""
    return f"start -> a -> exit a [{dot}]", f"a: {{{yaml}, next: exit}}"


NODES: dict[str, tuple[str, str]] = {
    "a branch for each element": (
        "f [shape=component, for_each=files, empty=fail, branch_timeout=90s, join_timeout=2h]"
        " a [shape=parallelogram, tool_command=a] m [shape=tripleoctagon]"
        " start -> f -> a -> m -> exit",
        """
        f: {parallel: {a: a}, for_each: files, empty: fail, branch_timeout: 90s,
            join_timeout: 2h, next: m}
        a: {run: a}
        m: {fan_in: {}, next: exit}
        """,
    ),
    "a prompt that chooses the winner": meeting(
        'prompt="Which?", llm_model=m', "prompt: Which?, model: m"
    ),
    "a person who chooses the winner": meeting(
        'winner="max(x), human", prompt="Which?", "human.default_choice"=a, timeout=1h',
        'winner: [max(x), human], prompt: "Which?", default_choice: a, timeout: 1h',
    ),
    "a fan-out that asks for the winner": (
        'f [shape=component, winner=prompt, prompt="Which?", max_retries=2]'
        " a [shape=parallelogram, tool_command=a] b [shape=parallelogram, tool_command=b]"
        " start -> f -> {a b} -> c -> exit c [prompt=x]",
        """
        f: {parallel: {a: a, b: b}, winner: prompt, llm_prompt: "Which?", retry: 2, next: c}
        a: {run: a}
        b: {run: b}
        c: {prompt: x, next: exit}
        """,
    ),
    "an agent": stage('prompt="Do $goal"', "prompt: Do $goal"),
    "an agent with its model": stage(
        "prompt=x, llm_model=m, llm_provider=p, reasoning_effort=low",
        "prompt: x, model: m, provider: p, effort: low",
    ),
    "an agent's session": stage(
        'prompt=x, fidelity="summary:low", thread_id=t, class="hard, fast"',
        'prompt: x, fidelity: "summary:low", thread: t, class: [hard, fast]',
    ),
    "names of the specification's own": stage(
        "prompt=x, llm_model=m, goal_gate=true, max_retries=3",
        "prompt: x, llm_model: m, goal_gate: true, max_retries: 3",
    ),
    "a tool": stage(
        'type=tool, tool_command="make all", output=json, timeout=15m',
        "run: make all, output: json, timeout: 15m",
    ),
    "a tool by its long name": stage("type=tool, tool_command=x", "tool_command: x"),
    "reads and writes": stage(
        'type=tool, tool_command=x, reads="a, b.*", writes="c"',
        "run: x, reads: [a, b.*], writes: c",
    ),
    "retries as a number": stage("prompt=x, max_retries=2", "prompt: x, retry: 2"),
    "retries as a preset": stage("prompt=x, retry_policy=patient", "prompt: x, retry: patient"),
    "retries as a mapping": stage(
        "prompt=x, max_retries=2, retry_policy=linear",
        "prompt: x, retry: {max: 2, backoff: linear}",
    ),
    "a goal gate and its targets": stage(
        "prompt=x, goal_gate=true, retry_target=a, fallback_retry_target=a, max_visits=9",
        "prompt: x, gate: true, retry_target: a, fallback_retry_target: a, max_visits: 9",
    ),
    "a human gate": (
        """
        start -> a
        a [shape=hexagon, label="Ship it?", "human.default_choice"=exit, timeout=2h]
        a -> exit [label="[Y] Yes"]
        a -> a [label="[N] No", condition="outcome=success", weight=2]
        """,
        """
        a:
          ask: Ship it?
          default: exit
          timeout: 2h
          choices:
            "[Y] Yes": exit
            "[N] No": {to: a, when: outcome=success, weight: 2}
        """,
    ),
    "a conditional node": (
        """
        start -> a a [shape=diamond]
        a -> exit [condition="outcome=success", weight=3, label=go]
        a -> a [condition="score < 3", fidelity=full, thread_id=t]
        a -> exit
        """,
        """
        a:
          route: true
          next:
            - {to: exit, when: outcome=success, weight: 3, label: go}
            - {to: a, when: score < 3, fidelity: full, thread: t}
            - exit
        """,
    ),
    "one way on as a mapping": (
        "start -> a [] a [prompt=x] a -> exit [label=go]",
        "a: {prompt: x, next: {to: exit, label: go}}",
    ),
    "one way on as a list": ("start -> a -> exit a [prompt=x]", "a: {prompt: x, next: [exit]}"),
    "a handler of one's own": stage('type="my.handler", depth=3', "uses: my.handler, depth: 3"),
    "a start and an exit that are written": (
        "start -> a -> exit a [prompt=x]",
        "start: {next: a}\na: {prompt: x, next: exit}\nexit:",
    ),
    "a start and an exit by their shapes": (
        "start -> a -> exit a [prompt=x]",
        "start: {shape: Mdiamond}\na: {prompt: x, next: exit}\nexit: {type: exit}",
    ),
    "nodes in another order": (
        "start -> a -> b -> exit a [prompt=x] b [prompt=y]",
        "b: {prompt: y, next: exit}\na: {prompt: x, next: b}",
    ),
}

POLICIES: dict[str, tuple[str, str]] = {
    "a join by its name": fan("join=first_success", "join: first_success"),
    "a join as text": fan('join="k_of_n(1)"', "join: k_of_n(1)"),
    "k as a mapping": fan('join="k_of_n(1)"', "join: {k_of_n: 1}"),
    "k beside the join": fan("join=k_of_n, k=1", "join: k_of_n, k: 1"),
    "a quorum as a mapping": fan('join="quorum(2/3)"', "join: {quorum: 2/3}"),
    "a formula": fan('join="a && !b.failed"', 'join: "a && !b.failed"'),
    "a formula as a mapping": fan('join="a || b"', "join: {formula: a || b}"),
    "what a fan-out says beside its join": fan(
        "error_policy=ignore, losers=drain, decide=arrival, max_parallel=2",
        "error_policy: ignore, losers: drain, decide: arrival, max_parallel: 2",
    ),
    "whose files come back": meeting("merge_files=none", "merge_files: none"),
    "a winner as text": meeting('winner="max(score), first"', 'winner: "max(score), first"'),
    "a winner as a list": meeting('winner="max(score), first"', "winner: [max(score), first]"),
    "a winner of mappings": meeting(
        'winner="status, min(cost), priority(b, a)"',
        "winner: [status, {min: cost}, {priority: [b, a]}]",
    ),
    "merge rules as text": meeting(
        'merge="x: append; *: isolate"', "merge: 'x: append; *: isolate'"
    ),
    "merge rules as a mapping": meeting(
        'merge="x: append; y: keyed(id); *: isolate"',
        'merge: {x: append, y: keyed(id), "*": isolate}',
    ),
    "what a fan-in says beside its rules": meeting(
        'merge="x: sum", merge_from=all, on_conflict=winner',
        "merge: {x: sum}, merge_from: all, on_conflict: winner",
    ),
    "a fan-in that says nothing": meeting("label=m", ""),
}

REGIONS: dict[str, tuple[str, str]] = {
    "branches under ids of their own": (
        """
        f [shape=component] m [shape=tripleoctagon]
        a [type=tool, tool_command=a] b [type=tool, tool_command=b]
        start -> f -> a [branch=one] f -> b [branch=two] {a b} -> m -> exit
        """,
        """
        f: {parallel: {one: a, two: b}, next: m}
        a: {run: a}
        b: {run: b}
        m: {fan_in: true, next: exit}
        """,
    ),
    "branches with conditions and weights": (
        """
        f [shape=component] m [shape=tripleoctagon]
        a [type=tool, tool_command=a] b [type=tool, tool_command=b]
        start -> f
        f -> a [condition="context.deep=true"]
        f -> b [weight=2]
        {a b} -> m -> exit
        """,
        """
        f:
          parallel:
            a: {to: a, when: context.deep=true}
            b: {to: {run: b}, weight: 2}
          next: m
        a: {run: a}
        m: {fan_in: true, next: exit}
        """,
    ),
    "inline branches": (
        """
        f [shape=component] m [shape=tripleoctagon]
        unit [type=tool, tool_command=u]
        fix_1 [type=tool, tool_command=f] look [prompt=x] fix_3 [prompt=y]
        start -> f -> unit -> m
        f -> fix_1 [branch=fix] fix_1 -> look -> fix_3 -> m -> exit
        """,
        """
        f:
          parallel:
            unit: {run: u}
            fix: [{run: f}, look, {prompt: y}]
          next: m
        look: {prompt: x}
        m: {fan_in: true, next: exit}
        """,
    ),
    "branches of several stages that route": (
        """
        f [shape=component] m [shape=tripleoctagon] r [shape=diamond]
        a [type=tool, tool_command=a] b [type=tool, tool_command=b] c [prompt=x]
        start -> f -> {a b} a -> r
        r -> c [condition="outcome=fail"] r -> m
        {b c} -> m -> exit
        """,
        """
        f: {parallel: {a: a, b: b}, next: m}
        a: {run: a, next: r}
        r: {route: true, next: [{to: c, when: outcome=fail}, m]}
        b: {run: b}
        c: {prompt: x}
        m: {fan_in: {}, next: exit}
        """,
    ),
    "a way on after the join": (
        """
        f [shape=component] m [shape=tripleoctagon] c [prompt=x]
        a [type=tool, tool_command=a] b [type=tool, tool_command=b]
        start -> f -> {a b} -> m -> exit
        f -> c [condition="outcome=fail"] c -> exit
        """,
        """
        f: {parallel: {a: {run: a}, b: {run: b}}, next: [m, {to: c, when: outcome=fail}]}
        c: {prompt: x, next: exit}
        m: {fan_in: , next: exit}
        """,
    ),
    "a fan-out in a branch": (
        """
        f g [shape=component] m n [shape=tripleoctagon]
        a [type=tool, tool_command=a] b [type=tool, tool_command=b]
        c [type=tool, tool_command=c] d [type=tool, tool_command=d]
        start -> f -> {a g} a -> m
        g -> {b c} -> n -> d -> m -> exit
        """.replace(
            "f g [shape=component] m n [shape=tripleoctagon]",
            """
        f [shape=component] g [shape=component]
        m [shape=tripleoctagon] n [shape=tripleoctagon]""",
        ),
        """
        f: {parallel: {a: {run: a}, g: g}, next: m}
        g: {parallel: {b: {run: b}, c: {run: c}}, next: n}
        n: {fan_in: true, next: d}
        d: {run: d}
        m: {fan_in: true, next: exit}
        """,
    ),
    "a fan-out in a branch, inline": (
        """
        f [shape=component] g [shape=component] m [shape=tripleoctagon]
        a [type=tool, tool_command=a]
        b [type=tool, tool_command=b] c [type=tool, tool_command=c]
        start -> f -> {a g} a -> m
        g -> {b c} -> m -> exit
        """,
        """
        f:
          parallel:
            a: {run: a}
            g: {parallel: {b: {run: b}, c: {run: c}}}
          next: m
        m: {fan_in: true, next: exit}
        """,
    ),
}

GRAPHS: dict[str, tuple[str, str]] = {
    "what a graph says": (
        """
        graph [goal="Do it", label=L, default_max_retries=2, retry_target=a,
               fallback_retry_target=a, default_fidelity=full, llm_model=m, thread_id=t]
        """,
        """
        goal: Do it
        label: L
        max_retries: 2
        retry_target: a
        fallback_retry_target: a
        fidelity: full
        model: m
        thread: t
        """,
    ),
    "inputs": (
        'graph [inputs="base: string = main; depth: int; deep: bool = true"]',
        """
        inputs:
          base: {default: main, type: string}
          depth: {type: int}
          deep: true
        """,
    ),
    "a stylesheet": (
        'graph [model_stylesheet="* { llm_model: m; } #a { llm_model: n; }"]',
        "stylesheet: '* { llm_model: m; } #a { llm_model: n; }'",
    ),
    "defaults": (
        "node [timeout=5m, llm_model=m] edge [weight=3]",
        """
        defaults:
          node: {timeout: 5m, model: m}
          edge: {weight: 3}
        """,
    ),
}


def planned(text: str, name: str) -> Plan:
    compiled = compile_source(Source(name, text))
    assert compiled.plan is not None, compiled.diagnostics
    return compiled.plan


def check_twins(dot: str, yaml: str) -> None:
    one, other = planned(dot, "p.dot"), planned(yaml, "p.yaml")
    assert _without_places(to_json(one)) == _without_places(to_json(other))
    assert one.digest == other.digest


def _without_places(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: _without_places(item) for key, item in data.items() if key != "place"}
    return [_without_places(item) for item in data] if isinstance(data, list) else data


@pytest.mark.parametrize("case", NODES | POLICIES | REGIONS, ids=str)
def test_nodes_have_a_twin(case: str) -> None:
    dot, yaml = (NODES | POLICIES | REGIONS)[case]
    nodes = textwrap.indent(textwrap.dedent(yaml), "  ")
    start = (
        ""
        if "next: a}\na:" in yaml
        else f"start: {'f' if yaml.lstrip().startswith('f:') else 'a'}\n"
    )
    check_twins(
        f"digraph p {{ start [shape=Mdiamond] exit [shape=Msquare] {dot} }}",
        f"pipeline: p\n{start}nodes:\n{nodes}\n",
    )


@pytest.mark.parametrize("case", GRAPHS, ids=str)
def test_graphs_have_a_twin(case: str) -> None:
    dot, yaml = GRAPHS[case]
    check_twins(
        f"digraph p {{ {dot} start [shape=Mdiamond] exit [shape=Msquare] "
        "a [prompt=x] start -> a -> exit }",
        f"pipeline: p\n{textwrap.dedent(yaml)}\nstart: a\nnodes: {{a: {{prompt: x, next: exit}}}}",
    )
