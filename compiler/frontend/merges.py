"""Reads merge rules: text, a YAML mapping or a list becomes a `policy.Merge`, or a `Fault`.

The grammar is the `merge` rule of `grammar/policy.lark`. All rules are kept in their order,
also those that another one shadows. It must not know which keys a branch writes.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, cast, get_args

from ..policy import Merge, MergeRule, StrategyName
from ..syntax import Mapping, Sequence, Value
from .policies import read, unknown
from .small import Fault, FaultFound, Problem, Refused, entry, scalar, unquoted

STRATEGIES: tuple[str, ...] = get_args(StrategyName)
_WITH_ARGUMENT = {"keyed": "a field, such as keyed(id)", "concat": 'a separator, as concat(", ")'}


@lru_cache(maxsize=1024)
def parse_merge(text: str) -> Merge | Problem:
    """The merge that a text means (semantics 6): `pattern: strategy`, separated by `;`."""
    if not text.strip():
        return Problem("the merge is empty; leave the attribute out for isolate", 0, len(text))
    if (name := text.strip()) in STRATEGIES:
        return Problem("a merge rule needs a key", 0, len(text), f"write *: {name} for all keys")
    return cast("Merge | Problem", read("merge", text, _BUILDER))


class _Builder:
    """One method for each rule of the grammar."""

    def merge(self, children: list[Any]) -> Merge:
        return Merge(tuple(children))

    def rule(self, children: list[Any]) -> MergeRule:
        pattern, (strategy, argument) = children
        return MergeRule(pattern, strategy, argument)

    def pattern(self, children: list[Any]) -> str:
        return self.word(children)

    def strategy(self, children: list[Any]) -> tuple[StrategyName, str | None]:
        name, *words = children
        return _strategy(str(name), words[0] if words else (), name.start_pos, name.end_pos)

    def words(self, children: list[Any]) -> tuple[str, ...]:
        return tuple(children)

    def word(self, children: list[Any]) -> str:
        token = children[0]
        return unquoted(token) if token.type == "QUOTED" else str(token)


_BUILDER = _Builder()


def _strategy(
    name: str, words: tuple[str, ...], start: int, end: int
) -> tuple[StrategyName, str | None]:
    if name not in STRATEGIES:
        raise Refused(unknown("merge strategy", name, STRATEGIES, start, end))
    named = cast("StrategyName", name)
    wanted = _WITH_ARGUMENT.get(name)
    if wanted is None:
        if words:
            raise Refused(Problem(f"'{name}' takes no argument", start, end, f"write {name}"))
        return named, None
    if len(words) != 1:
        raise Refused(Problem(f"'{name}' needs {wanted}", start, end))
    return named, words[0]


def merge_of(value: Value) -> Merge | Fault:
    """The merge that a value means: text, a mapping of keys, or a list of rules."""
    try:
        if isinstance(value, Mapping):
            return Merge(_mapped(value))
        if isinstance(value, Sequence):
            return Merge(tuple(rule for item in value.items for rule in _listed(item)))
        text = scalar(value, "a merge").text
    except FaultFound as found:
        return found.fault
    merge = parse_merge(text)
    return Fault(value, merge) if isinstance(merge, Problem) else merge


def _mapped(value: Mapping) -> tuple[MergeRule, ...]:
    """`{findings: append, items: {keyed: id}}`"""
    rules = []
    for pattern, written in value.entries:
        if not pattern.text.strip():
            raise FaultFound(written, Problem("a merge rule needs a key"))
        rules.append(MergeRule(pattern.text, *_strategy_of(written)))
    return tuple(rules)


def _listed(item: Value) -> tuple[MergeRule, ...]:
    """`{key: findings, strategy: append}`, a mapping of keys, or text."""
    if isinstance(item, Mapping):
        pattern, strategy = item.get("key"), item.get("strategy")
        if pattern is None or strategy is None or len(item.entries) != 2:
            return _mapped(item)
        return (MergeRule(scalar(pattern, "key").text, *_strategy_of(strategy)),)
    merge = parse_merge(scalar(item, "a merge rule").text)
    if isinstance(merge, Problem):
        raise FaultFound(item, merge)
    return merge.rules


def _strategy_of(value: Value) -> tuple[StrategyName, str | None]:
    """A strategy as text (`append`, `keyed(id)`) or as a mapping (`{keyed: id}`)."""
    if isinstance(value, Mapping):
        name, argument = entry(value, "a strategy")
        words: tuple[str, ...] = (scalar(argument, name).text,)
        try:
            return _strategy(name, words, 0, 0)
        except Refused as refused:
            raise FaultFound(value, refused.problem) from refused
    written = scalar(value, "a strategy")
    prefix = "*:"
    rule = parse_merge(prefix + written.text)
    if isinstance(rule, Problem):
        shifted = Problem(
            rule.message,
            max(rule.start - len(prefix), 0),
            max(rule.end - len(prefix), 0),
            rule.help,
        )
        raise FaultFound(value, shifted)
    if len(rule.rules) != 1:
        raise FaultFound(value, Problem("a key has one strategy", 0, len(written.text)))
    return rule.rules[0].strategy, rule.rules[0].argument
