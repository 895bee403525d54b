"""The mistakes: for each kind, the ways to make it in a pipeline, as edits of its text.

A *slip* leaves what nobody writes on purpose: a misspelt name, an edge twice, a stage without
its command. A *choice* writes another thing that one may write, too: a way to another stage,
a greater k, no join. That is said here, for the kind, before anything is tried. For tests
only; pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Literal

from .places import Field, Places, Stretch

Sort = Literal["slip", "choice"]


@dataclass(frozen=True, slots=True)
class Edit:
    """One mistake: what is put in place of a stretch, and where that is, in words."""

    place: Stretch
    text: str
    told: str


Make = Callable[[Places, Random], Iterator[Edit]]

_WORD = re.compile(r"[A-Za-z_]\w{3,}")
_NEEDED = ("tool_command", "prompt", "run")
_SETS = (
    *("shape", "type", "error_policy", "losers", "decide", "merge_from", "on_conflict", "output"),
    *("fidelity", "default_fidelity", "retry_policy", "reasoning_effort", "goal_gate"),
    *("allow_partial", "timeout", "join_timeout", "branch_timeout", "empty", "workspace", "route"),
)
_FILLED = ("prompt", "label", "ask", "model_stylesheet", "stylesheet")
_FREE = (*_FILLED, "goal", "tool_command", "run", "description", "comment")
_KEYED = ("writes", "reads")
_SHAPES = ("box", "component", "tripleoctagon", "diamond", "hexagon", "parallelogram")


def misspelt(word: str, chance: Random, known: frozenset[str] | set[str] = frozenset()) -> str:
    """The word with one slip of the fingers: letters swapped, left out, doubled, or another."""
    for _ in range(20):
        at = chance.randrange(len(word) - 1)
        made = chance.choice(
            (
                word[:at] + word[at + 1] + word[at] + word[at + 2 :],
                word[:at] + word[at + 1 :],
                word[: at + 1] + word[at:],
                word[:at] + chance.choice("aeinrst") + word[at + 1 :],
            )
        )
        if made != word and made not in known:
            return made
    raise ValueError(word)


def _each_misspelt(places: Places, chance: Random, found: Field) -> Iterator[Edit]:
    """A name of several letters in a value, each once."""
    for word in _WORD.finditer(places.at(found.value)):
        place = Stretch(found.value.start + word.start(), found.value.start + word.end())
        yield _misspelt(places, chance, place, f"in {found.name} of {found.of}")


def _misspelt(places: Places, chance: Random, place: Stretch, where: str) -> Edit:
    word = places.at(place)
    wrong = misspelt(word, chance, set(places.nodes))
    return Edit(place, wrong, f"'{word}' is '{wrong}' {where}")


def _gone(places: Places, place: Stretch, what: str) -> Edit:
    return Edit(place, "", f"no {what}: {' '.join(places.at(place).split())!r}")


def attribute_name_misspelt(places: Places, chance: Random) -> Iterator[Edit]:
    """The name of an attribute, or YAML's key."""
    for found in places.fields:
        # A branch's label is a text, and what inputs and merges are called are names of keys.
        if _WORD.fullmatch(places.at(found.key).strip("\"'")) and found.key != found.value:
            yield _misspelt(places, chance, found.key, f"of {found.of or 'the graph'}")


def value_misspelt(places: Places, chance: Random) -> Iterator[Edit]:
    """A word of a closed set, a number's unit, a policy."""
    for found in places.fields:
        if found.name in (*_SETS, "join"):
            yield from _each_misspelt(places, chance, found)


def stage_misspelt(places: Places, chance: Random) -> Iterator[Edit]:
    """The name of a stage where another one leads to it, or falls back on it."""
    for found in places.references:
        if _WORD.fullmatch(places.at(found.at)):
            yield _misspelt(places, chance, found.at, f"by {found.by or 'an edge'}")


def declaration_misspelt(places: Places, chance: Random) -> Iterator[Edit]:
    """The name of a stage where it is declared."""
    for found in places.declarations:
        at = places.text.index(found.names[0], found.whole.start)
        if len(found.names[0]) > 3:
            place = Stretch(at, at + len(found.names[0]))
            yield _misspelt(places, chance, place, "where it is declared")


def condition_misspelt(places: Places, chance: Random) -> Iterator[Edit]:
    """A key or an outcome in a condition."""
    for found in places.fields:
        if found.name in ("condition", "when"):
            yield from _each_misspelt(places, chance, found)


def key_misspelt(places: Places, chance: Random) -> Iterator[Edit]:
    """A context key in `reads` or `writes`."""
    for found in places.fields:
        if found.name in _KEYED:
            yield from _each_misspelt(places, chance, found)


def winner_misspelt(places: Places, chance: Random) -> Iterator[Edit]:
    """A key, a rule or a branch in `winner`."""
    for found in places.fields:
        if found.name == "winner":
            yield from _each_misspelt(places, chance, found)


def reference_misspelt(places: Places, chance: Random) -> Iterator[Edit]:
    """A `$name` or `${key}` in a prompt, a label or a goal; a class in a stylesheet."""
    for found in places.fields:
        if found.name in _FILLED:
            sign = r"\$\{?" if found.owner == "node" else r"[.#]"
            for word in re.finditer(rf"{sign}([a-z_]\w{{3,}})(?=[^{{}}]*)", places.at(found.value)):
                place = Stretch(found.value.start + word.start(1), found.value.start + word.end(1))
                yield _misspelt(places, chance, place, f"in {found.name} of {found.of}")


def merge_key_misspelt(places: Places, chance: Random) -> Iterator[Edit]:
    """The key of a merge rule, or its strategy."""
    for rule in places.rules:
        for word in _WORD.finditer(places.at(rule.whole)):
            place = Stretch(rule.whole.start + word.start(), rule.whole.start + word.end())
            yield _misspelt(places, chance, place, "in a merge rule")


def merge_rule_twice(places: Places, chance: Random) -> Iterator[Edit]:
    """A rule behind another one for the same key."""
    for rule in places.rules:
        at = Stretch(rule.whole.end, rule.whole.end)
        text = places.at(rule.whole).strip(" ;")
        if places.language == "dot":
            closed = places.text[rule.whole.end - 1] == ";"
            text = f" {text};" if closed else f"; {text}"
        else:
            text = text if text.endswith((",", "\n")) else f", {text}"
            if places.text[rule.whole.start - 1] == "\n":
                text = places.at(rule.whole)
        yield Edit(at, text, f"the merge rule for {rule.names[0]} twice")


def _labelled(places: Places, node: str) -> bool:
    return any(each.of == node and each.name == "label" for each in places.fields)


def stage_without_its_work(places: Places, chance: Random) -> Iterator[Edit]:
    """The command of a stage is gone, or its prompt, and there is no label to stand in."""
    for found in places.fields:
        if found.owner != "node" or found.name not in _NEEDED:
            continue
        if found.name != "prompt" or not _labelled(places, found.of):
            yield _gone(places, found.whole, f"{found.name} of {found.of}")


def label_for_a_prompt(places: Places, chance: Random) -> Iterator[Edit]:
    """The prompt is gone, and the label is what the agent is told."""
    for found in places.fields:
        if found.owner == "node" and found.name == "prompt" and _labelled(places, found.of):
            yield _gone(places, found.whole, f"prompt of {found.of}")


def declaration_gone(places: Places, chance: Random) -> Iterator[Edit]:
    """A stage is no longer declared."""
    for found in places.declarations:
        yield _gone(places, found.whole, "declaration")


def edge_twice(places: Places, chance: Random) -> Iterator[Edit]:
    """A line that was copied, and not changed."""
    for found in places.edges:
        text = places.at(found.whole)
        whole = text.endswith("\n") if places.language == "dot" else text.lstrip()[:2] == "- "
        if whole:
            at = Stretch(found.whole.start, found.whole.start)
            yield Edit(at, text, f"'{' -> '.join(found.names)}' twice")


def number_out_of_range(places: Places, chance: Random) -> Iterator[Edit]:
    """More than there are, less than one, a ratio above one."""
    for found in places.fields:
        value = places.at(found.value)
        if found.name in ("k", "max_parallel", "max_visits", "max_retries", "quorum_ratio", "max"):
            wrong = {"k": "9", "quorum_ratio": "3/2"}.get(found.name, "-1")
            yield Edit(found.value, wrong, f"{found.name} of {found.of} is {wrong}")
        ratio = re.search(r"\d+/\d+", value)
        if ratio and found.name in ("join", "quorum"):
            place = Stretch(found.value.start + ratio.start(), found.value.start + ratio.end())
            yield Edit(place, "3/2", f"{found.name} of {found.of} asks for 3/2")


def mark_left_out(places: Places, chance: Random) -> Iterator[Edit]:
    """One sign of the language: a quote, a bracket, an arrow, a colon; not of a text."""
    free = [each.value for each in places.fields if each.name in _FREE]
    for mark in re.finditer(r'->|[\[\]{}":]', places.text):
        comment = places.text.rfind("\n", 0, mark.start()) + 1
        inside = any(each.start < mark.start() < each.end - 1 for each in free)
        if not inside and not re.match(r"\s*(?://|#)", places.text[comment : mark.start()]):
            line = places.text.count("\n", 0, mark.start()) + 1
            yield Edit(Stretch(*mark.span()), "", f"no {mark[0]} in line {line}")


def kind_changed(places: Places, chance: Random) -> Iterator[Edit]:
    """A stage is of another kind, with all that belongs to its own."""
    for found in places.fields:
        if found.name == "shape":
            for shape in _SHAPES:
                if shape != places.at(found.value):
                    yield Edit(found.value, shape, f"the shape of {found.of} is {shape}")
        elif places.language == "yaml" and found.name in ("run", "prompt", "ask"):
            other = "prompt" if found.name == "run" else "run"
            yield Edit(found.key, other, f"{found.name} of {found.of} is {other}")


def edge_gone(places: Places, chance: Random) -> Iterator[Edit]:
    """An edge, a choice or a branch is gone."""
    for found in places.edges:
        yield _gone(places, found.whole, f"edge {' -> '.join(found.names)}")


def edge_to_another_stage(places: Places, chance: Random) -> Iterator[Edit]:
    """An edge leads to another stage: past one, out of its region, or into one."""
    for found in places.references:
        if found.by and found.node and places.at(found.at) == found.node:
            for other in places.nodes:
                if other not in (found.node, found.by):
                    yield Edit(found.at, other, f"{found.by} leads to {other}, not {found.node}")


def k_raised(places: Places, chance: Random) -> Iterator[Edit]:
    """One branch more is asked for."""
    for found in places.fields:
        value = places.at(found.value)
        number = re.search(r"(?:(?<=\()|\b)(\d)(?= of |\)|$)", value)
        if number and found.name in ("k", "join"):
            more = str(int(number[1]) + 1)
            place = Stretch(found.value.start + number.start(), found.value.start + number.end())
            yield Edit(place, more, f"{found.name} of {found.of} asks for {more}")


def policy_gone(places: Places, chance: Random) -> Iterator[Edit]:
    """A policy of a fan-out or a fan-in, or a limit, is left to its default."""
    policies = (
        *("join", "error_policy", "losers", "decide", "winner", "merge", "merge_from"),
        *("on_conflict", "goal_gate", "max_visits", "retry_target", "k", "weight", "label"),
    )
    for found in places.fields:
        if found.name in policies and found.key != found.value:
            yield _gone(places, found.whole, f"{found.name} of {found.of}")


def data_gone(places: Places, chance: Random) -> Iterator[Edit]:
    """What a stage reads or writes, how it gives its output, or an input, is not said."""
    for found in places.fields:
        if found.name in (*_KEYED, "output", "inputs"):
            yield _gone(places, found.whole, f"{found.name} of {found.of or 'the graph'}")


def merge_rule_gone(places: Places, chance: Random) -> Iterator[Edit]:
    """A merge rule is gone."""
    for rule in places.rules:
        yield _gone(places, rule.whole, "merge rule")


def condition_turned(places: Places, chance: Random) -> Iterator[Edit]:
    """A comparison is turned, or a condition is gone."""
    turned = {"!=": "=", ">=": "<", "<": ">=", "=": "!=", ">": "<=", "&&": "||", "||": "&&"}
    for found in places.fields:
        if found.name in ("condition", "when"):
            yield _gone(places, found.whole, f"condition of {found.of}")
            for sign in re.finditer(r"!=|>=|<|=|>|&&|\|\|", places.at(found.value)):
                start = found.value.start
                place = Stretch(start + sign.start(), start + sign.end())
                yield Edit(place, turned[sign[0]], f"{sign[0]} is turned by {found.of}")


def weights_swapped(places: Places, chance: Random) -> Iterator[Edit]:
    """A weight is that of another edge."""
    found = [each for each in places.fields if each.name == "weight" and each.owner == "edge"]
    for each in found:
        for other in sorted({places.at(one.value) for one in found} | {"0"}):
            if other != places.at(each.value):
                yield Edit(each.value, other, f"the weight of {each.of} is {other}")


def label_changed(places: Places, chance: Random) -> Iterator[Edit]:
    """A label says something else, or the same as another."""
    labels = [each for each in places.fields if each.name == "label" and each.owner == "edge"]
    for each in labels:
        for other in labels:
            if places.at(other.value) != places.at(each.value):
                yield Edit(each.value, places.at(other.value), f"a label of {each.of} is another's")


KINDS: Mapping[Make, Sort] = {
    attribute_name_misspelt: "slip",
    value_misspelt: "slip",
    stage_misspelt: "slip",
    declaration_misspelt: "slip",
    condition_misspelt: "slip",
    key_misspelt: "slip",
    winner_misspelt: "slip",
    reference_misspelt: "slip",
    merge_key_misspelt: "slip",
    merge_rule_twice: "slip",
    stage_without_its_work: "slip",
    declaration_gone: "slip",
    edge_twice: "slip",
    number_out_of_range: "slip",
    mark_left_out: "slip",
    kind_changed: "choice",
    label_for_a_prompt: "choice",
    edge_gone: "choice",
    edge_to_another_stage: "choice",
    k_raised: "choice",
    policy_gone: "choice",
    data_gone: "choice",
    merge_rule_gone: "choice",
    condition_turned: "choice",
    weights_swapped: "choice",
    label_changed: "choice",
}
