"""Results held to their contract: outcomes whose values are plain data, of the right types.

Handlers may be anybody's code. What they return is checked once, here, before it is
journaled. It must not know how a handler runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal, get_args

from attractorc.compiler.plan.model import Step
from attractorc.compiler.value import Json, NotJson, checked

from ..outcome import Outcome, Status, failed
from ..ports import Answer
from ..tuples import tupled

_KINDS = Literal["chosen", "timeout", "skipped", "parked"]
_TEXTS = ("preferred_label", "notes", "failure_reason", "source", "session")
_PLAIN_MAPPINGS = (MappingProxyType, dict)
_IGNORED_LIMIT = 20
_SENTENCE_LIMIT = 300
_LISTS = {"suggested_next_ids": "node ids", "ignored": "sentences"}


def declared_key(step: Step) -> str | None:
    """The one context key that the step's `writes` names; None if none, several or a pattern."""
    if step.writes is None or len(step.writes) != 1 or "*" in step.writes[0]:
        return None
    return step.writes[0]


def vetted(outcome: object) -> Outcome:
    """An outcome as it may be journaled, or a failed one that says what is wrong with it.

    Context updates become plain dicts and lists, so a handler cannot change them afterwards.
    """
    if not isinstance(outcome, Outcome):
        return failed(f"the handler returned a {type(outcome).__name__}, not an outcome")
    if not _is_plain(outcome) and (problem := _problem(outcome)):
        return failed(f"the handler's outcome cannot be used: {problem}")
    status, label, suggested, updates, notes, reason, permanent, source = outcome[:8]
    artifacts, ignored, session, agent = outcome[8:]
    try:
        updates = checked_updates(updates)
        if not "".join(
            (label, notes, reason, source, session, *suggested, *artifacts, *ignored)
        ).isascii():
            checked((label, notes, reason, source, session, suggested, list(artifacts), ignored))
        if agent:
            agent = checked_updates(agent)
    except NotJson as error:
        return failed(f"the handler's outcome cannot be used: {error}")
    told = (notes, reason, permanent, source, dict(artifacts))
    heard = _bounded(ignored) if ignored else ()
    return tupled(Outcome, (status, label, tuple(suggested), updates, *told, heard, session, agent))


def _bounded(sentences: Sequence[str]) -> tuple[str, ...]:
    """What did not count, as much as a record is to hold of it: programs may say anything."""
    kept = [
        each if len(each) <= _SENTENCE_LIMIT else each[: _SENTENCE_LIMIT - 3] + "..."
        for each in sentences[:_IGNORED_LIMIT]
    ]
    more = len(sentences) - len(kept)
    return (*kept, f"and {more} more") if more else tuple(kept)


def vetted_answer(answer: object) -> Answer:
    """An answer as it may be journaled; what is none counts as skipped, with the reason."""
    if not isinstance(answer, Answer) or answer.kind not in get_args(_KINDS):
        return Answer("skipped", source=f"the interviewer gave a {type(answer).__name__}")
    try:
        said: tuple[object, ...] = (answer.text, answer.source)
        if not all(isinstance(text, str) for text in said):
            raise NotJson("its text is none")
        checked(said)
    except NotJson as error:
        return Answer("skipped", source=f"the interviewer's answer cannot be used: {error}")
    return answer


def checked_updates(updates: Mapping[str, object]) -> dict[str, Json]:
    """Context updates as plain JSON data; `NotJson` names the key that is none."""
    plain: dict[str, Json] = {}
    for key, value in updates.items():
        if type(key) is type(value) is str and key.isascii() and value.isascii():
            plain[key] = value  # most are
            continue
        if not isinstance(key, str):
            raise NotJson(f"the context key {key!r} is not a string")
        try:
            plain[str(checked(key))] = checked(value)
        except NotJson as error:
            raise NotJson(f"the value of {key!a}: {error}") from error
    return plain


def _is_plain(outcome: Outcome) -> bool:
    """Whether there is nothing in it but what most outcomes have, all of the right types."""
    _, label, suggested, updates, notes, reason, _, source, artifacts, ignored, session, agent = (
        outcome
    )
    if type(artifacts) is not dict:
        return False
    for name, data in artifacts.items():
        if type(name) is not str or type(data) is not bytes:
            return False
    return (
        type(outcome.status) is Status
        and type(label) is type(notes) is type(reason) is type(source) is type(session) is str
        and type(suggested) is type(ignored) is tuple
        and not suggested
        and not ignored
        and type(updates) is dict
        and type(agent) in _PLAIN_MAPPINGS
        and not agent
    )


def _problem(outcome: Outcome) -> str | None:
    """What has the wrong type; annotations are promises that only some authors keep."""
    status: object = outcome.status
    if not isinstance(status, Status):
        return f"its status is {status!r}"
    for name in _TEXTS:
        if not isinstance(getattr(outcome, name), str):
            return f"'{name}' is not text"
    for name, of in _LISTS.items():
        if not _are_texts(getattr(outcome, name)):
            return f"'{name}' is not a list of {of}"
    for name in ("context_updates", "agent"):
        if not _is_mapping(getattr(outcome, name)):
            return f"'{name}' is not a mapping"
    artifacts: Mapping[Any, Any] = outcome.artifacts
    if _is_mapping(artifacts):
        for file, data in artifacts.items():
            if not (isinstance(file, str) and isinstance(data, bytes)):
                break
        else:
            return None
    return "'artifacts' does not map names to bytes"


def _are_texts(items: object) -> bool:
    if not isinstance(items, tuple | list):
        return False
    return not items or all(isinstance(item, str) for item in items)


def _is_mapping(value: object) -> bool:
    return type(value) is dict or isinstance(value, Mapping)
