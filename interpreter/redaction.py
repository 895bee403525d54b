"""Secrets and how they are taken out of texts: which values, in which forms, for what marker.

One object knows all secrets of a process, and everything that is journaled goes through it.
A value is found as it is, as JSON, URLs and this program write it, line by line, and where a
text was cut within it. Pure: it is given the environment. It must not know any record.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from urllib.parse import quote, quote_plus

from attractorc.compiler.value import Json, canonical, encoded

NAMES = ("*TOKEN", "*_KEY", "*APIKEY", "*PASSWORD*", "*PASSWD*", "*PASSPHRASE*", "*SECRET*")
"""Environment variables that hold secrets, going by what they are called."""

SHORTEST = 6
"""Shorter values are not looked for unless somebody lists them: they would be found everywhere."""

_NUMERIC = re.compile(rb"[-+.0-9eE]+")
_CUT_AFTER = re.compile(rb"\Z|\.\.\.|\n\[\d+ bytes left out here\]\n")
_CUT_BEFORE = re.compile(rb"bytes left out here\]\n\Z")
_NO_WORD = re.compile(r"[^a-z_]")


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that nobody is to read, and what to call it. `listed`: somebody asked for it."""

    name: str
    value: str
    listed: bool = False


def secrets_in(
    environment: Mapping[str, str], listed: Iterable[str] = (), excepted: Iterable[str] = ()
) -> tuple[Secret, ...]:
    """The secrets of an environment: by the names they have, and those that are listed.

    Both lists may hold patterns (`CORP_*`); what is excepted is no secret, listed or not.
    """
    wanted, spared = tuple(listed), tuple(excepted)
    found = []
    for name, value in sorted(environment.items()):
        asked = any(fnmatchcase(name, pattern) for pattern in wanted)
        if not asked and not any(fnmatchcase(name.upper(), pattern) for pattern in NAMES):
            continue
        if not any(fnmatchcase(name, pattern) for pattern in spared):
            found.append(Secret(name, value, asked))
    return tuple(found)


class Secrets:
    """All secrets of a process. False if there are none, which costs nothing then."""

    def __init__(self, secrets: Iterable[Secret] = ()) -> None:
        self._names: dict[bytes, str] = {}
        for secret in secrets:
            for form in _forms(secret):
                self._names.setdefault(form, secret.name)
        # The longest first: a secret that is part of another one must not hide it.
        forms = sorted(self._names, key=lambda form: (-len(form), form))
        self._whole = re.compile(b"|".join(map(re.escape, forms)) or rb"(?!)")
        self._marks = {form: self._mark(name) for form, name in self._names.items()}
        self._ends = tuple({part for form in forms for part in (form[:SHORTEST], form[-SHORTEST:])})
        self._long = tuple(form for form in forms if len(form) > SHORTEST)
        self._numeric = any(_NUMERIC.fullmatch(form) for form in forms)

    def __bool__(self) -> bool:
        return bool(self._names)

    def suspects(self, data: bytes) -> bool:
        """Whether a secret may be in these bytes, whole or cut: quick, and never wrongly not."""
        return self._numeric or any(end in data for end in self._ends)

    def data(self, data: bytes) -> bytes:
        """The bytes without the secrets in them."""
        if not any(end in data for end in self._ends):
            return data
        clean = self._whole.sub(lambda found: self._marks[found[0]], data)
        for form in self._long:
            clean = _without_cut(clean, form, self._marks[form])
        # A marker beside what was left may spell a secret again.
        return self._marks[found[0]] if (found := self._whole.search(clean)) else clean

    def parted(self, data: bytes) -> tuple[bytes, bytes]:
        """Bytes without secrets up to where one may begin that goes on behind them; the rest."""
        end = len(data)
        for form in self._names:
            start = max(0, len(data) - len(form) + 1)
            while (start := data.find(form[:1], start, end)) >= 0:
                if form.startswith(data[start:]):
                    end = start
                start += 1
        for found in self._whole.finditer(data):
            if found.start() < end < found.end():
                end = found.start()
        return self._whole.sub(lambda found: self._marks[found[0]], data[:end]), data[end:]

    def text(self, text: str) -> str:
        """The text without the secrets in it; the same object if there were none."""
        data = text.encode("utf-8", "surrogatepass")
        clean = self.data(data)
        return text if clean is data else clean.decode("utf-8", "replace")

    def value(self, value: Json, *, keys: bool = True) -> Json:
        """A JSON value without the secrets in it; `keys` says whether those of objects count.

        Keys that become equal are told apart by a number. A number that shows a secret in its
        digits becomes the marker.
        """
        match value:
            case str():
                return self.text(value)
            case None | bool():
                return value
            case int() | float():
                return self._number(value)
            case Mapping():
                return self._object(value, keys)
        return [self.value(item, keys=keys) for item in value]

    def names(self, value: Json) -> tuple[str, ...]:
        """What the secrets are called that stand in a JSON value, beside plain lower-case words.

        Such a word is a name or one of this program's own, whatever some variable holds.
        """
        return tuple(sorted(set(self._named(value))))

    def _named(self, value: Json) -> Iterator[str]:
        if isinstance(value, Mapping):
            for key, item in value.items():
                yield from self._named(key)
                yield from self._named(item)
        elif isinstance(value, list | tuple):
            for item in value:
                yield from self._named(item)
        elif value is not None and not isinstance(value, bool):
            text = value if isinstance(value, str) else canonical(value)
            if _NO_WORD.search(text):
                data = text.encode("utf-8", "surrogatepass")
                yield from (self._names[form] for form in self._whole.findall(data))

    def _number(self, number: int | float) -> Json:
        if not self._numeric:
            return number
        text = canonical(number)
        return number if (clean := self.text(text)) == text else clean

    def _object(self, value: Mapping[str, Json], keys: bool) -> dict[str, Json]:
        clean: dict[str, Json] = {}
        for key, item in value.items():
            name = free = self.text(key) if keys else key
            count = 1
            while free in clean or (free != key and free in value):
                count += 1
                free = f"{name}#{count}"
            clean[free] = self.value(item, keys=keys)
        return clean

    def _mark(self, name: str) -> bytes:
        """What stands for a secret: its name, unless that would show one."""
        for mark in (f"[redacted:{name}]", "[redacted]", "***", "-"):
            said = mark.encode("utf-8", "replace")
            if not self._whole.search(said):
                return said
        return b""


NO_SECRETS = Secrets()


class Sieve:
    """Bytes that come in pieces, without secrets: the beginning of one waits for the rest."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets
        self._held = b""

    def piece(self, data: bytes) -> bytes:
        """What can be told of the bytes so far, and was not yet."""
        if not self._secrets:
            return data
        told, self._held = self._secrets.parted(self._held + data)
        return told

    def rest(self) -> bytes:
        """What is left when nothing more comes."""
        held, self._held = self._held, b""
        return self._secrets.data(held)


_MARKER = re.compile(r"\[redacted(?::[^\]]*)?\]")


def has_marker(text: str) -> bool:
    """Whether a secret was taken out of the text."""
    return _MARKER.search(text) is not None


def could_be(whole: Json, kept: Json) -> bool:
    """Whether `kept` could be `whole` after secrets were taken out of it."""
    if isinstance(kept, str) and not isinstance(whole, Mapping | list | tuple):
        text = whole if isinstance(whole, str) else canonical(whole)
        around = map(re.escape, _MARKER.split(kept))
        return re.fullmatch(".*".join(around), text, re.DOTALL) is not None
    if isinstance(kept, Mapping) and isinstance(whole, Mapping):
        return kept.keys() == whole.keys() and all(could_be(whole[key], kept[key]) for key in kept)
    if isinstance(kept, list | tuple) and isinstance(whole, list | tuple):
        return len(kept) == len(whole) and all(map(could_be, whole, kept))
    return canonical(whole) == canonical(kept)


def _forms(secret: Secret) -> Iterator[bytes]:
    """A secret's value as it may stand in a text; first as it is."""
    value = secret.value
    if not value.strip():
        return
    plain = value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    lines = plain.splitlines()
    writings: tuple[Callable[[str], str], ...] = (
        lambda text: text,
        lambda text: json.dumps(text)[1:-1],
        lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
        lambda text: quote(text, safe=""),
        quote,
        quote_plus,
        encoded,
    )
    shortest = 1 if secret.listed else SHORTEST
    texts = [plain, plain.strip(), *(line.strip() for line in lines if len(lines) > 1)]
    seen: set[bytes] = set()
    for number, text in enumerate(texts):
        # A line of a longer text is a secret only if it could be one by itself.
        if len(text) < (shortest if number < 2 else 2 * SHORTEST):
            continue
        for written in writings:
            form = written(text).encode("utf-8", "replace")
            if form not in seen:
                seen.add(form)
                yield form
    raw = value.encode("utf-8", "surrogateescape")
    if raw not in seen and len(raw) >= shortest:
        yield raw


def _without_cut(data: bytes, form: bytes, mark: bytes) -> bytes:
    """The bytes without a beginning or an end of a secret where a text was cut within it."""
    head, tail = form[:SHORTEST], form[-SHORTEST:]
    for start in _places(data, head):
        size = _shared(data[start : start + len(form)], form)
        if _CUT_AFTER.match(data, start + size):
            data = data[:start] + mark + data[start + size :]
    for start in _places(data, tail):
        end = start + len(tail)
        before = data[max(0, end - len(form)) : end]
        size = _shared(before[::-1], form[::-1])
        if end == size or _CUT_BEFORE.search(data, max(0, end - size - 40), end - size):
            data = data[: end - size] + mark + data[end:]
    return data


def _places(data: bytes, part: bytes) -> Collection[int]:
    """Where a part stands, from the end, so that what is replaced moves none of the others."""
    return [found.start() for found in re.finditer(b"(?=" + re.escape(part) + b")", data)][::-1]


def _shared(one: bytes, other: bytes) -> int:
    """How many bytes two texts begin alike with."""
    for size, (left, right) in enumerate(zip(one, other, strict=False)):
        if left != right:
            return size
    return min(len(one), len(other))
