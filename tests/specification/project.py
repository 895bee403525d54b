"""A folder with a pipeline in it, and what the command line makes of it.

Pipelines are files in DOT, tools are shell commands, agents are programs, stores are SQLite: what
a user has. Runs are asked about by queries and by the specification's run directory.
"""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import attractorc
from attractorc.compiler.driver import Compiled

from ..cli.inside import attractorc_inside

ENDS = "start [shape=Mdiamond] exit [shape=Msquare] "


def compiled(text: str) -> Compiled:
    """What the compiler says of a pipeline."""
    return attractorc.compile(text, "p.dot")


def findings(text: str) -> list[tuple[str, str, str | None]]:
    """Severity, rule and node of every finding about a pipeline."""
    found = attractorc.check(text, "p.dot")
    return [(each.severity.value, each.rule, each.node) for each in found]


@dataclass
class Project:
    """A folder to run pipelines in; `logs` is the run directory of the last run."""

    folder: Path

    def __call__(self, command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return attractorc_inside(command, *arguments, "--store", "runs.db", cwd=self.folder)

    def run(
        self, text: str, *options: str, code: int = 0, run_id: str = "r"
    ) -> subprocess.CompletedProcess[str]:
        """Run a pipeline, `digraph` and its ends added where they are missing."""
        whole = text if text.startswith("digraph") else f"digraph p {{ {ENDS}{text} }}"
        (self.folder / "p.dot").write_text(whole)
        given = ("p.dot", "--run-id", run_id, "--logs", f"logs-{run_id}", *options)
        done = self("exec", *given)
        assert done.returncode == code, done.stdout + done.stderr
        return done

    @property
    def logs(self) -> Path:
        return self.folder / "logs-r"

    @property
    def checkpoint(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.logs / "checkpoint.json").read_text())
        return found

    @property
    def context(self) -> dict[str, Any]:
        found: dict[str, Any] = self.checkpoint["context"]
        return found

    def status(self, node: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.logs / node / "status.json").read_text())
        return found

    def told(self, command: str, *arguments: str, run_id: str = "r") -> list[dict[str, Any]]:
        done = self(command, run_id, *arguments, "--json")
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def walked(self) -> list[str]:
        """The nodes of the trunk in the order in which they were started."""
        return [
            each["node_id"]
            for each in self.told("attempts")
            if each["path"] == "" and each["attempt"] == 1
        ]
