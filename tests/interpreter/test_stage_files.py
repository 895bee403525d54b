"""Files of attempts in records: small ones stand whole, others in blobs, and none is lost."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attractorc.interpreter.outcome import Outcome, Status
from attractorc.interpreter.records import StageLifecycle
from attractorc.interpreter.records.codec import decode, encode
from attractorc.interpreter.records.files import SMALL_BYTES, as_blob, content, reference
from attractorc.interpreter.stores.memory import MemoryStore

from .pipelines import plan, run, step
from .test_records import LAW


@LAW
@given(st.binary(max_size=2 * SMALL_BYTES) | st.text(max_size=SMALL_BYTES).map(str.encode))
def test_a_file_is_read_as_it_was_written(data: bytes) -> None:
    store = MemoryStore()
    held: Any = reference("response.md", data, store.put_blob)
    assert list(held) == sorted(held)
    record = StageLifecycle(artifacts={"response.md": held})
    back: Any = decode(record.TYPE, record.TYPE_VERSION, encode(record))
    assert content(back.artifacts["response.md"], store.get_blob) == data
    assert held["size"] == len(data)
    blob = as_blob(held, lambda data: (store.put_blob(data), len(data)))
    assert store.get_blob(blob) == data


@pytest.mark.parametrize(
    ("data", "whole"),
    [
        pytest.param(b"ok\n", True, id="a line stands whole"),
        pytest.param(b"", True, id="nothing stands whole"),
        pytest.param("é\0".encode(), True, id="any text does"),
        pytest.param(b"x" * SMALL_BYTES, True, id="as much as is small"),
        pytest.param(b"x" * (SMALL_BYTES + 1), False, id="one byte more is a blob"),
        pytest.param(b"\xff\xfe", False, id="what is no text is a blob"),
        pytest.param(b"\xed\xa0\x80", False, id="half a surrogate pair is a blob"),
    ],
)
def test_what_is_small_and_text_needs_no_blob(data: bytes, whole: bool) -> None:
    ran = run(
        plan(step("a", "exit")), {"a": Outcome(Status.SUCCESS, artifacts={"tool_output.txt": data})}
    )
    (ended,) = [one for one in ran.of(StageLifecycle, "completed") if one.node_id == "a"]
    held: Any = ended.artifacts["tool_output.txt"]
    assert ("text" in held, "blob" in held) == (whole, not whole)
    assert content(held, ran.store.get_blob) == data


def test_what_an_older_program_kept_in_a_blob_is_read_too() -> None:
    store = MemoryStore()
    held = {"blob": store.put_blob(b"ok"), "media_type": "text/plain", "size": 2}
    assert content(held, store.get_blob) == b"ok"
    assert as_blob(held, lambda data: ("never", len(data))) == held["blob"]
