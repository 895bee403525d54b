"""Puts stub agents on a PATH of their own, as if the real programs were installed."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from .stub import AGENTS

STUB = Path(__file__).with_name("stub.py")


def installed(folder: Path, *names: str) -> Path:
    """A folder of programs with these names, all of them if none is given."""
    programs = folder / "programs"
    programs.mkdir(exist_ok=True)
    for name in names or AGENTS:
        program = programs / name
        python, stub = shlex.quote(sys.executable), shlex.quote(str(STUB))
        program.write_text(f'#!/bin/sh\nexec {python} -I {stub} {name} "$@"\n')
        program.chmod(0o755)
    return programs
