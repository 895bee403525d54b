"""What a stage's program is told: its environment and the files in the stage's folder.

Values reach programs here and nowhere else: as variables and as files, never as part of a
command line. Tools and agent programs get the same. It must not run anything.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from errno import EACCES, EDQUOT, EIO, EMFILE, ENFILE, ENOSPC, EPERM, EROFS
from pathlib import Path

from attractorc.compiler.value import Json, as_text, canonical

from ..ports import Call, StoreError
from ..workspace import GIT_PLACES
from .process_groups import MARK
from .processes import CannotStart

_NO_ROOM = (ENOSPC, EDQUOT, EROFS, EIO, EMFILE, ENFILE)
"""What is wrong with the disk or the process, and not with a folder."""
_EXPORTED = "ATTRACTOR_EXPORTED"
_INPUT = "ATTRACTOR_INPUT_"
_ITEMS = {
    "ATTRACTOR_ITEM": "item",
    "ATTRACTOR_ITEM_INDEX": "item.index",
    "ATTRACTOR_ITEM_KEY": "item.key",
    "ATTRACTOR_ITEM_TOTAL": "item.total",
}
_ITEM_LIMIT_BYTES = 64 * 1024
"""An element that no variable can hold, or a larger one, stands in the context file only."""
_HOOKS = (
    "ATTRACTOR_TOOL_HOOK_PRE",
    "ATTRACTOR_TOOL_HOOK_POST",
    "ATTRACTOR_HOOK",
    "ATTRACTOR_TOOL",
    "ATTRACTOR_OUTCOME",
)
_NAMES = frozenset(
    (
        "ATTRACTOR_RUN_ID",
        "ATTRACTOR_NODE_ID",
        "ATTRACTOR_BRANCH_ID",
        "ATTRACTOR_PATH",
        "ATTRACTOR_ATTEMPT",
        MARK,
        "ATTRACTOR_GOAL",
        "ATTRACTOR_LOGS_ROOT",
        "ATTRACTOR_STAGE_DIR",
        "ATTRACTOR_STATUS_FILE",
        "ATTRACTOR_CONTEXT_FILE",
        *_ITEMS,
        *_HOOKS,
        _EXPORTED,
    )
)


@dataclass(frozen=True, slots=True)
class StageFiles:
    """The folder of an attempt, with the files that an engine and a program share in it."""

    folder: Path
    status: Path
    context: Path


def stage_files(call: Call) -> StageFiles:
    """Make the stage's folder ready: no old status file, the context as a read-only file.

    Raises `CannotStart` for what an earlier attempt left there, and `StoreError` where the run's
    own folders cannot be written: that is no fault of the stage.
    """
    files = stage_folder(call)
    write_context(call, files)
    return files


def stage_folder(call: Call) -> StageFiles:
    """The stage's folder without an old status file, and not yet with the context. As above."""
    try:
        folder = call.stage_dir()
    except OSError as error:
        if error.errno in (*_NO_ROOM, EACCES, EPERM):
            raise _unwritable(Path(error.filename or ""), error) from error
        reason = f"cannot make the stage's folder: {error.strerror}"
        raise CannotStart(reason, permanent=False) from error
    files = StageFiles(folder, folder / "status.json", folder / "context.json")
    with _blaming(folder):
        files.status.unlink(missing_ok=True)
    return files


def write_context(call: Call, files: StageFiles) -> None:
    """Write the context's file into the stage's folder. Raises as `stage_files`."""
    with _blaming(files.folder):
        _write_anew(files.context, f"{canonical(dict(call.context))}\n".encode())


@contextmanager
def _blaming(folder: Path) -> Iterator[None]:
    """Say who is to blame for what cannot be done in a stage's folder."""
    try:
        yield
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise _unwritable(folder, error) from error
        reason = f"cannot write into the stage's folder '{folder}': {error.strerror}"
        raise CannotStart(reason, permanent=False) from error


def _write_anew(path: Path, data: bytes) -> None:
    """Write a read-only file that is made for this: that of an earlier attempt is none of it."""
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC
    try:
        handle = os.open(path, flags, 0o400)
    except FileExistsError:
        path.unlink()
        handle = os.open(path, flags, 0o400)
    try:
        left = memoryview(data)
        while left:
            left = left[os.write(handle, left) :]
    finally:
        os.close(handle)


def _unwritable(place: Path, error: OSError) -> StoreError:
    said = (error.strerror or str(error)).lower()
    return StoreError(
        f"{place}: a stage's folder cannot be written: {said}; mend the cause, then resume the run"
    )


def stage_environment(
    call: Call, files: StageFiles, inherited: Mapping[str, str]
) -> dict[str, str]:
    """The environment of a stage's program (semantics 9), over the inherited one.

    Every variable is always there, empty where there is nothing to say. What an outer run
    exported is not inherited. Raises `CannotStart` for a value that no variable can hold.
    """
    kept = dict(inherited)
    gone = [name for name in kept if name.startswith(_INPUT)]
    gone += kept.keys() & _NAMES
    gone += kept.get(_EXPORTED, "").split()
    if call.own_workspace:
        gone += GIT_PLACES  # where an outer git's repository is, the branch's files are not
    for name in gone:
        kept.pop(name, None)
    said = {
        "ATTRACTOR_RUN_ID": call.run_id,
        "ATTRACTOR_NODE_ID": call.step.id,
        "ATTRACTOR_BRANCH_ID": call.branch_id,
        "ATTRACTOR_PATH": call.path,
        "ATTRACTOR_ATTEMPT": str(call.attempt),
        MARK: call.attempt_id,
        "ATTRACTOR_GOAL": call.goal,
        "ATTRACTOR_LOGS_ROOT": "" if call.logs_root is None else str(call.logs_root),
        "ATTRACTOR_STAGE_DIR": str(files.folder),
        "ATTRACTOR_STATUS_FILE": str(files.status),
        "ATTRACTOR_CONTEXT_FILE": str(files.context),
    }
    hooks = {"PRE": call.step.pre_hook, "POST": call.step.post_hook}
    said |= {f"ATTRACTOR_TOOL_HOOK_{name}": hook for name, hook in hooks.items() if hook}
    said |= {name: _item(call.context.get(key)) for name, key in _ITEMS.items()}
    said |= {_input_variable(name): as_text(v) for name, v in call.inputs.items()}
    own = _own_names({**call.inputs, "goal": call.goal}, kept | said)
    said |= own
    said[_EXPORTED] = " ".join(own)
    for name, value in said.items():
        _fits(name, value)
    return kept | said


def _item(value: Json) -> str:
    text = as_text(value)
    try:
        size_bytes = len(text.encode())
    except UnicodeEncodeError:
        return ""
    return "" if "\0" in text or size_bytes > _ITEM_LIMIT_BYTES else text


def _input_variable(name: str) -> str:
    return _INPUT + re.sub(r"[^A-Z0-9_]", "_", name.upper())


def _own_names(values: Mapping[str, Json], taken: Mapping[str, str]) -> dict[str, str]:
    return {
        name: as_text(value)
        for name, value in values.items()
        if name not in taken and re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name)
    }


def _fits(name: str, value: str) -> None:
    if "\0" in value:
        raise CannotStart(f"'{name}' holds a NUL character, which no variable can hold")
    try:
        os.fsencode(value)
    except UnicodeEncodeError as error:
        raise CannotStart(f"'{name}' holds half a surrogate pair, which is no text") from error
