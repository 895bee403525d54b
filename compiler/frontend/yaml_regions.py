"""Gives the nodes of YAML branches that name no next one their way to the fan-in.

In DOT an author draws these edges; in YAML a branch node without `next` goes where its
fan-out's `next` says, through nested fan-outs as well. It must not know how nodes are written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .yaml_edges import Target
from .yaml_stages import Stage


def meetings(stages: Mapping[str, Stage], starts: Iterable[str]) -> dict[str, Target]:
    """For each branch node without a way on, by id, where it goes.

    Nodes are visited once, from the pipeline's start, each with the fan-in of the innermost
    fan-out around it; then from fan-outs that nothing leads to.
    """
    found: dict[str, Target] = {}
    visited: set[str] = set()
    _walk(stages, [(start, None) for start in starts], visited, found)
    for name, stage in stages.items():
        if stage.branches:
            _walk(stages, [(name, None)], visited, found)
    return found


def _walk(
    stages: Mapping[str, Stage],
    pending: list[tuple[str, Target | None]],
    visited: set[str],
    found: dict[str, Target],
) -> None:
    while pending:
        name, meeting = pending.pop()
        stage = stages.get(name)
        if stage is None or name in visited or (meeting and name == meeting.to.text):
            continue
        visited.add(name)
        onward = [(target.to.text, meeting) for target in stage.targets]
        if stage.kind == "parallel":
            inner = stage.joins or meeting
            if inner is not None:
                onward.append((inner.to.text, meeting))
            pending.extend(reversed(onward))
            pending.extend((branch.to.text, inner) for branch in reversed(stage.branches))
        elif onward:
            pending.extend(reversed(onward))
        elif meeting is not None and not stage.is_exit:
            found[name] = meeting
