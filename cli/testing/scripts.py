"""Scripts as they are read from YAML: which stage plays what, checked against the plan.

Unknown nodes, outcomes for what runs no handler, and answers for what asks nobody are
findings at their place. It must not know how a script is played.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from attractorc.compiler.frontend.yaml_shapes import Findings
from attractorc.compiler.plan.model import Agent, Custom, Human, Manager, Plan, Step, Tool, Work
from attractorc.compiler.source import Span
from attractorc.interpreter.outcome import Status
from attractorc.interpreter.simulation import Play, Reply, Script

from .format import SCRIPT
from .reading import Read, data, read_file, refuse
from .stage_ids import NoStage, in_family, no_node, normal, place_of

REPLIES: Mapping[str, Literal["timeout", "skip", "park"]] = {
    "timeout": "timeout",
    "skip": "skip",
    "park": "park",
}


def read_script(content: bytes, name: str, plan: Plan) -> Script:
    """The script in a file, for a plan. Raises `Faulty`."""
    read, source, findings = read_file(content, name, SCRIPT)
    script = script_of(read, plan, findings)
    refuse(findings, source)
    return script


def script_of(read: Read | None, plan: Plan, findings: Findings) -> Script:
    """The script that was read, as far as it has no faults; those are added to `findings`."""
    if read is None:
        return Script()
    scripted = _Scripted(plan, findings)
    stages, answers, default = (read.get(key) for key in ("stages", "answers", "default"))
    return Script(
        {} if stages is None else scripted.stages(stages),
        {} if answers is None else scripted.answers(answers),
        Play() if default is None else scripted.play(default, None),
    )


class _Scripted:
    """Turns what was read into plays and replies."""

    def __init__(self, plan: Plan, findings: Findings) -> None:
        self._plan = plan
        self._findings = findings

    def stages(self, read: Read) -> dict[str, tuple[Play, ...]]:
        found = {}
        for name, value in read.value.items():
            step = self.step(name, read.keys[name])
            if step is None:
                continue
            if not isinstance(_done(step), Tool | Agent | Custom) and not self._chooses(
                step, "prompt"
            ):
                hint = "; what is answered belongs under 'answers'" if _asks(step) else ""
                message = f"'{step.id}' runs nothing, so there is no outcome to script{hint}"
                self._findings.error(read.keys[name], message)
                continue
            found[_key(name, self._plan)] = tuple(self.play(each, step) for each in _turns(value))
        return found

    def answers(self, read: Read) -> dict[str, tuple[Reply, ...]]:
        found = {}
        for name, value in read.value.items():
            step = self.step(name, read.keys[name])
            if step is None:
                continue
            if not _asks(step) and not self._chooses(step, "human"):
                message = f"'{step.id}' asks nobody, so there is nothing to answer"
                self._findings.error(read.keys[name], message)
                continue
            found[_key(name, self._plan)] = tuple(self.reply(each, step) for each in _turns(value))
        return found

    def step(self, name: str, span: Span) -> Step | None:
        """The step that a node or stage id names; None, with a finding, if there is none."""
        try:
            named = place_of(name, self._plan) if name.startswith("/") else None
        except NoStage as error:
            self._findings.error(span, str(error))
            return None
        if named is not None:
            return named[0].steps[named[1]]
        plan = in_family(name, self._plan)
        if plan is None:
            self._findings.error(span, no_node(name, self._plan))
        return None if plan is None else plan.steps[name]

    def play(self, read: Read, step: Step | None) -> Play:
        if not isinstance(read.value, dict):
            return Play(Status(read.value))
        fields = data(read)
        for key, belongs in (("response", Agent), ("output", Tool)):
            if key in fields and not self._takes(step, belongs):
                what = "an agent" if belongs is Agent else "a tool"
                message = f"'{key}' is for {what}; use 'writes' here"
                self._findings.error(read.keys[key], message)
        for node in fields.get("next", ()):
            self.step(node, read.keys["next"])
        return Play(
            status=Status(fields.get("status", "success")),
            after_ms=fields.get("after", 0),
            writes=fields.get("writes", {}),
            label=fields.get("label", ""),
            next=tuple(fields.get("next", ())),
            notes=fields.get("notes", ""),
            reason=fields.get("reason", ""),
            permanent=fields.get("permanent", False),
            response=fields.get("response"),
            output=fields.get("output"),
            hang=fields.get("hang", False),
        )

    def _takes(self, step: Step | None, belongs: type) -> bool:
        if step is None:
            return False
        return isinstance(_done(step), belongs) or (
            belongs is Agent and self._chooses(step, "prompt")
        )

    def _chooses(self, step: Step, kind: str) -> bool:
        """Whether a winner is chosen at this step, by an agent (`prompt`) or a person."""
        return any(
            key.kind == kind
            and step.id == (region.join_at if region.meeting == "fan_in" else region.fan_out)
            for plan in self._plan.family
            for region in plan.regions.values()
            if plan.steps.get(step.id) is step
            for key in region.winner.keys
        )

    def reply(self, read: Read, step: Step) -> Reply:
        if isinstance(read.value, dict):
            fields = data(read)
            if ("answer" in fields) == ("reply" in fields):
                message = "a reply needs either 'answer' or 'reply'"
                self._findings.error(read.span, message)
            word, text = fields.get("reply"), fields.get("answer", "")
            after_ms = fields.get("after", 0)
        else:
            word = read.value if read.value in REPLIES else None
            text, after_ms = "" if word else read.value, 0
        if word == "timeout" and step.timeout_ms is None and _asks(step):
            message = f"'{step.id}' has no timeout, so its question would wait for ever"
            self._findings.error(read.span, message)
        return Reply("answer" if word is None else REPLIES[word], text, after_ms)


def _done(step: Step) -> Work | None:
    """What a stage's handler does: its work, or what steers the child of a supervisor."""
    return step.work.steer if isinstance(step.work, Manager) else step.work


def _key(name: str, plan: Plan) -> str:
    return normal(name, plan) if name.startswith("/") else name


def _turns(read: Read) -> list[Read]:
    return read.value if isinstance(read.value, list) else [read]


def _asks(step: Step) -> bool:
    return isinstance(step.work, Human)
