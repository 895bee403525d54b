"""What has changed from one plan to another, for people: a line each, from -> to.

A line begins with the place in the new file, where there is one. Every difference of digests
is told, if need be field by field. It must not know what a run has reached.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

from ..expr import Expr, condition_text
from ..plan.child import child_of
from ..plan.difference import Difference, difference
from ..plan.model import Child, ContextRef, InputRef, Place, Plan, Region, Route, Step
from ..value import canonical, duration_text
from .plan_tree import one_line, route_words
from .plan_words import (
    fan_out_words,
    files_words,
    join_words,
    kind_words,
    merge_words,
    template_text,
    winner_words,
    work_words,
)

_SHOWN = 72
_MIRRORED = frozenset({"graph.goal", "graph.label", "graph.name"})
"""Keys of a run's context that say again what a field of the plan says."""
_WORD = re.compile(r"[\w.%*/-]+")
_UNSEEN = frozenset(
    {"id", "routes", "extra", "place", "digest", "steps", "regions", "nodes", "children", "plan"}
)
_DIGEST = len("sha256:") + 12


def plan_changes(old: Plan, new: Plan) -> list[str]:
    """One line for each difference of two plans; [] for plans of the same digest."""
    return _Changes(old.children, new.children).between(old, new)


@dataclass(slots=True)
class _Changes:
    """The children of both plans, and the pairs of them whose differences are told already."""

    before: Mapping[str, Plan]
    after: Mapping[str, Plan]
    told: set[tuple[str, str]] = field(default_factory=set)

    def between(self, old: Plan, new: Plan) -> list[str]:
        """The lines for two plans; those for a pipeline that a stage runs stand behind its own."""
        differ = difference(old, new)
        lines = _own(differ, old, new)
        for name in differ.stages:
            lines += self._pipelines(old.steps[name], new.steps[name])
        return lines

    def _pipelines(self, old: Step, new: Step) -> Iterator[str]:
        """What has changed in the pipeline that a stage runs; only once for several stages."""
        one, other = child_of(old.work), child_of(new.work)
        if (one and one.plan) == (other and other.plan):
            return
        was = self.before.get(one.plan) if one else None
        now = self.after.get(other.plan) if other else None
        head = f"{_at(new.place)}stage '{new.id}': "
        pair = (was.digest, now.digest) if was and now else ("", "")
        if was is None or now is None or was.name != now.name or pair in self.told:
            yield f"{head}pipeline: {_ran(one, was)} -> {_ran(other, now)}"
        else:
            yield f"{head}its pipeline '{now.name}' has changed:"
        if was is not None and now is not None and pair not in self.told:
            self.told.add(pair)
            yield from self.between(was, now)


def _ran(run: Child | None, plan: Plan | None) -> str:
    if plan is None:
        return "none" if run is None else "this pipeline itself"
    return f"'{plan.name}' ({plan.digest[:_DIGEST]})"


def _own(differ: Difference, old: Plan, new: Plan) -> list[str]:
    lines = [f"graph: {line}" for line in _leaves_apart(old, new)] if differ.graph else []
    for name in differ.added:
        step = new.steps[name]
        lines.append(f"{_at(step.place)}stage '{name}' is new: {_step_words(step)}")
        lines += [
            f"{_at(route.place)}edge {name} {route_words(route)} is new" for route in step.routes
        ]
    lines += [f"stage '{name}' is gone: {_step_words(old.steps[name])}" for name in differ.removed]
    for name in differ.stages:
        at = _at(new.steps[name].place)
        told = _leaves_apart(old.steps[name], new.steps[name])
        lines += [f"{at}stage '{name}': {line}" for line in told]
    for name in differ.edges:
        lines += _edges(name, old.steps[name], new.steps[name])
    for name in differ.regions:
        place = new.steps[name].place if name in new.steps else None
        told = _region(old.regions.get(name), new.regions.get(name))
        lines += [f"{_at(place)}fan-out '{name}': {line}" for line in told]
    return [one_line(line) for line in lines]


def _at(place: Place | None) -> str:
    return "" if place is None else f"{place.file}:{place.line}:{place.column}: "


def _step_words(step: Step) -> str:
    return f"{kind_words(step)} {_short(work_words(step))}".strip()


def _edges(name: str, old: Step, new: Step) -> Iterator[str]:
    before, after = [*map(route_words, old.routes)], [*map(route_words, new.routes)]
    for words in before:
        if words not in after:
            yield f"edge {name} {words} is gone"
    for route, words in zip(new.routes, after, strict=True):
        if words not in before:
            yield f"{_at(route.place)}edge {name} {words} is new"
    if sorted(before) != sorted(after):
        return
    if before != after:
        yield f"{_at(new.place)}the edges of '{name}' stand in another order"
        return
    for one, other, words in zip(old.routes, new.routes, after, strict=True):
        for line in _leaves_apart(one, other):
            yield f"{_at(other.place)}edge {name} {words}: {line}"


def _region(old: Region | None, new: Region | None) -> Iterator[str]:
    if old is None or new is None:
        yield "is new" if old is None else "is gone"
        return
    said = [
        (name, tell(old), tell(new))
        for name, tell in (
            ("branches", _branches),
            ("branches run", fan_out_words),
            ("join", join_words),
            ("winner", winner_words),
            ("merge", lambda region: merge_words(region.merge)),
            ("files", files_words),
            ("meets at", lambda region: str(region.join_at)),
        )
    ]
    told = [f"{name}: {_apart(one, other)}" for name, one, other in said if one != other]
    inside = sorted(set(old.nodes) ^ set(new.nodes))
    if inside:
        told.append(f"the stages in it: {', '.join(inside)} came or went")
    yield from told or _leaves_apart(old, new)


def _branches(region: Region) -> str:
    return ", ".join(
        f"{one.id} -> {one.head}"
        + ("" if one.condition is None else f" when {condition_text(one.condition)}")
        for one in region.branches
    )


def _leaves_apart(old: Any, new: Any) -> Iterator[str]:
    """`field: from -> to` for all fields in which two values of one class differ."""
    before, after = dict(_leaves(old, "")), dict(_leaves(new, ""))
    for name in dict.fromkeys((*before, *after)):
        one, other = before.get(name, "none"), after.get(name, "none")
        if one != other:
            yield f"{name}: {_apart(one, other)}"


def _leaves(value: Any, prefix: str) -> Iterator[tuple[str, str]]:
    for item in fields(value):
        if item.name in _UNSEEN or (item.name == "description" and not prefix):
            continue
        part = getattr(value, item.name)
        name = f"{prefix}{item.name}"
        if item.name.endswith("_ms") and isinstance(part, int):
            yield name.removesuffix("_ms"), duration_text(part)
        elif isinstance(part, Mapping):
            yield from ((key, _text(each)) for key, each in part.items() if key not in _MIRRORED)
        elif item.name == "work":
            yield "kind", type(part).__name__.lower()
            yield from _leaves(part, "")
        elif is_dataclass(part) and not _says_itself(part):
            yield from _leaves(part, f"{name}.")
        else:
            yield name.removesuffix("_ms"), _text(part)


def _says_itself(value: Any) -> bool:
    return isinstance(value, Route | Place) or hasattr(value, "kind") or _is_condition(value)


def _is_condition(value: Any) -> bool:
    return isinstance(value, Expr)


def _text(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, str):
        return value
    if _is_condition(value):
        return condition_text(value)
    if isinstance(value, tuple) and any(isinstance(x, ContextRef | InputRef) for x in value):
        return template_text(value)
    if isinstance(value, tuple) and len(value) == 1 and isinstance(value[0], str):
        return value[0]
    if isinstance(value, tuple) and all(isinstance(part, str) for part in value):
        return ", ".join(value)
    try:
        return canonical(value)
    except (TypeError, ValueError):
        return repr(value)


def _apart(old: str, new: str) -> str:
    """Both texts, from where they begin to differ if they are long."""
    old, new = one_line(old), one_line(new)
    skip = 0
    if max(len(old), len(new)) > _SHOWN:
        same = sum(1 for _ in _common(old, new))
        skip = max(0, same - _SHOWN // 4)
    return f"{_quoted(old, skip)} -> {_quoted(new, skip)}"


def _common(old: str, new: str) -> Iterable[str]:
    for one, other in zip(old, new, strict=False):
        if one != other:
            return
        yield one


def _quoted(text: str, skip: int) -> str:
    shown = f"{'...' if skip else ''}{_short(text[skip:])}"
    return shown if _WORD.fullmatch(shown) else f'"{shown}"'


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."
