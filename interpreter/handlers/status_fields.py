"""The fields of a status file, read strictly or leniently.

Strictly, each fault is an error that is named, since a guess could take the wrong route.
Leniently, what can be left out is left out, and named all the same. The outcome itself is
never guessed. It must not know where the file lies, nor what its word is held against.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from attractorc.compiler.plan.scalar import found
from attractorc.compiler.value import Json, NotJson, nearest

from ..outcome import Status
from .json_text import read_object

_FIELDS = (
    "outcome",
    "status",
    "preferred_label",
    "suggested_next_ids",
    "context_updates",
    "notes",
    "failure_reason",
    "score",
)
_FENCED = re.compile(rb"\A\s*```[a-z]*[ \t]*\r?\n(.*?)\r?\n[ \t]*```\s*\Z", re.DOTALL)
_NAMES_SHOWN = 200


@dataclass(slots=True)
class Said:
    """What a status file says. `status` None: nothing, it was ignored as a whole.

    `ignored` are sentences about what did not count.
    """

    status: Status | None = None
    preferred_label: str = ""
    suggested_next_ids: tuple[str, ...] = ()
    context_updates: Mapping[str, Json] = field(default_factory=dict)
    notes: str = ""
    failure_reason: str = ""
    ignored: list[str] = field(default_factory=list)


def read_status(data: bytes, lenient: bool) -> Said:
    """What the bytes of a status file say. Raises `NotJson` for a fault that counts.

    `outcome` (or `status`) is one of the five words, leniently in any case and with `-` for
    `_`; a top-level `score` is the context key of that name. Fields that mean nothing are named.
    """
    reading = _Reading(lenient)
    try:
        fields = read_object(_bare(data) if lenient else data)
    except NotJson as error:
        reading.leave(f"the status file was ignored: {error}", str(error))
        return reading.said
    reading.take(fields)
    return reading.said


def _bare(data: bytes) -> bytes:
    """The text inside a fence of a Markdown code block, if that is all there is."""
    fenced = _FENCED.match(data)
    return data if fenced is None else fenced[1]


class _Reading:
    def __init__(self, lenient: bool) -> None:
        self._lenient = lenient
        self.said = Said()

    def leave(self, told: str, fault: str) -> None:
        """Go on without what is at fault, if that may be."""
        if not self._lenient:
            raise NotJson(fault)
        self.said.ignored.append(told)

    def take(self, fields: Mapping[str, Json]) -> None:
        """Read all fields, the outcome first."""
        said = self.said
        said.status = self._status(fields)
        for name in fields:
            if name not in _FIELDS:
                self._unknown(name)
        said.preferred_label = self._text(fields, "preferred_label")
        said.notes = self._text(fields, "notes")
        said.failure_reason = self._text(fields, "failure_reason")
        said.suggested_next_ids = self._ids(fields.get("suggested_next_ids"))
        said.context_updates = self._updates(fields.get("context_updates"))
        if fields.get("score") is not None:
            said.context_updates = self._scored(fields["score"])

    def _unknown(self, name: str) -> None:
        shown = name[:_NAMES_SHOWN]
        told = f"the status file has a field '{shown}', which means nothing"
        meant = nearest(name, _FIELDS)
        if meant is None:
            self.said.ignored.append(told)
        else:
            fault = f"it has no field '{shown}'; '{meant}' is meant, it seems"
            self.leave(f"{told}; '{meant}' is meant, it seems", fault)

    def _status(self, fields: Mapping[str, Json]) -> Status:
        given = [fields[name] for name in ("outcome", "status") if fields.get(name) is not None]
        if not given:
            raise NotJson("it has no 'outcome'")
        words = [self._word(value) for value in given]
        if len(words) == 2 and words[0] != words[1]:
            raise NotJson(f"'outcome' is {found(given[0])} and 'status' is {found(given[1])}")
        word = words[0]
        known = tuple(status.value for status in Status)
        if not isinstance(word, str) or word not in known:
            raise NotJson(f"the outcome is {found(given[0])}, expected one of {', '.join(known)}")
        if word != given[0]:
            self.said.ignored.append(f"the status file writes {found(given[0])} for {word}")
        return Status(word)

    def _word(self, value: Json) -> Json:
        if not self._lenient or not isinstance(value, str):
            return value
        return re.sub(r"[-\s]+", "_", value.strip()).casefold()

    def _faulty(self, name: str, fault: str) -> None:
        self.leave(f"the status file's '{name}' was ignored: {fault}", fault)

    def _text(self, fields: Mapping[str, Json], name: str) -> str:
        value = fields.get(name)
        if value is None or isinstance(value, str):
            return value or ""
        self._faulty(name, f"'{name}' is not text")
        return ""

    def _ids(self, value: Json) -> tuple[str, ...]:
        name = "suggested_next_ids"
        if value is None:
            return ()
        if not isinstance(value, list | tuple):
            self._faulty(name, f"'{name}' is not a list")
            return ()
        ids = tuple(item for item in value if isinstance(item, str))
        if len(ids) != len(value):
            self._faulty(name, f"'{name}' is not a list of node ids")
            return ()
        return ids

    def _updates(self, value: Json) -> Mapping[str, Json]:
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            self._faulty("context_updates", "'context_updates' is not an object")
            return {}
        return value

    def _scored(self, score: Json) -> Mapping[str, Json]:
        updates = self.said.context_updates
        if isinstance(score, bool) or not isinstance(score, int | float):
            self._faulty("score", "'score' is not a number")
            return updates
        if "score" in updates and updates["score"] != score:
            other = found(updates["score"])
            self._faulty("score", f"'score' is {score} and in 'context_updates' it is {other}")
            return updates
        return {**updates, "score": score}
