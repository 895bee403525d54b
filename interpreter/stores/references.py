"""Which blobs a turn names: hashes of blobs as text, wherever they stand in its payload.

Apart because every store must keep the same blobs. Whatever looks like a hash counts, so
that none is missed; it must not know what a payload holds.
"""

from __future__ import annotations

import re

_HASH = re.compile(rb"[0-9a-f]{64}")


def named_in(payload: bytes) -> list[str]:
    """The hashes that stand in a payload."""
    return [found.decode() for found in _HASH.findall(payload)]
