"""Breaking the code in a copy of it, and running the tests that must notice.

The copy holds the houses under the package's name and the tests beside it, and is found
before the installed package. Nothing in place is ever changed. It must not know which
breakages there are.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
HOUSES: Mapping[str, str] = {
    "cli": "attractorc",
    "compiler": "attractorc/compiler",
    "interpreter": "attractorc/interpreter",
    "grammar": "attractorc/grammar",
    "schemas": "attractorc/schemas",
}
TIME_LIMIT_S = 300
FAILED = 1
"""pytest's exit code for tests that ran and failed; others are trouble of another kind."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One deliberate breakage: in a file, one text for another; `tests` must notice.

    `old` stands in the file exactly once. `tests` are pytest's arguments, as small a set as
    holds the law that is broken.
    """

    name: str
    law: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the tests noticed; `output` is what they printed."""

    noticed: bool
    trouble: str
    output: str


class Copy:
    """A copy of the project's code and tests in a folder, to be broken and mended."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._written = 0
        for house, package in HOUSES.items():
            shutil.copytree(ROOT / house, folder / package, dirs_exist_ok=True, ignore=_IGNORED)
        for beside in ("tests", "pyproject.toml"):
            source = ROOT / beside
            if source.is_dir():
                shutil.copytree(source, folder / beside, ignore=_IGNORED)
            else:
                shutil.copy(source, folder / beside)

    def judge(self, mutant: Mutant) -> Verdict:
        """Break the copy, run the mutant's tests, mend it."""
        house, _, rest = mutant.file.partition("/")
        path = self._folder / HOUSES[house] / rest
        whole = path.read_text("utf-8")
        found = whole.count(mutant.old)
        if found != 1:
            return Verdict(False, f"its text stands {found} times in {mutant.file}", "")
        self._write(path, whole.replace(mutant.old, mutant.new))
        try:
            return self.run(mutant.tests)
        finally:
            self._write(path, whole)

    def _write(self, path: Path, text: str) -> None:
        """Each text has a second of its own, by which Python knows what it compiled before."""
        path.write_text(text, "utf-8")
        self._written += 1
        os.utime(path, (self._written, self._written))

    def run(self, tests: Iterable[str]) -> Verdict:
        """Run tests over the copy as it is, in an order and with examples that do not vary."""
        environment = {
            **os.environ,
            "PYTHONPATH": str(self._folder),
            "PYTHONDONTWRITEBYTECODE": "",  # what is not broken is compiled once, in the copy
            "CI": "true",  # Hypothesis then draws the same examples each time
        }
        for apart in ("PYTEST_ADDOPTS", "PYTHONPYCACHEPREFIX"):
            environment.pop(apart, None)
        done = subprocess.run(
            (sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests),
            cwd=self._folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=TIME_LIMIT_S,
            check=False,
        )
        output = done.stdout + done.stderr
        if done.returncode == FAILED:
            return Verdict(True, "", output)
        trouble = "" if done.returncode == 0 else f"pytest ended with {done.returncode}"
        return Verdict(False, trouble, output)

    def imported_from(self) -> str:
        """Where the copy's `attractorc` is found: in the copy, or nothing here is true."""
        done = subprocess.run(
            (sys.executable, "-c", "import attractorc.interpreter as a; print(a.__file__)"),
            cwd=self._folder,
            env={**os.environ, "PYTHONPATH": str(self._folder)},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()


_IGNORED = shutil.ignore_patterns("__pycache__", "*.egg-info")
