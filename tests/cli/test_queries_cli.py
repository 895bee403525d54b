"""The query commands: what they print, for people and programs, and how they end."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from attractorc.commands import COMMANDS, group, tables
from attractorc.commands.exits import Refused
from attractorc.compiler.policy import Merge, MergeRule
from attractorc.interpreter.ports import Index, RunRow
from attractorc.interpreter.queries.schema import query_schema
from attractorc.interpreter.records import RunLifecycle
from attractorc.interpreter.records.codec import encode
from attractorc.interpreter.records.schema import event_schema
from attractorc.interpreter.stores import open_store

from .. import forked
from ..interpreter.journals import asking_plan, nested_run, race_plan
from ..interpreter.pipelines import fails, fan, run, writes

QUERIES = (
    "runs",
    "show",
    "events",
    "branches",
    "attempts",
    "timeline",
    "questions",
    "why",
    "joins",
    "fan-in-decisions",
    "lineage",
    "checkpoints",
    "replay",
    "export",
)
MORE = {"lineage": ["/start.1"]}


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A store with three runs: `20260101-race`, `20260101-nested`, `parked` (the last)."""
    folder = tmp_path_factory.mktemp("store")
    location = str(folder / "runs.db")
    store = open_store(location)
    run(race_plan(), store=store, run_id="20260101-race", folder=folder)
    nested_run(store, folder, "20260101-nested")
    run(asking_plan(), store=store, run_id="parked", folder=folder)
    store.close()
    return location


def asked(*arguments: str) -> str:
    """What a command that ends well prints, with nothing beside it."""
    told, more = paged(*arguments)
    assert more is None
    return told


def paged(*arguments: str) -> tuple[str, str | None]:
    """What a command that ends well prints, and where it says that the next page begins."""
    result = CliRunner().invoke(group, arguments, catch_exceptions=False, standalone_mode=False)
    assert result.return_value == 0
    if not result.stderr:
        return result.stdout, None
    note = re.fullmatch(r"attractorc: there is more; go on with --after (\S+)\n", result.stderr)
    assert note, result.stderr
    return result.stdout, note[1]


def refused(*arguments: str) -> tuple[str, int]:
    """The sentence and the exit code of a command that cannot go on."""
    with pytest.raises(Refused) as caught:
        CliRunner().invoke(group, arguments, catch_exceptions=False, standalone_mode=False)
    assert "\n" not in str(caught.value)
    return str(caught.value), int(caught.value.code)


def lines(*arguments: str) -> list[Any]:
    return [json.loads(line) for line in asked(*arguments, "--json").splitlines()]


# --- every query alike


@pytest.mark.parametrize("name", QUERIES)
def test_help_shows_an_example_that_works(name: str, path: str, tmp_path: Path) -> None:
    told = asked(name, "--help")
    assert name in COMMANDS
    example = told.partition(f"Example: attractorc {name}")[2].split()
    assert example or name == "runs"
    words = [word if word != "./logs" else str(tmp_path) for word in example if word != "--follow"]
    words = [word.replace("last", "20260101-nested") for word in words]
    asked(name, *words, "--store", path)


@pytest.mark.parametrize("name", [name for name in QUERIES if name not in ("runs", "export")])
@pytest.mark.parametrize("as_json", [False, True])
def test_every_query_answers_about_every_run(name: str, path: str, as_json: bool) -> None:
    for run_id in ("20260101-race", "20260101-nested", "parked"):
        told = asked(
            name, run_id, *MORE.get(name, []), "--store", path, *(["--json"] if as_json else [])
        )
        assert "\x1b" not in told
        for line in told.splitlines() if as_json else ():
            json.loads(line)


@pytest.mark.parametrize("name", [name for name in QUERIES if name != "runs"])
def test_an_unknown_run_is_a_usage_error(name: str, path: str, tmp_path: Path) -> None:
    more = [str(tmp_path)] if name == "export" else MORE.get(name, [])
    said, code = refused(name, "nope", *more, "--store", path)
    assert (said, code) == (
        "there is no run 'nope' in the store; 'attractorc runs' lists them",
        2,
    )


@pytest.mark.parametrize("name", QUERIES)
def test_a_missing_store_is_store_trouble_and_is_not_made(name: str, tmp_path: Path) -> None:
    place = tmp_path / "none.db"
    more = {"runs": [], "export": ["last", str(tmp_path / "out")]}.get(
        name, ["last", *MORE.get(name, [])]
    )
    said, code = refused(name, *more, "--store", str(place))
    assert (said, code) == (f"{place}: there is no store here yet; 'attractorc exec' makes one", 4)
    assert list(tmp_path.iterdir()) == []


def test_a_beginning_that_fits_several_runs_says_which(path: str) -> None:
    said, code = refused("show", "20260101", "--store", path)
    assert (said, code) == ("'20260101' fits 2 runs: 20260101-nested, 20260101-race", 2)


@pytest.mark.parametrize("name", ["last", "par", "parked"])
def test_a_run_is_meant_by_id_by_a_beginning_or_as_the_last(path: str, name: str) -> None:
    assert lines("show", name, "--store", path)[0]["run_id"] == "parked"


def test_the_default_store_is_the_projects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = tmp_path / "project"
    (project / ".git").mkdir(parents=True)
    (project / "src").mkdir()
    store = open_store(str(project / ".attractor" / "runs.db"))
    store.create_run(RunRow("mine", store.create_context(), "p", "d", "running", "t", "t"))
    store.commit()
    store.close()
    monkeypatch.chdir(project / "src")
    assert [row["run_id"] for row in lines("runs")] == ["mine"]


def test_json_fits_the_schemas(path: str) -> None:
    schema = query_schema()
    for name in ("runs", "show", "branches", "attempts", "questions", "why"):
        validator = Draft202012Validator({**schema, "anyOf": [{"$ref": f"#/$defs/{name}"}]})
        for run_id in ([],) if name == "runs" else (["20260101-nested"], ["parked"]):
            for line in lines(name, *run_id, "--store", path):
                validator.validate(line)
    events = lines("events", "20260101-nested", "--store", path)
    assert len(events) > 50
    for event in events:
        Draft202012Validator(event_schema()).validate(event)


# --- one by one


def test_runs_are_listed_newest_first(path: str) -> None:
    told = asked("runs", "--store", path).splitlines()
    assert told[0].split() == ["RUN", "STATUS", "PIPELINE", "STARTED", "UPDATED"]
    assert [line.split()[:2] for line in told[1:]] == [
        ["parked", "parked"],
        ["20260101-nested", "success"],
        ["20260101-race", "success"],
    ]
    assert [row["run_id"] for row in lines("runs", "--store", path, "--status", "parked")] == [
        "parked"
    ]
    older = lines("runs", "--store", path, "--after", "20260101-nested", "--limit", "5")
    assert [row["run_id"] for row in older] == ["20260101-race"]


def test_show_says_what_waits_for_an_answer(path: str) -> None:
    told = asked("show", "parked", "--store", path)
    assert "run parked: parked, waits for an answer" in told
    assert "question   /approve.1: Ship it?" in told
    assert "at         /approve.1@1, since " in told


def test_show_counts(path: str) -> None:
    told = asked("show", "20260101-nested", "--store", path)
    assert "stages     10 completed, 1 failed, 1 retried" in told
    assert "branches   4 succeeded, 1 failed" in told
    assert "join       /checks.1: wait_all, satisfied; merged at /gather.1, winner lint" in told


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--node", "unit", "--kind", "failed"], 1),
        (["--path", "/checks.1/unit", "--kind", "started", "--kind", "retrying"], 3),
        (["--attempt", "/checks.1/unit/unit.1@1", "--kind", "stage_lifecycle"], 2),
        (["--attempt", "20260101-nested:/checks.1/unit/unit.1@1", "--kind", "started"], 1),
        (["--kind", "fan_in_decision"], 2),
        (["--kind", "fan_in_decision", "--limit", "1"], 1),
        (["--after", "10000"], 0),
        (["--node", "nobody"], 0),
    ],
)
def test_events_are_filtered(path: str, arguments: Sequence[str], expected: int) -> None:
    for form in ([], ["--json"]):
        told, _ = paged("events", "20260101-nested", "--store", path, *arguments, *form)
        assert len(told.splitlines()) == expected


PAGED = [name for name in QUERIES if name not in ("show", "lineage", "replay", "export")]


@pytest.mark.parametrize("limit", ["1", "7"])
@pytest.mark.parametrize("name", PAGED)
def test_pages_go_on_where_the_page_before_says(path: str, name: str, limit: str) -> None:
    run_id = [] if name == "runs" else ["20260101-nested"]
    whole = lines(name, *run_id, "--store", path)
    found: list[Any] = []
    more: str | None = ""
    while more is not None:
        after = ["--after", more] if more else []
        told, more = paged(name, *run_id, "--store", path, "--json", "--limit", limit, *after)
        page = [json.loads(line) for line in told.splitlines()]
        assert 0 < len(page) <= int(limit) or not whole
        found += page
    assert found == whole


@pytest.mark.parametrize("name", [name for name in PAGED if name != "runs"])
def test_a_cursor_that_no_page_gave_is_refused(path: str, name: str) -> None:
    said, code = refused(name, "20260101-nested", "--after", "soon", "--store", path)
    assert said == "'soon' is no place in these pages; take the one that a page ends with"
    assert code == 2


@pytest.mark.parametrize("name", PAGED)
def test_every_query_prints_json_that_its_schema_allows(path: str, name: str) -> None:
    definitions = query_schema()["$defs"]
    for run_id in ("20260101-race", "20260101-nested", "parked"):
        for row in lines(name, *([] if name == "runs" else [run_id]), "--store", path):
            if name != "events":
                one = {**definitions[name], "$defs": definitions}  # type: ignore[dict-item]
                Draft202012Validator(one).validate(row)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["timeline", "--branch", "unit", "--kind", "started"], 2),
        (["timeline", "--status", "fail"], 2),
        (["timeline", "--attempt", "/checks.1/unit/unit.1@2"], 3),
        (["attempts", "--branch", "deep"], 4),
        (["attempts", "--status", "retrying"], 1),
        (["attempts", "--stage", "/checks.1/unit/unit.1"], 2),
        (["branches", "--node", "deep"], 2),
        (["branches", "--branch", "unit"], 1),
        (["joins", "--path", "/checks.1/deep"], 1),
        (["joins", "--status", "undecided"], 0),
        (["joins", "--node", "checks"], 1),
        (["fan-in-decisions", "--node", "gather"], 1),
        (["fan-in-decisions", "--branch", "deep"], 1),
        (["fan-in-decisions", "--status", "fail"], 0),
        (["why", "--path", "/checks.1/deep"], 1),
        (["checkpoints", "--node", "exit"], 1),
        (["checkpoints", "--node", "lint"], 0),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else str(value),
)
def test_every_query_heeds_its_filters(path: str, arguments: Sequence[str], expected: int) -> None:
    name, *options = arguments
    assert len(lines(name, "20260101-nested", "--store", path, *options)) == expected


def test_a_status_that_cannot_be_is_refused_with_those_that_can(path: str) -> None:
    with pytest.raises(click.UsageError, match="'faild' is not one of 'waiting', 'running'"):
        CliRunner().invoke(
            group,
            ["branches", "parked", "--store", path, "--status", "faild"],
            catch_exceptions=False,
            standalone_mode=False,
        )


def test_lineage_leads_from_a_stage_to_the_trunk_fork_by_fork(path: str) -> None:
    told = asked("lineage", "20260101-nested", "/checks.1/deep/deep.1/a/a.1@1", "--store", path)
    first, inner, outer = told.splitlines()
    assert first == "/checks.1/deep/deep.1/a/a.1@1"
    assert inner.startswith("  in branch 'a' of /checks.1/deep/deep.1, forked as context ")
    assert outer.startswith("  in branch 'deep' of /checks.1, forked as context ")
    told = asked("lineage", "20260101-nested", "note", "--path", "/checks.1/lint", "--store", path)
    assert told.splitlines()[:2] == ['note = "style"', "  written by /checks.1/lint/lint.1@1"]
    said, code = refused("lineage", "20260101-nested", "nothing", "--store", path)
    assert (said, code) == ("'nothing': the run has no value of that key", 2)


@pytest.mark.parametrize(
    ("kinds", "said"),
    [
        (["faild"], "there is no kind of event 'faild'; did you mean 'failed'?"),
        (["zzz"], "there is no kind of event 'zzz'; there are: run_lifecycle, "),
        (["failed", "route_decision"], "do not go together"),
    ],
)
def test_kinds_that_cannot_be_are_refused(path: str, kinds: list[str], said: str) -> None:
    options = [word for kind in kinds for word in ("--kind", kind)]
    told, code = refused("events", "parked", "--store", path, *options)
    assert said in told
    assert code == 2


def test_follow_shows_records_as_they_come_until_the_run_ends(tmp_path: Path) -> None:
    location = str(tmp_path / "runs.db")
    store = open_store(location)
    context = store.create_context()
    store.create_run(RunRow("r1", context, "p", "d", "running", "t", "t"))
    store.commit()
    following = forked.Process(
        [sys.executable, "-m", "attractorc", "events", "r1", "--store", location, "--follow"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert following.stdout is not None
    for number, kind in ((1, "initialized"), (2, "finalized")):
        record = RunLifecycle(run_id="r1", sequence_no=number, timestamp="t", kind=kind)
        index = Index("r1", number, kind)
        store.append(context, record.TYPE, 1, encode(record), str(number), index=index)
        if kind == "finalized":
            store.update_run("r1", "success", "t")
        store.commit()
        assert f"run {kind}" in following.stdout.readline()
    assert following.stdout.read() == ""
    assert following.wait(timeout=30) == 0
    following.stdout.close()
    store.close()


def test_branches_say_how_each_ended(path: str) -> None:
    told = asked("branches", "20260101-nested", "--store", path)
    assert told.splitlines()[0].split() == ["BRANCH", "STATUS", "STAGE", "SCORE", "TIME", "REASON"]
    (unit,) = [line for line in told.splitlines() if line.startswith("/checks.1/unit")]
    assert unit.split()[1] == "fail"
    assert unit.endswith("2 tests failed")
    failed = lines("branches", "20260101-nested", "--store", path, "--status", "fail")
    assert [entry["branch_id"] for entry in failed] == ["unit"]
    assert asked("branches", "parked", "--store", path) == "no branches\n"


def test_attempts_say_what_came_of_each(path: str) -> None:
    told = asked("attempts", "20260101-nested", "--store", path, "--node", "unit")
    assert [line.split()[1:4] for line in told.splitlines()[1:]] == [
        ["/checks.1/unit/unit.1@1", "retrying", "fail"],
        ["/checks.1/unit/unit.1@2", "failed", "fail"],
    ]


def test_questions_show_their_choices(path: str) -> None:
    told = asked("questions", "parked", "--store", path, "--open")
    assert told.splitlines()[0] == "/approve.1  open  Ship it?"
    assert "  Y  " in told
    assert "-> rework" in told
    assert asked("questions", "20260101-nested", "--store", path) == "no questions\n"


def test_why_explains_a_key_down_to_its_attempts(path: str) -> None:
    told = asked("why", "20260101-nested", "findings", "--store", path)
    assert told.startswith('findings = ["p","l","x","y"]\n  merged by /gather.1@1: append')
    assert "by /checks.1/deep/deep.1/b/b.1@1 (merged)" in told
    told = asked("why", "parked", "--store", path)
    assert told == "nothing to explain: the run has no fan-out\n"


def test_why_suggests_what_was_meant(path: str) -> None:
    said, code = refused("why", "20260101-nested", "gatter", "--store", path)
    assert "did you mean 'gather'" in said
    assert code == 2


def test_export_writes_the_run_directory_once_and_again(path: str, tmp_path: Path) -> None:
    target = tmp_path / "logs"
    for _ in range(2):
        told = asked("export", "20260101-nested", str(target), "--store", path)
        assert told.startswith(f"{target}: run 20260101-nested, ")
    assert (target / "checkpoint.json").is_file()
    said, code = refused("export", "parked", str(target), "--store", path)
    assert "holds run '20260101-nested'; name an empty folder" in said
    assert code == 2


def test_export_leaves_other_folders_alone(path: str, tmp_path: Path) -> None:
    (tmp_path / "precious").touch()
    said, _ = refused("export", "parked", str(tmp_path), "--store", path)
    assert "is not empty and holds no run" in said
    assert [each.name for each in tmp_path.iterdir()] == ["precious"]
    said, _ = refused("export", "parked", str(tmp_path / "precious"), "--store", path)
    assert "holds no run" in said


def test_a_closed_pipe_is_no_traceback(path: str) -> None:
    command = f"{sys.executable} -m attractorc events 20260101-nested --store {path} | head -1"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)
    assert "run initialized" in done.stdout
    assert "Traceback" not in done.stderr


def test_the_process_ends_with_the_documented_codes(path: str, tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("no database at all, but long enough to look like one" * 20)
    codes = {}
    for name, arguments in {
        "fine": ["runs", "--store", path],
        "unknown run": ["show", "nope", "--store", path],
        "no store": ["runs", "--store", str(tmp_path / "text.db")],
        "usage": ["show"],
    }.items():
        done = forked.run(
            [sys.executable, "-m", "attractorc", *arguments],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "COLUMNS": "80"},
        )
        codes[name] = done.returncode
        assert "Traceback" not in done.stderr
    assert codes == {"fine": 0, "unknown run": 2, "no store": 4, "usage": 2}


# --- text


def test_lines_are_cut_only_on_a_terminal_and_never_broken() -> None:
    assert tables.fitted("abc\x1b[31m\n\tdef  ", None) == "abc\\x1b[31m\\n\\tdef"
    assert tables.fitted("0123456789", 8) == "0123456…"
    assert tables.fitted("01234567", 8) == "01234567"


def test_tables_align_and_leave_empty_columns_out() -> None:
    rows = [("a", "", "long one"), ("bbb", "", "x")]
    assert tables.table(("A", "EMPTY", "LAST"), rows, None) == [
        "A    LAST",
        "a    long one",
        "bbb  x",
    ]


@pytest.mark.parametrize(
    ("duration", "shown"),
    [
        (None, ""),
        (0, "0ms"),
        (999, "999ms"),
        (1_000, "1.0s"),
        (59_949, "59.9s"),
        (60_000, "1m00s"),
        (245_000, "4m05s"),
        (7_380_000, "2h03m"),
    ],
)
def test_durations_are_short(duration: int | None, shown: str) -> None:
    assert tables.milliseconds(duration) == shown


# --- replay and diff


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A store with runs `one` and `same`, and `other`, whose branch b fails."""
    folder = tmp_path_factory.mktemp("pair")
    location = str(folder / "runs.db")
    store = open_store(location)
    made = fan("a b", merge=Merge((MergeRule("x", "append"),)))
    for name, behaviour in (
        ("one", {"a": writes(x=1)}),
        ("same", {"a": writes(x=1)}),
        ("other", {"a": writes(x=1), "b": fails("no luck")}),
        ("alone", {"a": writes(x=2)}),
    ):
        run(made, behaviour, store=store, run_id=name, folder=folder)
    store.close()
    return location


def said_with(code: int, *arguments: str) -> str:
    result = CliRunner().invoke(group, arguments, catch_exceptions=False, standalone_mode=False)
    assert result.return_value == code
    return result.stdout


def test_replay_says_how_much_it_held_against_the_machine(pair: str) -> None:
    told = said_with(0, "replay", "one", "--store", pair)
    assert re.fullmatch(
        r"one: \d+ decisions in \d+ records came out as they were journaled \(success\)\n", told
    )
    (row,) = lines("replay", "one", "--store", pair)
    Draft202012Validator(
        query_schema()["$defs"]["replay"] | {"$defs": query_schema()["$defs"]}
    ).validate(row)
    assert row["difference"] is None


def test_replay_of_an_altered_journal_says_where_it_differs(pair: str, tmp_path: Path) -> None:
    copy = tmp_path / "runs.db"
    copy.write_bytes(Path(pair).read_bytes())
    with sqlite3.connect(copy) as connection:
        rows = connection.execute(
            "SELECT id, payload FROM turns WHERE type = 'attractor.route_decision'"
        ).fetchall()
        number, payload = next(row for row in rows if b"only_edge" in row[1])
        changed = payload.replace(b"\xa9only_edge", b"\xa9condition", 1)
        connection.execute("UPDATE turns SET payload = ? WHERE id = ?", (changed, number))
    connection.close()
    told = said_with(1, "replay", "one", "--store", str(copy))
    assert "one: differs at record" in told
    assert 'the journal says:    {"rule": "condition"}' in told
    assert 'it would be decided: {"rule": "only_edge"}' in told


def test_equal_runs_do_not_part(pair: str) -> None:
    told = said_with(0, "diff", "one", "same", "--store", pair)
    assert told == "one and same came to the same, by the same decisions\n"
    assert lines("diff", "one", "same", "--store", pair) == [None]


def test_diff_shows_the_first_result_that_differs_and_only_what_differs(pair: str) -> None:
    told = said_with(1, "diff", "one", "other", "--store", pair)
    first, mine, theirs = told.splitlines()
    assert first == "the runs part at stage b.1@1, in /fan.1/b"
    assert "one (record " in mine
    assert mine.endswith('{"kind": "completed", "status": "success"}')
    assert '"failure_reason": "no luck"' in theirs
    told = said_with(1, "diff", "one", "alone", "--store", pair)
    assert '{"context_updates": {"x": 1}}' in told
