"""What failure stories have in common: a stage that goes wrong, and a person who says what next.

A story's run parks once its stage has failed, with the failure in its record. Then the trouble
is mended, the person says `again`, and the run goes on to its end.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .. import forked
from ..agents.installed import installed
from ..cli.inside import attractorc_inside

RUN = "story"
STORE = "s.db"
PIPELINE = """digraph story {
  start [shape=Mdiamond]
  exit [shape=Msquare]
  work [prompt="Do the work", writes=draft, llm_model=m, %s]
  what [shape=hexagon, label="What now?"]
  start -> work
  work -> exit [condition="outcome=success"]
  work -> what [condition="outcome=fail"]
  what -> work [label="[A] again"]
  what -> exit [label="[S] stop"]
}"""
_OWN = ("OPENAI_API_KEY", "OPENAI_BASE_URL", "STUB_MODE")


@dataclass
class Story:
    """A run in a folder. `more` are further attributes of the stage that goes wrong."""

    folder: Path
    more: str = ""
    backend: str = "claude"
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        (self.folder / "story.dot").write_text(PIPELINE % self.more)
        path = f"{installed(self.folder)}:{os.environ['PATH']}"
        usual = {name: value for name, value in os.environ.items() if name not in _OWN}
        self.environment = {**usual, "PATH": path, **self.environment}

    def arguments(self, command: str, *more: str) -> list[str]:
        return [sys.executable, "-m", "attractorc", command, *more, "--store", STORE]

    def asked(self, command: str, *more: str) -> subprocess.CompletedProcess[str]:
        """What a command says that starts nothing: in this process, which is quicker."""
        return attractorc_inside(command, *more, "--store", STORE, cwd=self.folder)

    def told(self, command: str, *more: str) -> subprocess.CompletedProcess[str]:
        """What a command says in a process of its own."""
        return forked.run(
            self.arguments(command, *more),
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=100,
        )

    def begin(self, *more: str) -> subprocess.CompletedProcess[str]:
        """Run it until it ends or parks."""
        return self.told("exec", "story.dot", "--run-id", RUN, "--backend", self.backend, *more)

    def started(self) -> subprocess.Popen[bytes]:
        """Begin it, and leave it running."""
        arguments = self.arguments("exec", "story.dot", "--run-id", RUN, "--backend", self.backend)
        return forked.Process(
            arguments,
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def tries(self) -> list[dict[str, Any]]:
        """The record of each try at the stage."""
        lines = self.asked("attempts", RUN, "--node", "work", "--json").stdout.splitlines()
        return [json.loads(line) for line in lines]

    def failed(self, reason: str, *, tries: int = 1) -> dict[str, Any]:
        """The record of the last try, once the run has failed there and parked, clean."""
        parked = self.begin()
        assert parked.returncode == 3, parked.stdout + parked.stderr
        found = self.tries()
        assert len(found) == tries
        assert found[-1]["result"] == "failed"
        assert reason in found[-1]["reason"], found[-1]["reason"]
        assert "\n" not in found[-1]["reason"]
        assert orphans() == []
        return found[-1]

    def goes_on(self, **mended: str) -> None:
        """The trouble is mended, the person says so, and the run comes to its end."""
        self.environment |= mended
        assert self.asked("answer", RUN, "what", "again").returncode == 0
        done = self.told("resume", RUN)
        assert done.returncode == 0, done.stdout + done.stderr
        assert self.tries()[-1]["result"] == "completed"
        assert self.asked("replay", RUN).returncode == 0
        assert orphans() == []

    def kept(self, name: str) -> bytes:
        """A file of the stage's last try, as the store has it."""
        out = self.folder / "exported"
        assert self.asked("export", RUN, str(out)).returncode == 0
        return (out / "work" / name).read_bytes()


def orphans() -> list[int]:
    """Processes that carry the run's mark; a moment is given to those that are ending."""
    end = time.monotonic() + 2
    while (found := _marked()) and time.monotonic() < end:
        time.sleep(0.05)
    return found


def _marked() -> list[int]:
    mark = f"ATTRACTOR_RUN_ID={RUN}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                environment = (entry / "environ").read_bytes().split(b"\0")
            except OSError:
                continue
            if mark in environment:
                found.append(int(entry.name))
    return found


def until(condition: Any, seconds: float = 20) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.02)
