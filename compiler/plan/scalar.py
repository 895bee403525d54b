"""The shapes of single values, and what is said of data that does not fit.

Apart from the shapes of records and unions, because these need no type hints to be read.
Decoding trusts nothing: plans are also edited by hand. It must not know what a plan is.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from ..value import Json, NotJson, canonical, checked

FRACTION = re.compile(r"[0-9]{1,18}(/0*[1-9][0-9]{0,17})?")


class Misfit(ValueError):
    """Data that has not the shape it should have: `reason`, and `where` from the root."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.where = ""

    def within(self, part: str | int) -> Misfit:
        """The same misfit, seen from the object or list that holds it under `part`."""
        if isinstance(part, int):
            step = f"[{part}]"
        else:
            step = part if re.fullmatch(r"[\w-]+", part) else f"[{canonical(part)}]"
        joint = "." if self.where and not self.where.startswith("[") else ""
        self.where = step + joint + self.where
        return self


def found(data: object) -> str:
    """What stands there instead, short enough for a sentence."""
    if isinstance(data, list | tuple):
        return "a list"
    if isinstance(data, Mapping):
        return "an object"
    try:
        text = repr(data) if isinstance(data, str) else canonical(checked(data))
    except NotJson as error:
        return str(error)
    return text if len(text) <= 40 else text[:37] + "..."


def unicode_only(text: str) -> None:
    """Refuse a string that no UTF-8 file can hold."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Misfit("a string with half a surrogate pair is not Unicode") from None


class Text:
    """A string."""

    def encode(self, value: Any, sparse: bool) -> Json:
        return str(value)

    def decode(self, data: object) -> str:
        if not isinstance(data, str):
            raise Misfit(f"expected text, found {found(data)}")
        unicode_only(data)
        return data


class Whole:
    """An integer; `true` is none."""

    def encode(self, value: Any, sparse: bool) -> Json:
        return int(value)

    def decode(self, data: object) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            raise Misfit(f"expected a whole number, found {found(data)}")
        return data


class Flag:
    """A boolean."""

    def encode(self, value: Any, sparse: bool) -> Json:
        return bool(value)

    def decode(self, data: object) -> bool:
        if not isinstance(data, bool):
            raise Misfit(f"expected true or false, found {found(data)}")
        return data


class Number:
    """A finite float; an integer in the text is taken for one."""

    def encode(self, value: Any, sparse: bool) -> Json:
        return float(value)

    def decode(self, data: object) -> float:
        if isinstance(data, bool) or not isinstance(data, int | float):
            raise Misfit(f"expected a number, found {found(data)}")
        try:
            number = float(data)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            raise Misfit("expected a finite number")
        return number


class Ratio:
    """An exact fraction, as text in lowest terms: `2/3`, `1`."""

    def encode(self, value: Any, sparse: bool) -> Json:
        return str(value)

    def decode(self, data: object) -> Fraction:
        if isinstance(data, str) and FRACTION.fullmatch(data):
            return Fraction(data)
        raise Misfit(f"expected a fraction such as '2/3', found {found(data)}")


class Anything:
    """Any JSON value, kept as it is."""

    def encode(self, value: Any, sparse: bool) -> Json:
        return checked(value)

    def decode(self, data: object) -> Json:
        try:
            return checked(data)
        except NotJson as error:
            raise Misfit(str(error)) from error


class Choice:
    """One of a closed set of words."""

    def __init__(self, words: tuple[str, ...]) -> None:
        self.words = words

    def encode(self, value: Any, sparse: bool) -> Json:
        return str(value)

    def decode(self, data: object) -> str:
        if isinstance(data, str) and data in self.words:
            return data
        raise Misfit(f"expected one of {', '.join(self.words)}, found {found(data)}")
