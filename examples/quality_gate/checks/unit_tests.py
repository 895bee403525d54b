"""Runs the project's unit tests, and notes which functions of the package they call.

Usage: unit_tests.py PROJECT. Coverage is counted in functions: it does not depend on how a
Python version cuts code into lines.
"""

from __future__ import annotations

import sys
import unittest
from io import StringIO
from types import FrameType
from typing import Any

from project import functions, project
from result import conclude, percent


def main(folder: str) -> None:
    """Test the project in `folder`."""
    tested = project(folder)
    called: set[tuple[str, str]] = set()

    def note(frame: FrameType, event: str, _argument: Any) -> None:
        if event == "call":
            called.add((frame.f_code.co_filename, frame.f_code.co_qualname))

    sys.path.insert(0, str(tested.root))
    suite = unittest.defaultTestLoader.discover(
        str(tested.root / "tests"), top_level_dir=str(tested.root)
    )
    sys.setprofile(note)
    try:
        ran = unittest.TextTestRunner(StringIO(), verbosity=0).run(suite)
    finally:
        sys.setprofile(None)
    known = [
        (module, name) for module in tested.modules for name, _function in functions(module.tree)
    ]
    untested = [
        f"{module.name}: no test calls {name}"
        for module, name in known
        if (str(module.path), name) not in called
    ]
    broken = [*ran.failures, *ran.errors]
    conclude(
        [f"{case.id()}: {said.splitlines()[-1]}" for case, said in broken],
        examined=ran.testsRun,
        score=percent(ran.testsRun - len(broken), ran.testsRun),
        files=[module.name for module in tested.modules],
        coverage=percent(len(known) - len(untested), len(known)),
        untested=untested,
    )


if __name__ == "__main__":
    main(sys.argv[1])
