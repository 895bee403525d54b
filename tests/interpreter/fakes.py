"""Fakes of the ports, and a call to give to a handler.

They follow their ports, not any implementation: the contract suites run over both. No test
needs to wait with them: time stands still until it is told to go on.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from attractorc.compiler.plan.model import Custom, Step, Work
from attractorc.compiler.value import Json
from attractorc.interpreter.outcome import Outcome, Status
from attractorc.interpreter.ports import Answer, Call, Process, Question

SETTLED_AFTER = 50


class FakeClock:
    """A clock that goes on only by `advance`, or by itself when all tasks wait (`auto`)."""

    def __init__(self, now_ms: int = 1_700_000_000_000, *, auto: bool = False) -> None:
        self._epoch = now_ms
        self._passed = 0
        self._auto = auto
        self._sleepers: list[tuple[int, int, asyncio.Future[None]]] = []
        self._count = 0
        self._pump: asyncio.Task[None] | None = None

    def now(self) -> int:
        return self._epoch + self._passed

    def monotonic(self) -> int:
        return self._passed

    async def sleep(self, milliseconds: int) -> None:
        waker = asyncio.get_running_loop().create_future()
        self._count += 1
        heapq.heappush(self._sleepers, (self._passed + milliseconds, self._count, waker))
        if self._auto and (self._pump is None or self._pump.done()):
            self._pump = asyncio.create_task(self._run())
        await waker

    async def advance(self, milliseconds: int) -> None:
        """Let time pass, waking the sleepers one after another, each at its own time."""
        await settle()
        end = self._passed + milliseconds
        while (due := self._next()) is not None and due <= end:
            self._wake()
            await settle()
        self._passed = end
        await settle()

    async def _run(self) -> None:
        await settle()
        while self._next() is not None:
            self._wake()
            await settle()

    def _next(self) -> int | None:
        while self._sleepers and self._sleepers[0][2].done():
            heapq.heappop(self._sleepers)
        return self._sleepers[0][0] if self._sleepers else None

    def _wake(self) -> None:
        due, _, waker = heapq.heappop(self._sleepers)
        self._passed = max(self._passed, due)
        waker.set_result(None)


async def settle() -> None:
    """Let all other tasks run until they wait for something."""
    for _ in range(SETTLED_AFTER):
        await asyncio.sleep(0)


Script = Outcome | Exception | Callable[[Call], Outcome]


class FakeHandler:
    """Plays scripted outcomes by node id, in turn, the last one for ever; success without one.

    `calls` keeps every call. An attempt in `held` waits until it is released.
    """

    def __init__(self, script: Mapping[str, Sequence[Script]] | None = None) -> None:
        self._script = {node: list(parts) for node, parts in (script or {}).items()}
        self._held: dict[str, asyncio.Event] = {}
        self.calls: list[Call] = []
        self.cancelled: list[str] = []

    def hold(self, node: str) -> None:
        """Make the attempts of a node wait for `release`."""
        self._held[node] = asyncio.Event()

    def release(self, node: str) -> None:
        self._held[node].set()

    async def run(self, call: Call) -> Outcome:
        self.calls.append(call)
        try:
            if call.step.id in self._held:
                await self._held[call.step.id].wait()
        except asyncio.CancelledError:
            self.cancelled.append(call.attempt_id)
            raise
        parts = self._script.get(call.step.id)
        if not parts:
            return Outcome(Status.SUCCESS)
        part = parts.pop(0) if len(parts) > 1 else parts[0]
        if isinstance(part, Outcome):
            return part
        if isinstance(part, Exception):
            raise part
        return part(call)


class FakeInterviewer:
    """Answers by node id; waits for `answer` where it has been given none."""

    def __init__(self, answers: Mapping[str, Answer] | None = None) -> None:
        self._answers = dict(answers or {})
        self._waiting: dict[str, asyncio.Future[Answer]] = {}
        self.asked: list[Question] = []
        self.withdrawn: list[str] = []

    def answer(self, node: str, answer: Answer) -> None:
        """Answer the question that is open at a node, or the next one there."""
        waiting = self._waiting.pop(node, None)
        if waiting is None:
            self._answers[node] = answer
        else:
            waiting.set_result(answer)

    async def ask(self, question: Question) -> Answer:
        self.asked.append(question)
        if question.node_id in self._answers:
            return self._answers[question.node_id]
        waiting: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[question.node_id] = waiting
        try:
            return await waiting
        except asyncio.CancelledError:
            self._waiting.pop(question.node_id, None)
            self.withdrawn.append(question.id)
            raise


def step(work: Work, node: str = "unit", **fields: object) -> Step:
    """A step with this work; further fields by name."""
    return Step(id=node, label=node, work=work, **fields)  # type: ignore[arg-type]


def call(
    folder: Path,
    work: Work | Step | None = None,
    *,
    attempt: int = 1,
    branch_id: str = "",
    path: str = "",
    context: Mapping[str, Json] | None = None,
    inputs: Mapping[str, Json] | None = None,
    goal: str = "",
    prompt: str = "",
    reported: list[Process] | None = None,
) -> Call:
    """A call in `folder`: workspace `work`, stage folder `stage`. Processes go to `reported`."""
    the_step = work if isinstance(work, Step) else step(work or Custom("fake"))
    workspace = folder / "work"
    workspace.mkdir(exist_ok=True)

    def stage_dir() -> Path:
        (folder / "stage").mkdir(mode=0o700, exist_ok=True)
        return folder / "stage"

    async def durable() -> None:
        pass

    stage_id = f"{path}/{the_step.id}.1"
    return Call(
        run_id="run-1",
        step=the_step,
        path=path,
        branch_id=branch_id,
        visit=1,
        attempt=attempt,
        stage_id=stage_id,
        attempt_id=f"run-1:{stage_id}@{attempt}",
        context=context or {},
        goal=goal,
        inputs=inputs or {},
        prompt=prompt,
        workspace=workspace,
        logs_root=None,
        stage_dir=stage_dir,
        report=(reported if reported is not None else []).append,
        durable=durable,
    )
