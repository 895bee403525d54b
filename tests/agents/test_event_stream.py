"""Server-sent events: the same events, however the bytes are cut."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attractorc.interpreter.handlers.event_stream import EventStream, TooLong

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=20)


def events(*chunks: bytes, limit: int = 10_000) -> list[bytes]:
    stream = EventStream(limit)
    found = [event for chunk in chunks for event in stream.feed(chunk)]
    return found + list(stream.close())


@pytest.mark.parametrize(
    ("data", "found"),
    [
        pytest.param(b"data: a\n\ndata:b\n\n", [b"a", b"b"], id="with and without a space"),
        pytest.param(b"data: a\ndata: b\n\n", [b"a\nb"], id="two lines are one event"),
        pytest.param(b": hm\nevent: x\nid: 1\ndata: a\n\n", [b"a"], id="other fields"),
        pytest.param(b"data\n\n", [b""], id="a field without a value"),
        pytest.param(b"database: a\n\n", [], id="a field that begins alike"),
        pytest.param(b"\n\n\n", [], id="nothing"),
        pytest.param(b"data: a\n", [b"a"], id="an end without an empty line"),
        pytest.param(b"data: a", [b"a"], id="an end in a line"),
    ],
)
def test_events_are_cut_out(data: bytes, found: list[bytes]) -> None:
    assert events(data) == found


@given(st.lists(TEXTS, max_size=5), st.data(), st.sampled_from([b"\n", b"\r\n", b"\r"]))
def test_chunks_decide_nothing(texts: list[str], draw: st.DataObject, end: bytes) -> None:
    whole = b"".join(b"data: " + text.encode() + end + end for text in texts)
    places = sorted(draw.draw(st.lists(st.integers(0, len(whole)), max_size=8)))
    cuts = [0, *places, len(whole)]
    chunks = [whole[a:b] for a, b in pairwise(cuts)]
    assert events(*chunks) == [text.encode() for text in texts]


@pytest.mark.parametrize(
    "chunk", [b"x" * 20_000, b"data: " + b"x" * 20_000 + b"\n", b"data:x\n" * 2_000]
)
def test_no_event_grows_without_an_end(chunk: bytes) -> None:
    with pytest.raises(TooLong):
        events(chunk)
