"""What of a run is kept, for whom, and how long: secrets, names, permissions, gc."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from attractorc.interpreter.queries.schema import query_schema

from .. import forked
from .inside import attractorc_inside
from .test_exec import attractorc, pipeline, tool

TOKEN = "hunter2-Zx9.k"
MARK = "[redacted:MY_TOKEN]"


def with_secret(**more: str) -> dict[str, str]:
    return {**os.environ, "MY_TOKEN": TOKEN, **more}


def kept(folder: Path) -> bytes:
    """Every byte below a folder but the pipeline's own, and every name."""
    files = [each for each in sorted(folder.rglob("*")) if each.name != "p.dot"]
    names = "\n".join(map(str, files)).encode()
    return b"\0".join([names, *(each.read_bytes() for each in files if each.is_file())])


# --- secrets


def test_a_tool_has_the_secret_and_the_run_has_not(tmp_path: Path) -> None:
    command = "test $MY_TOKEN = hunter2-Zx9.k && echo is $MY_TOKEN; echo $MY_TOKEN >&2; exit 3"
    pipeline(tmp_path, tool("a", command.replace(TOKEN, "$WANTED")) + "start -> a -> exit")
    done = attractorc(
        tmp_path,
        *("exec", "p.dot", "--store", "s.db", "--logs", "logs", "--json"),
        env=with_secret(WANTED=TOKEN),
    )
    assert done.returncode == 1
    assert TOKEN not in done.stdout + done.stderr
    assert (tmp_path / "logs/a/tool_output.txt").read_text().startswith(f"is {MARK}\n")
    assert TOKEN.encode() not in kept(tmp_path)
    shown = attractorc_inside("replay", "last", "--store", "s.db", cwd=tmp_path)
    assert shown.returncode == 0, shown.stderr


@pytest.mark.parametrize(
    ("arguments", "file", "hidden"),
    [
        ((), None, False),
        (("--redact", "LOGIN"), None, True),
        (("--redact", "LOG*"), None, True),
        ((), 'redact = ["LOGIN"]', True),
        (("--no-redact", "LOGIN"), 'redact = ["LOGIN"]', False),
        (("--redact", "LOGIN"), 'no-redact = ["LOGIN"]', False),
        (("--redact-file", "secrets.env"), None, True),
    ],
    ids=[
        "not by itself",
        "by option",
        "by pattern",
        "by configuration",
        "spared by option",
        "spared by configuration",
        "by a file of values",
    ],
)
def test_a_value_is_secret_where_somebody_says_so(
    arguments: tuple[str, ...], file: str | None, hidden: bool, tmp_path: Path
) -> None:
    pipeline(tmp_path, tool("a", "echo $LOGIN") + "start -> a -> exit")
    (tmp_path / "attractorc.toml").write_text(file or "")
    (tmp_path / "secrets.env").write_text('# mine\n\nexport WHO="ann"\n')
    done = attractorc(
        tmp_path,
        *("exec", "p.dot", "--store", "s.db", "--json", *arguments),
        env={**os.environ, "LOGIN": "ann"},
    )
    assert done.returncode == 0, done.stderr
    written = [json.loads(line).get("context_updates", {}) for line in done.stdout.splitlines()]
    said = "".join(each.get("tool.output", "") for each in written)
    assert said == {True: "[redacted:LOGIN]", False: "ann"}[hidden].replace(
        "LOGIN", "WHO" if "--redact-file" in arguments else "LOGIN"
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--redact", "NO_SUCH"), "--redact NO_SUCH: there is no such environment variable"),
        (("--redact-file", "gone.env"), "gone.env: cannot be read"),
        (("--redact-file", "p.dot"), "p.dot:1: is no NAME=VALUE"),
    ],
)
def test_secrets_that_cannot_be_found_are_refused(
    arguments: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    pipeline(tmp_path, tool("a", "true") + "start -> a -> exit")
    done = attractorc_inside("exec", "p.dot", "--store", "s.db", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr


def test_a_pipeline_with_a_secret_in_it_is_refused_with_a_way_out(tmp_path: Path) -> None:
    pipeline(tmp_path, tool("a", f"login {TOKEN}") + "start -> a -> exit")
    arguments = ("exec", "p.dot", "--store", "s.db")
    done = attractorc(tmp_path, *arguments, env=with_secret())
    assert done.returncode == 2
    assert "holds the value of MY_TOKEN" in done.stderr
    assert "--no-redact MY_TOKEN" in done.stderr
    assert TOKEN not in done.stderr
    spared = attractorc(tmp_path, *arguments, "--no-redact", "MY_TOKEN", env=with_secret())
    assert spared.returncode == 1, "the command does not exist, and that is all"


def test_an_input_that_is_secret_is_noted_and_not_kept(tmp_path: Path) -> None:
    pipeline(tmp_path, 'inputs="who"' + tool("a", "echo $who") + "start -> a -> exit")
    (tmp_path / "p.dot").write_text(
        (tmp_path / "p.dot").read_text().replace('inputs="who"', "graph [inputs=who] ")
    )
    done = attractorc(
        tmp_path,
        *("exec", "p.dot", "--store", "s.db", "--input", f"who={TOKEN}"),
        env=with_secret(),
    )
    assert done.returncode == 0, done.stderr
    assert "note: the input 'who' holds the value of MY_TOKEN" in done.stderr
    assert TOKEN.encode() not in kept(tmp_path)


def test_a_resume_keeps_the_same_secrets_out(tmp_path: Path) -> None:
    body = tool("a", "cat value") + 'q [shape=hexagon, label="Go on?"] '
    pipeline(tmp_path, body + 'start -> q; q -> a [label="[Y] yes"]; a -> exit')
    (tmp_path / "value").write_text("ann")
    (tmp_path / "secrets.env").write_text("WHO=ann\n")
    store = ("--store", "s.db")
    begun = attractorc_inside(
        *("exec", "p.dot", *store, "--run-id", "r", "--redact-file", "secrets.env"), cwd=tmp_path
    )
    assert begun.returncode == 3, begun.stderr
    (tmp_path / "secrets.env").rename(tmp_path / "moved.env")
    lost = attractorc_inside("resume", "r", *store, "--interviewer", "auto", cwd=tmp_path)
    assert lost.returncode == 2
    assert "secrets.env: the file of secrets" in lost.stderr
    (tmp_path / "moved.env").rename(tmp_path / "secrets.env")
    done = attractorc_inside("resume", "r", *store, "--interviewer", "auto", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert '"tool.output":"[redacted:WHO]"' in done.stdout.replace(" ", "")


@pytest.mark.parametrize("told", [("--redact", "LOGIN"), ("--redact-file", "secrets.env")])
@pytest.mark.parametrize("command", ["cancel", "pause"])
def test_why_somebody_wants_something_of_a_run_is_kept_without_secrets(
    command: str, told: tuple[str, str], tmp_path: Path
) -> None:
    pipeline(
        tmp_path,
        tool("a", "touch begun; until test -e go; do sleep 0.05; done")
        + tool("b", "sleep 3")  # by then the engine has looked at what others want
        + "start -> a -> b -> exit",
    )
    (tmp_path / "secrets.env").write_text(f"LOGIN={TOKEN}\n")
    store = ("--store", "s.db")
    environment = {**os.environ, "LOGIN": TOKEN}
    engine = forked.Process(
        [sys.executable, "-m", "attractorc", "exec", "p.dot", *store, "--run-id=r", *told],
        cwd=tmp_path,
        env=environment,
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    while not (tmp_path / "begun").exists():
        assert engine.poll() is None
    reason = ("--reason", f"{TOKEN} leaked", "--wait", "0")
    asked = attractorc(tmp_path, command, "r", *store, *reason, env=environment)
    assert asked.returncode == 0, asked.stderr
    (tmp_path / "secrets.env").unlink()
    at_once = kept(tmp_path)
    (tmp_path / "go").touch()
    engine.wait(30)
    assert TOKEN.encode() not in at_once + kept(tmp_path)
    assert b"a %s was asked for: [redacted:LOGIN] leaked" % command.encode() in kept(tmp_path)


def test_a_reason_is_refused_where_its_secrets_are_unknown_and_a_cancel_is_not(
    tmp_path: Path,
) -> None:
    pipeline(tmp_path, 'q [shape=hexagon, label="Go on?"] start -> q; q -> exit [label="[Y] yes"]')
    (tmp_path / "secrets.env").write_text("WHO=ann\n")
    store = ("--store", "s.db")
    run = ("exec", "p.dot", *store, "--run-id", "r", "--redact-file", "secrets.env")
    assert attractorc_inside(*run, cwd=tmp_path).returncode == 3
    (tmp_path / "secrets.env").unlink()
    refused = attractorc_inside("cancel", "r", *store, "--reason", "ann left", cwd=tmp_path)
    assert refused.returncode == 2
    assert "'ann left' cannot be looked through; leave --reason out" in refused.stderr
    done = attractorc_inside("cancel", "r", *store, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "r: cancelled\n")


def test_the_key_of_a_configured_agent_is_kept_out_of_an_answer_whatever_it_is_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = 'q [shape=hexagon, label="What is it?", "human.type"=freeform] start -> q -> exit'
    pipeline(tmp_path, ask)
    (tmp_path / "attractorc.toml").write_text(
        '[agents.own]\nendpoint = "https://models.example"\napi-key-env = "MY_LOGIN"\n'
    )
    monkeypatch.setenv("MY_LOGIN", TOKEN)
    store = ("--store", "s.db")
    parked = attractorc_inside("exec", "p.dot", *store, "--run-id", "r", cwd=tmp_path)
    assert parked.returncode == 3, parked.stderr
    answered = attractorc_inside("answer", "r", "q", f"it is {TOKEN}", *store, cwd=tmp_path)
    assert answered.returncode == 0, answered.stderr
    assert TOKEN.encode() not in kept(tmp_path)
    assert b"it is [redacted:MY_LOGIN]" in kept(tmp_path)


def test_an_answer_in_ones_own_words_is_kept_without_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = 'q [shape=hexagon, label="What is it?", "human.type"=freeform] start -> q -> exit'
    pipeline(tmp_path, ask)
    monkeypatch.setenv("LOGIN", TOKEN)
    store = ("--store", "s.db")
    run = ("exec", "p.dot", *store, "--run-id", "r", "--redact", "LOGIN", "--interviewer", "park")
    assert attractorc_inside(*run, cwd=tmp_path).returncode == 3
    answered = attractorc_inside("answer", "r", "q", f"it is {TOKEN}", *store, cwd=tmp_path)
    assert answered.returncode == 0, answered.stderr
    assert TOKEN.encode() not in kept(tmp_path)
    assert attractorc_inside("resume", "r", *store, cwd=tmp_path).returncode == 0
    assert TOKEN.encode() not in kept(tmp_path)
    asked = attractorc_inside("questions", "r", *store, "--json", cwd=tmp_path).stdout
    assert json.loads(asked)["answer"] == "it is [redacted:LOGIN]"


def test_an_agents_command_line_is_kept_without_its_secret(tmp_path: Path) -> None:
    pipeline(tmp_path, 'q [shape=hexagon, label="Go on?"] a [prompt="hi"] start -> q; '
             'q -> a [label="[Y] yes"]; a -> exit')  # fmt: skip
    agent = ("--backend", "command", "--agent-command", f"sh -c 'cat; : {TOKEN}'")
    store = ("--store", "s.db")
    begun = attractorc(
        tmp_path, "exec", "p.dot", *store, "--run-id", "r", *agent, env=with_secret()
    )
    assert begun.returncode == 3, begun.stderr
    assert TOKEN.encode() not in kept(tmp_path)
    lost = attractorc(tmp_path, "resume", "r", *store, "--interviewer", "auto", env=with_secret())
    assert lost.returncode == 2
    assert "give it again with --agent-command" in lost.stderr
    done = attractorc(
        tmp_path, "resume", "r", *store, "--interviewer", "auto", *agent, env=with_secret()
    )
    assert done.returncode == 0, done.stderr
    assert TOKEN.encode() not in kept(tmp_path)


def test_a_script_is_kept_without_its_secret(tmp_path: Path) -> None:
    pipeline(tmp_path, tool("a", "true") + "start -> a -> exit")
    (tmp_path / "script.yaml").write_text(f"stages:\n  a: {{notes: {TOKEN}}}\n")
    done = attractorc(
        tmp_path,
        *("exec", "p.dot", "--simulate", "script.yaml", "--store", "s.db"),
        env=with_secret(),
    )
    (tmp_path / "script.yaml").unlink()
    assert done.returncode == 0, done.stderr
    assert TOKEN.encode() not in kept(tmp_path)
    assert MARK.encode() in kept(tmp_path)


# --- whose files they are


def test_everything_is_its_owners_only_whatever_the_umask(tmp_path: Path) -> None:
    look = (
        "ls -ldU $ATTRACTOR_STAGE_DIR $ATTRACTOR_CONTEXT_FILE > seen; stat -c %a $PWD/s.db* >> seen"
    )
    pipeline(tmp_path, tool("a", look) + "start -> a -> exit")
    command = [sys.executable, "-m", "attractorc", "exec", "p.dot", "--store", "s.db"]
    done = forked.run(
        [*command, "--logs", "new/logs"], cwd=tmp_path, capture_output=True, text=True, umask=0
    )
    assert done.returncode == 0, done.stderr
    own = [each for each in tmp_path.rglob("*") if each.name not in ("p.dot", "seen")]
    loose = [str(each) for each in own if stat.S_IMODE(each.stat().st_mode) & 0o077]
    assert loose == []
    folder, file, *modes = (tmp_path / "seen").read_text().splitlines()
    assert folder.startswith("drwx------")
    assert file.startswith("-r--------")
    assert set(modes) <= {"600", "700"}
    assert len(modes) >= 4


# --- names

HOSTILE = {
    "parents": "../../evil",
    "dots": "..",
    "a dot": ".",
    "nothing": "",
    "a root": "/",
    "absolute": "/no/such/place",
    "a newline": "a\nb",
    "an escape": "\x1b[31mred",
    "a dash": "-x",
    "very long": "x" * 5000,
    "long for a file": "x" * 300,
    "a device": "CON",
    "a wildcard": "*",
    "a pattern": "[a-z]%_",
    "unicode": "日本 é",
    "not Unicode": "\udcff",
    "a quote": "'; DROP TABLE runs; --",
}
OCCUPIED = ("..", ".", "", "/")
"""Folders that hold something else; the other names are folders like any."""
BY_RUN = ("show", "events", "branches", "attempts", "questions", "timeline", "why", "replay")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a store that holds run `r1`, deep enough for `..` to stay in the test's."""
    folder = tmp_path_factory.mktemp("names") / "one" / "two"
    folder.mkdir(parents=True)
    pipeline(folder, "graph [inputs=who] " + tool("a", "true") + "start -> a -> exit")
    done = attractorc(
        folder, "exec", "p.dot", "--store", "s.db", "--run-id", "r1", "--input", "who=me"
    )
    assert done.returncode == 0, done.stderr
    return folder


def listing(folder: Path) -> set[str]:
    top = folder.parent.parent
    found = {str(each.relative_to(top)) for each in top.rglob("*")}
    return {name for name in found if not name.endswith(("s.db-wal", "s.db-shm"))}


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_name_is_one_sentence_and_touches_nothing(name: str, home: Path) -> None:
    store = ("--store", "s.db")
    before = listing(home)
    asks = [
        *((command, *store, "--", name) for command in BY_RUN),
        *[("exec", "p.dot", *store, f"--run-id={name}", "--input=who=me")] * (name != "CON"),
        *[("exec", "p.dot", *store, "--input=who=me", f"--logs={name}")] * (name in OCCUPIED),
        ("exec", "p.dot", *store, f"--input={name}"),
        ("exec", f"--store={name}", "--input=who=me", "--dry-run", "--", f"{name}.dot"),
        ("resume", *store, "--", name),
        ("diff", *store, "--", "r1", name),
        ("answer", *store, "--", "r1", name, name),
        ("answer", *store, "--", name, "q", "y"),
        ("why", *store, "--", "r1", name),
        ("export", *store, "--", name, "out"),
        ("gc", *store, f"--run={name}"),
        ("gc", *store, f"--older-than={name}"),
        ("cancel", *store, "--", name),
        ("pause", *store, "--", name),
        ("show", "r1", f"--store={name}"),
        ("schema", "--", name),
        ("explain", "--", name),
    ]
    for ask in asks:
        done = attractorc_inside(*ask, cwd=home)
        assert done.returncode in (1, 2, 4), (ask, done.stderr)
        last = done.stderr.strip().splitlines()[-1]
        assert "internal error" not in last, ask
        assert last.startswith(("attractorc: ", "Error: ")), ask
        assert all(char.isprintable() for char in last), ask
    assert listing(home) == before


@pytest.mark.parametrize("name", ["a", "r-1.2_x", "日本", "7", "x" * 100])
def test_runs_are_called_by_plain_names(name: str, tmp_path: Path) -> None:
    pipeline(tmp_path, "start -> exit")
    done = attractorc_inside("exec", "p.dot", "--store", "s.db", f"--run-id={name}", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert attractorc_inside("show", name, "--store", "s.db", cwd=tmp_path).returncode == 0


def test_hostile_nodes_stay_in_the_runs_folders(tmp_path: Path) -> None:
    names = ["..", "../../evil", "/abs", "a\\nb", "x" * 300, "CON", "-x", "é", "status.json", "%2e"]
    quoted = [f'"{name}"' for name in names]
    work = "echo mine > $ATTRACTOR_STAGE_DIR/own.txt"
    tools = "".join(tool(name, work) for name in quoted)
    folder = tmp_path / "one" / "two"
    folder.mkdir(parents=True)
    pipeline(folder, tools + " -> ".join(["start", *quoted, "exit"]))
    for logs in ((), ("--logs", "logs")):
        done = attractorc(folder, "exec", "p.dot", "--store", "s.db", *logs)
        assert done.returncode == 0, done.stderr
    assert {each.name for each in tmp_path.iterdir()} == {"one"}
    assert {each.name for each in (tmp_path / "one").iterdir()} == {"two"}
    assert {each.name for each in folder.iterdir()} == {"p.dot", "logs", "s.db", "s.db.locks"}
    assert len(list((folder / "logs").rglob("own.txt"))) == len(names)


def test_a_run_directory_is_one_runs(tmp_path: Path) -> None:
    pipeline(tmp_path, "start -> exit")
    store = ("--store", "s.db")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter").write_text("dear")
    refused = attractorc_inside("exec", "p.dot", *store, "--logs", "mine", cwd=tmp_path)
    assert refused.returncode == 2
    assert "mine: is not empty and holds no run" in refused.stderr
    first = attractorc_inside("exec", "p.dot", *store, "--logs", "logs", cwd=tmp_path)
    assert first.returncode == 0
    second = attractorc_inside("exec", "p.dot", *store, "--logs", "logs", cwd=tmp_path)
    assert second.returncode == 2
    assert "name an empty folder" in second.stderr


def test_the_checkpoint_of_a_long_stage_says_that_it_runs(tmp_path: Path) -> None:
    """The last record before it came too soon after another one to be written at once."""
    look = "sleep 0.5; cp logs/checkpoint.json seen.json"
    pipeline(tmp_path, tool("a", "true") + tool("b", look) + "start -> a -> b -> exit")
    done = attractorc(tmp_path, "exec", "p.dot", "--store", "s.db", "--logs", "logs")
    assert done.returncode == 0, done.stderr
    seen = json.loads((tmp_path / "seen.json").read_text())
    assert seen["completed_nodes"] == ["start", "a"]
    assert seen["status"] == "running"


# --- gc


@pytest.fixture
def three(tmp_path: Path) -> Path:
    """Runs r1, r2, r3 that ended, and `asks`, which is parked."""
    pipeline(tmp_path, tool("a", "echo $ATTRACTOR_RUN_ID; seq 100") + "start -> a -> exit")
    for number in (1, 2, 3):
        done = attractorc_inside(
            "exec", "p.dot", "--store", "s.db", "--run-id", f"r{number}", cwd=tmp_path
        )
        assert done.returncode == 0, done.stderr
    pipeline(tmp_path, 'q [shape=hexagon, label="?"] start -> q; q -> exit [label="[Y] yes"]')
    done = attractorc_inside("exec", "p.dot", "--store", "s.db", "--run-id", "asks", cwd=tmp_path)
    assert done.returncode == 3, done.stderr
    return tmp_path


def names(folder: Path) -> list[str]:
    shown = attractorc_inside("runs", "--store", "s.db", "--json", cwd=folder).stdout
    return [json.loads(line)["run_id"] for line in shown.splitlines()]


@pytest.mark.parametrize(
    ("arguments", "left"),
    [
        ((), ["asks", "r3", "r2", "r1"]),
        (("--older-than", "0"), ["asks", "r3", "r2", "r1"]),
        (("--runs",), ["asks", "r3", "r2", "r1"]),
        (("--runs", "--older-than", "0"), ["asks"]),
        (("--runs", "--older-than", "0", "--keep", "2"), ["asks", "r3", "r2"]),
        (("--runs", "--older-than", "0", "--dry-run"), ["asks", "r3", "r2", "r1"]),
        (("--run", "r2"), ["asks", "r3", "r1"]),
        (("--run", "asks", "--run", "r3"), ["r2", "r1"]),
        (("--run", "r2", "--dry-run"), ["asks", "r3", "r2", "r1"]),
    ],
    ids=" ".join,
)
def test_runs_go_by_age_and_count_or_by_name(
    arguments: tuple[str, ...], left: list[str], three: Path
) -> None:
    done = attractorc_inside("gc", "--store", "s.db", *arguments, "--vacuum", cwd=three)
    assert done.returncode == 0, done.stderr
    assert names(three) == left
    for run in left:
        again = attractorc_inside("replay", run, "--store", "s.db", cwd=three)
        assert again.returncode == 0, again.stderr


def test_what_gc_removed_is_told(three: Path) -> None:
    arguments = ("gc", "--store", "s.db", "--runs", "--older-than", "0", "--keep", "1")
    tried = attractorc_inside(*arguments, "--dry-run", cwd=three).stdout
    done = attractorc_inside(*arguments, cwd=three).stdout
    assert tried.replace("would remove", "removed") == done
    assert done.startswith("removed 2 runs: 30 records and 2 blobs (")
    shown = attractorc_inside("gc", "--store", "s.db", "--run", "r3", "--json", cwd=three).stdout
    line = json.loads(shown)
    jsonschema.validate(line, {**query_schema(), "anyOf": [{"$ref": "#/$defs/gc_runs"}]})
    assert (line["runs"], line["removed"]) == (["r3"], True)


def test_a_run_that_somebody_writes_is_not_taken_away(tmp_path: Path) -> None:
    pipeline(tmp_path, tool("a", "touch on; while test -e on; do sleep 0.05; done; echo end")
             + "start -> a -> exit")  # fmt: skip
    command = [sys.executable, "-m", "attractorc", "exec", "p.dot", "--store", "s.db"]
    engine = forked.Process([*command, "--run-id", "live"], cwd=tmp_path)
    while not (tmp_path / "on").exists():
        assert engine.poll() is None
    for arguments in (("--run", "live"), ("--vacuum",)):
        done = attractorc_inside("gc", "--store", "s.db", *arguments, cwd=tmp_path)
        assert done.returncode == 4
        assert "written" in done.stderr
    (tmp_path / "on").unlink()
    assert engine.wait(30) == 0
    assert attractorc_inside("replay", "live", "--store", "s.db", cwd=tmp_path).returncode == 0
