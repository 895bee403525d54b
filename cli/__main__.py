"""`python -m attractorc` and the console script: hand over to the command group."""

from __future__ import annotations

import gc
import os
import sys

OBJECTS_BETWEEN_COLLECTIONS = 100_000
COLLECTIONS_BEFORE_OLDER_ONES = 50
INTERRUPTED = 130


def main() -> None:
    """Run the command line; exits with the code that `docs` list."""
    collect_rarely()
    try:
        from .commands import run

        run()
    except KeyboardInterrupt:
        # Before there was anything to stop, or once more while that was being said.
        os.write(2, b"attractorc: interrupted\n")
        sys.exit(INTERRUPTED)


def collect_rarely() -> None:
    """Look for garbage after every 100,000 new objects, not after every 700.

    A compile makes many small objects, keeps nearly all and leaves no cycles: looking for them
    again and again costs more than a third of the time of a large file. This is for the process
    to decide; the packages leave the collector alone. Figures: `docs/performance.md`.
    """
    older = COLLECTIONS_BEFORE_OLDER_ONES
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS, older, older)


if __name__ == "__main__":
    main()
