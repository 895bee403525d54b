"""What a handler is given for one attempt, and the private folder it may use.

Apart from the engine, which only needs to know that a call exists. It must not start
anything.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from collections.abc import Awaitable, Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from errno import EEXIST, ENOTDIR, ENOTEMPTY
from hashlib import sha256
from pathlib import Path

from attractorc.compiler.plan.model import Agent, Manager
from attractorc.compiler.value import Json

from ..carried import NOTHING
from ..decide import judging, supervising
from ..evaluate import render
from ..fidelity import told
from ..ports import Call, Process
from ..queries.run_directory import stage_folder
from ..state import State, Walker
from ..state.memory import agent_of

_OWNER_ONLY = 0o700
_THERE = (EEXIST, ENOTEMPTY, ENOTDIR)


@dataclass(frozen=True, slots=True)
class Folders:
    """Where a run's files are. `workspace`: what stages work in. `stages`: private ones.

    `logs_root` is the specification's run directory, None where nobody asked for one. `made`
    are the folders of attempts that asked for theirs (most do not), `left` those of attempts that
    are over, `spare` emptied ones. `workspaces` is where branches get files of their own, None
    where they cannot; they stay when the run ends. `store` is the store's file, if it has one.
    """

    workspace: Path
    stages: Path
    logs_root: Path | None = None
    workspaces: Path | None = None
    store: Path | None = None
    made: dict[str, Path] = field(default_factory=dict)
    left: list[Path] = field(default_factory=list)
    spare: list[Path] = field(default_factory=list)

    def stage_dir(self, walker: Walker) -> Path:
        """The folder of a walker's stage; inside the run's own folder whatever it is called."""
        if self.logs_root is not None:
            return self.logs_root / stage_folder(walker.path, walker.node)
        return Path(f"{self.stages}/{sha256(walker.writer.encode()).hexdigest()[:32]}")

    def make(self, walker: Walker) -> Path:
        """The stage's folder, made with owner-only permissions, without an old status file."""
        folder = self.stage_dir(walker)
        try:
            anew = self._made_anew(folder)
        except FileNotFoundError:
            for part in reversed(folder.parents):
                part.mkdir(exist_ok=True, mode=_OWNER_ONLY)
            anew = self._made_anew(folder)
        self.made[walker.writer] = folder
        if not anew:
            (folder / "status.json").unlink(missing_ok=True)
        return folder

    def _made_anew(self, folder: Path) -> bool:
        """Make a folder, of a spare one if there is any; False if it was there already."""
        if self.spare:
            spare = self.spare.pop()
            try:
                # An empty one that was there is gone with it.
                os.rename(spare, folder)  # noqa: PTH104 - for each stage
            except OSError as error:
                if error.errno in _THERE:  # as after a hook: the spare one is for another stage
                    self.spare.append(spare)
            else:
                return True
        try:
            folder.mkdir(mode=_OWNER_ONLY)
        except FileExistsError:
            if not folder.is_dir():
                raise
            return False
        return True

    def leave(self, walker: Walker) -> None:
        """A stage is over: its private folder is to be emptied; one in the run directory stays."""
        folder = self.made.pop(walker.writer, None)
        if folder is not None and self.logs_root is None:
            self.left.append(folder)

    def tidy(self) -> None:
        """Remove what is in the folders that were left.

        The folders themselves become other stages', under other names: making one is slow.
        """
        while self.left:
            folder = self.left.pop()
            try:
                if _emptied(folder):
                    self.spare.append(folder)
            except OSError:
                shutil.rmtree(folder, ignore_errors=True)

    def close(self) -> None:
        """Remove the private folders of the run, and the one that held them if it is empty."""
        shutil.rmtree(self.stages, ignore_errors=True)
        with contextlib.suppress(OSError):
            self.stages.parent.rmdir()


def _emptied(folder: Path) -> bool:
    """Empty a folder; False if there is only a link, which is gone then."""
    mode = folder.lstat().st_mode
    if stat.S_ISLNK(mode):  # a program's doing; what it points to is not ours
        folder.unlink()
        return False
    for entry in list(os.scandir(folder)):
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path)
        else:
            os.unlink(entry.path)  # noqa: PTH108 - for each stage, and no path is needed
    if stat.S_IMODE(mode) != _OWNER_ONLY:
        folder.chmod(_OWNER_ONLY)
    return True


def call_for(
    state: State,
    walker: Walker,
    folders: Folders,
    report: Callable[[Process], None],
    durable: Callable[[], Awaitable[None]],
    blob: Callable[[str], bytes],
) -> Call:
    """The call of the attempt that a walker is about to make. `blob` reads one of the store's."""
    step, attempt_id = walker.step, walker.attempt_id(state.run_id)
    prompt = branch_id = ""
    candidates: tuple[str, ...] = ()
    if isinstance(step.work, Agent):
        prompt = render(step.work.prompt, walker.context, walker.inputs)
    elif judging.is_judging(step):
        prompt = judging.agent_prompt(state, walker)
        candidates = judging.matter(state, walker).asking.candidates
    seen: Mapping[str, Json] = walker.context
    if walker.child is not None:
        step, prompt, seen = supervising.asked(state, walker)
        attempt_id = supervising.call_id(state, walker)
    carried, session = NOTHING, ""
    if walker.memory is not None and agent_of(step) is not None:
        carried, session = told(state, walker, blob)
    if walker.parent_fork is not None:
        branch_id = state.forks[walker.parent_fork].branches[walker.branch_index].id
    folder, own = _folder(state, walker, folders.workspace)
    return Call(
        state.run_id,
        step,
        walker.path,
        branch_id,
        walker.visit,
        walker.attempt,
        walker.stage,
        attempt_id,
        _View(seen),
        walker.plan.goal,
        walker.inputs,
        prompt,
        folder,
        folders.logs_root,
        lambda: folders.make(walker),
        report,
        durable,
        candidates,
        own,
        session,
        carried,
    )


def _folder(state: State, walker: Walker, workspace: Path) -> tuple[Path, bool]:
    """The folder that a walker's stages work in, and whether it lies in a branch's own workspace.

    That is the nearest workspace, and in it the folders that supervisors have their children
    work in. `workspace` is the run's.
    """
    own = False
    inner: list[str] = []
    current = walker
    while True:
        if current.parent_fork is not None:
            fork = state.forks[current.parent_fork]
            if (place := fork.branches[current.branch_index].workspace) is not None:
                workspace, own = Path(str(place["folder"])), True
                break
            current = state.walkers[fork.path]
        elif current.caller is not None:
            current = state.walkers[current.caller]
            if isinstance(current.step.work, Manager) and current.step.work.workdir:
                inner.insert(0, current.step.work.workdir)
        else:
            break
    return workspace.joinpath(*inner) if inner else workspace, own


class _View(Mapping[str, Json]):
    """What a handler reads: copies, so that what it does to a value reaches nobody."""

    __slots__ = ("_context",)

    def __init__(self, context: Mapping[str, Json]) -> None:
        self._context = context

    def __getitem__(self, key: str) -> Json:
        return deepcopy(self._context[key])

    def __contains__(self, key: object) -> bool:
        return key in self._context

    def __iter__(self) -> Iterator[str]:
        return iter(self._context)

    def __len__(self) -> int:
        return len(self._context)
