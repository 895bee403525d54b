"""Gives attribute values their types, and says what is wrong with those that have none.

One reader for each type of the attribute table; those of the small languages are imported
where such a value is met, because most files have few of them. A value that cannot be read
becomes `BROKEN`, so that what follows from it stays silent. It must not know nodes, edges or
which attribute it reads, beyond the table's row.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final, TypeAlias

from ..attributes import Row, ValueType
from ..diagnostic import Severity
from ..frontend.small import Fault, Problem
from ..policy import FIDELITIES, RETRY_PRESETS, Retry
from ..source import Source
from ..syntax import Scalar, Sequence, Value
from ..value import duration_ms, nearest
from .findings import Findings

BROKEN: Final = object()
"""Stands for a value that is a finding already."""

_MAX_DURATION_MS = 366 * 24 * 3_600_000


@dataclass(frozen=True, slots=True)
class Place:
    """Which attribute is read, under the name as written, and where its findings go."""

    row: Row
    name: str
    source: Source
    findings: Findings

    def wrong(self, value: Value, rule: str, message: str, mend: str | None = None) -> Any:
        """Reports a value as a whole; gives `BROKEN`."""
        self.findings.add(rule, value.span, message, help=mend)
        return BROKEN

    def fault(self, rule: str, found: Any) -> Any:
        """What a small language gave; a fault is reported, and gives `BROKEN`."""
        if isinstance(found, Fault):
            said = found.problem
            self.findings.add(rule, found.span(self.source), said.message, help=said.help)
        return BROKEN if isinstance(found, Fault) else found

    def text(self, value: Value) -> str | None:
        """The text of a scalar; None for others, which is a finding then."""
        if isinstance(value, Scalar):
            if value.scalar != "null" or value.quoted:
                return value.text
            self.wrong(value, "wrong_type", f"'{self.name}' has no value")
            return None
        written = "a list" if isinstance(value, Sequence) else "a mapping"
        self.wrong(value, "wrong_type", f"'{self.name}' cannot be {written}")
        return None


Reader: TypeAlias = Callable[[Value, Place], Any]


def read_value(value: Value, place: Place) -> Any:
    """The value with the type that the row gives it, or `BROKEN`."""
    return _READERS[place.row.type](value, place)


def _string(value: Value, place: Place) -> Any:
    text = place.text(value)
    return BROKEN if text is None else text


_INTEGER = re.compile(r"[+-]?[0-9]{1,12}")


def _int(value: Value, place: Place) -> Any:
    text = place.text(value)
    if text is None:
        return BROKEN
    if not _INTEGER.fullmatch(text.strip()):
        return place.wrong(
            value, "wrong_type", f"'{place.name}' must be a whole number, not '{text}'"
        )
    return _ranged(int(text), value, place, str)


def _float(value: Value, place: Place) -> Any:
    text = place.text(value)
    if text is None:
        return BROKEN
    if not re.fullmatch(r"[+-]?(?:[0-9]{1,15}(?:\.[0-9]{0,15})?|\.[0-9]{1,15})", text.strip()):
        return place.wrong(value, "wrong_type", f"'{place.name}' must be a number, not '{text}'")
    return _ranged(float(text), value, place, str)


def _ranged(number: Any, value: Value, place: Place, shown: Callable[[Any], str]) -> Any:
    low, high = place.row.minimum, place.row.maximum
    if low is not None and number < low:
        message = f"'{place.name}' must be at least {shown(low)}, not {shown(number)}"
        return place.wrong(value, "out_of_range", message)
    if high is not None and number > high:
        message = f"'{place.name}' must be at most {shown(high)}, not {shown(number)}"
        return place.wrong(value, "out_of_range", message)
    return number


_BOOLEANS = {"true": True, "false": False}


def _bool(value: Value, place: Place) -> Any:
    text = place.text(value)
    if text is None:
        return BROKEN
    found = _BOOLEANS.get(text.strip().lower())
    if found is None:
        return place.wrong(
            value, "wrong_type", f"'{place.name}' must be true or false, not '{text}'"
        )
    return found


def _duration(value: Value, place: Place) -> Any:
    text = place.text(value)
    if text is None:
        return BROKEN
    duration = duration_ms(text) if len(text) <= 20 else None
    if duration is None:
        return place.wrong(
            value,
            "wrong_type",
            f"'{place.name}' must be a duration, not '{text}'",
            "write a whole number and a unit, such as 250ms, 900s, 15m, 2h or 1d",
        )
    if duration > _MAX_DURATION_MS:
        return place.wrong(
            value, "out_of_range", f"'{place.name}' must be at most a year, not {text}"
        )
    return _ranged(duration, value, place, "{}ms".format)


def _enum(value: Value, place: Place) -> Any:
    text = place.text(value)
    if text is None:
        return BROKEN
    known = place.row.values
    if text in known:
        return text
    meant = nearest(text, known)
    place.findings.add(
        "unknown_value",
        value.span,
        f"'{place.name}' must be one of {', '.join(known)}, not '{text}'",
        help=f"did you mean '{meant}'?" if meant else None,
        severity=Severity.WARNING if place.row.open_set else None,
    )
    return text if place.row.open_set else BROKEN


def _fidelity(value: Value, place: Place) -> Any:
    text = place.text(value)
    if text is None or not text:
        return BROKEN
    if text in FIDELITIES:
        return text
    meant = nearest(text, FIDELITIES)
    return place.wrong(
        value,
        "fidelity_valid",
        f"'{place.name}' must be one of {', '.join(FIDELITIES)}, not '{text}'",
        f"did you mean '{meant}'?" if meant else None,
    )


def _condition(value: Value, place: Place) -> Any:
    text = place.text(value)
    if text is None:
        return BROKEN
    from ..frontend.condition import parse_condition

    found = parse_condition(text)
    if isinstance(found, Problem):
        return place.fault("condition_syntax", Fault(value, found))
    return found


def _join(value: Value, place: Place) -> Any:
    from ..frontend.joins import join_of

    return place.fault("join_syntax", join_of(value))


def _winner(value: Value, place: Place) -> Any:
    from ..frontend.winners import winner_of

    return place.fault("winner_syntax", winner_of(value))


def _merge(value: Value, place: Place) -> Any:
    from ..frontend.merges import merge_of

    return place.fault("merge_syntax", merge_of(value))


def _inputs(value: Value, place: Place) -> Any:
    from ..frontend.inputs import inputs_of

    return place.fault("inputs_syntax", inputs_of(value))


def _arguments(value: Value, place: Place) -> Any:
    from ..frontend.arguments import arguments_of

    return place.fault("inputs_syntax", arguments_of(value, place.source))


def _ratio(value: Value, place: Place) -> Fraction | Any:
    text = place.text(value)
    if text is None:
        return BROKEN
    from ..frontend.joins import parse_ratio

    found = parse_ratio(text)
    if found is None:
        message = f"'{place.name}' must be above 0 and at most 1, not '{text}'"
        return place.wrong(value, "out_of_range", message, "write for example 2/3 or 0.5")
    return found


def _retry(value: Value, place: Place) -> Retry | Any:
    text = place.text(value)
    if text is None:
        return BROKEN
    if text in RETRY_PRESETS:
        return RETRY_PRESETS[text]
    meant = nearest(text, RETRY_PRESETS)
    return place.wrong(
        value,
        "unknown_value",
        f"'{place.name}' must be one of {', '.join(RETRY_PRESETS)}, not '{text}'",
        f"did you mean '{meant}'?" if meant else None,
    )


def _listed(value: Value, place: Place, separator: str) -> Any:
    """Texts from a list, or from one text cut at a separator; empty ones are dropped."""
    items = value.items if isinstance(value, Sequence) else (value,)
    texts = [place.text(item) for item in items]
    if None in texts:
        return BROKEN
    if isinstance(value, Sequence):
        return tuple(text for text in texts if text)
    parts = re.split(separator, texts[0] or "")
    return tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))


def _keys(value: Value, place: Place) -> Any:
    found = _listed(value, place, ",")
    for key in () if found is BROKEN else found:
        if '"' in key or key.count("[") != key.count("]"):
            message = f"'{key}' is no key: a quote or a bracket is missing in '{place.name}'"
            return place.wrong(value, "wrong_type", message)
    return found


def _stylesheet(value: Value, place: Place) -> Any:
    text = place.text(value)
    if text is None or not isinstance(value, Scalar):
        return BROKEN
    from .styles import styles

    found = styles(value, place.source, place.findings)
    return BROKEN if found is None else found


_READERS: dict[ValueType, Reader] = {
    "string": _string,
    "int": _int,
    "float": _float,
    "bool": _bool,
    "duration": _duration,
    "enum": _enum,
    "fidelity": _fidelity,
    "condition": _condition,
    "join": _join,
    "ratio": _ratio,
    "winner": _winner,
    "merge": _merge,
    "retry": _retry,
    "keys": _keys,
    "classes": lambda value, place: _listed(value, place, r"[,\s]+"),
    "node_ref": _string,
    "stylesheet": _stylesheet,
    "inputs": _inputs,
    "arguments": _arguments,
}
