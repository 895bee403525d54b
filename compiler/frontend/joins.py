"""Reads a join: text or a YAML mapping becomes a `policy.Join`, or a `Fault`.

The grammar is the `join` rule of `grammar/policy.lark`. `k` and the ratio may also stand in
attributes of their own: `completed` puts them in. It must not know the branches of a graph:
whether a formula's ids exist is for others to say.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from typing import Any, cast, get_args

from ..plan.policy_text import formula_text
from ..policy import AllOf, AnyOf, AtLeast, Atom, BranchState, Formula, Join, JoinKind, NoneOf
from ..syntax import Mapping, Value
from .policies import read, unknown
from .small import Fault, FaultFound, Problem, Refused, entry, scalar, unquoted

POLICIES: tuple[str, ...] = (
    "wait_all",
    "all_success",
    "first_success",
    "any_success",
    "k_of_n",
    "quorum",
    "majority",
    "all_done",
    "ignore",
)
_LOWERED = {"any_success": "first_success", "ignore": "all_done"}
_FOREIGN = {"any": "first_success", "all": "all_success", "first": "first_success"}
_STATES: tuple[str, ...] = get_args(BranchState)


@dataclass(frozen=True, slots=True)
class _Call:
    """`name(argument)`; `at` is where the name stands, `start` and `end` are the argument's."""

    at: int
    name: str
    argument: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Bare:
    name: str


@dataclass(frozen=True, slots=True)
class _Quoted:
    name: str


@lru_cache(maxsize=1024)
def parse_join(text: str) -> Join | Problem:
    """The join that a text means (semantics 5).

    `k_of_n` and `quorum` without an argument give a join without `k` or `ratio`, to be
    completed. A lone name that is no policy is the formula of that one branch.
    """
    name = text.strip()
    if not name:
        return Problem("the join is empty; leave the attribute out for wait_all", 0, len(text))
    if name in POLICIES:
        return _named(name)  # by far the most joins, and they need no parser
    return cast("Join | Problem", read("join", text, _BUILDER))


class _Builder:
    """One method for each rule of the grammar."""

    def join(self, children: list[Any]) -> Join:
        found = children[0]
        if isinstance(found, _Call):
            return _called(found)
        if isinstance(found, _Bare) and found.name in POLICIES:
            return _named(found.name)
        formula = _plain(found)
        return Join("formula", formula=formula, text=formula_text(formula))

    def disjunction(self, children: list[Any]) -> Formula:
        return AnyOf(tuple(_plain(child) for child in children))

    def conjunction(self, children: list[Any]) -> Formula:
        return AllOf(tuple(_plain(child) for child in children))

    def none_of(self, children: list[Any]) -> Formula:
        return NoneOf(_plain(children[-1]))

    def at_least(self, children: list[Any]) -> Formula:
        count, *branches = children
        return AtLeast(
            _count(str(count), count.start_pos, count.end_pos),
            tuple(branch.name for branch in branches),
        )

    def atom(self, children: list[Any]) -> Any:
        branch = children[0]
        if len(children) == 1:
            return branch
        state = children[1]
        if state not in _STATES:
            raise Refused(
                unknown("branch state", str(state), _STATES, state.start_pos, state.end_pos)
            )
        return Atom(branch.name, cast("BranchState", str(state)))

    def call(self, children: list[Any]) -> _Call:
        name, *argument = children
        if not argument:
            return _Call(name.start_pos, str(name), "", name.start_pos, name.end_pos)
        text = argument[0].strip()
        start = argument[0].start_pos + argument[0].index(text)
        return _Call(name.start_pos, str(name), text, start, start + len(text))

    def branch(self, children: list[Any]) -> _Bare | _Quoted:
        token = children[0]
        if token.type == "QUOTED":
            return _Quoted(unquoted(token))
        return _Bare(str(token))


_BUILDER = _Builder()


def _plain(found: Any) -> Formula:
    """A part of a formula; a policy with an argument cannot be one."""
    if isinstance(found, _Bare | _Quoted):
        return Atom(found.name)
    if isinstance(found, _Call):
        raise Refused(
            Problem(
                f"'{found.name}(...)' must stand alone, not in a formula",
                found.at,
                found.end,
                "in a formula write 2 of (a, b, c)",
            )
        )
    return cast("Formula", found)


def _named(name: str) -> Join:
    kind = cast("JoinKind", _LOWERED.get(name, name))
    return Join(kind, text=kind)


def _called(call: _Call) -> Join:
    name, argument = call.name, call.argument
    start, end = call.start, call.end
    if name == "k_of_n":
        return completed(_named(name), k=_count(argument, start, end))
    if name == "quorum":
        return completed(_named(name), ratio=_ratio(argument, start, end))
    if name in POLICIES:
        raise Refused(Problem(f"'{name}' takes no argument", call.at, end, f"write {name}"))
    raise Refused(unknown("join policy", name, POLICIES, call.at, call.at + len(name)))


def completed(join: Join, k: int | None = None, ratio: Fraction | None = None) -> Join:
    """The join with its `k` or its ratio, which then is part of its text."""
    if k is not None:
        return replace(join, k=k, text=f"k_of_n({k})")
    if ratio is not None:
        return replace(join, ratio=ratio, text=f"quorum({ratio})")
    return join


def parse_count(text: str) -> int | None:
    """A positive integer of at most nine digits, or None."""
    return int(text) if re.fullmatch(r"0*[1-9][0-9]{0,8}", text.strip()) else None


def parse_ratio(text: str) -> Fraction | None:
    """An exact fraction in (0, 1] from `2/3`, `0.5` or `1`, or None."""
    if not re.fullmatch(r"[0-9]{1,9}/[0-9]{1,9}|[0-9]{0,9}\.?[0-9]{1,18}", text.strip()):
        return None
    try:
        ratio = Fraction(text.strip())
    except ZeroDivisionError:
        return None
    return ratio if 0 < ratio <= 1 else None


def _count(text: str, start: int, end: int) -> int:
    count = parse_count(text)
    if count is None:
        raise Refused(
            Problem(
                f"k must be a positive integer, not '{text}'" if text else "k is missing",
                start,
                end,
                "write for example k_of_n(2)",
            )
        )
    return count


def _ratio(text: str, start: int, end: int) -> Fraction:
    ratio = parse_ratio(text)
    if ratio is None:
        raise Refused(
            Problem(
                f"the ratio must be above 0 and at most 1, not '{text}'"
                if text
                else "the ratio is missing",
                start,
                end,
                "write for example quorum(2/3)",
            )
        )
    return ratio


def no_such_policy(name: str) -> Problem:
    """For a lone name that is neither a policy nor a branch."""
    problem = unknown("join policy", name, POLICIES, 0, len(name))
    meant = _FOREIGN.get(name.lower())
    message = f"{problem.message}, or a formula over branch ids"
    return replace(
        problem, message=message, help=f"did you mean '{meant}'?" if meant else problem.help
    )


def join_of(value: Value) -> Join | Fault:
    """The join that a value of a document means: text, or `{quorum: 2/3}` and its like."""
    try:
        if isinstance(value, Mapping):
            return _mapped(value)
        text = scalar(value, "a join").text
    except FaultFound as found:
        return found.fault
    join = parse_join(text)
    return Fault(value, join) if isinstance(join, Problem) else join


def _mapped(value: Mapping) -> Join:
    name, inner = entry(value, "a join")
    if name not in ("k_of_n", "quorum", "formula"):
        known = ("k_of_n", "quorum", "formula")
        raise FaultFound(value, unknown("kind of join", name, known, 0, 0))
    written = scalar(inner, name)
    try:
        if name == "k_of_n":
            return completed(_named(name), k=_count(written.text, 0, len(written.text)))
        if name == "quorum":
            return completed(_named(name), ratio=_ratio(written.text, 0, len(written.text)))
    except Refused as refused:
        raise FaultFound(inner, refused.problem) from refused
    join = parse_join(written.text)
    if isinstance(join, Problem):
        raise FaultFound(inner, join)
    return join
