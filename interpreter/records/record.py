"""What every record has.

Apart from the families, which are only lists of fields. It must not know any family.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import ClassVar

from attractorc.compiler.value import Json

from .declaring import family, tag


@family
class Record:
    """What every record has. `sequence_no` counts from 1 in a run, also across resumes.

    `unknown` keeps, by tag, what a newer program wrote and this one does not know.
    """

    TYPE: ClassVar[str] = ""
    TYPE_VERSION: ClassVar[int] = 1
    KINDS: ClassVar[tuple[str, ...]] = ()

    run_id: str = tag(1, "")
    sequence_no: int = tag(2, 0)
    timestamp: str = tag(3, "")
    unknown: Mapping[int, Json] | None = field(default=None, repr=False)
