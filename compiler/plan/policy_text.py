"""Policies as canonical text: one spelling for every way in which they can be written.

A plan keeps a join's text for people and for the key `parallel.join_policy`, so twins that
spell a policy differently still have one digest. Parsing a text gives the policy back. Here
and not in the front end, because the interpreter explains decisions with the same words. It
must not know how policies are decided.
"""

from __future__ import annotations

import re
from typing import assert_never, get_args

from ..policy import (
    AllOf,
    AnyOf,
    AtLeast,
    Atom,
    Formula,
    Join,
    JoinKind,
    MergeRule,
    NoneOf,
    Winner,
    WinnerKey,
)

_BRANCH = re.compile(r"\w[\w-]*")
_WORD = re.compile(r"[^\s,()\"';]+")
_PATTERN = re.compile(r"[^\s:;,()\"']+")
_POLICIES = frozenset((*get_args(JoinKind), "any_success", "ignore")) - {"formula"}


def join_text(join: Join) -> str:
    """`wait_all`, `k_of_n(2)`, `quorum(2/3)`, or the formula."""
    match join.kind:
        case "k_of_n" if join.k is not None:
            return f"k_of_n({join.k})"
        case "quorum" if join.ratio is not None:
            return f"quorum({join.ratio})"
        case "formula" if join.formula is not None:
            return formula_text(join.formula)
        case _:
            return join.kind


def formula_text(formula: Formula) -> str:
    """A join formula: `lint && 2 of (unit, e2e, fuzz)`; odd ids are quoted.

    So is a lone branch that is called like a policy.
    """
    if isinstance(formula, Atom) and formula.state == "succeeded" and formula.branch in _POLICIES:
        return _quoted(formula.branch)
    return _formula(formula)


def winner_text(winner: Winner) -> str:
    """`status, max(score), first`"""
    return ", ".join(map(_key, winner.keys))


def rule_text(rule: MergeRule) -> str:
    """`findings: append`, `log: concat(", ")`"""
    argument = "" if rule.argument is None else f"({_bare(rule.argument, _WORD)})"
    return f"{_bare(rule.pattern, _PATTERN)}: {rule.strategy}{argument}"


def _formula(formula: Formula) -> str:
    match formula:
        case Atom(branch, "succeeded"):
            return _bare(branch, _BRANCH)
        case Atom(branch, state):
            return f"{_bare(branch, _BRANCH)}.{state}"
        case AtLeast(k, branches):
            return f"{k} of ({', '.join(_bare(branch, _BRANCH) for branch in branches)})"
        case NoneOf(operand):
            return f"!{_within(operand, (AllOf, AnyOf))}"
        case AllOf(operands):
            return " && ".join(_within(operand, (AllOf, AnyOf)) for operand in operands)
        case AnyOf(operands):
            return " || ".join(_within(operand, (AnyOf,)) for operand in operands)
        case _ as never:
            assert_never(never)


def _within(formula: Formula, weaker: tuple[type, ...]) -> str:
    text = _formula(formula)
    return f"({text})" if isinstance(formula, weaker) else text


def _key(key: WinnerKey) -> str:
    words = key.branches if key.key is None else (key.key,)
    return f"{key.kind}({', '.join(_bare(word, _WORD) for word in words)})" if words else key.kind


def _bare(text: str, plain: re.Pattern[str]) -> str:
    return text if plain.fullmatch(text) else _quoted(text)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
