"""The record family of pipelines that run as one stage of another.

Apart from the other families, which are about one pipeline. The same rules hold: tags are
never reused. It must not know how a child is run.
"""

from __future__ import annotations

from typing import ClassVar

from attractorc.compiler.value import Json

from .declaring import family, tag
from .record import Record


@family
class ChildLifecycle(Record):
    """A pipeline that an attempt at a stage runs. `node_id`, `path`, `visit` are that stage's.

    Kinds: `started` (the first turn of the child's context: where it came from, which plan it
    runs, what its `inputs` are; `child_path` is the path of its stages), `timeout` (the time
    of the attempt is over), of a supervisor also `observed` (look number `cycle`; `seen` by
    key), `steering` and `steered` (`context_updates` go into the child's context), `given_up`
    (nobody waits for the child any more; `status` is then the attempt's). How the child ended
    is in the record that ends the stage's attempt.
    """

    TYPE: ClassVar[str] = "attractor.child_lifecycle"
    KINDS: ClassVar[tuple[str, ...]] = (
        "started",
        "timeout",
        "observed",
        "steering",
        "steered",
        "given_up",
    )

    kind: str = tag(4, "")
    node_id: str = tag(5, "")
    path: str = tag(6, "")
    visit: int = tag(7, 1)
    attempt: int = tag(8, 1)
    stage_attempt_id: str = tag(9, "")
    child_path: str = tag(10, "")
    pipeline: str | None = tag(11)
    plan_digest: str | None = tag(12)
    inputs: dict[str, Json] = tag(13, {})
    base_context: str | None = tag(14)
    base_turn: str | None = tag(15)
    context: str | None = tag(16)
    status: str | None = tag(17)
    reason: str | None = tag(18)
    cycle: int | None = tag(19)
    seen: dict[str, Json] = tag(20, {})
    context_updates: dict[str, Json] = tag(21, {})
