"""A hunt: which inputs are tried in which order, and what is kept of those that fail.

First every hostile shape, then mutations without end and, for a third of the time, shapes
as large as a file may be. Everything follows from one seed and a number, or from a shape and
a size, so that any input can be made again. It prints nothing.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from .cell import SMALL_SIZE, Verdict, judged
from .hostile import SHAPES
from .mutations import mutated

FILE_SIZE = 9_900_000
"""Just below what a pipeline may have."""

TOO_LARGE = 50_000_000

_QUICK_SIZES = (400, 4_000, 18_000)
"""The last is just below what a text in one of the small languages may have."""

_HEAVY_SHARE = 0.3
_ENDINGS: Mapping[str, Sequence[str]] = {
    "dot": ("x.dot", "x.dot", "x.gv", "-"),
    "yaml": ("x.yaml", "x.yaml", "x.yml", "-"),
}


@dataclass(frozen=True, slots=True)
class Input:
    """One input: how it came to be, as `again` takes it, the way, the file's name and bytes."""

    key: str
    way: str
    name: str
    data: bytes


def again(key: str, texts: Mapping[str, Sequence[bytes]]) -> Input:
    """The input of a key: "SEED:NUMBER" for a mutation, "SHAPE @SIZE" for a hostile shape."""
    shape, _, size = key.rpartition(" @")
    if shape in SHAPES:
        name, data = SHAPES[shape](int(size))
        return Input(key, shape, name, data)
    chance = Random(key)
    language = chance.choice(("dot", "yaml"))
    way, data = mutated(chance, texts[language])
    return Input(key, f"{language}: {way}", chance.choice(_ENDINGS[language]), data)


def shaped(size: int) -> Iterator[str]:
    """The keys of all hostile shapes at one size."""
    return (f"{shape} @{size}" for shape in SHAPES)


def keys(seed: str, clock: Callable[[], float] = time.monotonic) -> Iterator[str]:
    """Keys without end: small shapes, files far too large, then mutations and large shapes."""
    for size in _QUICK_SIZES:
        yield from shaped(size)
    yield from (f"{shape} @{TOO_LARGE}" for shape in ("dot: semicolons", "yaml: comments"))
    heavy = [*shaped(SMALL_SIZE - 1_000), *shaped(FILE_SIZE)]
    Random(seed).shuffle(heavy)
    began, spent, number = clock(), 0.0, 0
    while True:
        if heavy and spent < _HEAVY_SHARE * (clock() - began):
            before = clock()
            yield heavy.pop()
            spent += clock() - before
        yield f"{seed}:{number}"
        number += 1


@dataclass(slots=True)
class Tally:
    """What a way has given so far: inputs, plans, faults, the greatest cost of one input."""

    inputs: int = 0
    plans: int = 0
    failed: int = 0
    seconds: float = 0
    mebibytes: int = 0

    def add(self, verdict: Verdict) -> None:
        """Count one more."""
        self.inputs += 1
        self.plans += verdict.outcome == "plan"
        self.failed += bool(verdict.faults)
        self.seconds = max(self.seconds, verdict.seconds)
        self.mebibytes = max(self.mebibytes, verdict.mebibytes)


@dataclass(slots=True)
class Hunt:
    """A hunt that goes on: counts by way, and the folder where failing inputs are kept."""

    texts: Mapping[str, Sequence[bytes]]
    folder: Path
    tallies: dict[str, Tally] = field(default_factory=dict)
    kinds: dict[str, int] = field(default_factory=dict)

    def tried(self, key: str) -> tuple[str, ...]:
        """Try one input; what is wrong with it, in sentences, none if nothing is.

        Of faults of the same kind only the first is told, and its input kept.
        """
        one = again(key, self.texts)
        verdict = judged(one.data, one.name)
        self.tallies.setdefault(one.way, Tally()).add(verdict)
        new = tuple(fault for fault in verdict.faults if self._is_new(one, fault))
        if not new:
            return ()
        kept = self._kept(one, verdict)
        return tuple(f"{key!r} {fault}; kept in {kept}" for fault in new)

    @property
    def failed(self) -> int:
        """How many inputs failed."""
        return sum(tally.failed for tally in self.tallies.values())

    def _is_new(self, one: Input, fault: str) -> bool:
        told = re.sub(r"'.*?'|\".*?\"|\d+", "…", fault)
        # Costs come from the shape; other faults from the place in the code.
        kind = f"{one.way} {told}" if told.startswith(("it takes", "it needs")) else told
        self.kinds[kind] = self.kinds.get(kind, 0) + 1
        return self.kinds[kind] == 1

    def _kept(self, one: Input, verdict: Verdict) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        name = hashlib.sha256(one.data).hexdigest()[:12]
        path = self.folder / f"{name}{Path(one.name).suffix or '.input'}"
        path.write_bytes(one.data)
        told = "\n".join((f"again: {one.key}", f"named: {one.name}", *verdict.faults))
        path.with_suffix(".txt").write_text(f"{told}\n", encoding="utf-8")
        return path
