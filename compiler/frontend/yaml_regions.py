"""Gives the nodes of YAML branches that name no next one their way to the fan-in.

In DOT an author draws these edges; in YAML a branch node without `next` goes where its
fan-out's `next` says, through nested fan-outs as well. It must not know how nodes are written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from .yaml_edges import Target
from .yaml_shapes import Findings
from .yaml_stages import Stage

_Around: TypeAlias = tuple[Target, ...]
"""Where the fan-outs around a node meet, the innermost one last."""


def meetings(
    stages: Mapping[str, Stage], starts: Iterable[str], findings: Findings
) -> dict[str, Target]:
    """For each branch node without a way on, by id, where it goes.

    Nodes are visited once, from the pipeline's start, each with the fan-ins of the fan-outs
    around it; then from fan-outs that nothing leads to. A fan-out's `next` to which none of
    its branches comes is a finding.
    """
    walk = _Walk(stages)
    for start in starts:
        walk.go(start)
    for name, stage in stages.items():
        if stage.branches:
            walk.go(name)
    for name, stage in stages.items():
        joins = stage.joins
        if joins is not None and stage.branches and (name, joins.to.text) not in walk.reached:
            message = f"no branch of '{name}' comes to '{joins.to.text}'"
            mend = "write there where the branches meet, or lead them there"
            findings.error(joins.to.span, message, node=name, mend=mend)
    return walk.found


@dataclass(slots=True)
class _Walk:
    """`found` is for each node its meeting; `reached` are fan-outs and where they meet."""

    stages: Mapping[str, Stage]
    found: dict[str, Target] = field(default_factory=dict)
    reached: set[tuple[str, str]] = field(default_factory=set)
    _visited: set[str] = field(default_factory=set)
    _owners: dict[int, list[str]] = field(default_factory=dict)

    def go(self, start: str) -> None:
        """Visit what can be reached from a node of the trunk."""
        pending: list[tuple[str, _Around]] = [(start, ())]
        while pending:
            pending.extend(reversed(self._onward(*pending.pop())))

    def _onward(self, name: str, around: _Around) -> list[tuple[str, _Around]]:
        for meeting in around:
            if meeting.to.text == name:
                self._reach(meeting)
                return []
        stage = self.stages.get(name)
        if stage is None or name in self._visited:
            return []
        self._visited.add(name)
        onward = [(target.to.text, around) for target in stage.targets]
        if stage.kind == "parallel":
            inner = around
            if stage.joins is not None:
                inner = (*around, stage.joins)
                self._owners.setdefault(id(stage.joins), []).append(name)
                onward.append((stage.joins.to.text, around))
            return [*((branch.to.text, inner) for branch in stage.branches), *onward]
        if not onward and around and not stage.is_exit:
            self.found[name] = around[-1]
            self._reach(around[-1])
        return onward

    def _reach(self, meeting: Target) -> None:
        for name in self._owners.get(id(meeting), ()):
            self.reached.add((name, meeting.to.text))
