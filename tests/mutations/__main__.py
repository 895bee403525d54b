"""`make mutations`: good pipelines with one mistake each, and what `check` finds, as tables.

    python -m tests.mutations [--count 500] [--seed N] [--list]

The project's own pipelines, and where the corpus of real ones is, some of that, too.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence

from .hunt import SEED, Mutant, good_texts, hunted
from .mistakes import KINDS
from .real import real_texts

_HEADS = ("mistake", "sort", "made", "caught", "harmless", "missed", "2 findings", "by rule")


def table(mutants: Sequence[Mutant]) -> Iterator[str]:
    """A line for each kind of mistake, and one for all."""
    lines = [_HEADS]
    for make, sort in KINDS.items():
        some = [each for each in mutants if each.kind == make.__name__]
        lines.append(_line(make.__name__.replace("_", " "), sort, some))
    lines.append(_line("all", "", mutants))
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)][:-1]
    for line in lines:
        name, sort, *counts, rules = line
        cells = [cell.rjust(width) for cell, width in zip(counts, widths[2:], strict=True)]
        yield "  ".join((name.ljust(widths[0]), sort.ljust(widths[1]), *cells, rules)).rstrip()


def _line(name: str, sort: str, some: Sequence[Mutant]) -> tuple[str, ...]:
    ends = Counter(each.end for each in some)
    rules = Counter(each.rules[0] for each in some if each.rules)
    return (
        name,
        sort,
        str(len(some)),
        str(ends["caught"]),
        str(ends["harmless"]),
        str(ends["gap"] + ends["alternative"]),
        str(sum(len(each.rules) > 1 for each in some)),
        ", ".join(f"{rule} {count}" for rule, count in rules.most_common()),
    )


def listed(mutants: Sequence[Mutant], end: str) -> Iterator[str]:
    """The mistakes of which this became."""
    for each in mutants:
        if each.end == end:
            yield f"  {each.kind.replace('_', ' ')}, {each.pipeline}: {each.told}"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Make mistakes, and see which are found.")
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--list", action="store_true", help="list those with several findings, too")
    return parser.parse_args()


def main() -> None:
    given = arguments()
    texts = {**good_texts(), **real_texts()}
    mutants = list(hunted(texts, given.count, given.seed))
    print(f"{len(mutants)} mistakes in {len(texts)} pipelines, seed {given.seed}\n")
    print("\n".join(table(mutants)))
    print("\nmissed though nobody writes that on purpose:")
    print("\n".join(listed(mutants, "gap")) or "  none")
    print("\nmissed, and another author may have meant it:")
    print("\n".join(listed(mutants, "alternative")) or "  none")
    if given.list:
        print("\nseveral findings for one mistake:")
        for each in mutants:
            if len(each.rules) > 1:
                print(f"  {each.kind.replace('_', ' ')}, {each.pipeline}: {each.told}")
                for rule, message in zip(each.rules, each.messages, strict=True):
                    print(f"    {rule} {message}")


if __name__ == "__main__":
    main()
