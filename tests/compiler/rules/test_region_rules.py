"""What the rules about regions and joins say, in words, and where they point."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attractorc.compiler.diagnostic import Diagnostic
from attractorc.compiler.rules import (
    Rule,
    crossing_regions,
    double_join,
    duplicate_branch_id,
    empty_branch,
    exit_in_branch,
    fork_without_join,
    join_always_true,
    join_unknown_branch,
    join_unsatisfiable,
    join_without_fork,
    loop_through_join,
    region_entry,
    region_escape,
    shared_branch_node,
    single_branch,
)

from ..blocks import Blocks, Writer, pipelines
from ..graphs import graph_of

REGION_RULES: tuple[Rule, ...] = (
    crossing_regions,
    double_join,
    duplicate_branch_id,
    empty_branch,
    exit_in_branch,
    fork_without_join,
    join_always_true,
    join_unknown_branch,
    join_unsatisfiable,
    join_without_fork,
    loop_through_join,
    region_entry,
    region_escape,
    shared_branch_node,
    single_branch,
)
FORK = "start -> f -> {unit lint docs} -> j -> exit"


def findings(text: str, **attributes: dict[str, Any]) -> list[Diagnostic]:
    graph = graph_of(text, **attributes)
    return [found for rule in REGION_RULES for found in rule.check(graph)]


def said(text: str, found: Iterable[Diagnostic]) -> list[str]:
    """Each finding as `severity rule [what it points at] message`."""
    return [
        f"{each.severity} {each.rule} [{text[each.span.start : each.span.end]}] {each.message}"
        for each in found
    ]


ONE_SENTENCE = [
    (
        "start -> f -> {unit lint} -> j -> mend -> exit; mend -> unit",
        "error region_entry [mend -> unit] edge 'mend' -> 'unit' enters branch 'unit' of 'f' "
        "from outside; a branch is entered only through its fan-out",
    ),
    (
        "start -> f -> {a b} -> j -> exit; f -> a [if=outcome]",
        "error region_entry [f -> a] edge 'f' -> 'a' asks for the outcome of 'f', so it is "
        "taken after the join, but it leads back into branch 'a'",
    ),
    (
        "start -> f -> {a b} -> j -> exit; start -> j",
        "error region_entry [start -> j] edge 'start' -> 'j' leads to the fan-in of 'f' "
        "without passing 'f'",
    ),
    (
        "start -> f -> {a b} -> j -> v -> exit; v [retry_target=a]",
        "error region_entry [a] the retry_target of 'v' leads into branch 'a' of 'f' from outside",
    ),
    (
        "start -> f -> {a b} -> j -> exit; graph [fallback_retry_target=j]",
        "error region_entry [j] the fallback_retry_target of the graph leads to the fan-in "
        "of 'f' without passing 'f'",
    ),
    (
        "start -> f -> {a b} -> j -> exit; j -> b",
        "error loop_through_join [j -> b] edge 'j' -> 'b' leads from the join of 'f' "
        "back into its branch 'b'",
    ),
    (
        "start -> f -> {a b} -> j -> exit; j -> j",
        "error loop_through_join [j -> j] edge 'j' -> 'j' leads from the join of 'f' to itself",
    ),
    (
        "start -> t -> f -> {a b} -> j -> exit; a -> t",
        "error region_escape [a -> t] edge 'a' -> 't' leaves branch 'a' of 'f' "
        "other than to its join",
    ),
    (
        "start -> f -> {a b} -> j -> exit; a -> f",
        "error region_escape [a -> f] edge 'a' -> 'f' leads from branch 'a' "
        "back to its own fan-out",
    ),
    (
        "start -> f -> {a b c} -> j -> m -> exit; f -> m",
        "error region_escape [f -> m] edge 'f' -> 'm' starts branch 'm' of 'f' "
        "at a node outside the region",
    ),
    (
        "start -> f -> {a b} -> j -> exit; a -> a [loop_restart=true]",
        "error region_escape [a -> a] edge 'a' -> 'a' restarts the run "
        "from inside branch 'a' of 'f'",
    ),
    (
        "start -> f -> {a b} -> j -> exit; f -> c [loop_restart=true]; c -> j",
        "error region_escape [f -> c] edge 'f' -> 'c' restarts the run "
        "from inside branch 'c' of 'f'",
    ),
    (
        "start -> f -> {a b} -> j -> exit; a [retry_target=b]",
        "error region_escape [b] the retry_target of 'a' leads out of branch 'a' of 'f'",
    ),
    (
        "start -> f -> {a b} -> j -> exit; b -> exit",
        "error exit_in_branch [b -> exit] edge 'b' -> 'exit' leads branch 'b' of 'f' "
        "to the exit, past its join 'j'",
    ),
    (
        "start -> f -> {a b c} -> j -> exit; a -> s; b -> s -> j",
        "error shared_branch_node [s] branches 'a' and 'b' of 'f' both come to 's', "
        "before they meet at 'j'",
    ),
    (
        "start -> t -> {f g}; f -> {a b} -> j; g -> {c d} -> j; j -> exit",
        "error double_join [j] the branches of 'f' and those of 'g' both meet at 'j'; "
        "a fan-in joins one fan-out",
    ),
    (
        "start -> f -> {a b c d}; {a b} -> j -> m; {c d} -> m -> exit",
        "error double_join [j] fan-in 'j' would run for branch 'a' and again for "
        "branch 'b' of 'f', which meet only at 'm'",
    ),
    (
        "start -> f -> {a b}; a -> g -> {x y}; x -> j; y -> k; b -> j -> k -> exit",
        "error crossing_regions [g] the regions of 'f' and 'g' cross: 'g' starts inside a "
        "branch of 'f', but its branches meet outside, at 'k'",
    ),
    (
        "start -> t -> {f g}; f -> {a b} -> j; g -> {c d} -> k; {a c} -> s -> {j k} -> exit",
        "error crossing_regions [f] the regions of 'g' and 'f' share nodes, but neither is "
        "inside a branch of the other",
    ),
    (
        "start -> a -> j -> exit",
        "error join_without_fork [j] no fan-out's branches meet at the fan-in 'j'",
    ),
    (
        "start -> f -> {a b} -> m -> j -> exit",
        "error join_without_fork [j] no fan-out's branches meet at the fan-in 'j': "
        "those of 'f' meet before it, at 'm'",
    ),
    (
        "start -> f -> {a b c}; a -> j -> m; {b c} -> m -> exit",
        "error join_without_fork [j] no fan-out's branches meet at the fan-in 'j': "
        "of 'f', only branch 'a' comes there",
    ),
    (
        "start -> f -> a [branch=x]; f -> b [branch=x]; {a b} -> j -> exit",
        "error duplicate_branch_id [x] two branches of 'f' have the id 'x'",
    ),
    (
        "start -> f -> {a b j}; {a b} -> j -> exit",
        "warning empty_branch [j] branch 'j' of 'f' does nothing: it leads straight to 'j', "
        "where the branches meet",
    ),
    (
        "start -> f -> j -> exit",
        "warning empty_branch [j] branch 'j' of 'f' does nothing: it leads straight to 'j', "
        "where the branches meet",
    ),
    (
        "start -> f -> a -> j -> exit",
        "warning single_branch [f] 'f' has only one branch, 'a'",
    ),
    (
        "start -> f; f -> exit [if=outcome]",
        "warning single_branch [f] 'f' has no branch: all its edges ask for its own outcome",
    ),
    (
        "start -> f -> {a b} -> m -> exit",
        "info fork_without_join [f] the branches of 'f' meet at 'm', which is no fan-in; "
        "they are joined at 'f'",
    ),
    (
        "start -> f -> {a b}; f -> m [if=outcome]; m -> exit",
        "info fork_without_join [f] the branches of 'f' meet nowhere; they are joined at 'f'",
    ),
]


@pytest.mark.parametrize(
    ("text", "expected"),
    [pytest.param(*case, id=f"{case[1].split()[1]}: {case[0]}") for case in ONE_SENTENCE],
)
def test_a_fault_of_a_region_is_one_sentence_with_its_place(text: str, expected: str) -> None:
    assert said(text, findings(text)) == [expected]


def test_a_faulty_region_gets_no_advice_besides_its_fault() -> None:
    text = "start -> f -> {a b} -> m -> exit; a -> f"
    assert [each.rule for each in findings(text)] == ["region_escape"]


@given(pipelines(), st.data())
@settings(max_examples=100, deadline=None)
def test_no_rule_raises_whatever_edge_is_added(blocks: Blocks, data: st.DataObject) -> None:
    written = Writer().pipeline(blocks)
    names = st.sampled_from(["start", *written.nodes, "exit"])
    extra = [f"{data.draw(names)} -> {data.draw(names)}" for _ in range(2)]
    extra.append(f"{data.draw(names)} [retry_target={data.draw(names)}]")
    text = "\n".join([*written.lines, *extra])
    for found in findings(text):
        assert found.message
        assert 0 <= found.span.start <= found.span.end <= len(text)


@given(pipelines())
@settings(max_examples=100, deadline=None)
def test_nested_blocks_get_no_finding_that_refuses_them(blocks: Blocks) -> None:
    found = {each.rule for each in findings(Writer().pipeline(blocks).text)}
    assert found <= {"fork_without_join", "single_branch"}
