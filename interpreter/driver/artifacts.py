"""What a handler left in files, as the records of its attempt refer to it.

Apart from the engine, which only hands it over. It must not know how blobs are stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

from attractorc.compiler.value import Json

from ..outcome import PROMPT_FILE, RESPONSE_FILE, TURN_FILE
from ..records import LinkStageToAgent, Record, StageLifecycle
from ..records.drafts import filled


def attach(records: Iterable[Record], references: dict[str, Json]) -> None:
    """Fill references to blobs into the records of one attempt, by the files' names.

    What a stage itself told its agent is a file of its own only where the prompt repeats what was
    said before.
    """
    turn = references.pop(TURN_FILE, None) or references.get(PROMPT_FILE)
    for record in records:
        match record:
            case StageLifecycle():
                filled(record, artifacts=references)
            case LinkStageToAgent(kind="turn"):
                response = references.get(RESPONSE_FILE)
                filled(record, prompt=_blob(turn), response=_blob(response))
            case _:
                pass


def _blob(reference: Json) -> str | None:
    if not isinstance(reference, Mapping):
        return None
    return cast("str | None", cast("Mapping[str, Any]", reference).get("blob"))
