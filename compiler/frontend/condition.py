"""Reads a condition: its text becomes an `Expr`, or a `Problem` with its place.

The only reader of conditions; nothing is parsed while a pipeline runs. The grammar is
`grammar/condition.lark`. It must not know graphs, contexts, or what a condition decides.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from typing import Any, cast

from ..expr import And, Comparison, Expr, Not, Operator, Or, Truth
from .small import MAX_LENGTH, Problem, Refused, parsed, unquoted

_WORDS = {
    "KEY": "a key (outcome, context.x)",
    "BANG": "'!'",
    "LPAR": "'('",
    "RPAR": "')'",
    "OPERATOR": "an operator (=, !=, <, <=, >, >=, contains)",
    "_AND": "'&&'",
    "_OR": "'||'",
    "QUOTED": "a value",
    "BARE": "a value",
}


@lru_cache(maxsize=4096)
def parse_condition(text: str) -> Expr | Problem | None:
    """The condition that a text means; None for an empty one, which always holds.

    Grammar: specification 10.2 and language.md, "Conditions". `==` becomes `=`, and
    `!contains` becomes the negation of `contains`.
    """
    if not text.strip():
        return None
    plain = plain_condition(text)
    return parsed_condition(text) if plain is None else plain


def parsed_condition(text: str) -> Expr | Problem:
    """The condition by its grammar, which is what counts."""
    result = parsed("condition", "start", ("start",), text, _BUILDER, _WORDS)
    if isinstance(result, Problem):
        return _explained(text, result)
    return cast("Expr", result)


_CLAUSE = re.compile(r"\s*([^\W\d]\w*(?:\.\w+)*)\s*(!=|==?)\s*([\w.-]+)\s*")


def plain_condition(text: str) -> Expr | None:
    """Equalities of keys and bare words, as nearly all conditions are; None for all else.

    The grammar gives the same for them; thanks to this, most files need no parser at all.
    """
    clauses = []
    for clause in text.split("&&") if len(text) <= MAX_LENGTH else ():
        found = _CLAUSE.fullmatch(clause)
        if found is None:
            return None
        key, operator, word = found.groups()
        clauses.append(Comparison(key, "!=" if operator == "!=" else "=", word))
    return And(tuple(clauses)) if len(clauses) > 1 else clauses[0] if clauses else None


class _Builder:
    """One method for each rule of the grammar."""

    def start(self, children: list[Any]) -> Expr:
        return cast("Expr", children[0])

    def either(self, children: list[Any]) -> Expr:
        return Or(tuple(children))

    def both(self, children: list[Any]) -> Expr:
        return And(tuple(children))

    def negation(self, children: list[Any]) -> Expr:
        return Not(children[-1])

    def truth(self, children: list[Any]) -> Expr:
        token = children[0]
        if token in ("true", "false"):
            raise Refused(
                Problem(
                    f"'{token}' is no key",
                    token.start_pos,
                    token.end_pos,
                    "an edge without a condition is always open",
                )
            )
        return Truth(_key(token))

    def comparison(self, children: list[Any]) -> Expr:
        key, operator, literal = children
        written = "=" if operator == "==" else str(operator)
        return Comparison(_key(key), cast("Operator", written), literal)

    def exclusion(self, children: list[Any]) -> Expr:
        key, _, literal = children
        return Not(Comparison(_key(key), "contains", literal))

    def value(self, children: list[Any]) -> str:
        token = children[0]
        return unquoted(token) if token.type == "QUOTED" else str(token)


_BUILDER = _Builder()


def _key(token: Any) -> str:
    if token.endswith((".", ":")) or ".." in token:
        raise Refused(Problem(f"the key '{token}' is not complete", token.start_pos, token.end_pos))
    return str(token)


_CONNECTIVES = {"and": "&&", "or": "||", "not": "!", "&": "&&", "|": "||"}
_INSTEAD = "write one of =, !=, <, <=, >, >=, contains"
_RUN_TOGETHER = {
    "=~": _INSTEAD,
    "===": "write = instead",
    "=>": "write >= instead",
    "=<": "write <= instead",
    "<>": "write != instead",
}
_OTHER_OPERATORS = re.compile(r"matches\b|=~|~=|<>|is\b|eq\b|in\b|~")
_VALUE_BEFORE = re.compile(r"(?:==|!=|<=|>=|=|<|>|contains\s)\s*([^\s\"'()&|!=<>][^\"'()&|]*)$")


def _explained(text: str, problem: Problem) -> Problem:
    """The same problem in better words, where one can tell what the author meant."""
    if problem.message == "the quote is not closed":
        return _quote(text, problem)
    before, rest = text[: problem.start], text[problem.start :]
    word = re.match(r"\w+|&(?!&)|\|(?!\|)", rest)
    if word and (meant := _CONNECTIVES.get(word[0].lower())):
        return _no_operator(word[0], problem.start, f"write {meant} instead")
    if word and (negated := re.search(r"\bnot\s+$", before)):
        return _no_operator("not", negated.start(), "write ! instead")
    for wrong, meant in _RUN_TOGETHER.items():
        if before.endswith(wrong[:-1]) and rest.startswith(wrong[-1]):
            return _no_operator(wrong, problem.start + 1 - len(wrong), meant)
    other = _OTHER_OPERATORS.match(rest)
    if other and "an operator" in problem.message:
        return _no_operator(other[0], problem.start, _INSTEAD)
    value = _VALUE_BEFORE.search(before)
    if value and rest and not rest.startswith((")", "=", "<", ">", "!")):
        return _unquoted_value(text, value.start(1))
    if problem.message.startswith("expected a value"):
        return replace(problem, help="write '' for an empty value")
    return problem


def _no_operator(word: str, start: int, help_: str) -> Problem:
    return Problem(f"'{word}' is not an operator", start, start + len(word), help_)


def _quote(text: str, problem: Problem) -> Problem:
    """A quote that opens nothing: inside a bare value, or never closed."""
    before = _VALUE_BEFORE.search(text[: problem.start])
    if before:
        return _unquoted_value(text, before.start(1))
    return problem


def _unquoted_value(text: str, start: int) -> Problem:
    """A value that goes on after a space, a quote or a parenthesis."""
    end = re.compile(r"&&|\|\||$").search(text, start)
    value = text[start : end.start() if end else len(text)].rstrip()
    stop = start + len(value)
    value = " ".join(value.split())
    quote = "'" if "'" not in value else '"'
    return Problem(
        f"the value '{value}' must be quoted",
        start,
        stop,
        f"write {quote}{value}{quote}",
    )
