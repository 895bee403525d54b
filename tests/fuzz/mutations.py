"""Ways to break a text that is nearly right: bits, bytes, words, lines, pieces of others.

Each takes the chance to use and the texts to draw from and gives one input. Pure: the same
`Random` gives the same input, so that one number is enough to see a failure again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from random import Random

SIZE_LIMIT = 100_000
"""The most bytes that a mutated input has."""

_WORD = re.compile(rb"\w+|\s+|.", re.S)

_MARKS = (
    *(b"{", b"}", b"[", b"]", b"(", b")", b'"', b"'", b";", b",", b":", b"=", b"->", b"--"),
    *(b"/*", b"*/", b"//", b"#", b"\\", b"\n", b"\r", b"\t", b"\0", b" ", b"+", b"-", b"|-", b">"),
    *(b"&a", b"*a", b"!!python/name:a", b"<<: *a", b"---", b"...", b"%YAML 9.9", b"? ", b"- "),
    *(b"\xef\xbb\xbf", b"\xff", b"\xc3", b"\xe2\x80\xa8", b"\xf0\x9f\x9a\x80", b"\xc2\x85"),
    *(b"\\ud800", b'"\\uD800"', b'"\\x00"', b"\\N", b"${", b"$goal", b"@../../x", b"@", b"<b>"),
    *(b"subgraph", b"digraph", b"graph", b"node", b"edge", b"strict", b"null", b"~", b"yes"),
    *(b"1e999", b"-0", b"0x1F", b"NaN", b".inf", b"9" * 400, b"1/0", b"0/0", b"-1", b"15m"),
    *(b"9999999999999999999999d", b"2026-02-30", b"k_of_n(0)", b"quorum(0/0)", b"quorum(9e9)"),
    *(b"join=wait_all", b"condition=", b"&&", b"||", b"!", b"1 of (a, b)", b"contains", b"max()"),
    *(b"shape=component", b"shape=tripleoctagon", b"type=", b"parallel: ", b"fan_in: {}"),
    *(
        b"start",
        b"exit",
        b"retry_target=",
        b"loop_restart=true",
        b"merge=",
        b"# attractorc: ignore",
    ),
)


def bits(chance: Random, texts: Sequence[bytes]) -> bytes:
    """A few bits are turned over."""
    data = bytearray(chance.choice(texts))
    for _ in range(chance.randint(1, 8)):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return bytes(data)


def words(chance: Random, texts: Sequence[bytes]) -> bytes:
    """Words and signs change places, vanish, or come twice."""
    pieces = _WORD.findall(chance.choice(texts))
    for _ in range(chance.randint(1, 6)):
        one, other = chance.randrange(len(pieces)), chance.randrange(len(pieces))
        what = chance.randrange(4)
        if what == 0:
            pieces[one], pieces[other] = pieces[other], pieces[one]
        elif what == 1:
            pieces[one] = b""
        elif what == 2:
            pieces[one] *= chance.choice((2, 3, 50))
        else:
            pieces[one] = pieces[other]
    return b"".join(pieces)


def marks(chance: Random, texts: Sequence[bytes]) -> bytes:
    """Signs that mean something are put in, between words or in the middle of one."""
    data = chance.choice(texts)
    for _ in range(chance.randint(1, 5)):
        at = chance.randrange(len(data) + 1)
        mark = chance.choice(_MARKS)
        if chance.random() < 0.2:
            mark *= chance.choice((2, 70, 1000))
        data = data[:at] + mark + data[at + chance.choice((0, 0, 1, len(mark))) :]
    return data


def lines(chance: Random, texts: Sequence[bytes]) -> bytes:
    """Lines change places or indentation, vanish, or come twice."""
    kept = chance.choice(texts).split(b"\n")
    for _ in range(chance.randint(1, 6)):
        one, other = chance.randrange(len(kept)), chance.randrange(len(kept))
        what = chance.randrange(4)
        if what == 0:
            kept[one], kept[other] = kept[other], kept[one]
        elif what == 1:
            kept[one] = b" " * chance.randrange(9) + kept[one].lstrip()
        elif what == 2:
            kept.insert(one, kept[other])
        elif len(kept) > 1:
            del kept[one]
    return chance.choice((b"\n", b"\n", b"\r\n", b"\r")).join(kept)


def cut(chance: Random, texts: Sequence[bytes]) -> bytes:
    """The text stops somewhere, or starts there."""
    data = chance.choice(texts)
    at = chance.randrange(len(data) + 1)
    return data[:at] if chance.random() < 0.7 else data[at:]


def spliced(chance: Random, texts: Sequence[bytes]) -> bytes:
    """A piece of one text stands in another."""
    one, other = chance.choice(texts), chance.choice(texts)
    at = chance.randrange(len(one) + 1)
    start = chance.randrange(len(other) + 1)
    end = min(len(other), start + chance.choice((10, 100, 1000, SIZE_LIMIT)))
    return one[:at] + other[start:end] + one[at + chance.choice((0, end - start)) :]


def repeated(chance: Random, texts: Sequence[bytes]) -> bytes:
    """A piece of the text comes very often."""
    data = chance.choice(texts)
    start = chance.randrange(len(data))
    piece = data[start : start + chance.randint(1, 60)]
    times = chance.choice((2, 100, 1000, 20_000))
    return data[:start] + piece * min(times, SIZE_LIMIT // len(piece)) + data[start:]


def soup(chance: Random, texts: Sequence[bytes]) -> bytes:
    """Words of real texts and signs, in any order, under a head that begins like a file."""
    pieces = _WORD.findall(chance.choice(texts)) + list(_MARKS)
    head = chance.choice((b"digraph g {", b"pipeline: g\nnodes:\n", b""))
    joint = chance.choice((b"", b" ", b"\n  "))
    return head + joint.join(chance.choices(pieces, k=chance.randint(1, 300)))


def noise(chance: Random, texts: Sequence[bytes]) -> bytes:
    """Any bytes at all, or any characters."""
    size = chance.choice((0, 1, 3, 10, 100, 1000, 10_000))
    if chance.random() < 0.5:
        return chance.randbytes(size)
    ends = (0x7F, 0x7FF, 0xD7FF)
    return "".join(chr(chance.randint(1, chance.choice(ends))) for _ in range(size)).encode()


def twice(chance: Random, texts: Sequence[bytes]) -> bytes:
    """One mutation over another."""
    first = chance.choice(_SINGLE)(chance, texts)
    return chance.choice(_SINGLE)(chance, [first or b" "])


_SINGLE = (bits, words, marks, lines, cut, spliced, repeated)

MUTATIONS = (bits, words, marks, lines, cut, spliced, repeated, soup, noise, twice)


def mutated(chance: Random, texts: Sequence[bytes]) -> tuple[str, bytes]:
    """The name of a way to break a text, and one input of that way."""
    way = chance.choice(MUTATIONS)
    return way.__name__, way(chance, texts)[:SIZE_LIMIT]
