"""Says in a few lines what the branches found together, from the merged context.

Usage: summary.py VERDICT. The verdict `hold` is a failure, so that the run is one.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path


def main(verdict: str) -> int:
    """Print the verdict and the merged findings; 1 if it is `hold`."""
    context = json.loads(Path(os.environ["ATTRACTOR_CONTEXT_FILE"]).read_text("utf-8"))
    findings = context.get("findings", [])
    lines = [
        f"{verdict}: {len(findings)} findings, lowest score {context.get('score', 'unknown')}",
        *(f"- {finding}" for finding in findings),
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    if verdict == "hold":
        sys.stderr.write(f"{lines[0]}\n")
    return int(verdict == "hold")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
