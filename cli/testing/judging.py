"""What was expected against what was observed: one miss for each expectation that fails.

One function for each key of an expectation, in a table. It must not know how a run is made,
or how misses are printed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

from attractorc.compiler.source import Span
from attractorc.compiler.value import canonical, duration_text, encoded

from .observing import Observed, Region
from .reading import Read, data
from .stage_ids import normal

ABSENT = "nothing"


@dataclass(frozen=True, slots=True)
class Miss:
    """One expectation that does not hold: what it is about, where it stands, both sides."""

    about: str
    span: Span
    expected: str
    got: str


Judge: TypeAlias = Callable[[Read, Observed], Iterator[Miss]]
RegionJudge: TypeAlias = Callable[[str, Span, Region, Read], Iterator[Miss]]


def judged(
    expect: Read, run: Observed, judges: Mapping[str, Judge] | None = None
) -> tuple[Miss, ...]:
    """The expectations that do not hold, in the order of the file.

    `judges` are the keys of an expectation; without them, those of `attractorc test`.
    """
    misses: list[Miss] = []
    table = JUDGES if judges is None else judges
    for key, read in expect.value.items():
        misses += table[key](read, run)
    return tuple(sorted(misses, key=lambda miss: miss.span.start))


def _outcome(read: Read, run: Observed) -> Iterator[Miss]:
    if read.value != run.outcome:
        got = f"{run.outcome}: {run.reason}" if run.reason else run.outcome
        yield Miss("outcome", read.span, read.value, got)


def _reason(read: Read, run: Observed) -> Iterator[Miss]:
    if read.value not in run.reason:
        yield Miss("reason", read.span, f"... {read.value} ...", run.reason or ABSENT)


def _path(read: Read, run: Observed) -> Iterator[Miss]:
    yield from _same("path", read.span, data(read), run.path)


def _context(read: Read, run: Observed) -> Iterator[Miss]:
    for key, wanted in read.value.items():
        expected = canonical(wanted.value)
        got = canonical(run.context[key]) if key in run.context else ABSENT
        if expected != got:
            yield Miss(f"context: {key}", read.keys[key], expected, got)


def _absent(read: Read, run: Observed) -> Iterator[Miss]:
    for key in read.value:
        if key.value in run.context:
            got = canonical(run.context[key.value])
            yield Miss(f"absent: {key.value}", key.span, ABSENT, got)


def _ran(read: Read, run: Observed) -> Iterator[Miss]:
    for node, times in read.value.items():
        got = run.ran.get(node, 0)
        if got != times.value:
            yield Miss(f"ran: {node}", read.keys[node], _tries(times.value), _tries(got))


def _never_ran(read: Read, run: Observed) -> Iterator[Miss]:
    for node in read.value:
        got = run.ran.get(node.value, 0)
        if got:
            yield Miss(f"never_ran: {node.value}", node.span, _tries(0), _tries(got))


def _questions(read: Read, run: Observed) -> Iterator[Miss]:
    wanted = [
        normal(item, run.plan) if item.startswith("/") else encoded(item) for item in data(read)
    ]
    got = [
        stage if stage in wanted else stage.rpartition("/")[2].rpartition(".")[0]
        for stage in run.questions
    ]
    if sorted(wanted) != sorted(got):
        yield Miss("questions", read.span, _list(data(read)), _list(run.questions))


def _took(read: Read, run: Observed) -> Iterator[Miss]:
    if read.value != run.took_ms:
        expected, got = duration_text(read.value), duration_text(run.took_ms)
        yield Miss("took", read.span, expected, got)


def in_regions(key: str, judge: RegionJudge, read: Read, run: Observed) -> Iterator[Miss]:
    """What is expected of fan-outs, each by its id, or by its stage id if it ran often."""
    for name, wanted in read.value.items():
        about, span = f"{key}: {name}", read.keys[name]
        stage = normal(name, run.plan) if name.startswith("/") else ""
        met = [
            region
            for region in run.regions.values()
            if (region.join.fan_out == stage if stage else region.node == name)
        ]
        if len(met) == 1:
            yield from judge(about, span, met[0], wanted)
        elif not met:
            yield Miss(about, span, "a fan-out that ran", "it never ran")
        else:
            visits = ", ".join(region.join.fan_out for region in met)
            yield Miss(about, span, "one visit", f"it ran {len(met)} times: name one of {visits}")


def _branches(about: str, span: Span, region: Region, wanted: Read) -> Iterator[Miss]:
    for branch, nodes in wanted.value.items():
        told, place = f"{about}: {branch}", wanted.keys[branch]
        if branch not in region.ends:
            yield _no_branch(told, place, region)
        else:
            yield from _same(told, place, data(nodes), region.nodes.get(branch, []))


def _ends(about: str, span: Span, region: Region, wanted: Read) -> Iterator[Miss]:
    for branch, end in wanted.value.items():
        told, place = f"{about}: {branch}", wanted.keys[branch]
        if branch not in region.ends:
            yield _no_branch(told, place, region)
        elif end.value != region.ends[branch]:
            yield Miss(told, place, end.value, region.ends[branch])


def _no_branch(about: str, span: Span, region: Region) -> Miss:
    return Miss(about, span, "a branch of that id", f"only {', '.join(region.ends)}")


def _join(about: str, span: Span, region: Region, wanted: Read) -> Iterator[Miss]:
    join = region.join
    for key, value in wanted.value.items():
        told, place = f"{about}: {key}", wanted.keys[key]
        if key == "satisfied" and value.value is not join.satisfied:
            got = "undecided" if join.satisfied is None else canonical(join.satisfied)
            why = f" ({join.reason})" if join.reason else ""
            yield Miss(told, place, canonical(value.value), got + why)
        elif key == "reason" and value.value not in join.reason:
            yield Miss(told, place, f"... {value.value} ...", join.reason or ABSENT)
        elif key == "taken":
            yield from _same(told, place, data(value), [one.branch for one in join.taken])


def _winner(about: str, span: Span, region: Region, wanted: Read) -> Iterator[Miss]:
    expected = "no winner" if wanted.value is None else wanted.value
    got = "no winner" if region.join.winner is None else region.join.winner
    if region.join.state != "merged":
        got = "no merge was made"
    if expected != got:
        yield Miss(about, span, expected, got)


def _writes(about: str, span: Span, region: Region, wanted: Read) -> Iterator[Miss]:
    for key, states in wanted.value.items():
        found = region.writes.get(key, {})
        for branch, state in states.value.items():
            got = found.get(branch, "not written")
            if got != state.value:
                told = f"{about}: {key}: {branch}"
                yield Miss(told, states.keys[branch], state.value, got)


def _conflicts(about: str, span: Span, region: Region, wanted: Read) -> Iterator[Miss]:
    yield from _same(about, span, sorted(data(wanted)), region.conflicts)


REGIONAL: Mapping[str, RegionJudge] = {
    "branches": _branches,
    "ends": _ends,
    "join": _join,
    "winner": _winner,
    "writes": _writes,
    "conflicts": _conflicts,
}
JUDGES: Mapping[str, Judge] = {
    "outcome": _outcome,
    "reason": _reason,
    "path": _path,
    **{key: partial(in_regions, key, judge) for key, judge in REGIONAL.items()},
    "context": _context,
    "absent": _absent,
    "ran": _ran,
    "never_ran": _never_ran,
    "questions": _questions,
    "took": _took,
}


def _same(about: str, span: Span, expected: list[str], got: list[str]) -> Iterator[Miss]:
    if expected != got:
        yield Miss(about, span, _list(expected), _list(got))


def _list(names: list[str]) -> str:
    return f"[{', '.join(names)}]"


def _tries(count: int) -> str:
    return "never" if count == 0 else "1 attempt" if count == 1 else f"{count} attempts"
