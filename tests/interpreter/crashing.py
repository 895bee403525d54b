"""A store that dies in the middle of a run, as by kill -9: what resumes are tried on."""

from __future__ import annotations

from typing import Any

from attractorc.interpreter.stores.memory import MemoryStore


class Crash(BaseException):
    """The engine is gone, as by kill -9: nothing more is written."""


class Crashing:
    """A store that dies at its n-th append, leaving what was there before."""

    def __init__(self, inner: MemoryStore, survives: int) -> None:
        self._inner = inner
        self._left = survives

    def append(self, *arguments: Any, **named: Any) -> Any:
        if self._left == 0:
            raise Crash
        self._left -= 1
        return self._inner.append(*arguments, **named)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)
