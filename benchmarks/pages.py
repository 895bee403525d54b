"""Every query, asked for its first page of a long run, in a store that was just opened.

Apart from the benchmark, which makes the runs and prints.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from running import RUN_ID, Spent, spending

if TYPE_CHECKING:
    from attractorc.interpreter.ports import Store


def first_pages(location: str, shape: str) -> list[tuple[float, float, str]]:
    """What each query takes for its first page, in a store that was just opened.

    Seconds by the clock and of the processor, and its name.
    """
    from attractorc.interpreter.stores.opening import open_store

    found = []
    for name, ask in asked(shape).items():
        taken: list[Spent] = []
        for _ in range(5):
            store = open_store(location, create=False)
            with spending(taken):
                ask(store)
            store.close()
        best = min(taken, key=lambda each: each.clock)
        found.append((best.clock, best.processor, name))
    return found


def asked(shape: str) -> dict[str, Callable[[Store], object]]:
    """Every query, and its filters where they make a difference, of a run of a shape."""
    from attractorc.interpreter import queries as q
    from attractorc.interpreter.ports import Filter

    node, stage, path = (
        ("fan", "/fan.1/one%5B9%5D/one.1", "/fan.1/one%5B9%5D")
        if shape == "one fan-out"
        else ("n9", "/n9.1", "")
    )
    isolated = "parallel.fan.branch.one%5B9%5D.context.last_stage"
    return {
        "runs": lambda store: q.runs(store),
        "show": lambda store: q.show(store, RUN_ID),
        "events": lambda store: q.events(store, RUN_ID),
        "events --node": lambda store: q.events(store, RUN_ID, Filter(node_id=node)),
        "events --kind": lambda store: q.events(store, RUN_ID, Filter(kinds=("failed",))),
        "events --status": lambda store: q.events(store, RUN_ID, status="fail"),
        "events --branch": lambda store: q.events(store, RUN_ID, Filter(branch="one[9]")),
        "timeline": lambda store: q.timeline(store, RUN_ID),
        "timeline --node": lambda store: q.timeline(store, RUN_ID, Filter(node_id=node)),
        "timeline --status": lambda store: q.timeline(store, RUN_ID, status="partial_success"),
        "attempts": lambda store: q.attempts(store, RUN_ID, limit=100),
        "attempts --stage": lambda store: q.attempts(store, RUN_ID, stage=stage),
        "attempts --status": lambda store: q.attempts(store, RUN_ID, status="running"),
        "branches": lambda store: q.branches(store, RUN_ID, limit=100),
        "branches --path": lambda store: q.branches(store, RUN_ID, Filter(path=path)),
        "branches --status": lambda store: q.branches(store, RUN_ID, status="running"),
        "joins": lambda store: q.joins(store, RUN_ID),
        "fan-in-decisions": lambda store: q.fan_in_decisions(store, RUN_ID),
        "questions": lambda store: q.questions(store, RUN_ID),
        "checkpoints": lambda store: q.checkpoints(store, RUN_ID),
        "why": lambda store: q.why(store, RUN_ID),
        "why KEY": lambda store: q.why(store, RUN_ID, "last_stage"),
        "lineage KEY": lambda store: q.lineage(store, RUN_ID, "last_stage"),
        "lineage KEY, kept apart": lambda store: q.lineage(store, RUN_ID, isolated),
        "lineage KEY --path": lambda store: q.lineage(store, RUN_ID, "last_stage", path),
        "lineage STAGE": lambda store: q.lineage(store, RUN_ID, stage),
    }
