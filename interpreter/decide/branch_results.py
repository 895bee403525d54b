"""The branches of a fork as a merge sees them.

Apart from the fan-in, because whoever is asked for a winner is told of them too. It must
not know what is made of them.
"""

from __future__ import annotations

from collections.abc import Mapping

from attractorc.compiler.value import Json

from ..merges import BranchResult
from ..state import BranchState, Fork, State
from .terminals import spoken_writes


def results_of(state: State, fork: Fork) -> tuple[BranchResult, ...]:
    """Every branch of a fork that control has left, in declared order."""
    return tuple(_result(state, fork, index) for index in range(len(fork.branches)))


def _result(state: State, fork: Fork, index: int) -> BranchResult:
    branch = fork.branches[index]
    walker = state.walkers.get(branch.path)
    assert branch.end is not None
    return BranchResult(
        id=branch.id,
        path=branch.path,
        end=branch.end,
        taken=branch.taken,
        writes={} if walker is None else spoken_writes(walker),
        context=branch.context,
        terminal_turn=branch.head_turn,
        terminal_stage=branch.terminal_stage,
        reason=branch.reason,
        position=branch.position,
        files=None if branch.workspace is None else _files(fork, branch, branch.workspace),
    )


def _files(fork: Fork, branch: BranchState, workspace: Mapping[str, Json]) -> dict[str, Json]:
    """Where a branch's own files are: a folder, and in git its branch and from which commit on."""
    closed, base = branch.closed or {}, fork.base or {}
    known = {
        "folder": workspace.get("folder"),
        "git_branch": workspace.get("branch"),
        "base_commit": base.get("commit"),
        "commit": closed.get("commit"),
        "changed": closed.get("changed"),
    }
    return {name: value for name, value in known.items() if value not in (None, "")}
