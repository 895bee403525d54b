"""Large values of records go to blobs; most records are seen by their bytes to have none."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attractorc.compiler.value import canonical
from attractorc.interpreter.records import StageLifecycle
from attractorc.interpreter.records.blobs import (
    LIMIT_BYTES,
    externalised,
    restored,
    stays_whole,
)
from attractorc.interpreter.records.codec import encode
from attractorc.interpreter.stores.memory import MemoryStore

from .test_records import JSON, LAW


def holding(value: Any) -> StageLifecycle:
    return StageLifecycle(kind="completed", context_updates={"k": value})


@LAW
@given(JSON, st.integers(1, 6_000))
def test_what_stays_whole_by_its_bytes_has_nothing_to_go_to_a_blob(value: Any, times: int) -> None:
    record = holding([value] * times)
    if stays_whole(encode(record)):
        assert externalised(record, MemoryStore()) is record


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("\0" * LIMIT_BYTES, id="characters that JSON writes with six"),
        pytest.param(["\0" * (LIMIT_BYTES // 6 + 9)], id="as few of them as are large"),
        pytest.param([False] * (LIMIT_BYTES // 6 + 9), id="as few words as are large"),
        pytest.param([None] * (LIMIT_BYTES // 5 + 9), id="as few empty values as are large"),
        pytest.param([1e-300] * (LIMIT_BYTES // 7), id="numbers of nine bytes"),
        pytest.param(10**4_200, id="an integer of thousands of digits, which stays"),
        pytest.param({"$blob": "x"}, id="a value that looks like a reference"),
        pytest.param({"$blob": 7, "more": [1]}, id="another one that does"),
        pytest.param("x" * (LIMIT_BYTES + 1), id="a long text"),
    ],
)
def test_a_large_value_is_never_overlooked(value: Any) -> None:
    store, record = MemoryStore(), holding(value)
    outside = externalised(record, store)
    if outside is not record:
        assert not stays_whole(encode(record))
        assert restored(outside, store).context_updates == {"k": value}
    else:
        assert stays_whole(encode(record)) or len(canonical(value).encode()) <= LIMIT_BYTES
