"""How an engine left a run: what whoever started the engine gets back.

Apart from the engine, because commands and simulations only know this. It must not know how
a run is carried out.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RunResult:
    """How an engine left a run.

    `status`: `success`, `partial_success`, `fail`, `cancelled`, or `parked` and `stopped`, which
    can be resumed, or `restarted`: `next_run` is to be opened. `questions` are the open question
    ids of a parked run.
    """

    run_id: str
    status: str
    reason: str = ""
    questions: tuple[str, ...] = ()
    outcome_digest: str = ""
    next_run: str = ""
