"""What has changed between two plans, told line by line; and that nothing is left out."""

from __future__ import annotations

import pytest

from attractorc.compiler.plan.difference import Difference, difference
from attractorc.compiler.plan.model import Plan
from attractorc.compiler.render.plan_changes import plan_changes

from ..interpreter.families import family, tools
from .lowering import graph_of, lower

BEFORE = """digraph p {
  graph [goal="Ship it"]
  start [shape=Mdiamond] exit [shape=Msquare]
  a [shape=parallelogram, tool_command="make test"]
  b [prompt="Look at it", llm_model=small]
  c [shape=hexagon, label="Go?"]
  f [shape=component]
  x [shape=parallelogram, tool_command="echo x"]
  y [shape=parallelogram, tool_command="echo y"]
  j [shape=tripleoctagon, merge="n: sum"]
  start -> a
  a -> b [condition="outcome=success"]
  a -> c
  b -> c
  c -> f [label="[Y] Yes"]
  c -> exit [label="[N] No"]
  f -> {x y} -> j -> exit
}"""

CASES: dict[str, tuple[list[tuple[str, str]], list[str]]] = {
    "a command": (
        [("make test", "make test -j4")],
        ['p.dot:4:3: stage \'a\': command: "make test" -> "make test -j4"'],
    ),
    "a long prompt, from where it begins to differ": (
        [("Look at it", f"{'Look at it ' * 20}twice")],
        [f'p.dot:5:3: stage \'b\': prompt: "Look at it" -> "{("Look at it " * 20)[:69]}..."'],
    ),
    "retries and a timeout": (
        [('"make test"', '"make test", max_retries=2, timeout="5m"')],
        [
            "p.dot:4:3: stage 'a': retry.max_attempts: 1 -> 3",
            "p.dot:4:3: stage 'a': retry.covers_fail: false -> true",
            "p.dot:4:3: stage 'a': timeout: none -> 5m",
        ],
    ),
    "a stage of another kind": (
        [("b [prompt=", "b [shape=parallelogram, tool_command="), (", llm_model=small", "")],
        [
            "p.dot:5:3: stage 'b': kind: agent -> tool",
            "p.dot:5:3: stage 'b': prompt: \"Look at it\" -> none",
            "p.dot:5:3: stage 'b': model: small -> none",
            "p.dot:5:3: stage 'b': command: none -> \"Look at it\"",
            "p.dot:5:3: stage 'b': output: none -> text",
        ],
    ),
    "a stage that comes in between": (
        [("-> j -> exit", "-> j -> d -> exit"), ("  start ->", '  d [prompt="More"]\n  start ->')],
        [
            "p.dot:11:3: stage 'd' is new: agent More",
            "p.dot:18:22: edge d -> exit is new",
            "edge j -> exit is gone",
            "p.dot:18:17: edge j -> d is new",
        ],
    ),
    "a stage that goes": (
        [
            ("  b -> c\n", ""),
            ('  b [prompt="Look at it", llm_model=small]\n', ""),
            ('  a -> b [condition="outcome=success"]\n', ""),
        ],
        [
            "stage 'b' is gone: agent Look at it",
            "edge a -> b when outcome=success is gone",
        ],
    ),
    "a condition": (
        [("outcome=success", "outcome!=fail")],
        [
            "edge a -> b when outcome=success is gone",
            "p.dot:12:3: edge a -> b when outcome!=fail is new",
        ],
    ),
    "what a label does not say": (
        [('[label="[Y] Yes"]', '[label="[Y] Yes", fidelity=full]')],
        ['p.dot:15:3: edge c -> f "[Y] Yes": fidelity: none -> full'],
    ),
    "the order of edges": (
        [
            ('  c -> f [label="[Y] Yes"]\n', ""),
            ("  f -> {", '  c -> f [label="[Y] Yes"]\n  f -> {'),
        ],
        ["p.dot:6:3: the edges of 'c' stand in another order"],
    ),
    "a join": (
        [("f [shape=component]", 'f [shape=component, join="k_of_n(1)"]')],
        [
            "p.dot:7:3: fan-out 'f': join: \"all must end and one succeed (wait_all), ends taken "
            'in declared order..." -> "1 of 2 must succeed (k_of_n(1)), ends taken in declared '
            'order, losers..."'
        ],
    ),
    "a branch more": (
        [
            ("{x y}", "{x y z}"),
            ("  j [", '  z [shape=parallelogram, tool_command="echo z"]\n  j ['),
        ],
        [
            "p.dot:10:3: stage 'z' is new: tool $ echo z",
            "p.dot:18:13: edge z -> j is new",
            'p.dot:7:3: fan-out \'f\': branches: "x -> x, y -> y" -> "x -> x, y -> y, z -> z"',
            'p.dot:7:3: fan-out \'f\': branches run: "2 branches" -> "3 branches"',
            "p.dot:7:3: fan-out 'f': the stages in it: z came or went",
        ],
    ),
    "a merge": (
        [("n: sum", "n: max")],
        [
            "p.dot:7:3: fan-out 'f': merge: \"n: sum, a conflict fails\" -> "
            '"n: max, a conflict fails"'
        ],
    ),
    "a policy that no words tell": (
        [("f [shape=component]", 'f [shape=component, branch_timeout="1h"]')],
        ['p.dot:7:3: fan-out \'f\': branches run: "2 branches" -> "2 branches, each at most 1h"'],
    ),
    "a goal": ([("Ship it", "Burn it")], ['graph: goal: "Ship it" -> "Burn it"']),
    "comments and places": ([("  start ->", "\n  // nothing\n  start ->")], []),
}


def made(text: str) -> Plan:
    return lower(graph_of(text))


def edited(edits: list[tuple[str, str]]) -> Plan:
    text = BEFORE
    for old, new in edits:
        assert old in text
        text = text.replace(old, new, 1)
    return made(text)


@pytest.mark.parametrize("sentence", CASES)
def test_a_change_is_told_with_its_place_and_both_values(sentence: str) -> None:
    edits, lines = CASES[sentence]
    assert plan_changes(made(BEFORE), edited(edits)) == lines


@pytest.mark.parametrize("sentence", CASES)
def test_plans_differ_where_their_digests_do_and_both_ways(sentence: str) -> None:
    old, new = made(BEFORE), edited(CASES[sentence][0])
    same = old.digest == new.digest
    assert (difference(old, new) == Difference()) is same
    for one, other in ((old, new), (new, old)):
        assert (plan_changes(one, other) == []) is same
        assert (difference(one, other).names() == []) is same


INNER = tools("look") + "\nstart -> look -> exit"
CALLS = '\ncall [pipeline="inner.dot"]\nstart -> call -> exit'


def test_what_has_changed_in_a_stages_pipeline_is_told_at_its_own_place_and_once() -> None:
    body = f'goal="%s"{CALLS.replace("-> exit", "-> twice -> exit")}\ntwice [pipeline="inner.dot"]'
    old = family(body % "a", inner=INNER)
    new = family(body % "b", inner=INNER.replace('command="look"', 'command="peer"'))
    was, now = (next(iter(one.children))[:19] for one in (old, new))
    assert plan_changes(old, new) == [
        "graph: goal: a -> b",
        "outer.dot:3:1: stage 'call': its pipeline 'inner' has changed:",
        "inner.dot:2:1: stage 'look': command: look -> peer",
        f"outer.dot:5:1: stage 'twice': pipeline: 'inner' ({was}) -> 'inner' ({now})",
    ]


def test_another_pipeline_or_the_first_one_of_a_stage_is_named() -> None:
    around = f'{CALLS}\nstart -> exit [condition="outcome=fail"]'
    old = family(around, inner=INNER)
    digest = next(iter(old.children))[:19]
    itself = family(around.replace("inner.dot", "outer.dot"))
    assert plan_changes(old, itself) == [
        f"outer.dot:3:1: stage 'call': pipeline: 'inner' ({digest}) -> this pipeline itself"
    ]
    tool = family(around.replace("pipeline=", "shape=parallelogram, tool_command="))
    assert plan_changes(tool, old)[-1] == (
        f"outer.dot:3:1: stage 'call': pipeline: none -> 'inner' ({digest})"
    )
