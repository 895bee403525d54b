"""File work: what the machine asks of the port of workspaces, as calls to it.

Says where workspaces are and what they are called, so that a resume finds what an earlier
engine left half done. Apart from the tasks, which only run what this gives them. It must
not know how workspaces are made.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import cast

from attractorc.compiler.value import Json, encoded

from ..decide import FileWork
from ..state import State, Walker
from ..workspace import Fork, Kind, WorkspaceError, Workspaces
from ..workspaces.places import component, flat
from .calls import Folders


def job_of(
    work: FileWork, state: State, folders: Folders, port: Workspaces | None
) -> Callable[[], object]:
    """The call to the port that a piece of file work is, with all that it needs."""
    if port is None or folders.workspaces is None:
        return partial(_none, state.run_id)
    walker = state.walkers[work.path]
    if work.task == "fork":
        return partial(port.fork, _fork(state, walker, folders, folders.workspaces))
    if work.task == "make":
        above = state.own_fork(walker)
        assert above is not None
        assert above.base is not None
        name = component(above.branches[walker.branch_index].id)
        return partial(port.make, above.base, name)
    fork = state.forks[walker.fork or ""]
    base = fork.base
    assert base is not None
    match work.task:
        case "close":
            made = {one.id: one.workspace for one in fork.branches if one.workspace is not None}
            return lambda: {name: port.close(base, workspace) for name, workspace in made.items()}
        case "merge":
            assert work.rule is not None
            return partial(port.merge, base, work.branches, work.rule)
        case "apply":
            return partial(port.apply, base)
        case _:
            raise AssertionError(f"no such file work: {work.task}")


def _fork(state: State, walker: Walker, folders: Folders, root: Path) -> Fork:
    region = walker.plan.regions[walker.node]
    name = flat(f"{walker.path}/{encoded(walker.node)}.{walker.visit}")
    own = state.workspace_of(walker)
    private = () if folders.logs_root is None else (folders.logs_root,)
    return Fork(
        kind=cast("Kind", state.workspace_kind(region)),
        parent=Path(own) if own else folders.workspace,
        place=root / name,
        name=f"{component(state.run_id)}/{name}",
        private=private,
        store=folders.store,
    )


def _none(run_id: str) -> dict[str, Json]:
    raise WorkspaceError(f"the engine of run '{run_id}' was given nothing to make workspaces with")
