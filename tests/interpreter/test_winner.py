"""Winners: keys compared in turn, exactly, and the record of the comparison."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attractorc.compiler.policy import Winner, WinnerKey, WinnerKind
from attractorc.compiler.value import Json, canonical
from attractorc.interpreter.merges.winner import ASKED, RANKINGS, Asking, Selection, select
from attractorc.interpreter.outcome import End, Status

from .branches import branch, by, decide, numbers, plain, region, reread, values

STATUS, FIRST = WinnerKey("status"), WinnerKey("first")
SCORED = by(WinnerKey("max", "score"))
PART = End.PARTIAL_SUCCESS


def won(rule: Winner, *results: Any) -> Any:
    return decide(region(winner=rule), *results).winner


def scores(*written: Json) -> list[Any]:
    """Branches a, b, c … with these scores."""
    return [branch(chr(ord("a") + n), {"score": value}) for n, value in enumerate(written)]


CASES: tuple[tuple[str, Winner, list[Any], str, str], ...] = (
    (
        "success stands before partial success",
        Winner(),
        [branch("a", {"score": 9}, PART), branch("b", {"score": 1})],
        "b",
        "status",
    ),
    ("then the higher score wins", Winner(), scores(1, 3, 2), "b", "max(score)"),
    ("then declared order", Winner(), scores(1, 1), "a", "first"),
    (
        "a branch without the key ranks last",
        SCORED,
        [branch("a"), branch("b", {"score": -5})],
        "b",
        "max(score)",
    ),
    ("no branch with the key is a tie", SCORED, [branch("a"), branch("b")], "a", "first"),
    (
        "declared order ends every tie, and names do not",
        SCORED,
        [branch("z", {"score": 1}), branch("a", {"score": 1})],
        "z",
        "first",
    ),
    ("min prefers the lower value", by(WinnerKey("min", "score")), scores(2, 1), "b", "min(score)"),
    (
        "a branch without the key ranks last under min too",
        by(WinnerKey("min", "cost")),
        [branch("a"), branch("b", {"cost": 10**30})],
        "b",
        "min(cost)",
    ),
    (
        "integers and floats are compared exactly",
        SCORED,
        scores(float(2**53), 2**53 + 1),
        "b",
        "max(score)",
    ),
    ("1 and 1.0 are a tie", SCORED, scores(1, 1.0), "a", "first"),
    ("integers of any size are compared", SCORED, scores(1e308, 10**400), "b", "max(score)"),
    (
        "priority takes the first that is named",
        by(WinnerKey("priority", branches=("x", "c", "b"))),
        scores(1, 2, 3),
        "c",
        "priority(x, c, b)",
    ),
    (
        "priority puts the unnamed last",
        by(WinnerKey("priority", branches=("b",))),
        scores(1, 2),
        "b",
        "priority(b)",
    ),
    (
        "vote takes the most common value's first branch",
        by(WinnerKey("vote", "score")),
        scores("no", {"x": 1, "y": 2}, {"y": 2, "x": 1}),
        "b",
        "vote(score), first",
    ),
    ("vote tells 1 and 1.0 apart", by(WinnerKey("vote", "score")), scores(1, 1.0), "a", "first"),
    (
        "whoever did not vote ranks last",
        by(WinnerKey("vote", "score")),
        [branch("a"), branch("b", {"score": None})],
        "b",
        "vote(score)",
    ),
    (
        "a later key decides between equal earlier ones",
        by(WinnerKey("vote", "v"), WinnerKey("max", "score")),
        [
            branch("a", {"v": 1, "score": 9}),
            branch("b", {"v": 2, "score": 1}),
            branch("c", {"v": 2, "score": 2}),
        ],
        "c",
        "vote(v), max(score)",
    ),
    (
        "all keys that told the winner from others are named",
        Winner(),
        [branch("a", {"score": 9}, PART), *scores(0, 1, 2, 2)[1:]],
        "c",
        "status, max(score), first",
    ),
    (
        "first decides before what follows",
        by(FIRST, WinnerKey("max", "score")),
        scores(1, 2),
        "a",
        "first",
    ),
    ("one candidate needs no comparison", Winner(), scores(0), "a", "only_candidate"),
    (
        "who failed is no candidate",
        SCORED,
        [branch("a", {"score": 9}, End.FAIL), branch("b", {"score": 1})],
        "b",
        "only_candidate",
    ),
    (
        "who was not taken is no candidate",
        SCORED,
        [branch("a", {"score": 9}, taken=False), branch("b", {"score": 1})],
        "b",
        "only_candidate",
    ),
    (
        "a drained branch is a candidate",
        SCORED,
        [branch("a", {"score": 1}), branch("b", {"score": 9}, taken=True)],
        "b",
        "max(score)",
    ),
)


@pytest.mark.parametrize(
    ("rule", "results", "best", "method"),
    [case[1:] for case in CASES],
    ids=[case[0] for case in CASES],
)
def test_the_winner(rule: Winner, results: list[Any], best: str, method: str) -> None:
    found = won(rule, *results)
    assert (found["id"], found["method"]) == (best, method)


@pytest.mark.parametrize("odd", ["high", True, None, [1], {"n": 1}], ids=canonical)
def test_a_written_rule_refuses_what_is_no_number_and_names_the_branch(odd: Json) -> None:
    decision = decide(region(winner=SCORED), *scores(1, odd))
    assert decision.status is Status.FAIL
    assert decision.reason == (
        f"no winner can be chosen: branch 'b' wrote {canonical(odd)} to 'score', "
        "and max(score) needs a number"
    )
    assert decision.updates == {}
    assert (decision.winner["id"], decision.winner["method"]) == (None, "error")


def test_the_default_rule_ranks_what_is_no_number_last_and_notes_it() -> None:
    found = won(Winner(), *scores("high", 1))
    assert found["id"] == "b"
    assert found["notes"] == [
        "branch 'a' wrote \"high\" to 'score', and max(score) needs a number; it ranks last"
    ]


def test_only_candidates_are_asked_for_a_number() -> None:
    results = [branch("a", {"score": "none"}, End.FAIL), *scores(0, 1)[1:]]
    assert won(SCORED, *results)["id"] == "b"


def test_the_record_shows_what_each_key_saw_of_each_candidate_best_first() -> None:
    rule = by(STATUS, WinnerKey("max", "score"), WinnerKey("vote", "v"), FIRST)
    found = won(
        rule,
        branch("a", {"score": 1, "v": "x"}, PART),
        branch("b", {"score": 2.5, "v": "x"}),
        branch("c"),
    )
    assert found == {
        "id": "b",
        "method": "status, max(score)",
        "keys": ["status", "max(score)", "vote(v)", "first"],
        "notes": [],
        "ranking": [
            {
                "branch": "b",
                "values": {
                    "status": "success",
                    "max(score)": 2.5,
                    "vote(v)": {"value": "x", "votes": 2},
                    "first": 2,
                },
            },
            {
                "branch": "c",
                "values": {"status": "success", "max(score)": None, "vote(v)": None, "first": 3},
            },
            {
                "branch": "a",
                "values": {
                    "status": "partial_success",
                    "max(score)": 1,
                    "vote(v)": {"value": "x", "votes": 2},
                    "first": 1,
                },
            },
        ],
    }


def test_long_values_are_cut_in_the_ranking() -> None:
    found = won(by(WinnerKey("vote", "score")), *scores("x" * 99))
    seen = found["ranking"][0]["values"]["vote(score)"]["value"]
    assert seen == '"' + "x" * 36 + "..."


def test_arrival_takes_the_first_that_came_whatever_was_declared() -> None:
    came = [replace(branch(name), position=n) for name, n in (("a", 3), ("b", 1), ("c", 2))]
    found = won(by(WinnerKey("arrival")), *came)
    assert (found["id"], found["method"]) == ("b", "arrival")
    assert [place["branch"] for place in found["ranking"]] == ["b", "c", "a"]


PROMPT, HUMAN = WinnerKey("prompt"), WinnerKey("human")
BEST = WinnerKey("max", "score")

# Rule, scores of a, b, c, answers given; who is asked about whom, or who won and by what.
TURNS: tuple[
    tuple[str, Winner, tuple[Json, ...], dict[Any, str], Asking | tuple[str, str]], ...
] = (
    ("all are put to the first key", by(PROMPT), (1, 2), {}, Asking("prompt", ("a", "b"))),
    (
        "only what ties so far is put to a later key",
        by(BEST, HUMAN),
        (2, 1, 2),
        {},
        Asking("human", ("a", "c")),
    ),
    (
        "the candidates stand in declared order, whatever a key ranked",
        by(WinnerKey("vote", "score"), PROMPT),
        (1, 2, 2),
        {},
        Asking("prompt", ("b", "c")),
    ),
    ("nobody is asked about one that is left", by(BEST, PROMPT), (2, 1), {}, ("a", "max(score)")),
    ("nobody is asked about the only one", by(PROMPT), (1,), {}, ("a", "only_candidate")),
    ("nobody is asked after first", by(FIRST, HUMAN), (1, 2), {}, ("a", "first")),
    ("the answer decides", by(PROMPT), (1, 2), {"prompt": "b"}, ("b", "prompt")),
    (
        "the answer decides among those that it was about",
        by(BEST, PROMPT, FIRST),
        (1, 2, 2),
        {"prompt": "c"},
        ("c", "max(score), prompt"),
    ),
    (
        "an answer leaves one, so that the next is not asked",
        by(PROMPT, HUMAN),
        (1, 2),
        {"prompt": "b"},
        ("b", "prompt"),
    ),
    (
        "the answer to another key is no answer",
        by(HUMAN, PROMPT),
        (1, 2),
        {"prompt": "b"},
        Asking("human", ("a", "b")),
    ),
)


@pytest.mark.parametrize(
    ("rule", "written", "answers", "expected"),
    [case[1:] for case in TURNS],
    ids=[case[0] for case in TURNS],
)
def test_several_keys_in_turn_ask_only_about_what_is_left(
    rule: Winner, written: tuple[Json, ...], answers: dict[Any, str], expected: Any
) -> None:
    found = select(rule, tuple(scores(*written)), answers)
    if isinstance(found, Selection):
        assert (found.winner, found.method) == expected
    else:
        assert found == expected


def test_what_is_no_number_is_told_before_anybody_is_asked() -> None:
    found = select(by(PROMPT, BEST), tuple(scores(1, "high")))
    assert isinstance(found, Selection)
    assert "max(score) needs a number" in found.fault


def test_an_answer_that_was_not_to_be_given_is_our_fault() -> None:
    with pytest.raises(AssertionError, match="'a' was not to be chosen"):
        select(by(BEST, PROMPT), tuple(scores(1, 2, 2)), {"prompt": "a"})


def test_a_merge_before_anybody_was_asked_is_our_fault() -> None:
    with pytest.raises(AssertionError, match="nobody was asked yet"):
        decide(region(winner=by(PROMPT)), branch("a"), branch("b"))


def test_every_kind_of_key_ranks_or_asks() -> None:
    assert set(RANKINGS) | ASKED == set(get_args(WinnerKind))
    assert not set(RANKINGS) & ASKED


RULES = st.lists(
    st.sampled_from(
        [
            STATUS,
            FIRST,
            WinnerKey("max", "score"),
            WinnerKey("min", "score"),
            WinnerKey("vote", "score"),
            WinnerKey("priority", branches=("c", "a")),
        ]
    ),
    min_size=1,
    max_size=3,
).map(lambda keys: Winner(tuple(keys)))
RESULTS = st.lists(
    st.tuples(st.one_of(numbers, values), st.sampled_from([End.SUCCESS, PART, End.FAIL])),
    min_size=1,
    max_size=4,
).map(lambda pairs: [branch("abcd"[n], {"score": v}, end) for n, (v, end) in enumerate(pairs)])


@settings(deadline=None, max_examples=80)
@given(RULES, RESULTS)
def test_whoever_loses_can_leave_and_the_winner_stays(rule: Winner, results: list[Any]) -> None:
    if any(key.kind == "vote" for key in rule.keys):
        return  # a vote is cast by losers too
    best = won(rule, *results)["id"]
    for loser in results:
        if loser.id != best:
            rest = [result for result in results if result is not loser]
            assert won(rule, *rest)["id"] == best


@settings(deadline=None, max_examples=80)
@given(RULES, RESULTS)
def test_the_ranking_holds_every_candidate_once_and_survives_json(
    rule: Winner, results: list[Any]
) -> None:
    decision = decide(region(winner=rule), *results)
    ranking = reread(plain(decision))["winner"]["ranking"]
    candidates = [result.id for result in results if result.end.succeeded]
    assert sorted(place["branch"] for place in ranking) == sorted(candidates)
    assert [place["branch"] for place in ranking][:1] == [
        name for name in [decision.winner["id"]] if name is not None
    ]


@settings(deadline=None, max_examples=80)
@given(st.lists(numbers, min_size=1, max_size=4))
def test_no_other_score_is_above_the_winner_s(written: list[Any]) -> None:
    best = won(SCORED, *scores(*written))["id"]
    place = ord(best) - ord("a")
    assert all(not other > written[place] for other in written)
    assert all(other < written[place] for other in written[:place])
