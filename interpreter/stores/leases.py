"""One writer per run: a lock of the operating system, which the kernel frees at death.

The lock file's name is made from the run id, whatever that holds. Apart from the
stores because both of them lease runs. It must not know what a run is.
"""

from __future__ import annotations

import fcntl
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from blake3 import blake3

from attractorc.compiler.value import encoded

from ..ports import Fenced, Locked, StoreError
from .owner_only import FILE_MODE, private_folder

_NAME_LIMIT = 120


class Releasable(Protocol):
    """Something that is held until it is released."""

    @property
    def held(self) -> bool: ...
    def release(self) -> None: ...


class RunLock:
    """A held lock. `release` gives it up; safe to call twice."""

    __slots__ = ("_handle", "_path", "held")

    def __init__(self, handle: int, path: Path) -> None:
        self._handle = handle
        self._path = path
        self.held = True

    def release(self) -> None:
        """Free the run and take the file away."""
        if not self.held:
            return
        # Under the lock: who opens this file meanwhile finds by its inode that it is gone.
        if _is(self._handle, self._path):
            self._path.unlink(missing_ok=True)
        os.close(self._handle)
        self.held = False


@dataclass(slots=True)
class Hold:
    """A run in somebody's hands, for a store in memory: an entry in its table of them."""

    holds: dict[str, Hold]
    run_id: str

    @property
    def held(self) -> bool:
        """Whether it was not released yet."""
        return self.holds.get(self.run_id) is self

    def release(self) -> None:
        """Free the run; safe to call twice."""
        if self.held:
            del self.holds[self.run_id]


class RunLease:
    """A lease on one run: its lock, and the epoch that fences off every older writer."""

    __slots__ = ("_epoch", "lock", "run_id")

    def __init__(self, run_id: str, epoch: int, lock: Releasable) -> None:
        self.run_id = run_id
        self._epoch = epoch
        self.lock = lock

    @property
    def epoch(self) -> int:
        """Counts the writers of this run, from 1."""
        return self._epoch

    def release(self) -> None:
        """Give the run up; safe to call twice."""
        self.lock.release()

    def refuse_if_over(self, epoch: int) -> None:
        """Raise `Fenced` if it was released, or if the run's epoch is a later one."""
        if epoch != self._epoch or not self.lock.held:
            raise Fenced(
                f"run '{self.run_id}' was taken over by another process; nothing more is written"
            )


def lock_name(run_id: str) -> str:
    """The file name of a run's lock: harmless in any folder, one for each run id."""
    name = encoded(run_id)
    if len(name) > _NAME_LIMIT:
        digest = blake3(run_id.encode("utf-8", "surrogatepass")).hexdigest()
        name = f"{name[: _NAME_LIMIT - 40]}-{digest[:32]}"
    return f"{name}.lock"


def take(folder: Path, run_id: str) -> RunLock:
    """Lock a run without waiting. Raises `Locked`, with the owner's process id if known."""
    path = folder / lock_name(run_id)
    try:
        # Locks are of processes: nobody needs to find them again after a power cut.
        private_folder(folder, lasting=False)
        while True:
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if _is(handle, path):
                    os.truncate(handle, 0)
                    os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
                    return RunLock(handle, path)
            except BlockingIOError:
                whose = _owner(handle)
                os.close(handle)
                raise Locked(f"run '{run_id}' is in the hands of {whose}") from None
            except BaseException:
                os.close(handle)
                raise
            os.close(handle)
    except OSError as error:
        raise StoreError(f"{path}: the run cannot be locked: {error.strerror}") from error


def holders(folder: Path) -> list[str]:
    """Who holds locks in a folder: `process 4711`, or `another process`."""
    found = []
    for path in sorted(folder.glob("*.lock")):
        try:
            handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            continue
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            found.append(_owner(handle))
        finally:
            os.close(handle)
    return found


def _owner(handle: int) -> str:
    """The process that a lock file names."""
    owner = os.pread(handle, 32, 0).decode("ascii", "replace").strip()
    return f"process {owner}" if owner.isdigit() else "another process"


def _is(handle: int, path: Path) -> bool:
    """Whether the open file still is the one of that name."""
    try:
        named = path.stat()
    except FileNotFoundError:
        return False
    return os.path.samestat(os.fstat(handle), named)
