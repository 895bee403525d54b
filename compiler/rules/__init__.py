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
    crossing_regions,
    double_join,
    duplicate_branch_id,
    duplicate_edge,
    edge_target_exists,
    empty_branch,
    exit_in_branch,
    exit_no_outgoing,
    fork_without_join,
    goal_gate_has_retry,
    join_always_true,
    join_unknown_branch,
    join_unsatisfiable,
    join_without_fork,
    loop_through_join,
    missing_command,
    no_default_edge,
    no_path_to_exit,
    prompt_on_llm_nodes,
    reachability,
    region_entry,
    region_escape,
    retry_target_exists,
    shared_branch_node,
    single_branch,
    start_no_incoming,
    start_node,
    terminal_node,
    type_known,
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
    no_path_to_exit,
    no_default_edge,
    duplicate_edge,
    fork_without_join,
    join_always_true,
    join_unknown_branch,
    join_unsatisfiable,
    join_without_fork,
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
)

LOCAL_RULES: tuple[Rule, ...] = (start_no_incoming, exit_no_outgoing)
"""Rules for errors that judge only what stands there, and so can be trusted with half a file."""


def check(graph: Graph, rules: Iterable[Rule] = RULES) -> tuple[Diagnostic, ...]:
    """All findings of `rules` about a graph, in the order in which they are shown."""
    return ordered([found for rule in rules for found in rule.check(graph)])
