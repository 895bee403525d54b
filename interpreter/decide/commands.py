"""Commands: what the machine asks of its driver.

Plain data. A `Commit` must be durable before any effect of a later command leaves the
process. It must not know how a command is carried out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from ..records import Record
from ..workspace import Contributor, FileRule

FileTask: TypeAlias = Literal["fork", "make", "close", "merge", "apply"]


@dataclass(frozen=True, slots=True)
class Commit:
    """Append these records, stamped, in this order, and apply each of them."""

    records: tuple[Record, ...]


@dataclass(frozen=True, slots=True)
class StartAttempt:
    """Run the handler of the stage that the walker of this path stands at."""

    path: str


@dataclass(frozen=True, slots=True)
class Ask:
    """Put the question of the human gate that the walker of this path stands at."""

    path: str


@dataclass(frozen=True, slots=True)
class Cancel:
    """End these walkers' attempts and withdraw their questions; saying so twice is harmless."""

    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Finish:
    """The run is over: compute its canonical outcome and commit its last record."""

    status: str
    reason: str


@dataclass(frozen=True, slots=True)
class FileWork:
    """Have the port of workspaces do something for the walker of this path.

    `fork` its fan-out's base; `make` the workspace that it begins in; `close`, `merge` and
    `apply` those of the fork that it stands at. It is asked for again after a crash.
    """

    path: str
    task: FileTask
    rule: FileRule | None = None
    branches: tuple[Contributor, ...] = ()


Command: TypeAlias = Commit | StartAttempt | Ask | Cancel | FileWork | Finish


@dataclass(frozen=True, slots=True)
class Limits:
    """What holds decisions back from outside. `jobs` None: no limit but `max_parallel`.

    `stopping`: somebody asked for a stop; no further attempt or question begins.
    """

    jobs: int | None = None
    stopping: bool = False
