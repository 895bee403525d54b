"""Records without secrets: which of their fields hold text from outside, and which never do.

Every field is cleaned that is not listed here. Those that are listed hold numbers and names
that the engine gives, or what stands in the plan, which is looked through before a run
begins. It must not know which values are secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..redaction import Secrets
from .codec import layout
from .record import Record

ENGINE_GIVEN = frozenset(
    {
        "run_id",
        "timestamp",
        "kind",
        "status",
        "epoch",
        "plan_digest",
        "outcome_digest",
        "replaces",
        "blob",
        "source_blob",
        "checkpoint_id",
        "stage_attempt_id",
        "question_id",
        "questions",
        "handler",
        "pid_started",
        "base_context",
        "base_turn",
        "context",
        "head_turn",
        "rule",
        "terminated_status",
        "join",
        "joins",
        "winner",
        "pipeline_context_id",
        "parent_turn_id",
        "agent_context_id",
        "agent_head_turn_id",
        "prompt",
        "response",
        "backend",
        "fidelity",
        "degraded_from",
    }
)
"""Ids, digests, words of a fixed list, and what the machine decides over all of these."""

FROM_PLAN = frozenset(
    {
        "pipeline",
        "goal",
        "workspace",
        "node_id",
        "path",
        "branch_id",
        "branch_path",
        "branch_run_id",
        "child_path",
        "target_node",
        "terminal_stage",
        "fan_out",
        "branches",
        "selected_edge",
        "thread_key",
        "condition",
        "selected",
        "default_choice",
        "changed",
    }
)
"""What was looked through when the run was made. Elements of a collection, which names of
dynamic branches are made of, come from a context that holds no secrets any more."""

FIXED_KEYS = frozenset({"options", "keys", "asked", "workspaces", "files", "file_merge"})
"""Objects whose own keys are ours; only the values in them are cleaned."""

BY_NAME = frozenset({"artifacts"})
"""Objects of which only the keys come from outside."""


def redacted(record: Record, secrets: Secrets) -> Record:
    """The record without secrets; the same one if there were none in it."""
    changed: dict[str, Any] = {}
    for item in layout(type(record)):
        if item.name in ENGINE_GIVEN or item.name in FROM_PLAN:
            continue
        value = getattr(record, item.name)
        if isinstance(value, bool | int | float) or not value:
            continue
        clean = _clean(item.name, value, secrets)
        if clean != value:
            changed[item.name] = clean
    return replace(record, **changed) if changed else record


def _clean(name: str, value: Any, secrets: Secrets) -> Any:
    if name in BY_NAME and isinstance(value, Mapping):
        return {secrets.text(key): item for key, item in value.items()}
    return secrets.value(value, keys=name not in FIXED_KEYS)
