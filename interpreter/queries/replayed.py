"""What a replay came to, as it is shown.

Apart from the replay itself, which needs the machine; queries need only its answer. It must
not know how a journal is held against anything.
"""

from __future__ import annotations

from dataclasses import dataclass

from attractorc.compiler.value import Json


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a journal and the machine part: the record, what it says, what would be decided.

    `found` and `expected` are the fields that differ, by name; `expected` is empty where the
    machine would have decided nothing at all.
    """

    sequence_no: int
    what: str
    found: dict[str, Json]
    expected: dict[str, Json]


@dataclass(frozen=True, slots=True)
class Replayed:
    """How a replay came out: records read, decisions among them, the first difference."""

    run_id: str
    status: str
    records: int
    decisions: int
    difference: Difference | None = None
