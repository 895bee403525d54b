"""What branches with files of their own need done, and the records of what came of it.

The base before the fork, a workspace before a branch begins, what each left when all have
ended, the merge of files as a part of the fan-in's decision, and then its effect. Pure: the
doing is the driver's. It must not know how files are copied or merged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

from attractorc.compiler.value import Json

from ..records import FanInDecision, ParallelLifecycle, Record
from ..state import BranchState, Fork, State, Walker
from ..workspace import Closed, Contributor, FileRule, Merged
from . import drafts
from .commands import Command, Commit, FileWork


def base(state: State, walker: Walker) -> tuple[Command, ...]:
    """Commands before a fan-out forks; () if nothing is missing."""
    region = walker.plan.regions[walker.node]
    if state.workspace_kind(region) == "shared" or walker.base is not None:
        return ()
    return (FileWork(walker.path, "fork"),)


def closing(fork: Fork) -> tuple[Command, ...]:
    """Commands when all branches of a fork have ended; () if nothing is to be kept."""
    if fork.base is None or fork.closed:
        return ()
    return (FileWork(fork.path, "close"),)


def deciding(fork: Fork, draft: FanInDecision) -> tuple[Command, ...]:
    """Commands that lead from the decision about keys to the whole one."""
    if fork.base is None:
        return (Commit((draft,)),)
    rule = _rule(fork, draft)
    branches, fault = _contributors(fork, draft, rule)
    if fault:
        return (Commit((with_files(fork, draft, Merged(fault, (), 0)),)),)
    return (FileWork(fork.path, "merge", rule, branches),)


def applying(walker: Walker, decision: FanInDecision) -> tuple[Command, ...]:
    """Commands between a merge decision and the commit of its stage; () if no file changes."""
    if decision.status == "fail" or not decision.file_merge.get("changed"):
        return ()
    return (FileWork(walker.path, "apply"),)


def with_files(fork: Fork, draft: FanInDecision, merged: Merged) -> FanInDecision:
    """The decision with its file part. A fault of the files fails it: nothing is applied."""
    assert fork.base is not None
    told: dict[str, Json] = {
        "rule": fork.region.merge.files,
        "kind": fork.base["kind"],
        "changed": merged.changed,
    }
    whole = replace(draft, files=list(merged.files), file_merge=told)
    if not merged.fault:
        return whole
    told["fault"] = merged.fault
    if draft.status == "fail":
        return whole
    return replace(
        whole,
        status="fail",
        reason=merged.fault,
        keys=[_unapplied(cast("Mapping[str, Any]", key)) for key in draft.keys],
        context_updates={},
    )


def made(fork: Fork, branch: BranchState, workspace: Mapping[str, Json]) -> ParallelLifecycle:
    """The record that a branch has its workspace."""
    return drafts.parallel(
        fork, "workspace_ready", **_branch(branch), workspace=dict(workspace), status="success"
    )


def not_made(fork: Fork, branch: BranchState, reason: str) -> ParallelLifecycle:
    """The record that a branch cannot have one."""
    return drafts.parallel(
        fork, "workspace_failed", **_branch(branch), status="fail", reason=reason
    )


def forked(walker: Walker, found: Mapping[str, Json]) -> ParallelLifecycle:
    """The record that the branches of a fan-out have a base."""
    return ParallelLifecycle(
        kind="workspace_ready",
        node_id=walker.node,
        path=walker.path,
        visit=walker.visit,
        status="success",
        workspace=dict(found),
    )


def closed(fork: Fork, found: Mapping[str, Closed]) -> ParallelLifecycle:
    """The record of what each branch left, by branch id."""
    kept: list[Json] = []
    for branch in fork.branches:
        if branch.id in found:
            left = found[branch.id]
            entry: dict[str, Json] = {"branch": branch.id, "index": branch.index}
            entry |= {"changed": left.changed, "commit": left.commit, "fault": left.fault}
            kept.append({name: value for name, value in entry.items() if value != ""})
    return drafts.parallel(fork, "workspaces_closed", workspaces=kept)


def closed_in(left: Mapping[str, Any]) -> Closed:
    """What a branch left, as `closed` put it into a record."""
    return Closed(str(left.get("commit", "")), int(left["changed"]), str(left.get("fault", "")))


def merged_in(decision: FanInDecision) -> Merged:
    """The file part of a decision, as `with_files` put it there."""
    told = cast("Mapping[str, Any]", decision.file_merge)
    return Merged(str(told.get("fault", "")), tuple(decision.files), int(told.get("changed", 0)))


def gone_without(state: State, walker: Walker) -> tuple[Record, ...]:
    """Records for file work of a stage that the join above does not need any more."""
    if walker.path not in state.running:
        return ()
    return (drafts.stage(state, walker, "cancelled"),)


def _branch(branch: BranchState) -> dict[str, Any]:
    return {
        "branch_id": branch.id,
        "branch_index": branch.index,
        "branch_path": branch.path,
        "target_node": branch.head,
    }


def _rule(fork: Fork, draft: FanInDecision) -> FileRule:
    """What the region says of files; a decision that fails brings nothing back."""
    merge = fork.region.merge
    winner = draft.winner.get("id")
    if draft.status == "fail":
        return FileRule("none", merge.on_conflict, None)
    return FileRule(merge.files, merge.on_conflict, None if winner is None else str(winner))


def _contributors(
    fork: Fork, draft: FanInDecision, rule: FileRule
) -> tuple[tuple[Contributor, ...], str]:
    """The branches whose ends count, in declared order; and why a wanted one has no files."""
    found: list[Contributor] = []
    fault = ""
    by_id = {branch.id: branch for branch in fork.branches}
    for entry in cast("list[Mapping[str, Any]]", draft.branches):
        branch = by_id[str(entry["id"])]
        if not entry["taken"] or branch.workspace is None:
            continue
        left = branch.closed or {}
        wanted = branch.id == rule.winner if rule.files == "winner" else entry["contributes"]
        if left.get("fault"):
            if rule.files != "none" and wanted and not fault:
                fault = f"the files of the branch '{branch.id}' are not known: {left['fault']}"
            continue
        commit = str(left.get("commit", ""))
        contributes = bool(entry["contributes"])
        found.append(Contributor(branch.id, branch.workspace, commit, contributes))
    return tuple(found), fault


def _unapplied(key: Mapping[str, Any]) -> dict[str, Json]:
    """A key's entry where the merge is not applied: no result, every write excluded."""
    writes = [{**write, "state": "excluded"} for write in key["writes"]]
    return {**key, "result": None, "writes": writes}
