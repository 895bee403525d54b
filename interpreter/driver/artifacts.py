"""What a handler left in files, as the records of its attempt refer to it.

Apart from the engine, which only hands it over. It must not know how blobs are stored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from attractorc.compiler.value import Json

from ..outcome import PROMPT_FILE, RESPONSE_FILE, TURN_FILE
from ..records import LinkStageToAgent, Record, StageLifecycle
from ..records.drafts import filled
from ..records.files import as_blob


def attach(
    records: Iterable[Record],
    references: dict[str, Json],
    put_blob: Callable[[bytes], tuple[str, int]],
) -> None:
    """Fill references to files into the records of one attempt, by the files' names.

    What a stage itself told its agent is a file of its own only where the prompt repeats what was
    said before. A thread goes on with blobs.
    """
    turn = references.pop(TURN_FILE, None) or references.get(PROMPT_FILE)
    for record in records:
        match record:
            case StageLifecycle():
                filled(record, artifacts=references)
            case LinkStageToAgent(kind="turn"):
                said = (turn, references.get(RESPONSE_FILE))
                prompt, response = (
                    as_blob(each, put_blob) if isinstance(each, Mapping) else None for each in said
                )
                filled(record, prompt=prompt, response=response)
            case _:
                pass
