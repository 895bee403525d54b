"""What compiling costs: time for each node by phase, memory, and a whole `check`.

    python benchmarks/compile.py [--rounds 5] [--runs 21] [--sizes 100 1000 10000]

Each round is a process of its own, set up as the command line sets itself up; phases are
measured in processor time. Sizes run in turn, and so do `check` and `python -c pass`, so that
a machine that is busy meanwhile is so for all. Needs nothing but the standard library.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

PHASES = ("parse", "elaborate", "passes", "rules", "lower")

TEN_NODES = """\
digraph ten {
  goal = "Ship the change"
  node [timeout="900s"]
  start [shape=Mdiamond]
  exit [shape=Msquare]
  build [label="Build", prompt="Build: $goal", max_retries=2]
  checks [shape=component, join="wait_all"]
  lint [shape=parallelogram, tool_command="make lint"]
  test [shape=parallelogram, tool_command="make test"]
  joined [shape=tripleoctagon]
  gate [shape=diamond]
  mend [prompt="Mend what fails"]
  ask [shape=hexagon, label="Ship it?"]
  start -> build -> checks
  checks -> lint -> joined
  checks -> test -> joined
  joined -> gate
  gate -> ask [condition="outcome=success"]
  gate -> mend
  mend -> checks
  ask -> exit [label="[Y] Yes"]
  ask -> mend [label="[N] No"]
}
"""


def pipeline(nodes: int) -> str:
    """A chain of so many stages, agents and tools in turn, with an edge for each."""
    lines = ["digraph g {", "start [shape=Mdiamond] exit [shape=Msquare]"]
    for number in range(nodes):
        if number % 2:
            lines.append(
                f'n{number} [label="Step {number}", prompt="Do $goal for {number}", '
                'max_retries=2, timeout="900s"]'
            )
        else:
            lines.append(f'n{number} [shape=parallelogram, tool_command="echo {number}"]')
    lines.append("start -> n0")
    lines += [f'n{number} -> n{number + 1} [label="next"]' for number in range(nodes - 1)]
    lines.append(f"n{nodes - 1} -> exit }}")
    return "\n".join(lines)


def phases(nodes: int) -> list[float]:
    """Seconds of processor time for each of `PHASES`, once, in this process."""
    from attractorc.compiler.elaborate import elaborate
    from attractorc.compiler.frontend import read
    from attractorc.compiler.lower import lower
    from attractorc.compiler.passes import PASSES
    from attractorc.compiler.rules import check
    from attractorc.compiler.source import Source, no_files

    source = Source("g.dot", pipeline(nodes))
    times = [process_time()]
    document, found = read(source, "dot")
    if document is None or found:
        raise SystemExit(f"the pipeline of the benchmark is not read: {found}")
    times.append(process_time())
    graph, _ = elaborate(document)
    times.append(process_time())
    for each in PASSES:
        graph, _ = each(graph, no_files)
    times.append(process_time())
    check(graph)
    times.append(process_time())
    lower(graph)
    times.append(process_time())
    return [end - start for start, end in zip(times, islice(times, 1, None), strict=False)]


@dataclass(frozen=True, slots=True)
class Spent:
    """What one process took: seconds by the clock and of a processor, MB at most, its output."""

    clock: float
    processor: float
    memory: float
    output: bytes


def spent(command: Sequence[str], environment: Mapping[str, str], most: int = 0) -> Spent:
    """Run a process, which must end with an exit code of at most `most`."""
    with tempfile.TemporaryFile() as output:
        start = perf_counter()
        child = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
        _, status, usage = os.wait4(child.pid, 0)
        clock = perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        told = output.read()
    if not 0 <= child.returncode <= most:
        raise SystemExit(f"{' '.join(command)} failed:\n{told.decode(errors='replace')}")
    unit = 1 if sys.platform == "darwin" else 1024
    return Spent(clock, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit / 1e6, told)


def table(
    sizes: Sequence[int], rounds: int, environment: Mapping[str, str], options: Sequence[str]
) -> None:
    """Print microseconds for each node, by size and phase, and the growth at the end."""
    collector = "Python's own" if options else "the command line's"
    print(f"microseconds for each node, median of {rounds} (garbage collector: {collector})\n")
    print("   nodes" + "".join(f"{phase:>11}" for phase in PHASES) + "      total    memory")
    commands = {n: [sys.executable, __file__, "--one", str(n), *options] for n in sizes}
    spent(commands[sizes[0]], environment)  # the first run leaves the bytecode for the others
    runs: dict[int, list[Spent]] = {nodes: [] for nodes in sizes}
    for _ in range(rounds):
        for nodes, command in commands.items():
            runs[nodes].append(spent(command, environment))
    totals: list[float] = []
    for nodes in sizes:
        taken = [json.loads(run.output) for run in runs[nodes]]
        each = [median(column) / nodes * 1e6 for column in zip(*taken, strict=True)]
        totals.append(median(sum(row) for row in taken) / nodes * 1e6)
        row = "".join(f"{number:11.0f}" for number in (*each, totals[-1]))
        print(f"{nodes:8,}{row}{median(run.memory for run in runs[nodes]):7.0f} MB")
    if len(sizes) > 1:
        growth = totals[-1] / totals[-2]
        print(f"\n{sizes[-1]:,} nodes against {sizes[-2]:,}: {growth:.2f} times for each node\n")


def whole(runs: int, environment: Mapping[str, str]) -> None:
    """Print what a `check` of ten nodes costs beside a Python that does nothing."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "ten.dot")
        file.write_text(TEN_NODES, "utf-8")
        check = [sys.executable, "-m", "attractorc", "check", str(file)]
        nothing = [sys.executable, "-c", "pass"]
        spent(check, environment)
        pairs = [(spent(check, environment), spent(nothing, environment)) for _ in range(runs)]
    print(f"whole processes, median of {runs} in turn\n")
    print("                              clock  processor    memory")
    rows: list[tuple[float, float]] = []
    names = ("attractorc check, 10 nodes", "python -c pass")
    for name, column in zip(names, zip(*pairs, strict=True), strict=True):
        clock, processor = median(run.clock for run in column), median(r.processor for r in column)
        memory = median(run.memory for run in column)
        print(f"{name:27}{clock * 1e3:5.0f} ms{processor * 1e3:8.0f} ms{memory:7.0f} MB")
        rows.append((clock, processor))
    clock, processor = (mine / least for mine, least in zip(*rows, strict=True))
    print(f"{'the one against the other':27}{clock:8.1f}{processor:11.1f}")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure what compiling costs.")
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 1_000, 10_000])
    parser.add_argument("--rounds", type=int, default=5, help="processes for each size")
    parser.add_argument("--runs", type=int, default=21, help="runs of a whole check")
    parser.add_argument(
        "--plain", action="store_true", help="leave the garbage collector as Python has it"
    )
    parser.add_argument("--one", type=int, metavar="NODES", help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> None:
    given = arguments()
    if given.one:
        if not given.plain:
            from attractorc.__main__ import collect_rarely

            collect_rarely()
        print(json.dumps(phases(given.one)))
        return
    with tempfile.TemporaryDirectory() as bytecode:
        # As a package that is installed: compiled once, wherever it is kept.
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": bytecode}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        table(given.sizes, given.rounds, environment, ["--plain"] if given.plain else [])
        whole(given.runs, environment)


if __name__ == "__main__":
    main()
