"""Runs that can be branched off, and keys by which two runs are seen to be the same.

Both are made from the annotations of the machine's own classes: what is annotated as never
changing is shared, dicts, lists and the mutable classes are copied, and a field of a kind
that is not in the table here is refused when this module is imported, so that none can be
forgotten. A key holds every field; equal keys are equal runs, and what can happen to one
can happen to the other. Unequal keys may still mean the same; that run is looked at twice.
It must not know what a run is walked for.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from attractorc.interpreter.context import Context
from attractorc.interpreter.state import BranchState, Fork, State, Walker

from .machine import Run

SHARED = frozenset(
    {
        *("str", "int", "bool", "Phase", "BranchPhase", "Status", "End", "frozenset[str]"),
        *("Region", "Plan", "Step", "Limits", "Process", "Verdict", "Finish"),
        *("Mapping[str, Json]", "InterviewLifecycle", "StageLifecycle", "FanInDecision"),
        *("tuple[str, ...]", "tuple[Element, ...]"),
    }
)
"""Annotations of what never changes once it is made; each of them may also be None."""

COPIED = {
    "dict[str, int]": "dict({it})",
    "dict[str, str]": "dict({it})",
    "dict[str, Status]": "dict({it})",
    "dict[str, None]": "dict({it})",
    "dict[int, None]": "dict({it})",
    "dict[str, Record]": "dict({it})",
    "list[int]": "list({it})",
    "list[ParallelLifecycle]": "list({it})",
    "list[FanInDecision]": "list({it})",
    "dict[str, list[Record]]": "{{name: list(one) for name, one in {it}.items()}}",
    "dict[str, Walker]": "{{name: copy_Walker(one, done) for name, one in {it}.items()}}",
    "dict[str, Fork]": "{{name: copy_Fork(one, done) for name, one in {it}.items()}}",
    "list[BranchState]": "[copy_BranchState(one, done) for one in {it}]",
    "Context": "copied_context({it}, done)",
    "State": "copy_State({it}, done)",
    "Tally": "copied_tally({it})",
    "Memory": "absent({it})",
    "ChildRun": "absent({it})",
}
"""How a field of the value `it` is copied, by its annotation."""

KEYED = {
    "str": "{it}",
    "int": "{it}",
    "bool": "{it}",
    "Phase": "{it}",
    "BranchPhase": "{it}",
    "Status": "{it}",
    "End": "{it}",
    "tuple[str, ...]": "{it}",
    "frozenset[str]": "{it}",
    "dict[str, int]": "tuple({it}.items())",
    "dict[str, str]": "tuple({it}.items())",
    "dict[str, Status]": "tuple({it}.items())",
    "dict[str, None]": "tuple({it})",
    "dict[int, None]": "tuple({it})",
    "list[int]": "tuple({it})",
    "dict[str, Walker]": "tuple([key_Walker(one, keys) for one in {it}.values()])",
    "dict[str, Fork]": "tuple([key_Fork(one, keys) for one in {it}.values()])",
    "dict[str, Record]": "tuple([(name, keys.token(one)) for name, one in {it}.items()])",
    "dict[str, list[Record]]": (
        "tuple([(name, *map(keys.token, ones)) for name, ones in {it}.items()])"
    ),
    "list[BranchState]": "tuple([key_BranchState(one, keys) for one in {it}])",
    "list[ParallelLifecycle]": "tuple([keys.token(one) for one in {it}])",
    "list[FanInDecision]": "tuple([keys.token(one) for one in {it}])",
    "Context": "keys.context({it})",
    "State": "key_State({it}, keys)",
    "Tally": "keys.tally({it})",
    "Memory": "absent({it})",
    "ChildRun": "absent({it})",
    "Plan": "id({it})",
    "Step": "id({it})",
    "Region": "id({it})",
}
"""How a field of the value `it` stands in a key; all else by a number for its text."""

BY_TEXT = "None if {it} is None else keys.token({it})"


assert set(Context.__slots__) == {"_base", "_own", "_plain"}, "how is a context copied?"


def copied_context(context: Context, done: dict[int, Any]) -> Context:
    """A copy of a view; views that share a base share its copy."""
    made = done.get(id(context))
    if made is None:
        base = context._base
        made = Context(None if base is None else copied_context(base, done))
        made._own = dict(context._own)
        made._plain = context._plain  # what is kept of it tells nothing that `_own` does not
        done[id(context)] = made
    found: Context = made
    return found


def absent(value: object) -> None:
    """What walkers have only in runs with agents or with pipelines in pipelines."""
    assert value is None, f"no such run is walked: how is a {type(value).__name__} copied?"


def copied_tally(tally: Any) -> Any:
    """A copy of a tally, or of what stands in for one: its dicts are its own."""
    made = object.__new__(type(tally))
    for name in type(tally).__slots__:
        value = getattr(tally, name)
        setattr(made, name, dict(value) if type(value) is dict else value)
    return made


class Keys:
    """Gives keys, and remembers what their numbers stand for; one for a whole walk.

    `forgotten` names fields (`Fork.arrived`) that are left out; whoever leaves one out has
    to say why nothing rests on it.
    """

    def __init__(self, forgotten: Collection[str] = ()) -> None:
        self._texts: dict[str, int] = {}
        self._tokens: dict[int, tuple[object, int]] = {}
        self._parts: dict[object, int] = {}
        self._seen: dict[int, int] = {}
        self._key = _compiled("key", forgotten)["key_Run"]

    def of(self, run: Run) -> tuple[Any, ...]:
        """The key of a run."""
        self._seen = {}
        key: tuple[Any, ...] = self._key(run, self)
        return key

    def part(self, value: tuple[Any, ...]) -> int:
        """A number for a part of a key: the same for equal parts."""
        return self._parts.setdefault(value, len(self._parts))

    def token(self, value: object) -> int:
        """A number for a value that never changes, by its text, which tells it exactly."""
        found = self._tokens.get(id(value))
        if found is None:
            number = self._texts.setdefault(repr(value), len(self._texts))
            found = self._tokens[id(value)] = (value, number)  # held, so that its id stands
        return found[1]

    def context(self, context: Context) -> object:
        """A view and those below it; one that was met before in this run, by its place."""
        place = self._seen.get(id(context))
        if place is not None:
            return place
        base = None if context._base is None else self.context(context._base)
        self._seen[id(context)] = len(self._seen)
        token = self.token
        own = [(name, token(written)) for name, written in context._own.items()]
        return self.part((base, *own))

    def tally(self, tally: Any) -> int:
        """A tally by all that it holds."""
        slots = type(tally).__slots__
        values = [getattr(tally, name) for name in slots if name != "_policy"]
        parts = [tuple(one.items()) if type(one) is dict else one for one in values]
        return self.part(tuple(parts))


def _fields(kind: type) -> dict[str, str]:
    annotations: dict[str, str] = kind.__annotations__
    return annotations


def _copy_of(kind: type) -> str:
    lines = [f"def copy_{kind.__name__}(it, done):", f"    made = new({kind.__name__})"]
    for name, annotation in _fields(kind).items():
        bare, value = annotation.removesuffix(" | None"), f"it.{name}"
        assert bare in SHARED or bare in COPIED, f"{kind.__name__}.{name}: how is it copied?"
        text = value if bare in SHARED else COPIED[bare].format(it=value)
        lines.append(f"    made.{name} = {text}")
    return "\n".join([*lines, "    return made"])


def _key_of(kind: type, forgotten: Collection[str]) -> str:
    parts = []
    for name, annotation in _fields(kind).items():
        if f"{kind.__name__}.{name}" not in forgotten:
            bare, value = annotation.removesuffix(" | None"), f"it.{name}"
            parts.append(KEYED.get(bare, BY_TEXT).format(it=value))
    whole = f"({', '.join(parts)},)"
    whole = whole if kind is Run else f"keys.part({whole})"
    return f"def key_{kind.__name__}(it, keys):\n    return {whole}"


CLASSES: tuple[type, ...] = (BranchState, Walker, Fork, State, Run)


def _compiled(what: str, forgotten: Collection[str] = ()) -> dict[str, Callable[..., Any]]:
    known = {f"{kind.__name__}.{name}" for kind in CLASSES for name in _fields(kind)}
    assert set(forgotten) <= known, f"no such field: {set(forgotten) - known}"
    room: dict[str, Any] = {
        "new": object.__new__,
        "copied_context": copied_context,
        "copied_tally": copied_tally,
        "absent": absent,
        **{kind.__name__: kind for kind in CLASSES},
    }
    for kind in CLASSES:
        exec(_copy_of(kind) if what == "copy" else _key_of(kind, forgotten), room)
    return room


_COPY: Callable[[Run, dict[int, Any]], Run] = _compiled("copy")["copy_Run"]


def copied(run: Run) -> Run:
    """A run of its own, that shares with the first what never changes."""
    return _COPY(run, {})
