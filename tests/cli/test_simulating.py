"""`exec --simulate` and the resume of a simulated run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .inside import attractorc_inside

PIPELINE = """\
pipeline: p
inputs: {base: main}
start: work
nodes:
  work: {run: "touch ran && false", writes: [n], next: ask}
  ask: {ask: Again?, choices: {"[Y] Yes": work, "[N] No": exit}}
"""
SCRIPT = "stages: {work: [{after: 2h, writes: {n: 1}}, {writes: {n: 2}}]}\nanswers: {ask: [Y, N]}\n"
CASES = """\
cases:
- {name: once, inputs: {base: side}, script: {answers: {ask: N}}, expect: {outcome: success}}
- {name: once more, script: {answers: {ask: [Y, N]}}, expect: {outcome: success}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "p.yaml").write_text(PIPELINE, "utf-8")
    (tmp_path / "s.yaml").write_text(SCRIPT, "utf-8")
    (tmp_path / "p.test.yaml").write_text(CASES, "utf-8")
    return tmp_path


def test_nothing_is_run_and_nothing_is_left(folder: Path) -> None:
    before = sorted(folder.iterdir())
    done = attractorc_inside("exec", "p.yaml", "--simulate", "s.yaml", cwd=folder)
    assert done.stdout.splitlines() == [
        "simulated: success",
        "  the run was kept in memory only, and is gone",
        "  simulated by s.yaml: nothing was run; 2h of virtual time",
    ]
    assert done.returncode == 0
    assert sorted(folder.iterdir()) == before


def test_the_event_stream_is_the_same_every_time(folder: Path) -> None:
    arguments = ("exec", "p.yaml", "--simulate", "s.yaml", "--json")
    one, other = (attractorc_inside(*arguments, cwd=folder).stdout for _ in range(2))
    assert one == other
    first = json.loads(one.splitlines()[0])
    assert first["timestamp"] == "2000-01-01T00:00:00.000Z"
    assert first["options"] == {"simulate": {"file": "s.yaml", "text": SCRIPT}}


def test_a_kept_run_can_be_asked_about(folder: Path) -> None:
    arguments = ("exec", "p.yaml", "--simulate", "s.yaml", "--store", "r.db")
    done = attractorc_inside(*arguments, cwd=folder)
    assert "  kept in r.db" in done.stdout.splitlines()
    why = attractorc_inside("why", "last", "n", "--store", "r.db", cwd=folder)
    assert why.stdout.startswith("n = 2\n")


def test_a_parked_run_goes_on_with_its_script_after_an_answer(folder: Path) -> None:
    (folder / "s.yaml").write_text(SCRIPT.replace("[Y, N]", "park"), "utf-8")
    kept = ("--store", "r.db")
    done = attractorc_inside("exec", "p.yaml", "--simulate", "s.yaml", *kept, cwd=folder)
    assert done.returncode == 3
    (folder / "s.yaml").unlink()
    attractorc_inside("answer", "last", "ask", "Y", *kept, cwd=folder)
    again = attractorc_inside("resume", "last", *kept, cwd=folder)
    assert again.returncode == 3, again.stderr
    assert "simulated by s.yaml" in again.stdout
    why = attractorc_inside("why", "last", "n", *kept, cwd=folder)
    assert why.stdout.startswith("n = 2\n")


@pytest.mark.parametrize("option", [("--interviewer", "auto"), ("--backend", "simulate")])
def test_a_simulated_run_takes_no_actors_when_it_goes_on(
    folder: Path, option: tuple[str, str]
) -> None:
    (folder / "s.yaml").write_text("{}", "utf-8")
    kept = ("--store", "r.db", "--run-id", "one")
    attractorc_inside("exec", "p.yaml", "--simulate", "s.yaml", *kept, cwd=folder)
    done = attractorc_inside("resume", "one", "--store", "r.db", *option, cwd=folder)
    assert done.stderr == (
        "attractorc: the run 'one' is simulated and goes on with its script; "
        "leave out --interviewer, --handlers and what is about agents\n"
    )
    assert done.returncode == 2


def test_a_case_brings_its_inputs(folder: Path) -> None:
    arguments = ("exec", "p.yaml", "--simulate", "p.test.yaml", "--case", "once", "--json")
    done = attractorc_inside(*arguments, cwd=folder)
    first = json.loads(done.stdout.splitlines()[0])
    assert first["inputs"] == {"base": "side"}
    assert first["options"]["simulate"]["case"] == "once"


def test_a_case_may_be_named_by_a_part_of_its_name(folder: Path) -> None:
    done = attractorc_inside(
        *("exec", "p.yaml", "--simulate", "p.test.yaml", "--case", "more"), cwd=folder
    )
    assert done.returncode == 0


def test_a_run_that_would_never_end_is_ended(folder: Path) -> None:
    (folder / "s.yaml").write_text("stages: {work: {hang: true}}", "utf-8")
    done = attractorc_inside("exec", "p.yaml", "--simulate", "s.yaml", cwd=folder)
    said = "attractorc: the simulation cannot go on: /work.1 waits for ever"
    assert done.stderr.splitlines()[-1] == said
    assert done.returncode == 1


REFUSED = {
    "a script that is not there": (("none.yaml",), "none.yaml: cannot be read: no such file"),
    "several cases and none chosen": (
        ("p.test.yaml",),
        "p.test.yaml: it holds several cases; choose one with --case: 'once', 'once more'",
    ),
    "a case that is not there": (
        ("p.test.yaml", "--case", "twice"),
        "p.test.yaml: no cases have 'twice' in their names; choose one with --case: 'once', ",
    ),
    "a case of a script": (
        ("s.yaml", "--case", "once"),
        "s.yaml cannot be used: ",
    ),
    "inputs for a case": (
        ("p.test.yaml", "--case", "once", "--input", "base=x"),
        "--input and --case exclude each other: a case has inputs of its own",
    ),
    "somebody who answers": (
        ("s.yaml", "--interviewer", "auto"),
        "--interviewer and --simulate exclude each other: the script says it all",
    ),
    "a backend": (
        ("s.yaml", "--backend", "simulate"),
        "--backend and --simulate exclude each other: the script says it all",
    ),
    "files of their own": (
        ("s.yaml", "--workspace", "copy"),
        "--workspace and --simulate exclude each other: the script says it all",
    ),
    "a folder": (
        ("s.yaml", "-C", "."),
        "--directory and --simulate exclude each other: the script says it all",
    ),
}


@pytest.mark.parametrize(("arguments", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_refused(folder: Path, arguments: tuple[str, ...], said: str) -> None:
    done = attractorc_inside("exec", "p.yaml", "--simulate", *arguments, cwd=folder)
    assert done.stderr.splitlines()[-1].startswith(f"attractorc: {said}")
    assert (done.stdout, done.returncode) == ("", 2)


def test_a_case_without_a_script_is_refused(folder: Path) -> None:
    done = attractorc_inside("exec", "p.yaml", "--case", "once", cwd=folder)
    assert done.stderr == "attractorc: --case is for --simulate; name its file\n"
    assert done.returncode == 2


RACE = """\
digraph race {
  start [shape=Mdiamond] exit [shape=Msquare]
  f [shape=component, join=first_success, decide=declared]
  j [shape=tripleoctagon, merge="who: winner"]
  node [shape=parallelogram, tool_command="true", writes=who]
  start -> f -> {a b} -> j -> exit
}
"""
SPEEDS = "stages: {a: {after: 10s, writes: {who: a}}, b: {after: 1s, writes: {who: b}}}\n"


@pytest.mark.parametrize(("given", "won"), [((), "a"), (("--decide", "arrival"), "b")], ids=str)
def test_decide_is_overridden_for_a_run_which_remembers_it(
    tmp_path: Path, given: tuple[str, ...], won: str
) -> None:
    (tmp_path / "race.dot").write_text(RACE)
    (tmp_path / "s.yaml").write_text(SPEEDS)
    run = ("exec", "race.dot", "--simulate", "s.yaml", "--store", "r.db", "--run-id", "r")
    assert attractorc_inside(*run, *given, cwd=tmp_path).returncode == 0
    why = attractorc_inside("why", "r", "who", "--store", "r.db", cwd=tmp_path)
    assert why.stdout.splitlines()[0] == f'who = "{won}"'
    assert attractorc_inside("replay", "r", "--store", "r.db", cwd=tmp_path).returncode == 0


def test_a_winner_by_arrival_cannot_be_decided_in_declared_order(tmp_path: Path) -> None:
    text = RACE.replace("decide=declared", "decide=arrival").replace(
        'merge="who', 'winner=arrival, merge="who'
    )
    (tmp_path / "race.dot").write_text(text)
    done = attractorc_inside("exec", "race.dot", "--decide", "declared", cwd=tmp_path)
    assert done.stderr.splitlines()[-1] == (
        "attractorc: --decide declared: the winner of 'f' is chosen by arrival, and nothing "
        "arrives first in declared order"
    )
    assert done.returncode == 2
