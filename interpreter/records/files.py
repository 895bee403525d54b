"""Files of attempts, as records refer to them: a small one stands whole, another in a blob.

`{"media_type", "size", "text"}` up to `SMALL_BYTES`, which is less than a blob and its hash take;
`{"blob", "media_type", "size"}` else, and where bytes are no text. `size` counts bytes. It must
not know who wrote them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from attractorc.compiler.value import Json

SMALL_BYTES = 128


def reference(name: str, data: bytes, put_blob: Callable[[bytes], str]) -> dict[str, Json]:
    """What a record holds of a file; its keys are in order."""
    media_type = "text/markdown" if name.endswith(".md") else "text/plain"
    size = len(data)
    if size <= SMALL_BYTES:
        try:
            return {"media_type": media_type, "size": size, "text": data.decode()}
        except UnicodeDecodeError:
            pass
    return {"blob": put_blob(data), "media_type": media_type, "size": size}


def content(held: Mapping[str, Any], get_blob: Callable[[str], bytes]) -> bytes:
    """The bytes of a file that a record refers to."""
    if "blob" in held:
        return get_blob(str(held["blob"]))
    return str(held["text"]).encode()


def as_blob(held: Mapping[str, Any], put_blob: Callable[[bytes], tuple[str, int]]) -> str:
    """The hash of the blob that holds a file; a small one is put into one now."""
    if "blob" in held:
        return str(held["blob"])
    blob, _ = put_blob(str(held["text"]).encode())
    return blob
