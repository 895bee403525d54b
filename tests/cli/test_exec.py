"""exec, resume and answer as processes: exit codes, streams, signals, inputs, trouble."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from attractorc.interpreter.stores.opening import open_store

from .. import forked

HEAD = "digraph g { start [shape=Mdiamond] exit [shape=Msquare] "


def attractorc(folder: Path, *arguments: str, **more) -> subprocess.CompletedProcess[str]:
    return forked.run(
        [sys.executable, "-m", "attractorc", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
        **more,
    )


def pipeline(folder: Path, body: str) -> None:
    (folder / "p.dot").write_text(HEAD + body + " }")


def tool(name: str, command: str, more: str = "") -> str:
    return f'{name} [shape=parallelogram, tool_command="{command}" {more}] '


def test_a_run_that_succeeds_says_so_and_where_to_look(tmp_path: Path) -> None:
    pipeline(tmp_path, tool("a", "echo hello") + "start -> a -> exit")
    done = attractorc(tmp_path, "exec", "p.dot", "--store", "s.db", "--run-id", "r1")
    assert done.returncode == 0
    assert done.stdout.splitlines()[0] == "r1: success"
    assert "attractorc why r1 --store s.db" in done.stdout
    assert [line.split(" (")[0] for line in done.stderr.splitlines()] == ["run r1: g", "  a: ok"]


def test_a_run_that_fails_exits_with_1_and_the_reason(tmp_path: Path) -> None:
    pipeline(tmp_path, tool("a", "echo oh no >&2; exit 3") + "start -> a -> exit")
    done = attractorc(tmp_path, "exec", "p.dot", "--store", "s.db", "--run-id", "r1")
    assert done.returncode == 1
    assert "r1: fail" in done.stdout
    assert "oh no" in done.stdout


def test_the_event_stream_is_json_lines_on_standard_output(tmp_path: Path) -> None:
    pipeline(tmp_path, tool("a", "true") + "start -> a -> exit")
    done = attractorc(tmp_path, "exec", "p.dot", "--store", "memory:", "--json")
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["sequence_no"] for one in records] == list(range(1, len(records) + 1))
    assert records[-1]["kind"] == "finalized"
    assert json.loads(done.stderr.splitlines()[-1])["status"] == "success"


def test_a_file_with_errors_is_refused_before_anything_runs(tmp_path: Path) -> None:
    pipeline(tmp_path, tool("a", "touch ran") + "start -> a")
    (tmp_path / "p.dot").write_text("digraph g { a -> b }")
    done = attractorc(tmp_path, "exec", "p.dot", "--store", "s.db")
    assert done.returncode == 1
    assert "error[start_node]" in done.stderr
    assert not (tmp_path / "s.db").exists()


def test_a_plan_file_runs_and_one_that_was_edited_by_hand_is_refused(tmp_path: Path) -> None:
    pipeline(tmp_path, tool("a", "true") + "start -> a -> exit")
    assert attractorc(tmp_path, "plan", "p.dot", "-o", "p.json").returncode == 0
    assert attractorc(tmp_path, "exec", "p.json", "--store", "memory:").returncode == 0
    text = (tmp_path / "p.json").read_text()
    (tmp_path / "p.json").write_text(text.replace('"true"', '"false"'))
    edited = attractorc(tmp_path, "exec", "p.json", "--store", "memory:")
    assert edited.returncode == 2
    assert "digest" in edited.stderr
    assert len(edited.stderr.splitlines()) == 1


def test_a_gate_parks_and_is_answered_and_resumed(tmp_path: Path) -> None:
    gate = 'ship [shape=hexagon, label="Ship it?"] ship -> b [label="[Y] Yes"] '
    gate += 'ship -> a [label="[N] No"] '
    pipeline(
        tmp_path,
        tool("a", "echo a >> ran") + gate + tool("b", "true") + "start -> a -> ship b -> exit",
    )
    store = ("--store", "s.db")
    parked = attractorc(tmp_path, "exec", "p.dot", "--run-id", "r1", *store)
    assert parked.returncode == 3
    assert "attractorc answer r1 /ship.1 CHOICE" in parked.stdout
    again = attractorc(tmp_path, "resume", "last", *store)
    assert again.returncode == 3
    wrong = attractorc(tmp_path, "answer", "r1", "ship", "maybe", *store)
    assert (wrong.returncode, "'maybe' is no choice" in wrong.stderr) == (2, True)
    assert attractorc(tmp_path, "answer", "r1", "ship", "y", *store).returncode == 0
    done = attractorc(tmp_path, "resume", "r1", *store)
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "r1: success")
    assert (tmp_path / "ran").read_text() == "a\n"
    over = attractorc(tmp_path, "resume", "r1", *store)
    assert (over.returncode, "has ended" in over.stderr) == (4, True)


FORK = (
    "f [shape=component] start -> f -> {a b} -> j -> exit "
    + tool("a", "echo a >> ran; echo one", "writes=n")
    + tool("b", "echo b >> ran; echo two", "writes=n")
)


def test_a_person_who_chooses_the_winner_is_answered_from_elsewhere(tmp_path: Path) -> None:
    asks = 'j [shape=tripleoctagon, winner=human, label="Which one?", merge="n: winner"] '
    pipeline(tmp_path, FORK + asks)
    store = ("--store", "s.db")
    parked = attractorc(tmp_path, "exec", "p.dot", "--run-id", "r1", *store)
    assert (parked.returncode, "waits for an answer to /j.1" in parked.stdout) == (3, True)
    asked = attractorc(tmp_path, "questions", "r1", *store)
    assert "Which one?" in asked.stdout
    wrong = attractorc(tmp_path, "answer", "r1", "j", "c", *store)
    assert (wrong.returncode, "'c' is no choice of /j.1: a (a), b (b)" in wrong.stderr) == (2, True)
    assert attractorc(tmp_path, "answer", "r1", "j", "b", *store).returncode == 0
    done = attractorc(tmp_path, "resume", "r1", *store)
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "r1: success")
    assert sorted((tmp_path / "ran").read_text().split()) == ["a", "b"]
    told = attractorc(tmp_path, "why", "r1", *store).stdout
    assert "winner: b, by human" in told
    assert "a person was asked to choose among a, b: chose b" in told
    assert 'n = "two"' in attractorc(tmp_path, "why", "r1", "n", *store).stdout


def test_a_program_that_chooses_the_winner_is_tried_again(tmp_path: Path) -> None:
    asks = 'j [shape=tripleoctagon, prompt="Which one?", max_retries=1, merge="n: winner"] '
    pipeline(tmp_path, FORK + asks)
    (tmp_path / "judge.sh").write_text(
        "cat > asked; test $ATTRACTOR_ATTEMPT = 2 || exec echo I like both\n"
        """echo 'Clearly: {"winner": "b"}'\n"""
    )
    done = attractorc(
        *(tmp_path, "exec", "p.dot", "--store", "s.db", "--logs", "logs"),
        *("--backend", "command", "--agent-command", "sh judge.sh"),
    )
    assert done.returncode == 0, done.stderr
    assert "j: asks an agent for the winner among a, b" in done.stderr
    assert "j: try 1 failed" in done.stderr
    assert 'it says "I like both"' in done.stderr
    asked = (tmp_path / "asked").read_text()
    assert "\n\n---\n\nWhich one?\n\nThe candidates, as JSON:" in asked, "below what went before"
    assert (tmp_path / "logs" / "j" / "prompt.md").read_text() == asked
    assert (tmp_path / "logs" / "j" / "response.md").read_text() == 'Clearly: {"winner": "b"}'
    told = attractorc(tmp_path, "why", "last", "j", "--store", "s.db").stdout
    assert "an agent was asked to choose among a, b: chose b" in told


def test_the_simulated_agent_chooses_the_first_candidate_and_says_what_it_is(
    tmp_path: Path,
) -> None:
    pipeline(tmp_path, FORK + 'j [shape=tripleoctagon, winner=prompt, merge="n: winner"] ')
    done = attractorc(tmp_path, "exec", "p.dot", "--store", "s.db", "--logs", "logs")
    assert done.returncode == 0, done.stderr
    response = (tmp_path / "logs" / "j" / "response.md").read_text()
    assert response == '[Simulated] Response for stage: j\n{"winner":"a"}'
    assert 'n = "one"' in attractorc(tmp_path, "why", "last", "n", "--store", "s.db").stdout


def test_a_missing_program_that_would_choose_is_told_before_anything_runs(tmp_path: Path) -> None:
    pipeline(tmp_path, FORK + 'j [shape=tripleoctagon, winner="first, prompt"] ')
    done = attractorc(
        *(tmp_path, "exec", "p.dot", "--backend", "command", "--agent-command", "no-such-judge")
    )
    assert done.returncode == 2
    assert "node 'j' cannot be run: the agent program 'no-such-judge'" in done.stderr
    assert not (tmp_path / "ran").exists()


def test_inputs_are_typed_and_reach_tools(tmp_path: Path) -> None:
    inputs = 'graph [inputs="base: string = main; depth: int"] '
    command = "test $ATTRACTOR_INPUT_DEPTH = 3 && test $base = dev"
    pipeline(tmp_path, inputs + tool("a", command) + "start -> a -> exit")
    run = ("exec", "p.dot", "--store", "memory:")
    given = attractorc(tmp_path, *run, "--input", "depth=3", "--input", "base=dev")
    assert given.returncode == 0, given.stderr
    cases = {
        (): "the input 'depth' has no default",
        ("--input", "depth=three"): "it must be of the type int",
        ("--input", "deph=3"): "did you mean 'depth'?",
        ("--input", "depth"): "write it as NAME=VALUE",
    }
    for arguments, message in cases.items():
        refused = attractorc(tmp_path, *run, *arguments)
        assert (refused.returncode, message in refused.stderr) == (2, True), refused.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("exec", "missing.dot"), 2, "missing.dot"),
        (("exec", "p.dot", "--interviewer", "nobody"), 2, "there is no interviewer 'nobody'"),
        (("exec", "p.dot", "--backend", "command"), 2, "--agent-command"),
        (("exec", "p.dot", "--store", "p.dot"), 4, "p.dot"),
        (("resume", "nothing"), 4, "s.db"),
        (("answer", "nothing", "q", "c"), 4, "s.db"),
        (("resume", "nothing", "--store", "kept.db"), 2, "there is no run 'nothing'"),
        (("answer", "nothing", "q", "c", "--store", "kept.db"), 2, "there is no run 'nothing'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_trouble_is_one_sentence_and_its_exit_code(tmp_path, arguments, code, message) -> None:
    pipeline(tmp_path, tool("a", "true") + "start -> a -> exit")
    open_store(str(tmp_path / "kept.db")).close()
    if "--store" not in arguments:
        arguments = (*arguments, "--store", "s.db")
    done = attractorc(tmp_path, *arguments)
    assert done.returncode == code, done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_an_agent_program_that_is_missing_is_refused_before_the_run(tmp_path: Path) -> None:
    pipeline(tmp_path, tool("a", "touch ran") + 'b [prompt="hi"] start -> a -> b -> exit')
    done = attractorc(
        tmp_path, "exec", "p.dot", "--backend", "command", "--agent-command", "no-such-program"
    )
    assert done.returncode == 2
    assert "no-such-program" in done.stderr
    assert not (tmp_path / "ran").exists()


def test_an_agent_program_gets_the_prompt_on_standard_input(tmp_path: Path) -> None:
    pipeline(
        tmp_path,
        'graph [goal="peace"] b [prompt="we want $goal", writes=said] '
        + tool("c", "grep -q 'we want peace' $ATTRACTOR_CONTEXT_FILE")
        + "start -> b -> c -> exit",
    )
    done = attractorc(
        tmp_path, "exec", "p.dot", "--store", "memory:", "--backend", "command",
        "--agent-command", "cat",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def started(folder: Path) -> subprocess.Popen[str]:
    process = forked.Process(
        [sys.executable, "-m", "attractorc", "exec", "p.dot", "--store", "s.db", "--run-id", "r1"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    limit = time.monotonic() + 20
    while not (folder / "going").exists():
        assert time.monotonic() < limit
        time.sleep(0.02)
    return process


def test_one_interrupt_stops_at_the_next_boundary_and_the_run_goes_on_later(tmp_path) -> None:
    first = tool("a", "touch going; sleep 0.5; echo a >> ran")
    pipeline(tmp_path, first + tool("b", "echo b >> ran") + "start -> a -> b -> exit")
    process = started(tmp_path)
    os.kill(process.pid, signal.SIGINT)
    out, _ = process.communicate(timeout=20)
    assert (process.returncode, (tmp_path / "ran").read_text()) == (130, "a\n")
    assert "r1: stopped" in out
    assert attractorc(tmp_path, "resume", "r1", "--store", "s.db").returncode == 0
    assert (tmp_path / "ran").read_text() == "a\nb\n"


def test_a_second_interrupt_ends_what_runs(tmp_path: Path) -> None:
    command = "touch going; test -f again || { touch again; sleep 60; }"
    pipeline(tmp_path, tool("a", command) + "start -> a -> exit")
    process = started(tmp_path)
    os.kill(process.pid, signal.SIGINT)
    time.sleep(0.3)
    begun = time.monotonic()
    os.kill(process.pid, signal.SIGINT)
    process.communicate(timeout=20)
    assert (process.returncode, time.monotonic() - begun < 10) == (130, True)
    assert attractorc(tmp_path, "resume", "r1", "--store", "s.db").returncode == 0


def test_a_run_whose_events_nobody_reads_is_left_and_can_be_resumed(tmp_path: Path) -> None:
    waits = "until test -e go; do sleep 0.05; done"
    pipeline(tmp_path, tool("a", waits) + "start -> a -> exit")
    reads, writes = os.pipe()
    command = ("exec", "p.dot", "--store", "s.db", "--run-id", "r1", "--json")
    process = forked.Process(
        [sys.executable, "-m", "attractorc", *command],
        cwd=tmp_path,
        stdout=writes,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(writes)
    while b'"attractor.plan"' not in os.read(reads, 65536):
        pass
    os.close(reads)
    (tmp_path / "go").touch()
    _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert err.splitlines()[-1].endswith("go on with: attractorc resume r1")
    assert attractorc(tmp_path, "resume", "r1", "--store", "s.db").returncode == 0


def test_progress_that_cannot_be_shown_stops_no_run(tmp_path: Path) -> None:
    pipeline(tmp_path, tool("a", "echo a >> ran") + "start -> a -> exit")
    reads, writes = os.pipe()
    os.close(reads)
    done = forked.run(
        [sys.executable, "-m", "attractorc", "exec", "p.dot", "--store", "s.db"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=writes,
        check=False,
    )
    os.close(writes)
    assert (done.returncode, (tmp_path / "ran").read_text()) == (0, "a\n")


def test_two_engines_never_own_one_run(tmp_path: Path) -> None:
    pipeline(tmp_path, tool("a", "touch going; sleep 2") + "start -> a -> exit")
    process = started(tmp_path)
    second = attractorc(tmp_path, "resume", "r1", "--store", "s.db")
    assert (second.returncode, "Traceback" in second.stderr) == (4, False)
    assert process.wait(timeout=20) == 0
    process.communicate()


def test_a_run_directory_is_kept_with_logs(tmp_path: Path) -> None:
    pipeline(tmp_path, tool("a", "echo hello") + "start -> a -> exit")
    done = attractorc(tmp_path, "exec", "p.dot", "--store", "s.db", "--logs", "logs")
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "logs/a/status.json").read_text())["outcome"] == "success"
    assert json.loads((tmp_path / "logs/checkpoint.json").read_text())["current_node"] == "exit"
    assert (tmp_path / "logs/a/tool_output.txt").read_text() == "hello\n"
    assert json.loads((tmp_path / "logs/manifest.json").read_text())["name"] == "g"


def test_a_dry_run_shows_the_plan_and_runs_nothing(tmp_path: Path) -> None:
    pipeline(tmp_path, tool("a", "touch ran") + "start -> a -> exit")
    done = attractorc(tmp_path, "exec", "p.dot", "--dry-run", "--store", "s.db")
    assert (done.returncode, "touch ran" in done.stdout) == (0, True)
    assert not (tmp_path / "ran").exists()
    assert not (tmp_path / "s.db").exists()


def test_the_outcome_is_the_same_for_any_hash_seed_jobs_locale_and_folder(tmp_path: Path) -> None:
    tools = "".join(tool(name, f"sleep 0.0{at}; echo {name}") for at, name in enumerate("abcd"))
    region = (
        'fan [shape=component, join="k_of_n(2)"] meet [shape=tripleoctagon, merge="*: collect"] '
    )
    body = region + tools + "start -> fan -> {a b c d} -> meet -> exit"
    digests = set()
    for seed, jobs, language in (("0", "1", "C"), ("1", "4", "C.UTF-8")):
        folder = tmp_path / f"folder-{seed}"
        folder.mkdir()
        pipeline(folder, body)
        environment = {**os.environ, "PYTHONHASHSEED": seed, "LC_ALL": language, "TZ": "UTC"}
        arguments = ("exec", "p.dot", "--store", "memory:", "--json", "--jobs", jobs)
        done = attractorc(folder, *arguments, env=environment)
        digests.add(json.loads(done.stderr.splitlines()[-1])["outcome_digest"])
    assert len(digests) == 1


def test_warnings_are_shown_and_the_run_goes_on(tmp_path: Path) -> None:
    pipeline(tmp_path, tool("a", "true", 'colr="red"') + "start -> a -> exit")
    done = attractorc(tmp_path, "exec", "p.dot", "--store", "memory:")
    assert (done.returncode, "warning[unknown_attribute]" in done.stderr) == (0, True)
