"""Scripts written out again, and varied: other durations that leave every outcome as it was.

It must not know how a script is played, or what a case expects.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from attractorc.compiler.plan.model import Plan
from attractorc.compiler.value import duration_text
from attractorc.interpreter.simulation import Play, Reply, Script

_SLOWEST_MS = 10_000


def script_json(script: Script) -> dict[str, Any]:
    """A script as the JSON that docs/testing.md describes (JSON is YAML)."""
    return {
        "stages": {name: [_play(one) for one in plays] for name, plays in script.stages.items()},
        "answers": {name: [_reply(one) for one in all_] for name, all_ in script.answers.items()},
        "default": _play(script.default),
    }


def _play(play: Play) -> dict[str, Any]:
    said: Mapping[str, Any] = {
        "status": play.status.value,
        "after": duration_text(play.after_ms) if play.after_ms else None,
        "writes": dict(play.writes),
        "label": play.label,
        "next": list(play.next),
        "notes": play.notes,
        "reason": play.reason,
        "permanent": play.permanent,
        "response": play.response,
        "output": play.output,
        "hang": play.hang,
    }
    return {key: value for key, value in said.items() if value or (value == "" and key == "output")}


def _reply(reply: Reply) -> dict[str, Any]:
    after = {"after": duration_text(reply.after_ms)} if reply.after_ms else {}
    said = {"answer": reply.text} if reply.kind == "answer" else {"reply": reply.kind}
    return {**said, **after}


def depends_on_time(plan: Plan, script: Script) -> bool:
    """Whether durations may decide anything: timeouts, a race, a stage that hangs."""
    plays = [play for turns in script.stages.values() for play in turns]
    policies = [region.policy for region in plan.regions.values()]
    return (
        any(play.hang for play in (*plays, script.default))
        or any(step.timeout_ms is not None for step in plan.steps.values())
        or any(policy.decide == "arrival" for policy in policies)
        or any(policy.branch_timeout_ms or policy.join_timeout_ms for policy in policies)
    )


def variations(script: Script, seed: str) -> Iterator[tuple[str, Script, int]]:
    """What must not matter: how many attempts run at once, and how long each of them takes."""
    yield "--jobs 1, three times as slow", _timed(script, lambda ms: 3 * ms), 1
    draw = random.Random(seed)
    for jobs in (2, 8):
        drawn = _timed(script, lambda ms: draw.randrange(_SLOWEST_MS))
        yield f"--jobs {jobs}, other durations", drawn, jobs


def _timed(script: Script, time: Callable[[int], int]) -> Script:
    stages = {
        name: tuple(replace(play, after_ms=time(play.after_ms)) for play in plays)
        for name, plays in script.stages.items()
    }
    default = replace(script.default, after_ms=time(script.default.after_ms))
    answers = {
        name: tuple(replace(reply, after_ms=time(reply.after_ms)) for reply in replies)
        for name, replies in script.answers.items()
    }
    return replace(script, stages=stages, default=default, answers=answers)
