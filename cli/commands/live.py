"""The progress view of a terminal: one line for each running stage, with its elapsed time.

Finished stages scroll by above. Apart, because only here rich is imported.
"""

from __future__ import annotations

import time
from types import TracebackType

from rich.console import Console, Group, RenderableType
from rich.live import Live as RichLive
from rich.spinner import Spinner
from rich.text import Text

from attractorc.compiler.plan.model import Plan
from attractorc.interpreter.queries.paths import callers
from attractorc.interpreter.records import InterviewLifecycle, Record, StageLifecycle
from attractorc.interpreter.state import State

from .showing import SILENT, View, where


class Live(View):
    """Lines of progress over a table of what runs now."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(colour=True)
        self._known = len(plan.steps)
        self._done: set[str] = set()
        self._running: dict[str, tuple[StageLifecycle, float]] = {}
        self._console = Console(stderr=True)
        self._asking = False
        self._held: list[str] = []
        self._live = RichLive(
            console=self._console, get_renderable=self._table, transient=True, refresh_per_second=8
        )

    def __enter__(self) -> View:
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._live.stop()
        self._flush()

    def __call__(self, record: Record, state: State) -> None:
        """Hear of a record."""
        if isinstance(record, StageLifecycle):
            key = f"{record.path}/{record.node_id}"
            if record.kind == "started":
                if record.handler not in (*SILENT, "parallel", "parallel.fan_in"):
                    self._running[key] = (record, time.monotonic())
            elif record.kind == "judging":
                self._running[key] = (record, time.monotonic())
            elif record.kind != "process_started":
                self._running.pop(key, None)
                if record.kind in ("completed", "failed") and not callers(record.path):
                    self._done.add(record.node_id)
        if isinstance(record, InterviewLifecycle):
            self._make_room(bool(state.questions))
        super().__call__(record, state)

    def _make_room(self, asking: bool) -> None:
        """While a person is asked, nothing is drawn or printed over what the person sees and types.

        Lines are held back until no question is open.
        """
        self._asking = asking
        if asking and self._live.is_started:
            self._live.stop()
        elif not asking and not self._live.is_started:
            self._flush()
            self._live.start()

    def _flush(self) -> None:
        for line in self._held:
            self._console.print(Text.from_ansi(line), soft_wrap=True)
        self._held.clear()

    def show(self, line: str) -> None:
        """Print one line of progress above the table."""
        if self._asking:
            self._held.append(line)
            return
        self._console.print(Text.from_ansi(line), soft_wrap=True)

    def _table(self) -> RenderableType:
        now = time.monotonic()
        rows: list[RenderableType] = []
        for record, since in list(self._running.values())[:20]:
            attempt = f" (try {record.attempt})" if record.attempt > 1 else ""
            text = f"{where(record.path)}{record.node_id}{attempt}  {now - since:.0f} s"
            rows.append(Spinner("dots", text=Text(text)))
        if len(self._running) > 20:
            rows.append(Text(f"… and {len(self._running) - 20} more"))
        rows.append(Text(f"{len(self._done)}/{self._known} nodes", style="dim"))
        return Group(*rows)
