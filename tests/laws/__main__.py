"""`make laws`: walk through every case of `scope`, and print how much that was.

With LAWS_JOBS (2) processes; LAWS_SIZES (1,2,3,4,5) chooses sizes. The first broken law ends
it, with the case, the branches' ends and the order in which they came. All five sizes are
1,476 cases in about half an hour on two free cores.
"""

from __future__ import annotations

import os
import sys
import time
from multiprocessing import Pool

from .lattice import Report
from .policies import Case
from .scope import everything, walk


def looked_at(case: Case) -> tuple[Case, Report | str]:
    """The report of a case, or the law that is broken in it."""
    try:
        return case, walk(case).whole()
    except AssertionError as error:
        return case, str(error)


def main() -> int:
    """Walk; 0 if every law holds, else 1."""
    sizes = {int(size) for size in os.environ.get("LAWS_SIZES", "1,2,3,4,5").split(",")}
    chosen = [case for case in everything() if case.size in sizes]
    begun, totals = time.monotonic(), {size: (0, Report()) for size in sorted(sizes)}
    with Pool(int(os.environ.get("LAWS_JOBS", "2"))) as pool:
        for done, (case, found) in enumerate(pool.imap_unordered(looked_at, chosen), 1):
            if isinstance(found, str):
                print(f"\nbroken: {case}\n{found}")
                return 1
            count, report = totals[case.size]
            report.add(found)
            totals[case.size] = (count + 1, report)
            if done % 20 == 0:
                print(f"\r{done} of {len(chosen)} cases", end="", file=sys.stderr, flush=True)
    print("\nbranches   cases     states      steps   results")
    for size, (count, report) in totals.items():
        numbers = f"{report.states:10,} {report.steps:10,} {report.results:9,}"
        print(f"{size:8} {count:7,} {numbers}")
    print(f"every law holds ({time.monotonic() - begun:.0f} s)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
