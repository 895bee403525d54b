"""Each law that is held to every run, shown a run that breaks it."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from .laws import LAWS, broken
from .observation import seen
from .playing import inside
from .suite import all_cases

RACE = "a loser that had in truth finished is cancelled all the same"


def fan(run: Any) -> Any:
    return run["fan_outs"][0]


def drop(name: str) -> Callable[[Any], Any]:
    return lambda run: fan(run)["records"].remove(name)


def again(name: str) -> Callable[[Any], Any]:
    return lambda run: fan(run)["records"].insert(0, name)


def written(run: Any, state: str, writer: str = "/fan.1/a/a.1@1") -> None:
    fan(run)["merge"]["writes"] = {"x": {"a": {"state": state, "writer": writer}}}


def unsatisfied(run: Any) -> None:
    fan(run)["join"]["satisfied"] = False


BROKEN: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    "a branch without a terminal record": ("one_terminal_record", drop("branch_cancelled c")),
    "a branch with two": ("one_terminal_record", again("branch_cancelled c")),
    "a branch that arrives twice": ("arrives_once", again("branch_arrived a")),
    "a branch that ends first": ("arrives_once", again("branch_completed a")),
    "a join that is decided twice": ("decided_once", again("join_decided")),
    "a loser that ends too late": (
        "leaves_last",
        lambda run: fan(run)["records"].append("branch_retrying c"),
    ),
    "an end that is taken twice": (
        "taken_have_ends",
        lambda run: fan(run)["join"]["taken"].append("a"),
    ),
    "a loser that is taken": (
        "taken_have_ends",
        lambda run: fan(run)["join"]["taken"].append("c"),
    ),
    "a write that is nowhere": ("conserves_writes", lambda run: written(run, "lost")),
    "a write from elsewhere": (
        "conserves_writes",
        lambda run: written(run, "merged", "/other.1/a/a.1@1"),
    ),
    "a merge of an unsatisfied join": (
        "conserves_writes",
        lambda run: (written(run, "merged"), unsatisfied(run)),
    ),
    "a loser that wins": (
        "winner_is_a_candidate",
        lambda run: fan(run)["merge"].update(winner="c"),
    ),
    "a winner of an unsatisfied join": ("winner_is_a_candidate", unsatisfied),
    "a stage that begins twice": (
        "keeps_stages_apart",
        lambda run: run["stages"].append(run["stages"][0]),
    ),
}


@pytest.mark.parametrize(("law", "spoil"), BROKEN.values(), ids=BROKEN)
def test_a_law_notices(law: str, spoil: Callable[[Any], Any]) -> None:
    (race,) = (case for case in all_cases() if case.name == RACE)
    run = copy.deepcopy(inside(race))
    assert broken(seen(run)) == []
    spoil(run)
    function = next(each for each in LAWS if each.__name__ == law)
    assert list(function(seen(run)))


def test_every_law_is_shown_a_run_that_breaks_it() -> None:
    assert {law for law, _spoil in BROKEN.values()} == {law.__name__ for law in LAWS}
