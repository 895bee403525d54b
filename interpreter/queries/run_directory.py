"""The specification's run directory (5.6), written from the journal and never read back.

A projection for people, tools and other programs: fed record by record while a run is
made, or from a whole journal afterwards. Every file is whole at any instant. It must not
know who makes the run.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from attractorc.compiler.value import Json, encoded

from ..ports import Store, StoreError
from ..records import PlanChange, PlanRecord, Record, RunLifecycle, StageLifecycle
from ..records.codec import is_known
from ..records.files import content
from ..state import State, begin
from .checkpoint import Progress
from .paths import callers
from .plans import follow, kept_plan
from .reading import events

FOLDER_MODE = 0o700
CHECKPOINT_SECONDS = 0.1
STAGE_FILES = (
    *("prompt.md", "response.md", "tool_output.txt"),
    *("agent_output.txt", "agent_errors.txt"),
)
_NAME_LIMIT = 120
_PAGE = 1_000


class RunDirectory:
    """One run's directory. Raises `StoreError` where a file cannot be written.

    The first record may be any: what came before it is read from the store.
    """

    def __init__(
        self,
        root: Path,
        store: Store,
        run_id: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._root = root
        self._store = store
        self._run_id = run_id
        self._clock = clock
        self._state: State | None = None
        self._before_plan: list[Record] = []
        self._begun = RunLifecycle()
        self._progress = Progress()
        self._seen = 0
        self._further: dict[Path, set[str]] = {}
        self._written_at: float | None = None
        self._changed = False

    def feed(self, record: Record) -> None:
        """Take the next record of the run; a stage that ended is written at once."""
        if record.sequence_no > self._seen + 1:
            self._catch_up(record.sequence_no)
        if record.sequence_no <= self._seen:
            return
        self._take(record)

    def flush(self, force: bool = False) -> bool:
        """Write the checkpoint, at most ten times a second, or now with `force`.

        False where it was too soon: then it is to be tried again `CHECKPOINT_SECONDS` later.
        """
        now = self._clock()
        if not self._changed or self._state is None:
            return True
        recent = self._written_at is not None and now - self._written_at < CHECKPOINT_SECONDS
        if recent and not force:
            return False
        self._write("checkpoint.json", self._progress.checkpoint(self._state))
        self._written_at = now
        self._changed = False
        return True

    def export(self) -> int:
        """Write the whole journal as it is in the store; the number of records."""
        self._catch_up(None)
        self.flush(force=True)
        return self._seen

    def _catch_up(self, until: int | None) -> None:
        while page := events(self._store, self._run_id, after=self._seen, limit=_PAGE):
            for record in page:
                if until is not None and record.sequence_no >= until:
                    return
                self._take(record)

    def _take(self, record: Record) -> None:
        self._seen = record.sequence_no
        self._changed = True
        if self._state is None:
            # The plan comes a few records into the journal, and the state needs it.
            self._before_plan.append(record)
            if not isinstance(record, PlanRecord):
                return
            self._state = begin(kept_plan(self._store, record))
            earlier, self._before_plan = self._before_plan, []
            for each in earlier:
                self._apply(each)
            return
        self._apply(record)

    def _apply(self, record: Record) -> None:
        assert self._state is not None
        if not is_known(record):
            self._progress.pass_over(record)
            return
        follow(self._state, record, self._store)
        self._progress.note(record, self._state)
        if isinstance(record, RunLifecycle) and record.kind == "initialized":
            self._begun = record
            self._manifest(record)
        elif isinstance(record, PlanChange):
            self._manifest(replace(self._begun, plan_digest=record.plan_digest))
        elif isinstance(record, StageLifecycle) and record.status is not None:
            self._stage(record)
        elif isinstance(record, StageLifecycle) and record.kind in ("cancelled", "interrupted"):
            # What its program had written of how it went is nobody's word any more.
            self._remove(stage_folder(record.path, record.node_id) / "status.json")

    def _manifest(self, record: RunLifecycle) -> None:
        self._folder(self._root / "artifacts")
        manifest: dict[str, Json] = {
            "name": record.pipeline or "",
            "goal": record.goal or "",
            "run_id": record.run_id,
            "start_time": record.timestamp,
            "plan_digest": record.plan_digest or "",
        }
        self._write("manifest.json", manifest)

    def _stage(self, record: StageLifecycle) -> None:
        """The files of a stage's latest attempt; those of an earlier one go."""
        place = stage_folder(record.path, record.node_id)
        status: dict[str, Json] = {
            "outcome": record.status,
            "preferred_label": record.preferred_label or "",
            "suggested_next_ids": list(record.suggested_next_ids),
            "context_updates": record.context_updates,
            "notes": record.notes or "",
            "failure_reason": record.failure_reason or "",
            "source": record.outcome_source or "",
            "ignored": list(record.ignored),
            "stage_attempt_id": record.stage_attempt_id,
            "attempt": record.attempt,
            "duration_ms": record.duration_ms,
        }
        self._write(place / "status.json", status)
        artifacts = cast("Mapping[str, Mapping[str, Any]]", record.artifacts)
        for name in STAGE_FILES:
            if name in artifacts:
                data = content(artifacts[name], self._store.get_blob)
                self._write_bytes(place / name, data)
            else:
                self._remove(place / name)
        further = artifacts.keys() - set(STAGE_FILES)
        for name in sorted(further):
            data = content(artifacts[name], self._store.get_blob)
            self._write_bytes(place / _name(name), data)
        for name in self._further.get(place, set()) - further:
            self._remove(place / _name(name))
        self._further[place] = further

    def _write(self, place: Path | str, value: Mapping[str, Json]) -> None:
        text = json.dumps(value, indent=2, ensure_ascii=False, default=dict)
        self._write_bytes(Path(place), f"{text}\n".encode())

    def _write_bytes(self, place: Path, data: bytes) -> None:
        target = self._root / place
        try:
            self._folder(target.parent)
            # mkstemp makes files that only their owner can read.
            handle, unfinished = tempfile.mkstemp(prefix=".unfinished-", dir=target.parent)
            try:
                with os.fdopen(handle, "wb") as stream:
                    stream.write(data)
                Path(unfinished).replace(target)
            except BaseException:
                Path(unfinished).unlink(missing_ok=True)
                raise
        except OSError as error:
            raise _unwritable(target, error) from error

    def _remove(self, place: Path) -> None:
        try:
            (self._root / place).unlink(missing_ok=True)
        except OSError as error:
            raise _unwritable(self._root / place, error) from error

    def _folder(self, folder: Path) -> None:
        try:
            missing = []
            while not folder.is_dir():
                missing.append(folder)
                folder = folder.parent
            # One by one: `parents=True` would give only the last one this mode.
            for each in reversed(missing):
                each.mkdir(mode=FOLDER_MODE, exist_ok=True)
        except OSError as error:
            raise _unwritable(folder, error) from error


def run_in(root: Path) -> str | None:
    """The id of the run whose directory this is, None if it is none."""
    try:
        manifest = json.loads((root / "manifest.json").read_bytes())
    except (OSError, ValueError):
        return None
    run_id = manifest.get("run_id") if isinstance(manifest, dict) else None
    return run_id if isinstance(run_id, str) else None


def refuse_occupied(root: Path, run_id: str) -> None:
    """Raise `StoreError` for a folder that holds something else than this run's directory."""
    there = run_in(root)
    if there == run_id:
        return
    try:
        free = not any(root.iterdir()) if root.is_dir() else not root.is_symlink()
        if there is None and free and (root.is_dir() or not root.exists()):
            return
    except OSError as error:
        raise _unwritable(root, error) from error
    whose = f"holds run '{there}'" if there else "is not empty and holds no run"
    raise StoreError(f"{root}: {whose}; name an empty folder")


def stage_folder(path: str, node_id: str) -> Path:
    """Where a node's files are, below the root: its id, or the whole path of an instance.

    Instances are branches of a dynamic fan-out, and what lies in a child pipeline.

    Whatever nodes and branches are called, it is below the root.
    """
    node = _name(node_id)
    if "%5B" not in path and not callers(path):
        return Path(node)
    return Path(*(_name(part, "%.") for part in path.split("/") if part), node)


def _name(text: str, plain: str = "") -> str:
    """One component of a file name: percent-encoded, with a digest where it is too long."""
    name = "".join(char if char in plain else encoded(char) for char in text)
    if name.strip("."):
        if len(name) <= _NAME_LIMIT:
            return name
        digest = hashlib.sha256(name.encode()).hexdigest()
        return f"{name[: _NAME_LIMIT - 40]}-{digest[:32]}"
    return name.replace(".", "%2E") or "%"


def _unwritable(path: Path, error: OSError) -> StoreError:
    reason = (error.strerror or str(error)).lower()
    return StoreError(f"{path}: the run directory cannot be written: {reason}")
