"""What an agent is told that is to choose a winner, and what its answer names.

Texts only: the candidates as JSON in, one branch id out. An answer is one JSON object with
`winner`, alone, fenced, or once within prose; nothing else is guessed at. It must not know
walkers, nor who answers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

from attractorc.compiler.value import Json, canonical

from ..merges import BranchResult

VALUE_LIMIT = 8_000
ANSWER_LIMIT = 1_000_000
BROKEN_LIMIT = 1_000
_QUOTED = 80
_BEGINNING = re.compile(r'\{\s*"')


class NoAnswer(ValueError):
    """A text that names no candidate; the message says what it says instead."""


def prompt_text(instruction: str, candidates: Iterable[BranchResult]) -> str:
    """The whole prompt: what the author asks, the candidates as JSON, the form of the answer."""
    listed = list(candidates)
    told = json.dumps([_told(each) for each in listed], indent=2, ensure_ascii=False)
    ids = ", ".join(json.dumps(each.id, ensure_ascii=False) for each in listed)
    return (
        f"{instruction.rstrip()}\n\n"
        f"The candidates, as JSON:\n\n{told}\n\n"
        'Answer with one JSON object and nothing else: {"winner": "<branch id>"}\n'
        f"The branch ids to choose from are {ids}.\n"
    ).lstrip("\n")


def _told(result: BranchResult) -> dict[str, Json]:
    score = result.writes.get("score")
    told: dict[str, Json] = {
        "id": result.id,
        "end": result.end.value,
        "score": None if score is None else _shown(score.value),
        "terminal_stage": result.terminal_stage,
        "writes": {key: _shown(result.writes[key].value) for key in sorted(result.writes)},
    }
    if result.files is not None:
        told["files"] = dict(result.files)
    return told


def _shown(value: Json) -> Json:
    """A value, or the beginning of its JSON where that is long."""
    text = canonical(value)
    if len(text) <= VALUE_LIMIT:
        shown: Json = json.loads(text)
        return shown
    return {"beginning": text[:VALUE_LIMIT], "size_bytes": len(text.encode())}


def named(text: str, fan_out: str, candidates: Iterable[str], branches: Iterable[str]) -> str:
    """The candidate that an answer names, or `NoAnswer`."""
    if len(text) > ANSWER_LIMIT:
        raise NoAnswer(f"the answer has {len(text)} characters; at most {ANSWER_LIMIT} are read")
    found = [each["winner"] for each in _objects(text) if "winner" in each]
    if len(found) != 1:
        many = f"names a winner {len(found)} times" if found else "names no winner"
        raise NoAnswer(
            f'the answer {many}: one {{"winner": "<branch id>"}} was expected, '
            f"and it says {_quoted(text)}"
        )
    (winner,) = found
    if not isinstance(winner, str):
        raise NoAnswer(f"the answer names {_quoted(winner)}, which is no branch id")
    listed = tuple(candidates)
    if winner not in listed:
        known = winner in tuple(branches)
        wrong = "is not to be chosen" if known else f"is no branch of '{fan_out}'"
        ids = ", ".join(listed)
        raise NoAnswer(
            f"the answer names {_quoted(winner)}, which {wrong}: the candidates are {ids}"
        )
    return winner


def _objects(text: str) -> Iterator[dict[str, Json]]:
    """The JSON objects in a text that are not within one another.

    Goes on where an object broke off, and gives up after many that did: a text is not to cost
    more than it can be worth.
    """
    decoder = json.JSONDecoder(object_pairs_hook=_unique)
    begun, broken = _BEGINNING.search(text), 0
    while begun is not None:
        try:
            value, end = decoder.raw_decode(text, begun.start())
        except json.JSONDecodeError as error:
            end, broken = max(error.pos, begun.start() + 1), broken + 1
            if broken > BROKEN_LIMIT:
                raise NoAnswer(f"the answer has more than {BROKEN_LIMIT} broken objects") from error
        except RecursionError as error:
            raise NoAnswer("the answer is nested too deep") from error
        except NoAnswer:
            raise
        except ValueError as error:
            raise NoAnswer(f"the answer holds a number that is too long: {error}") from error
        else:
            yield value
        begun = _BEGINNING.search(text, end)


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise NoAnswer("the answer has an object in which a key stands twice")
    return made


def _quoted(value: Json) -> str:
    try:
        text = canonical(value)
    except ValueError:  # NaN, a lone surrogate: no JSON that could be shown
        text = ascii(value)
    return text if len(text) <= _QUOTED else f"{text[: _QUOTED - 3]}..."
