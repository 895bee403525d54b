"""What one `check` of many real files costs: seconds by the clock and of a processor.

    python benchmarks/check.py [--files 200] [--runs 5] [--jobs 2] [FOLDER]

The files are the first of FOLDER, by name: by default the corpus of real pipelines
(ATTRACTORC_CORPUS). A machine that is busy meanwhile shows in the first figure, hardly in the
second. Needs nothing but the standard library.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from statistics import median

from compile import Spent, spent

CORPUS = os.environ.get("ATTRACTORC_CORPUS", str(Path(__file__).parents[2] / "shared" / "corpus"))
ENDINGS = (".dot", ".gv", ".fabro", ".yaml", ".yml")


def pipelines(folder: Path, count: int) -> list[str]:
    """The first pipelines of a folder, all of them where it has fewer."""
    found = sorted(str(path) for path in folder.rglob("*") if path.suffix in ENDINGS)
    return found[:count]


def checked(files: list[str], jobs: int, environment: dict[str, str]) -> Spent:
    """One call for all files; what is wrong with them is no failure of the call."""
    command = [sys.executable, "-m", "attractorc", "check", "--isolated", "--format", "json"]
    return spent([*command, "--jobs", str(jobs), *files], environment, most=1)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure what checking many files costs.")
    parser.add_argument("folder", type=Path, nargs="?", default=Path(CORPUS))
    parser.add_argument("--files", type=int, default=200)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=2)
    given = parser.parse_args()
    files = pipelines(given.folder, given.files)
    if not files:
        print(f"no pipelines in {given.folder}; set ATTRACTORC_CORPUS or name a folder")
        return
    with tempfile.TemporaryDirectory() as bytecode:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": bytecode}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        checked(files, given.jobs, environment)  # leaves the bytecode for the others
        runs = [checked(files, given.jobs, environment) for _ in range(given.runs)]
    summary = json.loads(runs[0].output)["summary"]
    lines = sum(Path(file).read_bytes().count(b"\n") for file in files)
    print(f"one check of {len(files)} files, {lines:,} lines, --jobs {given.jobs}")
    print(f"{sum(summary.values())} findings; median of {given.runs} runs\n")
    print("  clock  processor    memory")
    clock, processor = median(run.clock for run in runs), median(run.processor for run in runs)
    print(f"{clock:5.2f} s{processor:9.2f} s{median(run.memory for run in runs):7.0f} MB")


if __name__ == "__main__":
    main()
