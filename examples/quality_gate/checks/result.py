"""How a check says what it found: one JSON object, and an exit status.

The pipeline's tool stages are declared `output=json`, so each key becomes a context value
of the branch. Status 1 means that something was found.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any, NoReturn


def percent(part: int, whole: int) -> int:
    """The share in whole percent, rounded down; of nothing, everything is in order."""
    return 100 * part // whole if whole else 100


def conclude(
    findings: Sequence[str], examined: int, score: int, files: Sequence[str], **more: Any
) -> NoReturn:
    """Print the result and end the process.

    `examined` counts what was looked at, `score` is the percentage of it that is in order.
    """
    values = {"findings": findings, "examined": examined, "score": score, "files": files}
    json.dump(values | more, sys.stdout, sort_keys=True)
    for finding in findings:
        sys.stderr.write(f"{finding}\n")
    sys.exit(1 if findings else 0)
