"""The suite, against attractorc or any other program; prints a table by topic.

Run from the root of the project: `python -m tests.conformance [--command COMMAND] [TEXT]`.
README.md says what a COMMAND is given and what it must print. The exit code is 0 if
everything holds, 1 if something does not.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from .matrix import counted, lines
from .playing import Outside, Player, Verdict, inside, verdict
from .suite import Conformance, all_cases


def main(arguments: Sequence[str] | None = None) -> int:
    """Play the cases and print what came of them."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance", description=__doc__)
    parser.add_argument("text", nargs="?", default="", help="only cases with this in their names")
    parser.add_argument("--command", help="the program that plays; without it, attractorc itself")
    parser.add_argument("--file", help="only the cases of this file, such as joins.yaml")
    parser.add_argument("--language", choices=("dot", "yaml"), default="dot", help="which twin")
    parser.add_argument("--matrix", action="store_true", help="print what the tables cover")
    given = parser.parse_args(arguments)
    cases = [case for case in all_cases() if _asked(case, given)]
    if given.matrix:
        print("\n".join(lines(counted(cases))))
        return 0
    if not cases:
        print("no case has that in its name", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        player: Player = inside
        if given.command is not None:
            player = Outside(given.command, Path(folder))
        verdicts = [verdict(case, player, given.language) for case in cases]
    print("\n".join(told(verdicts)))
    return 0 if all(each.passed for each in verdicts) else 1


def _asked(case: Conformance, given: argparse.Namespace) -> bool:
    named = given.file is None or Path(given.file).name == case.file
    spoken = given.language == "dot" or case.yaml is not None
    return named and spoken and given.text in case.name


def told(verdicts: Sequence[Verdict]) -> list[str]:
    """What was missed, and a line for each topic."""
    out: list[str] = []
    topics: dict[str, list[Verdict]] = {}
    for each in verdicts:
        topics.setdefault(f"{each.case.file}: {each.case.topic}", []).append(each)
        if not each.passed:
            out.append(f"FAILED {each.case.file}: {each.case.name}")
            out += [f"    {line}" for line in each.missed]
            out.append(f"    law: {each.case.law}")
    width = max(map(len, topics))
    for topic, some in topics.items():
        out.append(_line(topic.ljust(width), some))
    out.append(_line("all".ljust(width), verdicts))
    return out


def _line(name: str, verdicts: Sequence[Verdict]) -> str:
    failed = sum(not each.passed for each in verdicts)
    count = f"{len(verdicts):5d} {'case' if len(verdicts) == 1 else 'cases'}"
    return f"{name}  {count}" + (f", {failed} failed" if failed else "")


if __name__ == "__main__":
    sys.exit(main())
