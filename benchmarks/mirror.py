"""What mirroring a run on a CXDB server costs: seconds for the records of a run that has ended.

    python benchmarks/mirror.py [--records 1000] [--rounds 3]

The server is the project's own double on loopback, in a process of its own, or the one that
ATTRACTORC_CXDB_ADDR and ATTRACTORC_CXDB_HTTP name. One run is a chain, in one context; the
other one has branches, each in a context of its own. What is on the server is compared with the
store each time, outside the time.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from running import RUN_ID, Figure, branches, chain, compiled, executed, folder, plan_text, report

from attractorc.interpreter.cxdb.address import address, web
from attractorc.interpreter.cxdb.feeding import Target, brought_up
from attractorc.interpreter.cxdb.mirror import Mirror
from attractorc.interpreter.cxdb.verifying import verify
from attractorc.interpreter.stores.outbox import Outbox
from attractorc.interpreter.stores.sqlite import SqliteStore

ROOT = Path(__file__).parents[1]
IN_A_CHAIN, IN_A_BRANCH = 3, 7
"""Records of a stage in a chain, and of a branch of one stage."""


@contextmanager
def server() -> Iterator[Target]:
    """The server that the environment names, or the double."""
    if named := os.environ.get("ATTRACTORC_CXDB_ADDR"):
        yield Target(address(named), web(os.environ["ATTRACTORC_CXDB_HTTP"]))
        return
    command = [sys.executable, "-m", "tests.cxdb.double", "0", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        _, place, _, pages = process.stdout.readline().split()
        try:
            yield Target(address(place), web(pages))
        finally:
            process.terminate()


def sent(store_path: Path, target: Target) -> tuple[int, float]:
    """Mirror a run that has ended, and compare it: how many records, and the seconds."""
    with (
        closing(SqliteStore(store_path, create=False)) as store,
        closing(Outbox(store_path, RUN_ID, str(target.place))) as outbox,
        closing(target.client()) as client,
        closing(target.reader()) as reader,
    ):
        begun = time.perf_counter()
        brought_up(Mirror(store, outbox, client, reader, RUN_ID))
        took = time.perf_counter() - begun
        came = verify(store, outbox, client, reader, RUN_ID)
    if came.difference is not None:
        raise SystemExit(f"the mirror differs: {came.difference}")
    return came.records, took


def figure(name: str, text: str, rounds: int, target: Target) -> Figure:
    """Seconds for the records of one pipeline's run, the best of the rounds."""
    plan = compiled(text)
    taken = []
    for _ in range(rounds):
        with folder() as where:
            executed(plan, where, plan_text(plan))
            taken.append(sent(where / "runs.db", target))
    count, best = min(taken, key=lambda each: each[1])
    return Figure(f"{count:,} records {name}, mirrored", best, "s", count / 1000)


def main() -> int:
    """Measure, print, and tell by the exit code whether the budgets are met."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--records", type=int, default=1000, help="records in each run, about")
    parser.add_argument("--rounds", type=int, default=3, help="rounds, of which the best counts")
    given = parser.parse_args()
    many = max(given.records // IN_A_BRANCH, 2)
    with server() as target:
        figures = [
            figure("in one context", chain(given.records // IN_A_CHAIN), given.rounds, target),
            figure(f"in {many + 1} contexts", branches(many, 1, many), given.rounds, target),
        ]
    return report(figures, "Mirroring on a CXDB server")


if __name__ == "__main__":
    sys.exit(main())
