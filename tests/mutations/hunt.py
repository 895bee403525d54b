"""Makes the mistakes, one at a time, and says what became of each.

A mistake is *caught* if there is a finding that the good pipeline has not. Without one it is
*harmless* if the plan's digest is the same, else *missed*; a missed slip is a gap of the
rules, a missed choice is what another author may have meant. For tests only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from attractorc.compiler.driver import Compiled, compile_source
from attractorc.compiler.plan.digest import digest_of
from attractorc.compiler.source import Source

from .mistakes import KINDS, Edit, Sort
from .places import Places, places

ROOT = Path(__file__).parents[2]
SEED = 20_260_101
"""The seed whose misses were looked at while rules were written."""
FRESH = 20_261_128
"""A seed at which nobody had looked before its figures were written down."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One mistake and what came of it: `rules` of the new findings, in the order of showing."""

    kind: str
    sort: Sort
    pipeline: str
    told: str
    text: str
    rules: tuple[str, ...]
    messages: tuple[str, ...]
    is_same: bool

    @property
    def end(self) -> str:
        """caught, harmless, or missed as a gap or an alternative."""
        if self.rules:
            return "caught"
        if self.is_same:
            return "harmless"
        return "gap" if self.sort == "slip" else "alternative"


def good_texts() -> dict[str, str]:
    """The good pipelines of the project: those beside this file, and the example of tools.

    In the other examples agents, own handlers and other files write what nobody declares, so
    that what is misspelt there cannot be known.
    """
    files = [
        *sorted(Path(__file__).with_name("good").iterdir()),
        *sorted((ROOT / "examples" / "quality_gate").glob("*.dot")),
        *sorted((ROOT / "examples" / "quality_gate").glob("*.yaml")),
    ]
    # A file of test cases is no pipeline.
    found = (file for file in files if not file.name.endswith(".test.yaml"))
    return {file.name: file.read_text("utf-8") for file in found}


def hunted(texts: dict[str, str], count: int, seed: int = SEED) -> Iterator[Mutant]:
    """So many mistakes, drawn evenly over their kinds and the pipelines; none twice."""
    known = [places(name, text) for name, text in texts.items()]
    clean = {each.name: _compiled(each.name, each.text) for each in known}
    chance = Random(seed)
    pools = {make: _pool(known, chance, make) for make in KINDS}
    made = 0
    while made < count and any(pools.values()):
        for make, pool in pools.items():
            if not pool or made == count:
                continue
            where, edit = pool.pop()
            made += 1
            text = where.text[: edit.place.start] + edit.text + where.text[edit.place.end :]
            yield _judged(make.__name__, KINDS[make], where, edit, text, clean[where.name])


def _pool(known: Sequence[Places], chance: Random, make: object) -> list[tuple[Places, Edit]]:
    """The mistakes of one kind, mixed so that each pipeline has its turn."""
    found: list[tuple[float, Places, Edit]] = []
    for where in known:
        edits = list(make(where, chance))  # type: ignore[operator]
        chance.shuffle(edits)
        found += [(number + chance.random(), where, edit) for number, edit in enumerate(edits)]
    found.sort(key=lambda each: each[0], reverse=True)
    return [(where, edit) for _, where, edit in found]


def _compiled(name: str, text: str) -> Compiled:
    language = "yaml" if name.endswith((".yaml", ".yml")) else "dot"
    return compile_source(Source(name, text), language, files=lambda path: path.encode())


def _judged(kind: str, sort: Sort, where: Places, edit: Edit, text: str, clean: Compiled) -> Mutant:
    compiled = _compiled(where.name, text)
    had = Counter(found.message for found in clean.diagnostics)
    new = []
    for found in compiled.diagnostics:
        if had[found.message]:
            had[found.message] -= 1
        else:
            new.append(found)
    plan, before = compiled.plan, clean.plan
    return Mutant(
        kind,
        sort,
        where.name,
        edit.told,
        text,
        tuple(found.rule for found in new),
        tuple(f"{found.span.line}: {found.message}" for found in new),
        plan is not None and before is not None and digest_of(plan) == digest_of(before),
    )
