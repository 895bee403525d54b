"""The suite as other programs play it, attractorc's own command line among them."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from .playing import Outside, Unplayed, inside, verdict
from .suite import FOLDER, Conformance, all_cases

RACE = "a loser that had in truth finished is cancelled all the same"


def one(name: str) -> Conformance:
    (found,) = (case for case in all_cases() if case.name == name)
    return found


SAMPLE = (
    "what was answered is a write of the branch",
    "at an ordinary node the merge of the fan-out counts",
    "jobs caps the attempts of the whole run, not the branches",
    "a node that two branches share is an error that names it",
)
HERE = f"{shlex.quote(sys.executable)} -m tests.conformance.command_line"


@pytest.mark.parametrize("name", SAMPLE)
def test_the_command_line_gives_what_this_process_gives(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(FOLDER.parents[1])
    case = one(name)
    given = Outside(HERE, tmp_path)(case)
    assert given == inside(case)
    assert verdict(case, lambda case, language: given).missed == ()


PROGRAMS: Mapping[str, tuple[str, str]] = {
    "one that is not there": ("./nowhere", "the program cannot be run"),
    "one that fails": ("sh -c 'echo oh no >&2; exit 3'", "ended with code 3 and said: oh no"),
    "one that prints something else": ("echo success", "is no JSON"),
    "one that leaves things out": ("sh -c 'echo {}'", "'outcome' is a required property"),
}


@pytest.mark.parametrize(("command", "said"), PROGRAMS.values(), ids=PROGRAMS)
def test_a_program_that_gives_no_observation_fails_its_case(
    command: str, said: str, tmp_path: Path
) -> None:
    (missed,) = verdict(one(RACE), Outside(command, tmp_path)).missed
    assert said in missed


def test_a_program_is_given_the_pipeline_the_script_and_the_options(tmp_path: Path) -> None:
    case = one("jobs caps the attempts of the whole run, not the branches")
    given = tmp_path / "given"
    command = f'sh -c \'cat > {given}; cat "$0" "$1" >> {given}\''
    with pytest.raises(Unplayed, match="no JSON"):
        Outside(command, tmp_path)(case)
    assert given.read_text().startswith('{"jobs": 2, "inputs": {}}digraph five {')
    assert '"default": {"status": "success", "after": "1s"}' in given.read_text()
