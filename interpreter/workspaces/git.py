"""Calling git: its environment, its complaints, and its answers as bytes.

The user's configuration counts, since filters and line ends are part of what files are;
hooks do not, and nothing of an outer git command's environment. It must not know what git
is called for.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..workspace import GIT_PLACES, WorkspaceError

_OUTER = (
    *GIT_PLACES,
    "GIT_EXTERNAL_DIFF",
    "GIT_GLOB_PATHSPECS",
    "GIT_ICASE_PATHSPECS",
    "GIT_LITERAL_PATHSPECS",
    "GIT_NOGLOB_PATHSPECS",
)
_SETTINGS = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.quotePath=false",
    "gc.auto=0",
    "maintenance.auto=false",
)
_BUSY = ("cannot lock", "unable to create", "another git process", "failed to read")
_TRIES = 6
_PAUSE_S = 0.1


class GitRefused(WorkspaceError):
    """Git could not do it; `status` is its exit code."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


def git(
    folder: Path,
    *arguments: str,
    given: bytes | None = None,
    index: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> bytes:
    """What git prints, called in a folder. Raises `WorkspaceError`, one sentence.

    `index` stands in for the repository's own. A lock that another git holds is waited for.
    """
    options = [part for setting in _SETTINGS for part in ("-c", setting)]
    command = ["git", "-C", str(folder), *options, *arguments]
    surroundings = {name: value for name, value in os.environ.items() if name not in _OUTER}
    surroundings |= {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", **(environment or {})}
    if index is not None:
        surroundings["GIT_INDEX_FILE"] = str(index)
    for tried in range(1, _TRIES + 1):
        try:
            ended = subprocess.run(  # noqa: S603 - no shell, and all arguments are ours
                command, input=given or b"", capture_output=True, env=surroundings, check=False
            )
        except FileNotFoundError as error:
            raise WorkspaceError("workspace=worktree needs git, and there is none") from error
        except OSError as error:
            raise WorkspaceError(f"git cannot be started: {error.strerror}") from error
        complaint = ended.stderr.decode("utf-8", "replace").strip()
        if ended.returncode == 0:
            return ended.stdout
        if tried == _TRIES or not any(word in complaint.lower() for word in _BUSY):
            break
        time.sleep(_PAUSE_S * tried)
    raise GitRefused(_sentence(folder, arguments, complaint), ended.returncode)


def line(folder: Path, *arguments: str, index: Path | None = None) -> str:
    """What git prints, as one text without its line end."""
    return os.fsdecode(git(folder, *arguments, index=index)).removesuffix("\n")


def holds(folder: Path, *arguments: str) -> bool:
    """Whether git says yes: exit 0; no is any other."""
    try:
        git(folder, *arguments)
    except GitRefused:
        return False
    return True


def _sentence(folder: Path, arguments: Sequence[str], complaint: str) -> str:
    lines = [part for part in complaint.splitlines() if part.strip()]
    fatal = [part for part in lines if part.startswith(("fatal:", "error:"))]
    told = (fatal or lines or ["it says nothing"])[-1]
    words = " ".join(part for part in arguments[:2] if not part.startswith("-"))
    return f"git {words} failed in '{folder}': {told}"
