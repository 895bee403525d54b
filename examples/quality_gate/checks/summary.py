"""Says in a few lines what the branches found together, from the merged context.

Usage: summary.py VERDICT. The verdict `hold` is a failure, so that the run is one.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path


def main(verdict: str) -> int:
    """Print the verdict and what it rests on; 1 if it is `hold`."""
    context = json.loads(Path(os.environ["ATTRACTOR_CONTEXT_FILE"]).read_text("utf-8"))
    if "findings" in context:
        found = context["findings"]
        told = f"{len(found)} findings, lowest score {context['score']}"
    else:
        # Without a quorum nothing was merged: what is left is how each branch ended.
        failed = [end for end in context["parallel.results"] if end["status"] == "fail"]
        found = [f"{end['branch_id']}: {end.get('reason', 'failed')}" for end in failed]
        told = f"no quorum, {len(failed)} checks failed"
    lines = [f"{verdict}: {told}", *(f"- {one}" for one in found)]
    sys.stdout.write("\n".join(lines) + "\n")
    if verdict == "hold":
        sys.stderr.write(f"{lines[0]}\n")
    return int(verdict == "hold")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
