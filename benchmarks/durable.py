"""What durability costs: chains of stages in a store, a long run's pages, and its resume.

    python benchmarks/durable.py [--stages 1000] [--tools 300] [--records 100000] [--rounds 5]

Chains of simulated stages are run whole, from making the run to its digest, in a SQLite file;
beside LangGraph with its SQLite saver, in turn, where it is installed (`pip install .[bench]`).
A chain of tools runs in turn with a bare loop that does what durability asks for: one synced
write and one process for each stage.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).parent))

from pages import first_pages
from running import (
    RUN_ID,
    Figure,
    Spent,
    chain,
    compiled,
    each_item,
    executed,
    folder,
    plan_text,
    report,
    settled_down,
    spending,
    wired,
)

if TYPE_CHECKING:
    from attractorc.compiler.value import Json
    from attractorc.interpreter.ports import Store

RECORDS_PER_BRANCH = 6
RECORDS_PER_STAGE = 3
TOOL = 'shape=parallelogram, tool_command="true"'
PAYLOAD = b"x" * 400


def chains(stages: int, rounds: int) -> list[Figure]:
    """A stage's cost in a chain, its growth in one ten times as long, and LangGraph's."""
    sizes = (stages, 10 * stages)
    plans = {size: compiled(chain(size)) for size in sizes}
    texts = {size: plan_text(plan) for size, plan in plans.items()}
    taken: dict[int, list[Spent]] = {size: [] for size in sizes}
    theirs: list[Spent] = []
    other = langgraph_chain(stages)
    for number in range(rounds):
        for size, plan in plans.items():
            with folder() as where, spending(taken[size]):
                executed(plan, where, texts[size])
        if other is not None and number < 2:
            with folder() as where, spending(theirs):
                other(where)
    clock = {size: min(each.clock for each in taken[size]) / size * 1e6 for size in sizes}
    processor = {size: min(each.processor for each in taken[size]) / size * 1e6 for size in sizes}
    cpu = f"(cpu {processor[stages]:.0f} us)"
    figures = [
        Figure(
            f"chain of {stages:,} simulated stages, durable, a stage {cpu}",
            clock[stages],
            "us",
            100,
        ),
        Figure(
            f"a stage of {sizes[1]:,} against one of {stages:,} (cpu)",
            processor[sizes[1]] / processor[stages],
            "times",
            1.2,
        ),
    ]
    if theirs:
        seconds = min(each.clock for each in theirs)
        name = f"the same chain by LangGraph with its SQLite saver ({seconds:.1f} s)"
        times = seconds / (clock[stages] * stages / 1e6)
        figures.append(Figure(name, times, "times", 15, least=True))
    return figures


def langgraph_chain(stages: int) -> Callable[[Path], None] | None:
    """The same chain as a LangGraph with its SQLite saver; None where it is not installed."""
    try:
        from langgraph.checkpoint.sqlite import SqliteSaver
        from langgraph.graph import END, START, StateGraph
    except ImportError:
        print("LangGraph is not installed, so not compared: pip install '.[bench]'")
        return None
    from typing import TypedDict

    class Written(TypedDict, total=False):
        last_stage: str
        last_response: str

    def node(name: str) -> Callable[[Any], dict[str, str]]:
        def respond(_state: Any) -> dict[str, str]:
            return {"last_stage": name, "last_response": f"[Simulated] Response for stage: {name}"}

        return respond

    graph: Any = StateGraph(Written)
    names = [f"n{number}" for number in range(stages)]
    for name in names:
        graph.add_node(name, node(name))
    for source, target in zip([START, *names], [*names, END], strict=True):
        graph.add_edge(source, target)

    def run(where: Path) -> None:
        with SqliteSaver.from_conn_string(str(where / "langgraph.db")) as saver:
            config = {"configurable": {"thread_id": "1"}, "recursion_limit": stages + 10}
            ended = graph.compile(checkpointer=saver).invoke({}, config)
        if ended["last_stage"] != names[-1]:
            raise SystemExit("LangGraph did not come to the end of the chain")

    return run


def tools(stages: int, rounds: int) -> Figure:
    """A chain of tools against one synced write and one process for each, in turn."""
    plan = compiled(chain(stages, TOOL))
    text = plan_text(plan)
    ours: list[Spent] = []
    bare: list[Spent] = []
    for _ in range(rounds):
        with folder() as where, spending(ours):
            executed(plan, where, text)
        with folder() as where, spending(bare):
            asyncio.run(bare_loop(stages, where))
    mine, least = (min(each.clock for each in taken) / stages * 1e3 for taken in (ours, bare))
    name = f"chain of {stages} tools against a bare loop ({mine:.1f} ms / {least:.1f} ms a stage)"
    return Figure(name, mine / least, "times", 1.5)


async def bare_loop(stages: int, where: Path) -> None:
    """For each stage, one write that is synced and one process that is waited for."""
    handle = os.open(where / "log", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    for _ in range(stages):
        os.write(handle, PAYLOAD)
        os.fsync(handle)
        child = await asyncio.create_subprocess_exec(
            "sh",
            "-c",
            "true",
            cwd=where,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        await child.communicate()
    os.close(handle)


def long_runs(records: int, rounds: int) -> list[Figure]:
    """First pages of every query of two long runs, and taking one of them up again."""
    from attractorc.interpreter.stores.opening import open_store

    dynamic = each_item(records // RECORDS_PER_BRANCH, 16)
    shapes: dict[str, tuple[str, Mapping[str, Json]]] = {
        "one fan-out": dynamic,
        "a chain": (chain(records // RECORDS_PER_STAGE), {}),
    }
    figures = []
    resumed: list[Spent] = []
    for shape, (text, inputs) in shapes.items():
        plan = compiled(text)
        with folder() as where:
            executed(plan, where, plan_text(plan), inputs)
            pages = sorted(first_pages(str(where / "runs.db"), shape), reverse=True)
            slowest, processor, name = pages[0]
            figures.append(
                Figure(
                    f"first pages of {records:,} records, {shape}, the slowest of {len(pages)}: "
                    f"{name} (cpu {processor * 1e3:.0f} ms)",
                    slowest * 1e3,
                    "ms",
                    50,
                )
            )
            if shape == "one fan-out":
                for _ in range(rounds):
                    store = open_store(str(cut_short(where)))
                    with spending(resumed):
                        asyncio.run(taken_up(store))
                    store.close()
        print("\n".join(f"{shape}: {name:40}{each * 1e3:8.1f} ms" for each, _, name in pages))
    best = min(each.clock for each in resumed)
    return [*figures, Figure(f"taking up a run of {records:,} records", best, "s", 2)]


def cut_short(where: Path) -> Path:
    """A copy of the store whose run has not ended: its last records are gone."""
    import sqlite3

    left = where / "left.db"
    shutil.copy(where / "runs.db", left)
    connection = sqlite3.connect(left, isolation_level=None)
    ((last,),) = connection.execute("SELECT max(seq) FROM entries").fetchall()
    connection.execute("BEGIN")
    connection.execute(
        "DELETE FROM turns WHERE id IN (SELECT turn FROM entries WHERE seq > ?)", (last - 2,)
    )
    connection.execute("DELETE FROM entries WHERE seq > ?", (last - 2,))
    connection.execute("UPDATE runs SET status = 'running'")
    connection.execute("COMMIT")
    connection.close()
    return left


async def taken_up(store: Store) -> None:
    """Take up the run of a store, as a resume does before anything runs."""
    from attractorc.interpreter.driver import resume_run

    journal = await resume_run(RUN_ID, wired(store))
    journal.close()


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure what durability costs.")
    parser.add_argument("--stages", type=int, default=1_000, help="simulated ones in a chain")
    parser.add_argument("--tools", type=int, default=300, help="stages with a real process")
    parser.add_argument("--records", type=int, default=100_000, help="of the long run")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    settled_down()
    # Tools first: they wait for the disk, which is busy for a while after large files were removed.
    figures = [tools(given.tools, given.rounds)]
    figures += chains(given.stages, given.rounds)
    figures += long_runs(given.records, given.rounds)
    return report(figures, "durable runs")


if __name__ == "__main__":
    sys.exit(main())
