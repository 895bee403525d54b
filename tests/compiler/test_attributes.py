"""The attribute table: complete, consistent, and good at guessing what was meant."""

from __future__ import annotations

import re
from typing import get_args

import pytest

from attractorc.compiler.attributes import (
    TABLE,
    Where,
    elsewhere,
    is_drawing,
    is_synonym,
    lookup,
    suggest,
)
from attractorc.compiler.elaborate.values import _READERS
from attractorc.compiler.graph.elements import Kind

# Specification 2.5 to 2.7, 4.6, 4.8, 4.10, 4.11, 9.7 and appendix A.
SPECIFIED: dict[Where, str] = {
    "graph": """goal label model_stylesheet default_max_retries default_max_retry retry_target
        fallback_retry_target default_fidelity stack.child_dotfile stack.child_workdir
        tool_hooks.pre tool_hooks.post""",
    "node": """label shape type prompt max_retries goal_gate retry_target fallback_retry_target
        fidelity thread_id class timeout llm_model llm_provider reasoning_effort auto_status
        allow_partial join_policy max_parallel tool_command human.default_choice
        manager.poll_interval manager.max_cycles manager.stop_condition manager.actions
        stack.child_autostart tool_hooks.pre tool_hooks.post""",
    "edge": "label condition weight fidelity thread_id loop_restart",
}


@pytest.mark.parametrize("where", SPECIFIED)
def test_every_attribute_of_the_specification_is_known(where: Where) -> None:
    for name in SPECIFIED[where].split():
        row = lookup(where, name)
        assert row is not None, name
        assert row.spec, name


@pytest.mark.parametrize(
    ("name", "canonical"),
    [
        ("join_policy", "join"),
        ("fan_in_policy", "join"),
        ("min_success", "k"),
        ("k_of_n_k", "k"),
        ("quorum_fraction", "quorum_ratio"),
        ("max_concurrency", "max_parallel"),
        ("llm_prompt", "prompt"),
        ("script", "tool_command"),
        ("node_type", "type"),
        ("human_default_choice", "human.default_choice"),
        ("manager_poll_interval", "manager.poll_interval"),
    ],
)
def test_other_spellings_are_accepted(name: str, canonical: str) -> None:
    row = lookup("node", name)
    assert row is not None
    assert row.name == canonical
    assert is_synonym(row, name) == (name == "join_policy")


def test_rows_are_consistent() -> None:
    for row in TABLE:
        assert row.type in _READERS
        assert re.fullmatch(r"[A-Z*$].*\.", row.summary), row.name
        assert set(row.kinds) <= set(get_args(Kind)), row.name
        assert bool(row.values) == (row.type == "enum"), row.name


def test_every_type_is_used_or_at_least_readable() -> None:
    from attractorc.compiler.attributes import ValueType

    assert set(_READERS) == set(get_args(ValueType))


def test_no_name_that_means_something_is_lost_among_drawing_attributes() -> None:
    for name in ("fontname", "rankdir", "penwidth", "URL", "K"):
        assert is_drawing(name)
    for name in ("model", "mode", "label", "shape", "weight"):
        assert not is_drawing(name)


def test_suggestions_are_of_the_same_place() -> None:
    assert suggest("node", "max_retrys") == "max_retries"
    assert suggest("node", "toolCommand") == "tool_command"
    assert suggest("edge", "conditon") == "condition"
    assert suggest("node", "conditon") is None
    assert suggest("node", "zzz") is None


def test_a_name_of_another_place_is_recognised() -> None:
    assert elsewhere("condition") == ("edge",)
    assert elsewhere("goal") == ("graph",)
    assert elsewhere("zzz") == ()
