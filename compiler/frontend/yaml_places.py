"""Where a YAML value really stands, which neither parser says exactly.

Their places include tags and anchors, and differ for values that are not there. Offsets in
and out; it must not know what a value is.
"""

from __future__ import annotations

import re

from .yaml_events import Event

_GAP = r"(?:\s|(?<![^\s])#[^\r\n]*)*"
_SPACE = re.compile(_GAP)
_COLON = re.compile(f"{_GAP}:")
_DASH = re.compile(f"{_GAP}-")
_PROPERTY = re.compile(_GAP + r"(?P<found>!<[^>]*>|&[\w-]*|![^\s,\[\]{}]*)")


def behind_properties(
    text: str, event: Event, *, is_scalar: bool
) -> tuple[int, tuple[int, int] | None]:
    """Where a node begins behind its tag and its anchor, and where its tag stands."""
    start, tag = event.start_mark.index, None
    for _ in range((event.tag is not None) + bool(event.anchor)):
        found = _PROPERTY.match(text, start)
        if found is None:
            break
        start = found.end()
        if found["found"].startswith("!"):
            tag = found.span("found")
    space = _SPACE.match(text, start)
    content = space.end() if space else start
    return (min(content, max(event.end_mark.index, start)) if is_scalar else content), tag


def place_of_nothing(text: str, after: int, *, in_mapping: bool) -> int:
    """Where a value that is not there would stand, `after` what stands before it."""
    found = (_COLON if in_mapping else _DASH).match(text, after)
    return found.end() if found else after


def end_of_block(text: str, start: int, end: int) -> tuple[int, int]:
    """Where the text of a block scalar (`|`, `>`) begins, below its header, and ends."""
    end = start + len(text[start:end].rstrip())
    below = text.find("\n", start, end)
    return (end if below < 0 else below), end
