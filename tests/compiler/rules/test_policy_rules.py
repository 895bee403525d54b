"""The rules about policies, and those about values that a reader or a shell takes otherwise."""

from __future__ import annotations

import pytest

from attractorc.compiler.driver import compile_source
from attractorc.compiler.rules import (
    Rule,
    arrival_dependent,
    cancel_loses_work,
    declared_waits,
    graphviz_incompatible,
    keyword_as_id,
    merge_twice,
    secret_in_file,
    shell_substitution,
    unknown_class,
    winner_by_arrival,
)
from attractorc.compiler.source import Source

from .told import told

RULES: tuple[Rule, ...] = (
    arrival_dependent,
    cancel_loses_work,
    graphviz_incompatible,
    keyword_as_id,
    merge_twice,
    secret_in_file,
    shell_substitution,
    unknown_class,
    winner_by_arrival,
)
FORK = (
    "node [shape=parallelogram, tool_command=true]; f [shape=component]; j [shape=tripleoctagon]\n"
    "a [writes=x]; b [writes=y]; d [shape=diamond]; start -> f -> {a b} -> j -> d -> exit\n"
)
ALL = 'j [merge_from=all, merge="x: one; y: one"]'
LOST = "the join of 'f' may cancel branch 'b', but merge_from=all wants the 'y' of every branch"


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        pytest.param(
            f"f [join=first_success]; {ALL}",
            [f"warning cancel_loses_work [first_success] {LOST}"],
            id="all of them, and the first is enough",
        ),
        pytest.param(
            f'f [join="k_of_n(1)"]; {ALL}',
            [f'warning cancel_loses_work ["k_of_n(1)"] {LOST}'],
            id="one of two",
        ),
        pytest.param(f'f [join="k_of_n(2)"]; {ALL}', [], id="two of two"),
        pytest.param(f'f [join="quorum(2/3)"]; {ALL}', [], id="two thirds of two are two"),
        pytest.param(f"f [join=majority]; {ALL}", [], id="more than half of two are two"),
        pytest.param(f"f [join=all_success]; {ALL}", [], id="all of them are waited for"),
        pytest.param(f"f [join=first_success, losers=drain]; {ALL}", [], id="losers go on"),
        pytest.param(
            "f [join=first_success]; j [merge_from=all]", [], id="nothing is merged anyway"
        ),
        pytest.param(
            f"f [join=a]; {ALL}", [f"warning cancel_loses_work [a] {LOST}"], id="a formula"
        ),
        pytest.param(f"f [join=b]; {ALL}", [], id="a is taken into account before b"),
        pytest.param(
            f"f [join=b, decide=arrival]; {ALL}",
            [
                "warning cancel_loses_work [b] the join of 'f' may cancel branch 'a', but "
                "merge_from=all wants the 'x' of every branch",
                "info arrival_dependent [arrival] which branches of 'f' count depends on how "
                "fast they run; another run may decide otherwise",
            ],
            id="but not under arrival",
        ),
        pytest.param(
            'f [join=first_success]; j [merge="y: one"]; d -> c [condition="y=1"]; c -> exit',
            [
                "warning cancel_loses_work [first_success] the join of 'f' may cancel branch "
                "'b', but 'd' reads 'y', which only that branch writes"
            ],
            id="a key that is read later",
        ),
        pytest.param(
            'f [join=first_success]; j [merge="x: one"]; d -> c [condition="x=1"]; c -> exit',
            [],
            id="the first branch is always taken",
        ),
        pytest.param(
            "f [decide=arrival]",
            [
                "info arrival_dependent [arrival] 'f' waits for all its branches, so their order "
                "decides nothing"
            ],
            id="a race that nobody wins",
        ),
        pytest.param(
            "f [decide=arrival, error_policy=fail_fast]",
            [
                "info arrival_dependent [arrival] which branches of 'f' count depends on how "
                "fast they run; another run may decide otherwise"
            ],
            id="the first failure decides",
        ),
        pytest.param(
            'f [merge="x: one", winner=first]; j [merge="x: one"]',
            ["error merge_twice [merge] 'merge' stands on 'f' and again on its fan-in 'j'"],
            id="a merge on both ends",
        ),
        pytest.param('f [merge="x: one"]; j [winner=first]', [], id="one of each"),
        pytest.param(
            'f [winner=first]; j [prompt="Which?"]',
            [
                "error merge_twice [winner] 'winner' stands on 'f', and its fan-in 'j' has a "
                "prompt, which chooses the winner too"
            ],
            id="a rule and a prompt",
        ),
        pytest.param(
            'f [winner="max(x), prompt"]; j [prompt="Which?"]', [], id="a rule that asks the prompt"
        ),
        pytest.param(
            "j [winner=arrival]",
            [
                "error winner_by_arrival [arrival] 'f' takes its branches in declared order, so "
                "none of them arrives before another"
            ],
            id="the fastest wins where there is no race",
        ),
        pytest.param(
            'f [winner="max(x), arrival", decide=declared]',
            [
                "error winner_by_arrival [arrival] 'f' takes its branches in declared order, so "
                "none of them arrives before another"
            ],
            id="the fastest of the best, on the fan-out",
        ),
        pytest.param(
            "f [decide=arrival]; j [winner=arrival]",
            [
                "info arrival_dependent [arrival] which branch of 'f' wins depends on how fast "
                "they run; another run may decide otherwise"
            ],
            id="the fastest wins a race that all finish",
        ),
        pytest.param("f [decide=declared, join=first_success]", [], id="no race"),
    ],
)
def test_races_and_losers(statements: str, expected: list[str]) -> None:
    assert told(FORK + statements, RULES) == expected


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("echo ${context.x}", ["${context.x}"]),
        ("echo '${context.x}'", []),
        ('echo \\"it is ${context.x}\\"', ["${context.x}"]),
        ("echo \\\\${context.x}", []),
        ("echo $context.x", ["$context.x"]),
        ("context=1; echo $context.x", []),
        ("echo ${x} $goal $(date) ${x:-a.b} ${x%.txt}", []),
        ("cat <<'END'\n${context.x}\nEND", []),
        ("it's ${context.x}", ["${context.x}"]),
    ],
)
def test_references_that_no_shell_knows(command: str, expected: list[str]) -> None:
    statements = f'start -> a -> exit; a [shape=parallelogram, tool_command="{command}"]'
    assert told(statements, RULES) == [
        f"warning shell_substitution [{each}] the command of 'a' holds '{each}', but nothing is "
        "put into commands"
        for each in expected
    ]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("AKIA" + "Q3EGRZ7TV5WXNB2M", "an AWS access key"),
        ("sk-ant-" + "api03-q8Zr5TnW2xLc7VbM4yKd", "an Anthropic API key"),
        ("sk-proj-" + "q8Zr5TnW2xLc7VbM4yKdHg6sQp1o9UiE", "an OpenAI API key"),
        ("ghp_" + "q8Zr5TnW2xLc7VbM4yKdHg6sQp1o9UiEaB3f", "a GitHub token"),
        ("-----BEGIN RSA PRIVATE " + "KEY-----", "a private key"),
        ("AKIA" + "IOSFODNN7EXAMPLE", None),
        ("sk-" + "x" * 40, None),
        ("task-" + "q8Zr5TnW2xLc7VbM4yKdHg6sQp1o9UiE", None),
    ],
)
def test_secrets(text: str, kind: str | None) -> None:
    found = told(f'start -> a -> exit; a [prompt="{text}"] // {text}', RULES)
    assert found == [f"warning secret_in_file [{text}] this looks like {kind}"] * (2 if kind else 0)


def test_what_graphviz_cannot_read_gets_quotes_everywhere_at_once() -> None:
    text = (
        "digraph g { graph [default_fidelity=compact]; node [timeout=900s]\n"
        "start -> a -> b -> exit; a [prompt=x, tool_hooks.pre=1.5, extra-x=1]\n"
        'b [prompt="x", "human.default_choice"="a.b", width=.5, height=-2, color=grün] }'
    )
    found = [
        each
        for each in compile_source(Source("g.dot", text)).diagnostics
        if each.rule == "graphviz_incompatible"
    ]
    assert [each.message for each in found] == [
        "Graphviz cannot read '900s' without quotes, nor 2 other words of this file"
    ]
    assert found[0].fix is not None
    assert found[0].fix.safe
    mended = text
    for edit in reversed(found[0].fix.edits):
        mended = mended[: edit.start] + edit.text + mended[edit.end :]
    assert mended == text.replace("900s", '"900s"').replace(
        "tool_hooks.pre", '"tool_hooks.pre"'
    ).replace("extra-x", '"extra-x"')
    again = compile_source(Source("g.dot", mended))
    assert "graphviz_incompatible" not in {each.rule for each in again.diagnostics}


def test_quotes_leave_the_plan_as_it_was() -> None:
    text = "digraph g { start -> a -> exit; a [prompt=x, timeout=900s, llm_model=gpt-5.2] }"
    quoted = text.replace("900s", '"900s"').replace("gpt-5.2", '"gpt-5.2"')
    bare, other = (compile_source(Source("g.dot", each)).plan for each in (text, quoted))
    assert bare is not None
    assert other is not None
    assert bare.digest == other.digest


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ("start -> Node -> exit; Node [prompt=x]", ["Node"]),
        ('start -> "Node" -> exit; "Node" [prompt=x]', []),
        ("start -> nodes -> exit; nodes [prompt=x]", []),
    ],
)
def test_names_that_are_words_of_dot(statements: str, expected: list[str]) -> None:
    assert told(statements, RULES) == [
        f"info keyword_as_id [{each}] '{each}' is a word of DOT itself; Graphviz takes it for no "
        "name"
        for each in expected
    ]


def test_a_class_that_no_node_has_is_told_once_with_the_one_that_was_meant() -> None:
    text = (
        'digraph g { graph [model_stylesheet=".fsat { llm_model: a; } .fsat { llm_model: b; }'
        ' .hard { llm_model: c; }"]; start -> a -> b -> exit; a [prompt=x, class=fast]\n'
        'subgraph cluster_x { label="Hard"; b [prompt=x] } }'
    )
    found = compile_source(Source("g.dot", text)).diagnostics
    assert [(each.rule, text[each.span.start : each.span.end], each.help) for each in found] == [
        ("unknown_class", ".fsat", "did you mean '.fast'?")
    ]


WAITS = {
    "the first success": (
        "f [join=first_success]",
        [
            "info declared_waits [first_success] a success does not win before all branches in "
            "front of it have ended: 'f' takes their ends in declared order"
        ],
    ),
    "the first failure": (
        "f [error_policy=fail_fast]",
        [
            "info declared_waits [fail_fast] a failure does not end the others before all branches "
            "in front of it have ended: 'f' takes their ends in declared order"
        ],
    ),
    "the order is written": ("f [join=first_success, decide=declared]", []),
    "it is a race": ("f [join=first_success, decide=arrival]", []),
    "it waits for all in any case": ("f [join=wait_all]", []),
}


@pytest.mark.parametrize(("statements", "expected"), WAITS.values(), ids=WAITS)
def test_what_sounds_like_a_race_and_is_none_is_noted(statements: str, expected: list[str]) -> None:
    assert told(FORK + statements, (declared_waits,)) == expected
