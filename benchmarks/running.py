"""What both benchmarks of the engine share: pipelines, one run of one, and a table of figures.

Each figure stands beside its budget and says whether it is met. A run is made in this
process, as the command line makes it, in a SQLite file in a folder of its own.
"""

from __future__ import annotations

import asyncio
import gc
import os
import platform
import sqlite3
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from attractorc.compiler.plan.model import Plan
    from attractorc.compiler.value import Json
    from attractorc.interpreter.driver import RunResult
    from attractorc.interpreter.ports import Ports, Store

RUN_ID = "benchmark"
ENDS = "start [shape=Mdiamond] exit [shape=Msquare]"


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number: what it is of, its unit, and the most (or least) it should be."""

    name: str
    value: float
    unit: str
    budget: float
    least: bool = False

    @property
    def met(self) -> bool:
        return self.value >= self.budget if self.least else self.value <= self.budget

    def __str__(self) -> str:
        sign = ">=" if self.least else "<="
        verdict = "met" if self.met else "MISSED"
        return (
            f"{self.name:58}{self.value:10,.3g} {self.unit:<10}{sign} {self.budget:<8,.4g}{verdict}"
        )


def report(figures: Sequence[Figure], title: str) -> int:
    """Print the table; the process's exit code."""
    command = " ".join(["python", os.path.relpath(sys.argv[0]), *sys.argv[1:]])
    print(
        f"\n{title}\n{command}\n{os.cpu_count()} processors, {platform.platform(terse=True)}, "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}\n"
    )
    for figure in figures:
        print(figure)
    return 0 if all(figure.met for figure in figures) else 1


@dataclass(frozen=True, slots=True)
class Spent:
    """What something took: seconds by the clock, and of a processor, children included."""

    clock: float
    processor: float


@contextmanager
def spending(taken: list[Spent]) -> Iterator[None]:
    """Append what the body takes; garbage of before is gone when it begins."""
    gc.collect()
    children = sum(os.times()[2:4])
    processor, clock = process_time(), perf_counter()
    yield
    clock, processor = perf_counter() - clock, process_time() - processor
    taken.append(Spent(clock, processor + sum(os.times()[2:4]) - children))


def chain(stages: int, attributes: str = 'prompt="Do it"') -> str:
    """start -> n0 -> ... -> exit."""
    names = [f"n{number}" for number in range(stages)]
    nodes = " ".join(f"{name} [{attributes}]" for name in names)
    return f"digraph chain {{ {ENDS} {nodes} start -> {' -> '.join(names)} -> exit }}"


def branches(count: int, stages: int, most: int, attributes: str = 'prompt="Do it"') -> str:
    """A fan-out of so many branches of so many stages each, at most `most` at a time."""
    lines = [
        f"digraph branches {{ {ENDS}",
        f"fan [shape=component, max_parallel={most}] joined [shape=tripleoctagon]",
    ]
    for number in range(count):
        names = [f"b{number}_{stage}" for stage in range(stages)]
        lines += [f"{name} [{attributes}]" for name in names]
        lines.append(f"fan -> {' -> '.join(names)} -> joined")
    return "\n".join([*lines, "start -> fan joined -> exit }"])


def each_item(count: int, most: int) -> tuple[str, dict[str, Json]]:
    """A pipeline with a branch for each element of a list of this length, and its inputs.

    Where `for_each` is not known yet, the branches are written out, and there are no inputs.
    """
    text = f"""digraph dynamic {{ {ENDS} inputs="items"
      fan [shape=component, for_each="inputs.items", max_parallel={most}]
      one [prompt="Do it"] joined [shape=tripleoctagon]
      start -> fan -> one -> joined -> exit }}"""
    from attractorc.compiler.driver import compile_bytes

    if compile_bytes(text.encode(), "benchmark.dot").plan is not None:
        return text, {"items": [f"item {number}" for number in range(count)]}
    return branches(count, 1, most), {}


def compiled(text: str) -> Plan:
    """The plan of a pipeline, which has no faults."""
    from attractorc.compiler.driver import compile_bytes

    made = compile_bytes(text.encode(), "benchmark.dot")
    if made.plan is None:
        raise SystemExit(f"the pipeline of the benchmark is not compiled: {made.diagnostics}")
    return made.plan


def wired(store: Store) -> Ports:
    """Ports as `attractorc exec` wires them."""
    from attractorc.interpreter.driver.clock import SystemClock
    from attractorc.interpreter.handlers import built_in
    from attractorc.interpreter.handlers.interviewers import Park
    from attractorc.interpreter.ports import Ports

    return Ports(store, built_in(dict(os.environ)), Park(), SystemClock())


def plan_text(plan: Plan) -> str:
    """A plan's canonical JSON, which a run keeps."""
    from attractorc.compiler.plan.codec import to_json
    from attractorc.compiler.value import canonical

    return canonical(to_json(plan))


def executed(plan: Plan, folder: Path, text: str, inputs: Mapping[str, Json] | None = None) -> None:
    """Run a plan, durably, in a store in this folder; it must succeed."""
    from attractorc.interpreter.driver import Engine, create_run
    from attractorc.interpreter.driver.calls import Folders
    from attractorc.interpreter.driver.opening import NewRun
    from attractorc.interpreter.stores.opening import open_store

    store = open_store(str(folder / "runs.db"))
    ports = wired(store)
    new = NewRun(plan, text, "benchmark.dot", "", RUN_ID, str(folder), inputs or {})

    async def go() -> RunResult:
        journal = create_run(new, ports)
        try:
            return await Engine(journal, ports, Folders(folder, folder / "stages")).run()
        finally:
            journal.close()

    result = asyncio.run(go())
    store.close()
    if result.status != "success":
        raise SystemExit(f"the run of the benchmark ended {result.status}: {result.reason}")


def settled_down() -> None:
    """Collect garbage as the command line does, and import all that a run needs."""
    from attractorc.__main__ import collect_rarely

    collect_rarely()
    for attributes in ('prompt="Do it"', 'shape=parallelogram, tool_command="true"'):
        plan = compiled(branches(2, 1, 2, attributes))
        with folder() as where:
            executed(plan, where, plan_text(plan))


@contextmanager
def folder() -> Iterator[Path]:
    """A folder on a real disk, gone afterwards."""
    with TemporaryDirectory(prefix="attractorc-benchmark-", dir=os.environ.get("TMPDIR")) as made:
        yield Path(made)
