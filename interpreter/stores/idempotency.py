"""When a key or a number comes again: the turn that has it, or a conflict.

Apart because every store must answer alike. It must not know how turns are kept.
"""

from __future__ import annotations

from ..ports import Index, KeyConflict, Turn


def same_turn(
    turn: Turn, record_type: str, version: int, payload: bytes, parent: str | None
) -> Turn:
    """The turn that has the key already, or `KeyConflict` if its content is another."""
    same = (turn.type, turn.version, turn.payload) == (record_type, version, payload)
    if not same or parent not in (None, turn.parent):
        raise KeyConflict(f"the key '{turn.key}' was used before with other content")
    return turn


def refuse_unless_rising(index: Index, last: int) -> None:
    """Raise `KeyConflict` if a run has a record of this number or a later one."""
    if index.sequence_no <= last:
        raise KeyConflict(
            f"run '{index.run_id}' has records up to number {last}, so none more with "
            f"number {index.sequence_no}"
        )
