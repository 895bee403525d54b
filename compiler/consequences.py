"""One fault, one finding: drops what only follows from another finding of the same file.

A stage whose name is misspelt is also without a way on, its branches meet nowhere and nobody
writes what it would: a table says which findings make which others doubtful. What is hidden
comes back when the cause is mended and it was a fault of its own. A warning that hides an
error is one itself, so that no file is accepted for it. Apart from the rules, which do not
know each other. It must not know what a finding says, beyond whether it knows what was meant.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from .attributes import lookup, suggest
from .diagnostic import Diagnostic, Severity
from .graph.model import Graph

_CHOICE: Final = frozenset({"no_default_edge", "dead_edge", "overlapping_conditions"})
_FLOW: Final = _CHOICE | {"no_path_to_exit", "unbounded_loop", "self_loop", "goal_gate_has_retry"}
_MERGES: Final = frozenset({"merge_conflict", "merge_unused_rule", "merge_type"})
_DATA: Final = _MERGES | {
    *("undefined_read", "unused_write", "sibling_read", "winner_unknown_key"),
    *("cancel_loses_work",),
}
_PAIRING: Final = frozenset(
    {"fork_without_join", "join_without_fork", "empty_branch", "single_branch"}
)
_REGIONS: Final = _PAIRING | {"join_unknown_branch", "join_unsatisfiable", "join_always_true"}
_WORK: Final = frozenset({"prompt_on_llm_nodes", "missing_command", "ignored_attribute"})
_STRAY: Final = frozenset({"reachability", "unknown_choice"})
_UNUSED: Final = frozenset({"unused_input"})
_POLICIES: Final = frozenset(
    {
        *("join", "k", "quorum_ratio", "error_policy", "losers", "decide", "max_parallel"),
        *("join_timeout", "branch_timeout", "winner", "merge", "merge_from", "on_conflict"),
    }
)


@dataclass(frozen=True, slots=True)
class _Cause:
    """A rule whose findings make others doubtful: all of `hides`, and `near` at its own node.

    With `of`, only findings about an attribute that is, or is meant to be, one of these; with
    `slip`, only findings that say what was meant; with `undeclared`, only those about a node
    that nothing declares.
    """

    rule: str
    hides: frozenset[str] = frozenset()
    near: frozenset[str] = frozenset()
    of: frozenset[str] = frozenset()
    slip: bool = False
    undeclared: bool = False


def _misspelt(names: Iterable[str], hides: frozenset[str]) -> _Cause:
    return _Cause("unknown_attribute", hides, of=frozenset(names))


_CAUSES: Final = (
    _Cause("start_node", _STRAY | _FLOW | _REGIONS | _DATA | {"region_entry", "region_escape"}),
    _Cause("node_kind", _PAIRING | _DATA | _UNUSED, near=_WORK | _CHOICE),
    _Cause("node_kind", frozenset({"unknown_attribute"}), slip=True),
    _Cause("edge_target_exists", _STRAY | _FLOW | _REGIONS | _DATA | _UNUSED, near=_WORK),
    _Cause("missing_command", _PAIRING | _DATA | _FLOW, undeclared=True),
    _Cause("prompt_on_llm_nodes", _PAIRING | _DATA | _FLOW, undeclared=True),
    _Cause("missing_command", _UNUSED),
    _Cause("prompt_on_llm_nodes", _UNUSED),
    _Cause("join_syntax", _DATA | {"arrival_dependent"}),
    _Cause("unknown_shape", _STRAY | _FLOW | _REGIONS | _DATA, near=_WORK),
    _misspelt(("shape", "type"), _STRAY | _FLOW | _REGIONS | _DATA | _WORK),
    _misspelt(("tool_command",), frozenset({"missing_command"})),
    _misspelt(("prompt", "label"), frozenset({"prompt_on_llm_nodes"})),
    _misspelt(("merge", "writes", "reads", "winner"), _DATA),
    _misspelt(("retry_target", "max_visits"), frozenset({"unbounded_loop", "goal_gate_has_retry"})),
    _misspelt(("condition", "weight"), _FLOW),
    _misspelt(("branch",), frozenset({"join_unknown_branch", "duplicate_branch_id"})),
    _misspelt(("inputs",), frozenset({"unknown_input"})),
    _Cause(
        "ignored_attribute",
        _PAIRING | _MERGES | {"undefined_read", "dead_edge"},
        near=_WORK - {"ignored_attribute"},
        of=_POLICIES,
    ),
    _Cause("ignored_attribute", near=_PAIRING, of=frozenset({"tool_command", "output"})),
    _Cause("terminal_node", _STRAY | _FLOW | _REGIONS),
    _Cause("start_no_incoming", _STRAY | _FLOW | _REGIONS | _DATA | {"region_entry"}),
    _Cause("exit_no_outgoing", _STRAY),
    _Cause("crossing_regions", frozenset({"shared_branch_node"})),
    _Cause("duplicate_branch_id", _STRAY),
    *(
        _Cause(rule, _STRAY | _REGIONS | _FLOW | _DATA | {"duplicate_edge"})
        for rule in (
            *("region_entry", "region_escape", "exit_in_branch", "shared_branch_node"),
            *("loop_through_join", "crossing_regions", "double_join"),
        )
    ),
    _Cause("reachability", _FLOW | _REGIONS | _DATA | {"unknown_choice"}, near=_WORK),
    _Cause("join_without_fork", near=_CHOICE | {"ignored_attribute"}),
    _Cause("single_branch", _DATA),
    _Cause("prompt_on_llm_nodes", frozenset({"fork_without_join"})),
    _Cause("no_path_to_exit", frozenset({"undefined_read", "unused_write", "cancel_loses_work"})),
    _Cause("duplicate_key", frozenset({"unknown_choice"})),
    _Cause("merge_conflict", frozenset({"merge_unused_rule", "undefined_read"})),
    _Cause("unused_write", frozenset({"cancel_loses_work"})),
    _Cause("undefined_read", near=_CHOICE, slip=True),
    _Cause("no_default_edge", near=_CHOICE - {"no_default_edge"}),
    _Cause("unknown_input", _UNUSED),
    _Cause("constant_condition", near=_CHOICE),
)


def without_consequences(graph: Graph, found: tuple[Diagnostic, ...]) -> tuple[Diagnostic, ...]:
    """The findings that are faults of their own, in the same order."""
    left = _by_rule(found)
    raised: set[Diagnostic] = set()
    for cause in _CAUSES:
        tellers = [each for each in left.get(cause.rule, ()) if _is_about(graph, each, cause)]
        if not tellers:
            continue
        nodes = {each.node: each for each in reversed(tellers)}
        for rule in cause.hides | cause.near:
            if rule == cause.rule:
                continue
            hidden = left.get(rule, [])
            kept = []
            for each in hidden:
                # What stands in a default block is about any node.
                near = nodes.get(each.node) or nodes.get(None)
                teller = tellers[0] if rule in cause.hides else near
                if teller is None:
                    kept.append(each)
                elif each.severity is Severity.ERROR and teller.severity is not Severity.ERROR:
                    raised.add(teller)
            hidden[:] = kept
    alive = {each for group in left.values() for each in group}
    return tuple(
        replace(each, severity=Severity.ERROR) if each in raised else each
        for each in found
        if each in alive
    )


def _by_rule(found: tuple[Diagnostic, ...]) -> dict[str, list[Diagnostic]]:
    groups: dict[str, list[Diagnostic]] = {}
    for each in found:
        groups.setdefault(each.rule, []).append(each)
    return groups


def _is_about(graph: Graph, found: Diagnostic, cause: _Cause) -> bool:
    """Whether a finding of the cause's rule is such a cause."""
    if cause.slip and not (found.help or "").startswith("did you mean"):
        return False
    if cause.undeclared:
        node = graph.nodes.get(found.node or "")
        if node is None or node.declared:
            return False
    if not cause.of:
        return True
    written = graph.source.text[found.span.start : found.span.end].strip("\"'")
    return not cause.of.isdisjoint(_meant(written))


@lru_cache(maxsize=256)
def _meant(written: str) -> frozenset[str | None]:
    """The attributes that a name is, or may be a slip of."""
    row = lookup("node", written)
    near = (suggest("node", written), suggest("edge", written), suggest("graph", written))
    return frozenset((row.name if row else written, *near))
