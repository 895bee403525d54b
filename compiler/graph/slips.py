"""Context keys that are evidently slips of the pen, each with the key that is meant.

A key that is written and that nothing asks for, beside one that is asked for and nobody
writes, is one slip and not several faults; so is a key that differs by one letter from the
one that everybody else names. The data flow then takes the one for the other, so that it is
told once, where it stands. It must not know what any rule says.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from ..value import nearest
from .patterns import meets_any, never_written

_PARTS = re.compile(r"[-_. ]+")
_SHORTEST = 4
_COMPARISONS_LIMIT = 20_000


@dataclass(frozen=True, slots=True)
class KeySlips:
    """What is meant, by what is written: in `writes`, in reads of any form, in merge rules."""

    written: Mapping[str, str] = field(default_factory=dict)
    read: Mapping[str, str] = field(default_factory=dict)
    merged: Mapping[str, str] = field(default_factory=dict)


def key_slips(
    declared: Mapping[str, Collection[str]],
    patterns: Iterable[str],
    read: Sequence[str],
    merged: Sequence[str],
    given: Collection[str],
) -> KeySlips:
    """The slips among the keys of one pipeline.

    `declared` are the keys of `writes` with their nodes, `patterns` all else that is known to
    be written; `read` and `merged` are the keys that are asked for, once for each place;
    `given` are keys that always exist.
    """
    patterns = tuple(patterns)
    asked = Counter((*read, *merged))
    stars = [key for key in asked if "*" in key]
    plain = [key for key in declared if not never_written(key)]
    lost = [key for key in asked if not _known(key, declared, patterns, given)]
    often = [key for key in lost if asked[key] > 1]
    others = [key for key in plain if key in asked or len(declared[key]) > 1]
    written: dict[str, str] = {}
    for key in _few(plain, (*often, *others)):
        if key in asked or meets_any(key, stars):
            continue
        meant = nearest(key, often)
        if meant is None and len(declared[key]) == 1:
            meant = _one_letter_off(key, others)
        if meant is not None:
            written[key] = meant
    found = set(written.values())
    left = [key for key in lost if key not in found]
    known = [key for key in plain if key not in written]
    asked_for = set(read)
    return KeySlips(
        written,
        _meant([key for key in left if key in asked_for], (*known, *given)),
        _meant([key for key in left if key not in asked_for], known),
    )


def _few(keys: Sequence[str], known: Sequence[str]) -> Iterable[str]:
    """So many of the keys as can be compared with the known ones in little time."""
    return islice(keys, _COMPARISONS_LIMIT // max(1, len(known)))


def _known(
    key: str, declared: Collection[str], patterns: Sequence[str], given: Collection[str]
) -> bool:
    return (
        "*" in key
        or never_written(key)
        or key in given
        or key in declared
        or meets_any(key, patterns)
    )


def _meant(keys: Sequence[str], known: Sequence[str]) -> dict[str, str]:
    found = {key: _one_letter_off(key, known) for key in _few(keys, known)}
    return {key: meant for key, meant in found.items() if meant is not None}


def _one_letter_off(key: str, known: Iterable[str]) -> str | None:
    """The only known key that one slip of a finger makes of this one.

    Names that differ on purpose do so by a number, a plural, or a short part of their own.
    """
    found = [each for each in known if each != key and _slipped(key, each)]
    return found[0] if len(found) == 1 else None


def _slipped(one: str, other: str) -> bool:
    pairs = list(zip(_PARTS.split(one), _PARTS.split(other), strict=False))
    if len(_PARTS.split(one)) != len(_PARTS.split(other)):
        return False
    differing = [(this, that) for this, that in pairs if this != that]
    if len(differing) != 1:
        return False
    shorter, longer = sorted(differing[0], key=len)
    if len(longer) < _SHORTEST or longer == f"{shorter}s" or len(longer) - len(shorter) > 1:
        return False
    at = next((n for n, (a, b) in enumerate(zip(shorter, longer, strict=False)) if a != b), None)
    if at is None:
        return not longer[-1].isdigit()
    if longer[at].isdigit() or shorter[at].isdigit():
        return False
    if len(longer) > len(shorter):
        return shorter[at:] == longer[at + 1 :]
    swapped = shorter[at : at + 2] == longer[at : at + 2][::-1]
    if swapped and shorter[at + 2 :] == longer[at + 2 :]:
        return True
    return len(longer) > _SHORTEST and shorter[at + 1 :] == longer[at + 1 :]
