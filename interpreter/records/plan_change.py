"""The record of a plan that took another's place within a run.

Apart from the other families, because only runs that were resumed with a changed pipeline
have it. It must not know how plans are compared.
"""

from __future__ import annotations

from typing import ClassVar

from .declaring import family, tag
from .record import Record


@family
class PlanChange(Record):
    """From here on the run goes by another plan, which differs only in what was not reached.

    `plan_digest`, `blob` (its canonical JSON) and `size_bytes` are the new plan's, `replaces` is
    the digest of the one before. `name`, `source_blob` and `source_bytes` are the file that it
    came from. `changed` names what differs.
    """

    TYPE: ClassVar[str] = "attractor.plan_change"

    plan_digest: str = tag(4, "")
    blob: str = tag(5, "")
    size_bytes: int = tag(6, 0)
    replaces: str = tag(7, "")
    name: str = tag(8, "")
    source_blob: str = tag(9, "")
    source_bytes: int = tag(10, 0)
    changed: list[str] = tag(11, [])
