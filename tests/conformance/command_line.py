"""attractorc as a program that the suite knows nothing of: `COMMAND PIPELINE SCRIPT`.

Runs the command line, and makes the observation of what it prints and of the run directory:
an example of what another implementation has to do. Run from the root of the project as
`python -m tests.conformance --command 'python -m tests.conformance.command_line'`.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .records import observation

PROGRAM = (sys.executable, "-m", "attractorc")


def main(pipeline: str, script: str, options: Mapping[str, Any]) -> int:
    """Print the observation of one run; 1 if it cannot be made."""
    with tempfile.TemporaryDirectory() as logs:
        command = ["exec", pipeline, "--simulate", script, "--json", "--logs", logs]
        if options["jobs"] is not None:
            command += ["--jobs", str(options["jobs"])]
        for name, value in options["inputs"].items():
            text = value if isinstance(value, str) else json.dumps(value)
            command += ["--input", f"{name}={text}"]
        done = _run(command)
        events = [json.loads(line) for line in done.stdout.splitlines()]
        if events:
            kept = json.loads((Path(logs) / "checkpoint.json").read_text("utf-8"))
            print(json.dumps(observation(events, kept["context"])))
            return 0
    checked = json.loads(_run(["check", pipeline, "--format", "json"]).stdout)
    errors = [one["message"] for one in checked["findings"] if one["severity"] == "error"]
    if not errors:
        print(done.stderr.strip(), file=sys.stderr)
        return 1
    print(json.dumps({"refused": errors}))
    return 0


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*PROGRAM, *command], capture_output=True, text=True, check=False)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], json.load(sys.stdin)))
