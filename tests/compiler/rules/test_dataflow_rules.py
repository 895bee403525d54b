"""The rules about data: who writes a key, who reads it, and what a join makes of it."""

from __future__ import annotations

import pytest

from attractorc.compiler.driver import compile_source
from attractorc.compiler.graph.patterns import covers, meets
from attractorc.compiler.rules import (
    Rule,
    merge_conflict,
    merge_shadowed_rule,
    merge_type,
    merge_unused_rule,
    reserved_key,
    sibling_read,
    undefined_read,
    unused_write,
    winner_unknown_key,
)
from attractorc.compiler.source import Source

from .conftest import FRAME
from .told import told

RULES: tuple[Rule, ...] = (
    merge_conflict,
    merge_shadowed_rule,
    merge_type,
    merge_unused_rule,
    reserved_key,
    sibling_read,
    undefined_read,
    unused_write,
    winner_unknown_key,
)
TOOLS = (
    "node [shape=parallelogram, tool_command=true]; f [shape=component]; j [shape=tripleoctagon]"
)
FORK = f"{TOOLS}\nstart -> f -> {{a b}} -> j -> c -> exit\n"
BOTH = f"{FORK} a [writes=x]; b [writes=x]; c [shape=diamond]"
APART = f"{FORK} a [writes=x]; b [writes=y]; c [shape=diamond]"


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        pytest.param(f'{BOTH}; j [merge="*: isolate"]', [], id="apart on purpose is no conflict"),
        pytest.param(
            BOTH,
            [
                "warning merge_conflict [j] branches 'a' and 'b' both write 'x', and no merge "
                "rule says how to combine them"
            ],
            id="nobody reads it: a warning",
        ),
        pytest.param(
            f'{BOTH}; c -> a2 [condition="x=1"]; a2 -> exit',
            [
                "error merge_conflict [j] branches 'a' and 'b' both write 'x', and no merge "
                "rule says how to combine them"
            ],
            id="certain, and read after the join: an error",
        ),
        pytest.param(
            f'{FORK} a [writes="x, z", output=json]; b [writes=x]; c [reads=x]',
            [
                "warning merge_conflict [j] branches 'a' and 'b' both write 'x', and no merge "
                "rule says how to combine them"
            ],
            id="one of them need not write it",
        ),
        pytest.param(
            f'{FORK} a -> a2 [condition="p=1"]; a2 -> j; a2 [writes=x]; b [writes=x]; '
            'c [shape=diamond]; c -> a3 [condition="x=1"]; a3 -> exit',
            [
                "warning merge_conflict [j] branches 'a' and 'b' both write 'x', and no merge "
                "rule says how to combine them"
            ],
            id="a branch that writes it on one of its ways only",
        ),
        pytest.param(
            f'{BOTH}; f -> b2 -> j; b2 [writes=y]; j [merge="y: one"]',
            [
                "warning merge_conflict [\"y: one\"] branches 'a' and 'b' both write 'x', and no "
                "merge rule says how to combine them"
            ],
            id="a merge that leaves the key out is where it points",
        ),
        pytest.param(
            f'{BOTH}; c -> a2 -> exit; a2 [shape=box, prompt="${{parallel.f.branch.a.context.x}}"]',
            [],
            id="who reads the values apart means it so",
        ),
        pytest.param(
            f'{BOTH}; j [merge="x: one"]',
            [
                "warning merge_conflict [x] branches 'a' and 'b' both write 'x', which 'x: one' "
                "allows one branch only"
            ],
            id="one cannot take two writers",
        ),
        pytest.param(f'{BOTH}; j [merge="x: one", on_conflict=first]', [], id="one with a way out"),
        pytest.param(
            f'{BOTH}; j [merge="x: one"]; f [join=first_success]', [], id="one, and only one comes"
        ),
        pytest.param(f'{BOTH}; j [merge="x: apend"]', [], id="a merge that does not parse"),
        pytest.param(f"{FORK} c [shape=diamond]", [], id="tool.output is every tool's"),
        pytest.param(
            f"{TOOLS}; start -> f -> {{a b}} -> j -> exit; a -> a2 -> j; "
            "a [writes=x]; b [writes=x]",
            [
                "warning merge_conflict [j] branches 'a' and 'b' both write 'x', and no merge "
                "rule says how to combine them"
            ],
            id="deeper in a branch is in the branch",
        ),
        pytest.param(
            f"{TOOLS}; k [shape=tripleoctagon]; g [shape=component]; start -> f -> {{g b}} -> j"
            "-> exit; g -> {a c} -> k -> j; a [writes=x]; b [writes=x]; c [writes=y]",
            [],
            id="an inner join that keeps the key",
        ),
        pytest.param(
            f'{TOOLS}; k [shape=tripleoctagon, merge="x: one"]; g [shape=component]; start -> f; '
            "f -> g; f -> b -> j -> exit; g -> {a c} -> k -> j; "
            "a [writes=x]; b [writes=x]; c [writes=y]",
            [
                "warning merge_conflict [j] branches 'g' and 'b' both write 'x', and no merge "
                "rule says how to combine them"
            ],
            id="an inner join that lets it out",
        ),
    ],
)
def test_two_branches_that_write_one_key(statements: str, expected: list[str]) -> None:
    assert told(statements, (merge_conflict,)) == expected


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        pytest.param(
            f"{TOOLS}; start -> a -> b -> exit; a [writes=x]; b [reads=y, writes=z]",
            ["warning undefined_read [y] 'b' reads 'y', which no stage writes"],
            id="nobody writes it",
        ),
        pytest.param(
            f"{TOOLS}; start -> a -> b -> exit; b [reads=y]", [], id="who declares nothing may"
        ),
        pytest.param(
            f'{TOOLS}; start -> a -> b -> exit; a [writes="x.*"]; b [reads="x.y"]',
            [],
            id="a pattern holds it",
        ),
        pytest.param(
            f'{TOOLS}; start -> a -> b -> exit; a [writes=x]; b [reads="graph.goal, tool.output"]',
            [],
            id="what the run and the handler give",
        ),
        pytest.param(
            f"{TOOLS}; start -> a -> b -> exit; a [reads=x, writes=y]; b [writes=x]",
            ["warning undefined_read [x] 'a' reads 'x', which is written only later"],
            id="too late",
        ),
        pytest.param(
            f"{TOOLS}; start -> a -> b -> exit; b -> a; a [reads=x, writes=y]; b [writes=x]",
            [],
            id="in the loop before",
        ),
        pytest.param(
            f"{TOOLS}; start -> a -> b -> exit; b -> a [loop_restart=true]; "
            "a [reads=x, writes=y]; b [writes=x]",
            ["warning undefined_read [x] 'a' reads 'x', which is written only later"],
            id="in the run before, of which a run that starts anew keeps nothing",
        ),
        pytest.param(
            f"{TOOLS}; start -> b -> exit; b -> a [loop_restart=true]; a -> exit; "
            "a [reads=x, writes=y]; b [writes=x]",
            [
                "warning undefined_read [x] 'a' reads 'x', which no stage before it writes",
            ],
            id="only in the run before",
        ),
        pytest.param(
            f"{TOOLS}; start -> a -> b -> exit; a [reads=x, writes=y]; b [writes=x]; "
            'b -> a [condition="x=1"]',
            [],
            id="not too late in a loop",
        ),
        pytest.param(
            f'{TOOLS}; start -> a -> exit; a [writes=x]; a -> a [condition="x=1"]',
            [],
            id="a condition sees what its own stage wrote",
        ),
        pytest.param(
            f'{APART}; c -> a2 [condition="context.x=1"]; a2 -> exit',
            [
                "warning undefined_read [context.x] 'c' reads 'x', but what branch 'a' of 'f' "
                "writes to it stays in that branch"
            ],
            id="what a branch writes stays there by default",
        ),
        pytest.param(
            f'{APART}; c -> a2 [condition="context.x=1"]; a2 -> exit; j [merge="x: one"]',
            [],
            id="a rule brings it out",
        ),
        pytest.param(
            f'{BOTH}; c -> a2 [condition="x=1"]; a2 -> exit', [], id="a conflict is told as that"
        ),
        pytest.param(
            'start -> a -> exit; a [shape=hexagon, label="Is ${x} ok?"]',
            ["warning undefined_read [x] 'a' reads 'x', which no stage writes"],
            id="in a question",
        ),
        pytest.param(
            'start -> a -> exit; a [prompt="echo ${HOME}, ${goal}"]', [], id="a shell's variable"
        ),
        pytest.param(
            f"{TOOLS}; start -> f -> {{a b}} -> j -> exit; a [writes=x]; b [reads=x, writes=y]",
            [
                "warning sibling_read [x] 'b' reads 'x' in branch 'b' of 'f', but only branch "
                "'a' writes it, and no branch sees what another writes"
            ],
            id="from the branch beside it",
        ),
        pytest.param(
            f"{TOOLS}; start -> c -> f -> {{a b}} -> j -> exit; c [writes=x]; a [writes=x]; "
            "b [reads=x, writes=y]",
            [],
            id="a value from before the fork is there",
        ),
        pytest.param(
            f"{TOOLS}; start -> f -> {{a b}} -> j -> exit; a [writes=x]; b [reads=x, writes=y]; "
            'j -> f [condition="outcome=fail"]; j [merge="x: one"]',
            [],
            id="a loop and a rule bring it round",
        ),
    ],
)
def test_reads_that_find_nothing(statements: str, expected: list[str]) -> None:
    assert told(statements, (undefined_read, sibling_read)) == expected


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        pytest.param(
            f'{APART}; j [merge="z: append; x: one; *: isolate"]',
            [
                "warning merge_unused_rule [z] no branch of 'f' writes a key that the rule "
                "'z: append' is for"
            ],
            id="a rule for a key that nobody writes",
        ),
        pytest.param(
            f'{APART}; j [merge="z: append; *: isolate", winner="min(z)"]',
            [
                "warning winner_unknown_key [z] no branch of 'f' writes 'z', by which min is "
                "to choose the winner"
            ],
            id="the winner asks for the same key: one finding",
        ),
        pytest.param(f'{FORK} a [writes=x]; j [merge="z: append"]', [], id="b may write anything"),
        pytest.param(
            f'{APART}; j [merge="x: one; y: one; x: append"]',
            [
                "warning merge_shadowed_rule [x] the rule 'x: append' is never used: 'x: one' "
                "goes before it"
            ],
            id="a rule twice",
        ),
        pytest.param(
            f'{APART}; j [merge="x*: one; x: append"]', [], id="an exact rule goes before a pattern"
        ),
        pytest.param(
            f'{APART}; j [merge="x: max; y: append"]',
            ["warning merge_type [x] 'a' writes text to 'x', and max needs numbers"],
            id="text is no number",
        ),
        pytest.param(
            f'{APART}; a [output=lines]; j [merge="x: concat(\\", \\"); y: concat(\\", \\")"]',
            ["warning merge_type [x] 'a' writes a list of lines to 'x', and concat needs texts"],
            id="a list is no text",
        ),
        pytest.param(
            f'{APART}; a [output=json]; j [merge="x: max; y: append"]',
            [],
            id="JSON may be a number",
        ),
        pytest.param(
            f'{APART}; a [tool_command="w > $ATTRACTOR_STATUS_FILE"]; j [merge="x: max; y: last"]',
            [],
            id="a status file may hold a number",
        ),
        pytest.param(
            f'{APART}; j [winner="max(x), first"]',
            ["warning merge_type [x] 'a' writes text to 'x', and max(x) needs numbers"],
            id="a winner by a text",
        ),
        pytest.param(
            f'{APART}; j [winner="vote(z), first"]',
            [
                "warning winner_unknown_key [z] no branch of 'f' writes 'z', by which vote is "
                "to choose the winner"
            ],
            id="a winner by a key that nobody writes",
        ),
        pytest.param(
            f'{APART}; j [merge="last_response: append"]',
            [
                "warning reserved_key [last_response] 'last_response' belongs to the run and is "
                "never merged"
            ],
            id="a key of the run in a rule",
        ),
        pytest.param(
            f'{TOOLS}; start -> a -> exit; a [writes="x, graph.goal, last_response"]',
            [
                "warning reserved_key [graph.goal] 'graph.goal' belongs to the run; what 'a' "
                "writes to it is dropped"
            ],
            id="a key of the run in writes",
        ),
        pytest.param(
            f"{TOOLS}; results [shape=component]; start -> results -> {{a b}} -> j -> exit",
            [
                "warning reserved_key [results] a fan-out cannot well be called 'results': the run "
                "keeps 'parallel.results' for itself"
            ],
            id="a fan-out named as what it writes",
        ),
        pytest.param(
            f"{TOOLS}; start -> a -> b -> exit; a [writes=x, reads=y]; b [reads=z]",
            ["warning unused_write [x] 'a' writes 'x', which nothing after it reads"],
            id="a write that nobody reads",
        ),
        pytest.param(
            f"{TOOLS}; start -> a -> b -> c -> exit; a [writes=x]; b [reads=z]",
            [],
            id="c may read anything",
        ),
        pytest.param(f"{TOOLS}; start -> a -> exit; a [writes=x, reads=y]", [], id="a result"),
        pytest.param(
            f"{FORK}; a [writes=x, reads=p]; b [reads=p]; c [reads=q]; "
            'j [winner="max(x)"]; a [output=json]',
            [],
            id="it chooses the winner",
        ),
        pytest.param(
            f"{FORK}; a [writes=x, reads=p]; b [reads=p]; c [reads=q]; "
            'j [prompt="Which?"]; a [output=json]',
            [],
            id="an agent that chooses the winner is told of it",
        ),
    ],
)
def test_rules_and_writes_without_use(statements: str, expected: list[str]) -> None:
    quiet = (merge_conflict, undefined_read, sibling_read)
    assert told(statements, [rule for rule in RULES if rule not in quiet]) == expected


YAML = """pipeline: g
start: checks
nodes:
  checks: {parallel: {a: a, b: b}, next: join}
  a: {run: "true", writes: [x, y], output: json}
  b: {run: "true", writes: [z]}
  join: {fan_in: {merge: {y: one, x: one, z: one, zz: one}}, next: report}
  report: {run: "true", reads: [x, y, z, why], writes: [r], next: exit}
"""


def test_keys_in_yaml_lists_and_mappings_are_pointed_at() -> None:
    assert told(YAML, RULES, "yaml") == [
        "warning merge_unused_rule [zz] no branch of 'checks' writes a key that the rule "
        "'zz: one' is for",
        "warning undefined_read [why] 'report' reads 'why', which no stage writes",
    ]


def test_a_key_that_is_nearly_written_is_asked_for() -> None:
    from attractorc.compiler.driver import compile_source
    from attractorc.compiler.source import Source

    text = YAML.replace(", zz: one", "").replace("z: one", "findings: one")
    text = text.replace("[z]", "[findings]").replace("z, why]", "finding]")
    found = compile_source(Source("g.yaml", text)).diagnostics
    assert [(each.rule, each.help) for each in found] == [
        ("undefined_read", "did you mean 'findings'?")
    ]


@pytest.mark.parametrize(
    ("pattern", "other", "covered", "met"),
    [
        ("a.b", "a.b", True, True),
        ("a.*", "a.b", True, True),
        ("a.b", "a.*", False, True),
        ("a.*", "a.b.*", True, True),
        ("a.b.*", "a.*", False, True),
        ("a*c", "ab*bc", True, True),
        ("*", "x", True, True),
        ("a*", "b*", False, False),
        ("*a", "*b", False, False),
        ("ab*b", "ab", False, False),
    ],
)
def test_patterns(pattern: str, other: str, covered: bool, met: bool) -> None:
    assert covers(pattern, other) is covered
    assert meets(pattern, other) is met
    assert meets(other, pattern) is met


def test_a_read_over_a_restart_is_told_where_the_keys_are_left_behind() -> None:
    text = FRAME.format(
        f"{TOOLS}; start -> a -> b -> exit; b -> a [loop_restart=true]; "
        "a [reads=x, writes=y]; b [writes=x]"
    )
    found = compile_source(Source("g.dot", text), rules=(undefined_read,)).diagnostics
    said = [(each.message, text[each.span.start : each.span.end]) for each in found[0].related]
    assert said == [
        ("'b' writes it", "b"),
        ("here the run starts anew, and begins without it", "b -> a"),
    ]
