"""A merge decision as JSON: branches, the winner's comparison, and every key's writes.

From a merged value anyone can get to the attempt that wrote it. Apart from the deciding,
so that its form can be read in one place (`MergeDecision` lists the fields). Large values
stand by digest: the writer's own record has them whole.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TypeAlias

from attractorc.compiler.plan.policy_text import winner_text
from attractorc.compiler.policy import Winner
from attractorc.compiler.value import Json

from ..context import is_reserved
from .contribution import Valued, valued
from .model import BranchResult
from .settle import KeyDecision, conflict_text
from .winner import Selection

LARGEST_SHOWN_BYTES = 1024
DEEPEST_SHOWN = 32

Entry: TypeAlias = dict[str, Json]


def shown(value: Valued) -> Entry:
    """`{"value"}`, or `{"digest", "size_bytes"}` of the canonical text if it is large.

    A value nested very deep stands by digest too: a record nests it deeper still.
    """
    data = value.text.encode()
    if len(data) <= LARGEST_SHOWN_BYTES and not _deeper(value.value, DEEPEST_SHOWN):
        return {"value": value.value}
    return {"digest": f"sha256:{hashlib.sha256(data).hexdigest()}", "size_bytes": len(data)}


def branch_entry(result: BranchResult, contributes: bool) -> Entry:
    """A branch of the region as the fan-in saw it."""
    entry: Entry = {
        "id": result.id,
        "path": result.path,
        "end": str(result.end),
        "taken": result.taken,
        "candidate": result.candidate,
        "contributes": contributes,
        "context": result.context,
        "terminal_turn": result.terminal_turn,
        "terminal_stage": result.terminal_stage,
    }
    if "score" in result.writes:
        score = shown(valued(result.writes["score"].value))
        entry["score"] = score.get("value", score)
    if result.reason:
        entry["reason"] = result.reason
    return entry


def winner_entry(rule: Winner, selection: Selection) -> Entry:
    """The winner and the comparison that chose it."""
    entry: Entry = {
        "id": selection.winner,
        "method": selection.method,
        "keys": [winner_text(Winner((key,))) for key in rule.keys],
        "ranking": [
            {"branch": branch, "values": dict(values)} for branch, values in selection.ranking
        ],
        "notes": list(selection.notes),
    }
    if selection.asked is not None:
        asked = selection.asked
        entry["asked"] = {
            "key": asked.kind,
            "candidates": list(asked.candidates),
            "answer": asked.answer,
        }
    return entry


def key_entry(decision: KeyDecision) -> Entry:
    """A key: its rule, what it was and became, and each write with its state."""
    base, conflict = decision.base, decision.conflict
    told: Entry | None = None
    if conflict is not None:
        told = {
            "reason": conflict_text(decision),
            "branches": [branch for branch, _ in conflict.said],
            "resolved_by": decision.resolved_by,
        }
    return {
        "key": decision.key,
        "strategy": decision.rule.strategy,
        "pattern": decision.rule.pattern,
        "argument": decision.rule.argument,
        "reserved": is_reserved(decision.key),
        "base": {"present": False} if base is None else {"present": True, **shown(base)},
        "result": None if decision.result is None else shown(decision.result),
        "writes": [
            {
                "branch": write.branch,
                "writer": write.writer,
                "state": decision.states[write.branch],
                **shown(write),
            }
            for write in decision.writes
        ],
        "conflict": told,
    }


def _deeper(value: Json, limit: int) -> bool:
    if isinstance(value, Mapping):
        return not limit or any(_deeper(part, limit - 1) for part in value.values())
    if isinstance(value, list | tuple):
        return not limit or any(_deeper(part, limit - 1) for part in value)
    return False
