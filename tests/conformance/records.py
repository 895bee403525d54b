"""attractorc's event stream as an observation.

Reads the events as `exec --json` prints them, so that a run inside this process and one that
another process made are seen alike. It must not know what was expected.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from attractorc.compiler.value import encoded
from attractorc.interpreter.records.times import millis

_TERMINAL = ("completed", "failed", "skipped", "cancelled", "timed_out")
_ENDS = tuple(f"branch_{word}" for word in _TERMINAL)
Event = Mapping[str, Any]


def observation(events: Iterable[Event], context: Mapping[str, Any]) -> dict[str, Any]:
    """The observation of a run that has been left, with its final context."""
    return _Watching().all(list(events), dict(context))


class _Watching:
    def __init__(self) -> None:
        self._stages: dict[str, dict[str, Any]] = {}
        self._fan_outs: dict[str, dict[str, Any]] = {}
        self._end: Event = {}
        self._began = 0

    def all(self, events: list[Event], context: dict[str, Any]) -> dict[str, Any]:
        self._began = millis(events[0]["timestamp"])
        for event in events:
            match event["type"]:
                case "attractor.run_lifecycle":
                    self._end = event
                case "attractor.stage_lifecycle":
                    self._stage(event)
                case "attractor.parallel_lifecycle":
                    self._parallel(event)
                case "attractor.fan_in_decision":
                    self._merge(event)
        end = self._end
        return {
            "outcome": "parked" if end["kind"] == "parked" else end.get("status", end["kind"]),
            "reason": end.get("reason", ""),
            "context": context,
            "questions": list(end.get("questions", ())),
            "took_ms": millis(events[-1]["timestamp"]) - self._began,
            "stages": [one for one in self._stages.values() if one["node"] != _start(events)],
            "fan_outs": list(self._fan_outs.values()),
        }

    def _stage(self, event: Event) -> None:
        stage = _id(event)
        if event["kind"] == "started":
            made = {
                "stage": stage,
                "node": event["node_id"],
                "path": event.get("path", ""),
                "began_ms": millis(event["timestamp"]) - self._began,
                "attempts": 0,
                "status": None,
            }
            self._stages.setdefault(stage, made)["attempts"] += 1
        elif event["kind"] in ("completed", "failed") and stage in self._stages:
            self._stages[stage]["status"] = event["status"]

    def _parallel(self, event: Event) -> None:
        stage = _id(event)
        if event["kind"] == "started":
            self._fan_outs[stage] = {
                "stage": stage,
                "node": event["node_id"],
                "branches": [
                    {
                        "id": branch["id"],
                        "path": f"{stage}/{encoded(branch['id'])}",
                        "end": "open",
                        "reason": "",
                    }
                    for branch in event.get("branches", ())
                ],
                "join": None,
                "merge": None,
                "records": [],
            }
        fan_out = self._fan_outs[stage]
        said = (event["kind"], event.get("branch_id", ""))
        fan_out["records"].append(" ".join(part for part in said if part))
        if event["kind"] in _ENDS:
            branch = fan_out["branches"][event["branch_index"]]
            branch["end"], branch["reason"] = event["status"], event.get("reason", "")
        elif event["kind"] == "join_decided":
            join = event["join"]
            fan_out["join"] = {
                "satisfied": join["satisfied"],
                "reason": join["reason"],
                "taken": [one["branch"] for one in join["taken"]],
                "counts": join["counts"],
            }

    def _merge(self, event: Event) -> None:
        fan_out = self._fan_outs[_id({**event, "node_id": event["fan_out"]}, "fan_out_visit")]
        fan_out["records"].append("merge_decided")
        fan_out["merge"] = {
            "winner": event["winner"]["id"],
            "writes": {
                entry["key"]: {
                    one["branch"]: {"state": one["state"], "writer": one["writer"]}
                    for one in entry["writes"]
                }
                for entry in event.get("keys", ())
            },
        }


def _id(event: Event, visit: str = "visit") -> str:
    return f"{event.get('path', '')}/{encoded(event['node_id'])}.{event.get(visit, 1)}"


def _start(events: list[Event]) -> str:
    """The start node, which no expectation speaks of."""
    return next((str(e["node_id"]) for e in events if e.get("handler") == "start"), "")
