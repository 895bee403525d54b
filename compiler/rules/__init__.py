"""What can be wrong with a graph that was read: one rule a file, and the table of them.

A rule is a module, or any object, with `RULE`, `SEVERITY` and `check`. Its docstring is
its page in `attractorc explain`. Rules look and never change; they do not know each
other, and their order means nothing. What a front end or elaboration finds is not here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from ..diagnostic import Diagnostic, Severity, ordered
from ..graph.model import Graph
from . import (
    ambiguous_accelerator,
    ambiguous_label,
    arrival_dependent,
    cancel_loses_work,
    child_inputs,
    constant_condition,
    crossing_regions,
    dead_edge,
    declared_waits,
    double_join,
    duplicate_branch_id,
    duplicate_edge,
    edge_target_exists,
    empty_branch,
    endless_recursion,
    exit_in_branch,
    exit_no_outgoing,
    for_each_template,
    fork_without_join,
    goal_gate_has_retry,
    graphviz_incompatible,
    join_always_true,
    join_unknown_branch,
    join_unsatisfiable,
    join_without_fork,
    keyword_as_id,
    loop_through_join,
    merge_conflict,
    merge_shadowed_rule,
    merge_twice,
    merge_type,
    merge_unused_rule,
    missing_command,
    no_default_edge,
    no_path_to_exit,
    overlapping_conditions,
    prompt_on_llm_nodes,
    reachability,
    region_entry,
    region_escape,
    reserved_key,
    retry_target_exists,
    secret_in_file,
    self_loop,
    shared_branch_node,
    shell_substitution,
    sibling_read,
    single_branch,
    start_no_incoming,
    start_node,
    supervisor_setup,
    supervisor_timing,
    terminal_node,
    thread_without_full,
    timeout_order,
    type_known,
    unbounded_loop,
    undefined_read,
    unknown_choice,
    unknown_class,
    unknown_input,
    unused_input,
    unused_write,
    winner_by_arrival,
    winner_unknown_key,
)


class Rule(Protocol):
    """What a lint rule is (specification 7.4); give your own as `rules=RULES + (mine,)`."""

    @property
    def RULE(self) -> str:  # noqa: N802
        """The rule's name, in snake_case."""

    @property
    def SEVERITY(self) -> Severity:  # noqa: N802
        """The severity of its findings, unless one says otherwise."""

    @property
    def check(self) -> Check:
        """The rule itself."""


class Check(Protocol):
    """Gives the findings of one rule about a graph; must not change it."""

    def __call__(self, graph: Graph, /) -> Iterator[Diagnostic]: ...


RULES: tuple[Rule, ...] = (
    start_node,
    terminal_node,
    reachability,
    edge_target_exists,
    start_no_incoming,
    exit_no_outgoing,
    type_known,
    retry_target_exists,
    goal_gate_has_retry,
    prompt_on_llm_nodes,
    missing_command,
    child_inputs,
    endless_recursion,
    supervisor_setup,
    no_path_to_exit,
    no_default_edge,
    duplicate_edge,
    fork_without_join,
    join_always_true,
    join_unknown_branch,
    join_unsatisfiable,
    join_without_fork,
    for_each_template,
    region_entry,
    region_escape,
    exit_in_branch,
    loop_through_join,
    shared_branch_node,
    crossing_regions,
    double_join,
    duplicate_branch_id,
    empty_branch,
    single_branch,
    merge_conflict,
    undefined_read,
    sibling_read,
    constant_condition,
    dead_edge,
    overlapping_conditions,
    unbounded_loop,
    self_loop,
    ambiguous_label,
    ambiguous_accelerator,
    merge_unused_rule,
    merge_shadowed_rule,
    merge_type,
    winner_unknown_key,
    winner_by_arrival,
    unused_write,
    reserved_key,
    arrival_dependent,
    supervisor_timing,
    declared_waits,
    cancel_loses_work,
    timeout_order,
    thread_without_full,
    shell_substitution,
    secret_in_file,
    unknown_class,
    graphviz_incompatible,
    keyword_as_id,
    unknown_choice,
    merge_twice,
    unknown_input,
    unused_input,
)

LOCAL_RULES: tuple[Rule, ...] = (start_no_incoming, exit_no_outgoing)
"""Rules for errors that judge only what stands there, and so can be trusted with half a file."""


def check(graph: Graph, rules: Iterable[Rule] = RULES) -> tuple[Diagnostic, ...]:
    """All findings of `rules` about a graph, in the order in which they are shown."""
    return ordered([found for rule in rules for found in rule.check(graph)])
