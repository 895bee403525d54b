"""What is expected beyond `attractorc test`, one function for each key, in a table.

It must not know how a run is made, or what every run must hold: that is `laws`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from attractorc.compiler.source import Span
from attractorc.compiler.value import duration_text
from attractorc.testing.judging import ABSENT, JUDGES, Judge, Miss, in_regions
from attractorc.testing.observing import Observed, Region
from attractorc.testing.reading import Read, data

from .observation import FanOut, Seen


def _refused(read: Read, run: Observed) -> Iterator[Miss]:
    assert isinstance(run, Seen)
    if run.refused is None:
        yield Miss("refused", read.span, "an error", f"a run that ended {run.outcome}")
        return
    told = "\n".join(run.refused)
    for word in data(read):
        if word not in told:
            yield Miss("refused", read.span, f"... {word} ...", told)


def _outcomes(read: Read, run: Observed) -> Iterator[Miss]:
    yield from _stages("outcomes", read, run, lambda stage: str(stage["status"] or "open"))


def _began(read: Read, run: Observed) -> Iterator[Miss]:
    yield from _stages("began", read, run, lambda stage: duration_text(stage["began_ms"]))


def _stages(
    key: str, read: Read, run: Observed, told: Callable[[Mapping[str, Any]], str]
) -> Iterator[Miss]:
    """What is expected of stages, each by its id, or by its node if that has one stage."""
    assert isinstance(run, Seen)
    for name, wanted in read.value.items():
        about, place = f"{key}: {name}", read.keys[name]
        expected = duration_text(wanted.value) if key == "began" else wanted.value
        met = [stage for stage in run.stages if name in (stage["stage"], stage["node"])]
        if len(met) != 1:
            ids = ", ".join(stage["stage"] for stage in met) or "it never ran"
            yield Miss(about, place, "one stage", ids)
        elif told(met[0]) != expected:
            yield Miss(about, place, expected, told(met[0]))


def _counts(about: str, span: Span, region: Region, wanted: Read) -> Iterator[Miss]:
    for key, value in wanted.value.items():
        got = region.join.counts.get(key)
        if got != value.value:
            yield Miss(f"{about}: {key}", wanted.keys[key], str(value.value), str(got))


def _reasons(about: str, span: Span, region: Region, wanted: Read) -> Iterator[Miss]:
    assert isinstance(region, FanOut)
    for branch, part in wanted.value.items():
        got = region.reasons.get(branch, ABSENT)
        if part.value not in got:
            yield Miss(f"{about}: {branch}", wanted.keys[branch], f"... {part.value} ...", got)


def _writers(about: str, span: Span, region: Region, wanted: Read) -> Iterator[Miss]:
    assert isinstance(region, FanOut)
    for key, branches in wanted.value.items():
        for branch, attempt in branches.value.items():
            got = region.writers.get(key, {}).get(branch, ABSENT)
            if got != attempt.value:
                told = f"{about}: {key}: {branch}"
                yield Miss(told, branches.keys[branch], attempt.value, got)


def _records(about: str, span: Span, region: Region, wanted: Read) -> Iterator[Miss]:
    assert isinstance(region, FanOut)
    rest = iter(region.records)
    for item in wanted.value:
        if item.value not in rest:
            yield Miss(about, item.span, f"'{item.value}' there", "; ".join(region.records))
            return


REGION_JUDGES = {
    "counts": _counts,
    "reasons": _reasons,
    "writers": _writers,
    "records": _records,
}
ALL: Mapping[str, Judge] = {
    **JUDGES,
    "refused": _refused,
    "outcomes": _outcomes,
    "began": _began,
    **{key: partial(in_regions, key, judge) for key, judge in REGION_JUDGES.items()},
}
