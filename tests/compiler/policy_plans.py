"""Hypothesis strategies for policies: joins, formulas, winners, merges, retries.

Apart from those for whole plans, because tests of joins and merges need no plan.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import get_args

from hypothesis import strategies as st

from attractorc.compiler.plan.policy_text import join_text
from attractorc.compiler.policy import (
    AllOf,
    AnyOf,
    AtLeast,
    Atom,
    BranchState,
    Decide,
    ErrorPolicy,
    FanOut,
    Formula,
    Join,
    Losers,
    Merge,
    MergeFrom,
    MergeRule,
    NoneOf,
    OnConflict,
    Retry,
    StrategyName,
    Winner,
    WinnerKey,
    Workspace,
)

words = st.text(st.characters(codec="utf-8"), max_size=12)
names = st.from_regex(r"[a-z][a-z0-9_]{0,5}(\.[a-z0-9_]{1,3})?", fullmatch=True).filter(
    lambda name: name not in ("true", "false", "contains")
)
amounts = st.integers(1, 10**7)
retries = st.builds(
    Retry,
    amounts,
    st.booleans(),
    amounts,
    st.floats(0, 10).map(abs),
    amounts,
    st.booleans(),
)


def _lacks_field(rule: MergeRule) -> bool:
    return rule.strategy == "keyed" and not rule.argument


merges = st.builds(
    Merge,
    st.lists(
        st.builds(MergeRule, names, st.sampled_from(get_args(StrategyName)), st.none() | words)
        # Only `keyed` needs its argument: the field that tells items apart.
        .map(lambda rule: replace(rule, strategy="drop") if _lacks_field(rule) else rule),
        max_size=3,
    ).map(tuple),
    st.sampled_from(get_args(MergeFrom)),
    st.sampled_from(get_args(OnConflict)),
)


def formulas(branches: tuple[str, ...]) -> st.SearchStrategy[Formula]:
    """Join formulas over these branch ids."""
    branch = st.sampled_from(branches)
    some = st.lists(branch, min_size=1, max_size=3, unique=True).map(tuple)
    leaves: st.SearchStrategy[Formula] = st.builds(
        Atom, branch, st.sampled_from(get_args(BranchState))
    ) | st.builds(AtLeast, st.integers(1, 3), some)
    return st.recursive(
        leaves,
        lambda inner: (
            st.builds(NoneOf, inner)
            | st.builds(AllOf, st.lists(inner, min_size=2, max_size=3).map(tuple))
            | st.builds(AnyOf, st.lists(inner, min_size=2, max_size=3).map(tuple))
        ),
        max_leaves=4,
    )


def joins(branches: tuple[str, ...]) -> st.SearchStrategy[Join]:
    """Joins of every kind over these branch ids, with their canonical text."""
    ratios = st.fractions(Fraction(1, 100), 1, max_denominator=100)
    plain = st.sampled_from(("wait_all", "all_success", "first_success", "majority", "all_done"))
    drawn = (
        st.builds(Join, plain)
        | st.builds(Join, st.just("k_of_n"), st.integers(1, len(branches)))
        | st.builds(Join, st.just("quorum"), ratio=ratios)
        | st.builds(Join, st.just("formula"), formula=formulas(branches))
    )
    return drawn.map(lambda join: replace(join, text=join_text(join)))


def winners(branches: tuple[str, ...]) -> st.SearchStrategy[Winner]:
    """Winner rules; `priority` names these branch ids."""
    key = (
        st.builds(WinnerKey, st.sampled_from(("status", "first", "arrival", "prompt", "human")))
        | st.builds(WinnerKey, st.sampled_from(("max", "min", "vote")), names)
        | st.builds(WinnerKey, st.just("priority"), branches=st.just(branches))
    )
    return st.just(Winner()) | st.builds(
        Winner, st.lists(key, min_size=1, max_size=3).map(tuple), st.just(True)
    )


def policies(branches: tuple[str, ...]) -> st.SearchStrategy[FanOut]:
    """All that a fan-out with these branch ids may declare."""
    return st.builds(
        FanOut,
        joins(branches),
        st.sampled_from(get_args(ErrorPolicy)),
        st.sampled_from(get_args(Losers)),
        st.sampled_from(get_args(Decide)),
        amounts,
        st.none() | amounts,
        st.none() | amounts,
        st.sampled_from(get_args(Workspace)),
    )
