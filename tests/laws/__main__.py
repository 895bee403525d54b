"""`make laws`: walk through every part of `scope`, and print how much that was.

LAWS_JOBS (2) processes. LAWS_PARTS (text) tries only those parts whose name holds it. The
first broken law ends it, with the case, the branches' ends and the order in which they came.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from itertools import islice
from multiprocessing import Pool
from multiprocessing.pool import Pool as Workers

from .lattice import Report
from .scope import PARTS, Part

HEAD = (
    f"{'part':<12} {'cases':>6} {'orders':>15} {'states':>10} {'steps':>10} "
    f"{'checks':>10} {'results':>9} {'cpu s':>6}  what is walked"
)


def looked_at(place: tuple[int, int]) -> tuple[Report | str, float]:
    """The report of a part's walk, or the law that is broken in it; seconds of processor."""
    part, number = place
    begun = time.process_time()
    walk = next(islice(PARTS[part].walks(), number, None))
    try:
        return walk.whole(), time.process_time() - begun
    except AssertionError as error:
        return f"{error}", time.process_time() - begun


def line(part: Part, cases: int, found: Report, seconds: float) -> str:
    """A line of the table."""
    return (
        f"{part.name:<12} {cases:>6,} {found.orders:>15,} {found.states:>10,} {found.steps:>10,} "
        f"{found.checks:>10,} {found.results:>9,} {seconds:>6.0f}  {part.says}"
    )


def walked(pool: Workers, number: int) -> Iterator[tuple[Report | str, float]]:
    """All walks of a part, in whatever order they are done."""
    every = [(number, one) for one, _ in enumerate(PARTS[number].walks())]
    return pool.imap_unordered(looked_at, every)


def main() -> int:
    """Walk; 0 if every law holds, else 1."""
    wanted = os.environ.get("LAWS_PARTS", "")
    begun, whole, cases, used = time.monotonic(), Report(), 0, 0.0
    print(HEAD, flush=True)
    with Pool(int(os.environ.get("LAWS_JOBS", "2"))) as pool:
        for number, part in enumerate(PARTS):
            if wanted not in part.name:
                continue
            report, count, spent = Report(), 0, 0.0
            for found, seconds in walked(pool, number):
                if isinstance(found, str):
                    print(f"broken, in {part.name}:\n{found}")
                    return 1
                report.add(found)
                count, spent = count + 1, spent + seconds
            print(line(part, count, report, spent), flush=True)
            whole.add(report)
            cases, used = cases + count, used + spent
    print(line(Part("all", "", PARTS[0].walks), cases, whole, used))
    print(f"every law holds ({time.monotonic() - begun:.0f} s)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
