"""Which context keys a stage may write: none of the engine's own, and what it declares.

Apart from `settle`, because what comes out of a child pipeline is held to the same. It must
not know where updates come from.
"""

from __future__ import annotations

from fnmatch import fnmatchcase

from attractorc.compiler.plan.model import Step

from ..outcome import Outcome

RESERVED = ("outcome", "preferred_label", "current_node")
RESERVED_PREFIXES = ("internal.", "graph.", "parallel.", "inputs.")
ALWAYS_WRITTEN = ("tool.output", "last_stage", "last_response", "human.gate.*")


def admitted(step: Step, outcome: Outcome) -> tuple[Outcome, list[str]]:
    """The outcome with only the keys that its stage may write, and the keys that were dropped."""
    updates = outcome.context_updates
    keys = sorted(updates)
    if step.writes is None and not any(map(is_reserved, keys)) and keys == list(updates):
        return outcome, []  # as most
    kept = [key for key in keys if _may_write(step, key)]
    if kept == list(updates):
        return outcome, []
    dropped = sorted(updates.keys() - kept)
    return outcome._replace(context_updates={key: updates[key] for key in kept}), dropped


def is_reserved(key: str) -> bool:
    """Whether only the engine writes a key."""
    return key in RESERVED or key.startswith(RESERVED_PREFIXES) or not key


def _may_write(step: Step, key: str) -> bool:
    if is_reserved(key):
        return False
    if step.writes is None:
        return True
    return any(fnmatchcase(key, glob(pattern)) for pattern in (*step.writes, *ALWAYS_WRITTEN))


def glob(pattern: str) -> str:
    """A key pattern as `fnmatch` reads it: only `*` is special."""
    return pattern.replace("[", "[[]").replace("?", "[?]")
