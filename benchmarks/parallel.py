"""What real parallel branches cost: simulated ones in a store, processes, and memory.

    python benchmarks/parallel.py [--branches 1000] [--rounds 5] [--many 10000] [--processes 64]

Branches of three simulated stages are run durably, in a SQLite file, and timed whole, from
making the run to its digest. Real processes run in turn with a bare asyncio spawner of the
same commands. Memory is the growth of the peak between a tenth of the branches and all, each
in a process of its own. Needs nothing but the package.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from running import (
    Figure,
    Spent,
    branches,
    compiled,
    each_item,
    executed,
    folder,
    plan_text,
    report,
    settled_down,
    spending,
)

STAGES = 3
AT_ONCE = 16
SLEEP = "sleep 0.05"


def simulated(count: int, rounds: int) -> Figure:
    """Seconds by the clock for branches of simulated stages, the best of the rounds."""
    plan = compiled(branches(count, STAGES, count))
    text = plan_text(plan)
    taken: list[Spent] = []
    for _ in range(rounds):
        with folder() as where, spending(taken):
            executed(plan, where, text)
    best = min(each.clock for each in taken)
    processor = min(each.processor for each in taken)
    name = f"{count:,} branches of {STAGES} simulated stages, durable (cpu {processor:.2f} s)"
    return Figure(name, best, "s", 0.5 * count / 1000)


def processes(count: int, rounds: int) -> Figure:
    """Tool branches against a bare spawner of the same commands, in turn; the best of each."""
    plan = compiled(branches(count, 1, AT_ONCE, f'shape=parallelogram, tool_command="{SLEEP}"'))
    text = plan_text(plan)
    ours: list[Spent] = []
    bare: list[Spent] = []
    for _ in range(rounds):
        with folder() as where, spending(ours):
            executed(plan, where, text)
        with folder() as where, spending(bare):
            asyncio.run(spawned(count, where))
    mine, least = (min(each.clock for each in taken) for taken in (ours, bare))
    name = f"{count} branches of '{SLEEP}', {AT_ONCE} at once, against a bare spawner"
    return Figure(f"{name} ({mine:.2f} s / {least:.2f} s)", mine / least, "times", 1.25)


async def spawned(count: int, where: Path) -> None:
    """What a program does that journals nothing: the same commands, as many at once."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one() -> None:
        async with gate:
            child = await asyncio.create_subprocess_exec(
                "sh",
                "-c",
                SLEEP,
                cwd=where,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
            await child.communicate()
            if child.returncode:
                raise SystemExit(f"'{SLEEP}' failed")

    await asyncio.gather(*(one() for _ in range(count)))


def memory(count: int) -> Figure:
    """KB by which the peak grows for each further branch."""
    less, more = (json.loads(told(size)) for size in (count // 10, count))
    growth = (more["peak"] - less["peak"]) / (count - count // 10) / 1e3
    name = f"{count:,} {more['kind']} branches: memory for each (peak {more['peak'] / 1e6:.0f} MB)"
    return Figure(name, growth, "KB", 20)


def told(count: int) -> bytes:
    """The peak of a process that runs so many branches, in bytes, as JSON."""
    command = [sys.executable, __file__, "--peak-of", str(count)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout


def peak(count: int) -> None:
    """Run so many branches; print what this process needed at most."""
    text, inputs = each_item(count, AT_ONCE)
    kind = "dynamic" if inputs else "static"
    plan = compiled(text)
    with folder() as where:
        executed(plan, where, plan_text(plan), inputs)
    unit = 1 if sys.platform == "darwin" else 1024
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    print(json.dumps({"peak": used, "kind": kind}))


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure what parallel branches cost.")
    parser.add_argument("--branches", type=int, default=1_000, help="simulated ones")
    parser.add_argument("--processes", type=int, default=64, help="branches with a real process")
    parser.add_argument("--many", type=int, default=10_000, help="branches that memory is told of")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--peak-of", type=int, metavar="BRANCHES", help=argparse.SUPPRESS)
    given = parser.parse_args()
    settled_down()
    if given.peak_of:
        peak(given.peak_of)
        return 0
    return report(
        [
            simulated(given.branches, given.rounds),
            processes(given.processes, given.rounds),
            memory(given.many),
        ],
        "parallel branches",
    )


if __name__ == "__main__":
    sys.exit(main())
