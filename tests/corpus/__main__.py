"""`make corpus`: a table of the real pipelines by repository; fails if one is not as reviewed.

Apart from the survey because this one prints. Run from the root of the project as
`python -m tests.corpus`; with `--write` it brings `expected.tsv` up to date, where what is new
waits for its reason.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence

from .survey import (
    CORPUS,
    EXPECTED,
    FAULTS,
    Surveyed,
    complaints,
    expected,
    rows,
    surveyed,
    written,
)

_HEADS = (
    "repository",
    "files",
    "graphviz",
    "parsed",
    "no error",
    "laid out",
    "converted",
    "errors by rule",
)


def table(files: Sequence[Surveyed]) -> Iterator[str]:
    """A line for each repository and one for all of them, under a line of heads.

    `graphviz` counts the files that Graphviz reads, `parsed` those of which we make a
    document, `no error` those that run as written. Of these, `laid out` counts those that keep
    their plan in the canonical layout, `converted` those that keep it in the other language
    and back.
    """
    by_repository: dict[str, list[Surveyed]] = {}
    for file in files:
        by_repository.setdefault(file.row.repository, []).append(file)
    lines = [_HEADS, *(_line(name, some) for name, some in sorted(by_repository.items()))]
    lines.append(_line("all", files))
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        first, *counts, rules = line
        cells = [cell.rjust(width) for cell, width in zip(counts, widths[1:], strict=False)]
        yield "  ".join((first.ljust(widths[0]), *cells, rules)).rstrip()


def _line(name: str, files: Sequence[Surveyed]) -> tuple[str, ...]:
    rules = Counter(error.rule for file in files for error in file.errors)
    return (
        name,
        str(len(files)),
        str(sum(file.row.graphviz for file in files)),
        str(sum(file.parsed for file in files)),
        str(sum(not file.errors for file in files)),
        str(sum(file.is_planned and not file.broken_layout for file in files)),
        str(sum(file.is_planned and not file.broken_conversion for file in files)),
        ", ".join(f"{rule} {count}" for rule, count in sorted(rules.items())),
    )


def main() -> int:
    """Print the table and what is wrong; 0 if all is as reviewed, else 1."""
    if not (CORPUS / "INDEX.tsv").is_file():
        print(f"there is no corpus at {CORPUS}; set ATTRACTORC_CORPUS", file=sys.stderr)
        return 1
    files = [surveyed(row) for row in rows()]
    print("\n".join(table(files)))
    if "--write" in sys.argv[1:]:
        EXPECTED.write_text(written(files, expected()), "utf-8")
    reviewed = expected()
    for severity in ("error", "warning"):
        for fault, words in FAULTS.items():
            some = [
                item.found
                for item in reviewed
                if item.fault == fault and item.found.severity == severity
            ]
            in_files = len({each.file for each in some})
            print(f"{len(some)} reviewed {severity}s in {in_files} files: {words}")
    wrong = list(complaints(files, reviewed))
    print("\n".join(wrong) if wrong else "every file is as it was reviewed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
