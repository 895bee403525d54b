"""The driver: carries the machine's commands out, and journals what came of them first.

The only place of the interpreter where things happen: time, tasks, handlers, the store.
"""

from __future__ import annotations

from .engine import Engine
from .opening import create_run, resume_run
from .result import RunResult

__all__ = ["Engine", "RunResult", "create_run", "resume_run"]
