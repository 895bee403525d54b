"""One file, or many at once, through the compiler: findings that count, and fixes.

Many files are shared out among processes; what comes back, and its order, does not depend on
how many there are. It must not know how findings are printed, and it writes no file.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from .beside import files_in
from .files import Input

if TYPE_CHECKING:
    from attractorc.compiler.diagnostic import Diagnostic
    from attractorc.compiler.driver import Compiled
    from attractorc.compiler.source import Source

    from .settings import Settings

Mend: TypeAlias = Literal["none", "safe", "all"]
"""Which fixes to put in: none, those that change no plan, or all that there are."""

ROUNDS = 10
_WORTH_IT = 50  # starting processes takes as long as some fifty files of the usual size
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Task:
    """One file and what to do with it."""

    item: Input
    settings: Settings
    mend: Mend = "none"


@dataclass(frozen=True, slots=True)
class Examined:
    """What was found in a file, after the fixes: `data` are the bytes with them, if there
    are any, and `mended` is their number. `failed` says whether a finding fails the check.
    `below` are the files of the pipelines that it runs, in which there can be findings, too.
    """

    source: Source
    findings: tuple[Diagnostic, ...]
    failed: bool
    data: bytes | None = None
    mended: int = 0
    below: tuple[Source, ...] = ()


def examined(tasks: Sequence[Task], jobs: int | None) -> list[Examined]:
    """The files in their order; `jobs` processes, by default one for each processor."""
    jobs = min(len(tasks), jobs or _processors()) if len(tasks) > _WORTH_IT else 1
    if jobs == 1:
        return [examine(task) for task in tasks]
    import multiprocessing

    # What is imported before the fork is not imported by every process again.
    import attractorc.compiler.driver
    import attractorc.compiler.frontend.dot
    import attractorc.compiler.frontend.yaml  # noqa: F401

    way = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    with way.Pool(jobs) as pool:
        return pool.map(examine, tasks, chunksize=max(1, len(tasks) // (8 * jobs)))


def examine(task: Task) -> Examined:
    """One file. Fixes are put in round by round, until there are no more that go in."""
    item, data, mended = task.item, task.item.data, 0
    compiled, findings = _found(task, data)
    for _round in range(ROUNDS if task.mend != "none" else 0):
        changed, count = _changed(task, data, compiled, findings)
        if not count:
            break
        again, left = _found(task, changed)
        if _errors(left) > _errors(findings):
            break
        data, compiled, findings, mended = changed, again, left, mended + count
    failed = any(task.settings.fails(found) for found in findings)
    written = data if data != item.data else None
    return Examined(compiled.source, findings, failed, written, mended, compiled.below)


def _found(task: Task, data: bytes) -> tuple[Compiled, tuple[Diagnostic, ...]]:
    from attractorc.compiler.driver import compile_bytes

    item = task.item
    compiled = compile_bytes(data, item.name, planned=False, files=files_in(item.folder))
    return compiled, task.settings.shown(compiled.diagnostics)


def _changed(
    task: Task, data: bytes, compiled: Compiled, findings: tuple[Diagnostic, ...]
) -> tuple[bytes, int]:
    """The bytes with the fixes of one round, and how many fixes those are."""
    fixes = [
        found.fix
        for found in findings
        if found.fix
        and (found.fix.safe or task.mend == "all")
        and found.span.file == compiled.source.name
    ]
    if not fixes:
        return data, 0
    from attractorc.compiler.fixes import applied

    text, count = applied(compiled.source.text, fixes)
    changed = (_BOM if data.startswith(_BOM) else b"") + text.encode()
    return (changed, count) if changed != data else (data, 0)


def _errors(findings: tuple[Diagnostic, ...]) -> int:
    return sum(found.severity == "error" for found in findings)


def _processors() -> int:
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed else os.cpu_count() or 1
