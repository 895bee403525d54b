"""Playing a case: in this process, on virtual time, or by another program, and judging it.

One way of judging for both: what they give is an observation. It must not know the format of
the suite's files.
"""

from __future__ import annotations

import json
import shlex
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from attractorc.compiler.diagnostic import Diagnostic, Severity
from attractorc.interpreter.records.codec import to_json
from attractorc.interpreter.simulation import Simulated, Stuck, simulate
from attractorc.testing.cases import Case
from attractorc.testing.judging import judged
from attractorc.testing.reading import Faulty

from .judging import ALL
from .laws import broken
from .observation import seen
from .records import observation
from .scripting import script_json
from .suite import Conformance

SECONDS = 60
Player = Callable[[Conformance, str], Mapping[str, Any]]
"""Plays a case whose pipeline is in this language, and gives the observation."""


class Unplayed(Exception):
    """A program gave no observation; the text says why."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a case: what was missed, one line each."""

    case: Conformance
    missed: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether everything that was expected held, and every law."""
        return not self.missed


def verdict(case: Conformance, player: Player, language: str = "dot") -> Verdict:
    """Play a case and judge it."""
    try:
        given = player(case, language)
    except (Unplayed, Stuck) as unplayed:
        return Verdict(case, (str(unplayed),))
    except Faulty as faulty:
        return Verdict(case, tuple(_placed(each) for each in faulty.findings))
    run = seen(given)
    misses = judged(case.written.value["expect"], run, ALL)
    told = [
        f"{miss.span.file}:{miss.span.line}: {miss.about}: expected {miss.expected}, got {miss.got}"
        for miss in misses
    ]
    if run.refused is not None and not case.refused:
        told.append(f"the pipeline was refused: {'; '.join(run.refused)}")
    return Verdict(case, (*told, *broken(run)))


def _placed(finding: Diagnostic) -> str:
    return f"{finding.span.file}:{finding.span.line}: {finding.message}"


def inside(case: Conformance, language: str = "dot") -> Mapping[str, Any]:
    """attractorc itself, in this process."""
    if case.refused:
        compiled = case.compiled(language)
        if compiled.plan is None:
            errors = (one for one in compiled.diagnostics if one.severity is Severity.ERROR)
            return {"refused": [one.message for one in errors]}
    plan = case.plan(language)
    return observed(simulated(case, language, case.case(plan)))


def simulated(case: Conformance, language: str, made: Case) -> Simulated:
    """The run of a case."""
    plan = case.plan(language)
    return simulate(plan, made.script, inputs=made.inputs, jobs=made.jobs, run_id="case")


def observed(run: Simulated) -> Mapping[str, Any]:
    """The observation of a run in this process."""
    return observation([to_json(record) for record in run.records], run.context)


@dataclass(frozen=True, slots=True)
class Outside:
    """A program: `COMMAND PIPELINE SCRIPT`, the options on its input, an observation printed."""

    command: str
    folder: Path

    def __call__(self, case: Conformance, language: str = "dot") -> Mapping[str, Any]:
        """Have the program play a case."""
        options: dict[str, Any] = {"jobs": None, "inputs": {}}
        script: dict[str, Any] = {}
        if not case.refused:
            try:
                made = case.case(case.plan(language))
            except Faulty as faulty:
                raise Unplayed(str(faulty)) from faulty
            options = {"jobs": made.jobs, "inputs": made.inputs}
            script = script_json(made.script)
        pipeline, played = self.folder / f"pipeline.{language}", self.folder / "script.yaml"
        text = case.dot if language == "dot" else case.yaml
        pipeline.write_text(text or "", "utf-8")
        played.write_text(json.dumps(script), "utf-8")
        try:
            done = subprocess.run(
                [*shlex.split(self.command), str(pipeline), str(played)],
                input=json.dumps(options),
                capture_output=True,
                text=True,
                timeout=SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Unplayed(f"the program cannot be run: {error}") from error
        if done.returncode:
            said = done.stderr.strip().splitlines()[-1:] or ["nothing"]
            raise Unplayed(f"the program ended with code {done.returncode} and said: {said[0]}")
        return valid(done.stdout)


def valid(text: str) -> Mapping[str, Any]:
    """An observation as a program printed it, held to its schema. Raises `Unplayed`."""
    from jsonschema import Draft7Validator

    try:
        given = json.loads(text)
    except ValueError as error:
        raise Unplayed(f"what the program printed is no JSON: {error}") from error
    schema = json.loads((Path(__file__).parent / "observation.schema.json").read_text("utf-8"))
    for error in Draft7Validator(schema).iter_errors(given):
        place = "/".join(map(str, error.absolute_path)) or "the observation"
        raise Unplayed(f"{place}: {error.message}")
    found: Mapping[str, Any] = given
    return found
