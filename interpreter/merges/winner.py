"""Which candidate won: keys compared in turn, and the record of that comparison.

Each key ranks every candidate, smaller is better; declared position ends every tie. Where a
key asks somebody, what is to be asked is the result until there is an answer. Pure over
branch results in declared order. It must not know who is asked how, nor what is merged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

from attractorc.compiler.plan.policy_text import winner_text
from attractorc.compiler.policy import Winner, WinnerKey, WinnerKind
from attractorc.compiler.value import Json, canonical

from ..outcome import End
from .contribution import cut
from .model import BranchResult
from .number import is_number

Candidates: TypeAlias = tuple[BranchResult, ...]
Answers: TypeAlias = Mapping[WinnerKind, str]
"""The branch ids that were answered, by the kind of key that asked."""

ASKED: frozenset[WinnerKind] = frozenset({"prompt", "human"})
NO_ANSWERS: Answers = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a key puts one candidate: `rank` compares, `shown` is for people.

    `odd` says, in a clause, that the key asked for a number and found none.
    """

    rank: tuple[int, int | float]
    shown: Json = None
    odd: str = ""


@dataclass(frozen=True, slots=True)
class Asking:
    """Somebody is to choose among `candidates`, ids that tie so far, in declared order.

    `answer` is what was chosen, None while nobody has.
    """

    kind: WinnerKind
    candidates: tuple[str, ...]
    answer: str | None = None


@dataclass(frozen=True, slots=True)
class Selection:
    """The winner's id, None without candidates or with a `fault`, and how it was chosen.

    `method` are the keys that told it from the others, in turn; `ranking` are candidates
    with what each key saw, best first. `asked` is what somebody was asked, if anybody was.
    `fault` is a sentence: the rule could not be applied.
    """

    winner: str | None
    method: str
    ranking: tuple[tuple[str, Mapping[str, Json]], ...] = ()
    notes: tuple[str, ...] = ()
    fault: str = ""
    asked: Asking | None = None


def select(
    rule: Winner, candidates: Candidates, answers: Answers = NO_ANSWERS
) -> Selection | Asking:
    """The winner among candidates, which stand in declared order, or what is to be asked.

    A key that asks is asked about those that tie under the keys before it, if that is more
    than one; the answer leaves one, so that at most one key of a rule ever asks.
    """
    if not candidates:
        return Selection(None, "none")
    names = [winner_text(Winner((key,))) for key in rule.keys]
    compared = {
        place: RANKINGS[key.kind](key, candidates)
        for place, key in enumerate(rule.keys)
        if key.kind not in ASKED
    }
    odd = tuple(
        f"branch '{candidate.id}' wrote {standing.odd}, and {names[place]} needs a number"
        for place, column in compared.items()
        for candidate, standing in zip(candidates, column, strict=True)
        if standing.odd
    )
    if odd and rule.written:
        return Selection(None, "error", fault=f"no winner can be chosen: {odd[0]}")
    columns: list[tuple[Standing, ...]] = []
    tied, asked = list(range(len(candidates))), None
    for place, key in enumerate(rule.keys):
        if place in compared:
            column = compared[place]
        elif len(tied) == 1:
            column = (Standing((0, 0), "not asked"),) * len(candidates)
        else:
            asked = Asking(
                key.kind, tuple(candidates[each].id for each in tied), answers.get(key.kind)
            )
            if asked.answer is None:
                return asked
            column = _answered(asked, candidates)
        columns.append(column)
        tied = _best(column, tied)
    order = sorted(range(len(candidates)), key=lambda i: [column[i].rank for column in columns])
    ranking = tuple(
        (
            candidates[i].id,
            {name: column[i].shown for name, column in zip(names, columns, strict=True)},
        )
        for i in order
    )
    method = _method(names, columns, order)
    notes = tuple(f"{note}; it ranks last" for note in odd)
    return Selection(candidates[order[0]].id, method, ranking, notes, asked=asked)


def _best(column: tuple[Standing, ...], tied: list[int]) -> list[int]:
    """Those of the tied that a key puts first."""
    least = min(column[each].rank for each in tied)
    return [each for each in tied if column[each].rank == least]


def _method(names: list[str], columns: list[tuple[Standing, ...]], order: list[int]) -> str:
    """The keys that told the winner from others, in turn, until it stood alone."""
    if len(order) == 1:
        return "only_candidate"
    tied, telling = order, []
    for name, column in zip(names, columns, strict=True):
        left = _best(column, tied)
        if len(left) < len(tied):
            telling.append(name)
        tied = left
    return ", ".join(telling if len(tied) == 1 else [*telling, "first"])


def _status(key: WinnerKey, candidates: Candidates) -> tuple[Standing, ...]:
    return tuple(
        Standing((0 if each.end is End.SUCCESS else 1, 0), each.end.value) for each in candidates
    )


def _first(key: WinnerKey, candidates: Candidates) -> tuple[Standing, ...]:
    return tuple(Standing((0, place), place) for place, _ in enumerate(candidates, 1))


def _greatest(key: WinnerKey, candidates: Candidates) -> tuple[Standing, ...]:
    return tuple(_measured(key, each, -1) for each in candidates)


def _least(key: WinnerKey, candidates: Candidates) -> tuple[Standing, ...]:
    return tuple(_measured(key, each, 1) for each in candidates)


_LAST = (1, 0)


def _measured(key: WinnerKey, candidate: BranchResult, sign: int) -> Standing:
    written = candidate.writes.get(_named(key))
    if written is None:
        return Standing(_LAST)
    value = written.value
    if not is_number(value):
        return Standing(_LAST, _brief(value), f"{cut(canonical(value))} to '{key.key}'")
    return Standing((0, sign * value), _brief(value))


def _priority(key: WinnerKey, candidates: Candidates) -> tuple[Standing, ...]:
    places = {branch: place for place, branch in reversed(list(enumerate(key.branches, 1)))}
    return tuple(
        Standing((0, places[each.id]), places[each.id]) if each.id in places else Standing(_LAST)
        for each in candidates
    )


def _vote(key: WinnerKey, candidates: Candidates) -> tuple[Standing, ...]:
    ballots = [each.writes.get(_named(key)) for each in candidates]
    texts = [canonical(ballot.value) if ballot is not None else None for ballot in ballots]
    votes = Counter(texts)
    return tuple(
        Standing(_LAST)
        if ballot is None
        else Standing((0, -votes[text]), {"value": _brief(ballot.value), "votes": votes[text]})
        for ballot, text in zip(ballots, texts, strict=True)
    )


def _brief(value: Json) -> Json:
    """A value short enough for the ranking; long ones are cut, the writes have them whole."""
    text = canonical(value)
    return value if cut(text) == text else cut(text)


def _arrival(key: WinnerKey, candidates: Candidates) -> tuple[Standing, ...]:
    return tuple(Standing((0, each.position), each.position) for each in candidates)


def _answered(asked: Asking, candidates: Candidates) -> tuple[Standing, ...]:
    assert asked.answer in asked.candidates, f"'{asked.answer}' was not to be chosen"
    return tuple(
        Standing((0, 0), "chosen")
        if each.id == asked.answer
        else Standing((1, 0), "not chosen" if each.id in asked.candidates else "not asked")
        for each in candidates
    )


def _named(key: WinnerKey) -> str:
    assert key.key is not None, f"the compiler lets no {key.kind} pass without its key"
    return key.key


RANKINGS: Mapping[WinnerKind, Callable[[WinnerKey, Candidates], tuple[Standing, ...]]] = {
    "status": _status,
    "max": _greatest,
    "min": _least,
    "first": _first,
    "priority": _priority,
    "vote": _vote,
    "arrival": _arrival,
}
"""How each kind of key ranks that needs nothing but branch results; `ASKED` are the others."""
