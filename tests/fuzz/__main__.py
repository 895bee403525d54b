"""`make fuzz`: hunt for FUZZ_SECONDS (300) from FUZZ_SEED (the day's, if none is given).

Prints the seed, every fault with its input as it is found, and a table by way; exits with 1
if there was a fault. `python -m tests.fuzz KEY...` tries single inputs again.
"""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile

from ..corpus.survey import ROOT
from .cell import LARGE_BOUNDS, SMALL_BOUNDS, SMALL_SIZE, judged
from .hunt import Hunt, again, keys
from .laws import broken_laws, compiled
from .texts import seeds


def main(arguments: list[str]) -> int:
    """Hunt, or try the inputs of these keys; 0 if all is well, else 1."""
    texts = seeds()
    warm(texts)
    if arguments:
        return _again(arguments, texts)
    seconds = float(os.environ.get("FUZZ_SECONDS", "300"))
    seed = os.environ.get("FUZZ_SEED") or time.strftime("%Y%m%d%H%M%S")
    print(f"seed {seed}, {seconds:g} s, {sum(map(len, texts.values()))} texts to start from")
    print(
        f"bounds: {SMALL_BOUNDS.seconds:g} s and {SMALL_BOUNDS.mebibytes} MiB up to "
        f"{SMALL_SIZE // 1000} KB, {LARGE_BOUNDS.seconds:g} s and {LARGE_BOUNDS.mebibytes} MiB "
        "above"
    )
    hunt = Hunt(texts, ROOT / "build" / "fuzz")
    until = time.monotonic() + seconds
    for key in takewhile(lambda _: time.monotonic() < until, keys(seed)):
        for fault in hunt.tried(key):
            print(fault, flush=True)
    print("\n".join(_table(hunt)))
    for kind, times in sorted(hunt.kinds.items(), key=lambda item: -item[1]):
        print(f"{times:6} times: {kind}")
    return 1 if hunt.failed else 0


def warm(texts: Mapping[str, Sequence[bytes]]) -> None:
    """Import and build once what every input needs, so that it is in no input's account."""
    for language, some in texts.items():
        faults = list(broken_laws(some[0], compiled(some[0], f"x.{language}")))
        assert not faults, faults
    gc.collect()
    gc.freeze()


def _again(chosen: Iterable[str], texts: dict[str, tuple[bytes, ...]]) -> int:
    wrong = 0
    for key in chosen:
        one = again(key, texts)
        verdict = judged(one.data, one.name)
        wrong += bool(verdict.faults)
        print(f"{one.way}, {len(one.data):,} bytes as {one.name}: {verdict.outcome}", end=", ")
        print(f"{verdict.seconds:.2f} s, {verdict.mebibytes} MiB")
        print("".join(f"  {fault}\n" for fault in verdict.faults), end="")
    return 1 if wrong else 0


def _table(hunt: Hunt) -> Iterable[str]:
    width = max(map(len, hunt.tallies), default=0)
    yield f"{'way':{width}}  inputs   plans  failed  longest s  peak MiB"
    for way, tally in sorted(hunt.tallies.items()):
        counts = f"{tally.inputs:6}  {tally.plans:6}  {tally.failed:6}"
        yield f"{way:{width}}  {counts}  {tally.seconds:9.2f}  {tally.mebibytes:8}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
