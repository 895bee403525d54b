"""Time stamps of records: ISO 8601 in UTC with milliseconds, and back.

One form everywhere, so that they sort as text. It must not know any clock.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def stamp(milliseconds: int) -> str:
    """`2026-11-22T10:00:00.123Z` for milliseconds since the Unix epoch."""
    seconds, rest = divmod(milliseconds, 1000)
    return f"{_second(seconds)}.{rest:03}Z"


@lru_cache(maxsize=16)
def _second(seconds: int) -> str:
    # A run has many records in a second, and a calendar takes longer than all else of a stamp.
    return (_EPOCH + timedelta(seconds=seconds)).isoformat().removesuffix("+00:00")


@lru_cache(maxsize=64)
def millis(text: str) -> int:
    """Milliseconds since the Unix epoch of a time stamp; 0 for an empty one."""
    return (datetime.fromisoformat(text) - _EPOCH) // _MILLISECOND if text else 0
