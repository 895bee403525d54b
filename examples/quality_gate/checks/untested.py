"""Turns what the unit tests left out into findings; fails only below a given coverage.

Usage: untested.py PERCENT. The second stage of the `tests` branch: it reads what the first
one wrote from the stage's context file.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path


def main(least: int) -> int:
    """Print what is not tested; 1 if coverage is below `least` percent."""
    context = json.loads(Path(os.environ["ATTRACTOR_CONTEXT_FILE"]).read_text("utf-8"))
    coverage = context["coverage"]
    json.dump({"findings": context["untested"], "score": coverage}, sys.stdout)
    if coverage < least:
        sys.stderr.write(f"tests call {coverage} % of the functions, {least} % are asked for\n")
    return int(coverage < least)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
