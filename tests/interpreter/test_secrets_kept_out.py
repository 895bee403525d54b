"""Secrets are in no record, no blob, no file of a run: planted everywhere, then looked for."""

from __future__ import annotations

import asyncio
import json
import typing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from attractorc.compiler.plan.codec import to_json as plan_json
from attractorc.compiler.plan.model import FanIn, Human, Parallel, Plan
from attractorc.compiler.policy import FanOut, ForEach, Join, Merge, MergeRule
from attractorc.compiler.value import canonical
from attractorc.interpreter.driver import create_run
from attractorc.interpreter.driver.clock import SystemClock
from attractorc.interpreter.driver.opening import NewRun, refuse_secrets
from attractorc.interpreter.driver.replay import replay
from attractorc.interpreter.outcome import Outcome, Status
from attractorc.interpreter.ports import Answer, Call, Ports, Question, Unkeepable
from attractorc.interpreter.queries import events
from attractorc.interpreter.queries.run_directory import RunDirectory
from attractorc.interpreter.records import FAMILIES, FanInDecision, InterviewLifecycle, Record
from attractorc.interpreter.records.codec import encode, layout, to_json
from attractorc.interpreter.records.redacting import ENGINE_GIVEN, FROM_PLAN, redacted
from attractorc.interpreter.redaction import Secret, Secrets
from attractorc.interpreter.stores.sqlite import SqliteStore

from .pipelines import Nobody, Ran, plan, quick, region, run, step, to, writes
from .test_dynamic import dynamic

TOKEN = "hunter2-Zx9.k"
SECRETS = Secrets([Secret("MY_TOKEN", TOKEN)])
MARK = "[redacted:MY_TOKEN]"
SAID = f"it is {TOKEN}!"


def planted(hint: Any) -> Any:
    """A value of a field's type with the secret wherever it can be."""
    members = [each for each in typing.get_args(hint) if each is not type(None)]
    if typing.get_origin(hint) is list:
        return [SAID] if str in members else [{"note": SAID}]
    if typing.get_origin(hint) is dict or dict in map(typing.get_origin, members):
        return {"note": [SAID, {"deep": SAID}]}
    if hint is str or str in members:
        return SAID
    return None if hint is int or int in members or bool in members else {SAID: SAID}


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.TYPE)
def test_every_field_that_is_not_the_engines_own_is_cleaned(family: type[Record]) -> None:
    """Each field by itself, so that none hides behind another."""
    for item in layout(family):
        value = planted(item.hint)
        if value is None:
            continue
        record = family(**{item.name: value})
        assert TOKEN.encode() in encode(record), item.name
        kept = TOKEN.encode() in encode(redacted(record, SECRETS))
        artifacts = item.name == "artifacts"  # the names of files only; the rest is the engine's
        assert kept == (item.name in ENGINE_GIVEN | FROM_PLAN or artifacts), item.name


def test_the_lists_name_fields_that_there_are() -> None:
    names = {item.name for family in FAMILIES for item in layout(family)}
    assert names >= ENGINE_GIVEN | FROM_PLAN


def test_names_of_files_are_cleaned() -> None:
    (stage,) = [family for family in FAMILIES if family.TYPE.endswith("stage_lifecycle")]
    record: Any = stage(artifacts={f"{TOKEN}.md": {"blob": "b", "size": 1}})
    clean: Any = redacted(record, SECRETS)
    assert clean.artifacts == {f"{MARK}.md": {"blob": "b", "size": 1}}


# --- whole runs

CHATTY = Outcome(
    Status.SUCCESS,
    preferred_label=SAID,
    suggested_next_ids=(SAID, TOKEN),
    context_updates={"k": SAID, TOKEN: TOKEN, "deep": {TOKEN: [TOKEN]}, "big": SAID * 9999},
    notes=SAID,
    failure_reason=SAID,
    source=SAID,
    artifacts={"prompt.md": SAID.encode(), "response.md": TOKEN.encode(), TOKEN: b"x"},
)


class Chatty:
    """A person who says the secret."""

    async def ask(self, question: Question) -> Answer:
        return Answer("chosen", f"Y {TOKEN}" if "bad" in question.node_id else "Y", SAID)


async def raises(call: Call) -> Outcome:
    raise RuntimeError(SAID)


def chatty_plan() -> Plan:
    """A loop of everything: retries, a person, a fan-out in a fan-out, an assembled value."""
    return plan(
        step("first", "again"),
        quick(step("again", "ask"), 2),
        step(
            "ask",
            to("fan", "[Y] Yes"),
            to("exit", "[N] No"),
            work=Human((f"Is it {MARK}?",)),
        ),
        step("fan", work=Parallel()),
        step("a", "join", region="fan"),
        step("b", "join", region="fan"),
        step("deep", work=Parallel(), region="fan"),
        step("c", "inner", region="deep"),
        step("d", "inner", region="deep"),
        step("inner", "join", work=FanIn("deep"), region="fan"),
        step("join", "broken", work=FanIn("fan")),
        step("broken", "exit"),
        regions=(
            region("fan", "a b deep", "join", merge=Merge((MergeRule("*", "concat"),))),
            region("deep", "c d", "inner", parent="fan"),
        ),
    )


BEHAVIOUR: dict[str, Any] = {
    "first": CHATTY,
    "again": [CHATTY._replace(status=Status.FAIL), CHATTY._replace(status=Status.RETRY), CHATTY],
    "a": CHATTY._replace(context_updates={"part": TOKEN[:5], "k": SAID}),
    "b": CHATTY._replace(context_updates={"part": TOKEN[5:10], "k": SAID}),
    "c": CHATTY._replace(context_updates={"part": TOKEN[10:]}),
    "d": CHATTY._replace(status=Status.FAIL),
    "broken": raises,
}


def kept_of(ran: Ran, folder: Path) -> bytes:
    """Every byte that a run left: the store with its log, the run directory, the events."""
    RunDirectory(folder / "logs", ran.store, "run-1").export()
    shown = "".join(
        json.dumps(to_json(record), ensure_ascii=False)
        for record in events(ran.store, "run-1", limit=10_000)
    )
    files = [file for file in folder.rglob("*") if file.is_file()]
    names = "\n".join(str(file) for file in folder.rglob("*"))
    return b"\0".join([shown.encode(), names.encode(), *(file.read_bytes() for file in files)])


def chatty_run(folder: Path, store: SqliteStore | None = None, **more: Any) -> Ran:
    return run(
        more.pop("of", None) or chatty_plan(),
        more.pop("behaviour", None) or BEHAVIOUR,
        store=store or SqliteStore(folder / "runs.db"),
        interviewer=Chatty(),
        inputs={"given": SAID, "more": {TOKEN: [TOKEN]}},
        options={"agent_command": SAID, "simulate": {"text": SAID}},
        secrets=SECRETS,
        **more,
    )


def test_a_secret_said_everywhere_is_kept_nowhere(tmp_path: Path) -> None:
    ran = chatty_run(tmp_path)
    kept = kept_of(ran, tmp_path)
    assert TOKEN.encode() not in kept
    assert MARK.encode() in kept
    assert ran.context["k"].count(MARK) == 2
    assert ran.context[MARK] == MARK
    assert ran.result.reason.count(MARK) == 1
    (decision,) = [one for one in ran.of(FanInDecision) if one.node_id == "join"]
    assert decision.context_updates["part"] == MARK, "what a merge put together"
    (answer,) = ran.of(InterviewLifecycle, "completed")
    assert answer.source == f"it is {MARK}!"


def test_stages_see_what_stands_for_a_secret(tmp_path: Path) -> None:
    seen: dict[str, Any] = {}

    async def look(call: Call) -> Outcome:
        seen.update(call.context, given=call.inputs["given"])
        return writes()

    chatty_run(tmp_path, behaviour={**BEHAVIOUR, "broken": look})
    assert seen["given"] == f"it is {MARK}!"
    assert TOKEN not in str(seen)


def test_a_run_resumed_at_any_record_keeps_no_secret(tmp_path: Path) -> None:
    """A stop after the first stage, a resume with the same secrets: one outcome."""
    whole = chatty_run(tmp_path, run_id="run-1")
    folder = tmp_path / "second"
    folder.mkdir()
    store = SqliteStore(folder / "runs.db")
    parked = run(
        chatty_plan(),
        BEHAVIOUR,
        store=store,
        secrets=SECRETS,
        inputs={"given": SAID, "more": {TOKEN: [TOKEN]}},
        options={"agent_command": SAID, "simulate": {"text": SAID}},
    )
    assert parked.result.status == "parked"
    ran = chatty_run(folder, store, resume=True)
    assert TOKEN.encode() not in kept_of(ran, folder)
    assert ran.result.outcome_digest == whole.result.outcome_digest


def test_elements_of_a_collection_name_no_secret(tmp_path: Path) -> None:
    found = {TOKEN: TOKEN, "b": 1, f"x{TOKEN}": 2}
    ran = run(
        dynamic(ForEach("files")),
        {"list": writes(files=found), "work": CHATTY},
        store=SqliteStore(tmp_path / "runs.db"),
        secrets=SECRETS,
    )
    assert ran.result.status == "success"
    assert TOKEN.encode() not in kept_of(ran, tmp_path)


def test_a_result_that_comes_too_late_is_cleaned_too(tmp_path: Path) -> None:
    policy = FanOut(Join("first_success", text="first_success"), losers="drain")
    race = plan(
        step("fan", work=Parallel()),
        step("a", "join", region="fan"),
        step("b", "join", region="fan"),
        step("join", "exit", work=FanIn("fan")),
        regions=(region("fan", "a b", "join", policy=policy),),
    )

    async def late(call: Call) -> Outcome:
        await asyncio.sleep(0.05)
        return CHATTY

    ran = run(
        race,
        {"a": CHATTY, "b": late},
        store=SqliteStore(tmp_path / "runs.db"),
        secrets=SECRETS,
    )
    assert TOKEN.encode() not in kept_of(ran, tmp_path)


def test_without_secrets_nothing_is_changed(tmp_path: Path) -> None:
    ran = run(chatty_plan(), BEHAVIOUR, interviewer=Chatty())
    assert ran.context["k"] == SAID + SAID
    assert replay(ran.store, "run-1").difference is None


VALUES = st.one_of(
    st.text('abcxyzé"\\/ \n%0189', min_size=7, max_size=14).filter(lambda s: len(s.strip()) > 6),
    st.from_regex(r"[0-9]{6,12}", fullmatch=True),
)
NESTED = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(value=VALUES, around=NESTED)
def test_no_shape_of_a_secret_gets_through(
    value: str, around: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever the secret looks like, and whatever it stands in, as text, key or digits."""
    secrets = Secrets([Secret("MY_TOKEN", value)])
    number = int(value) if value.isascii() and value.isdigit() else 0
    said = {"a": around, "b": [value, {value: value}], "c": f"{value}{value}", "d": number}
    outcome = Outcome(
        Status.SUCCESS,
        context_updates={"k": said, f"k{value}": 1},
        notes=f"-{value}-",
        artifacts={"response.md": json.dumps(said).encode(), "prompt.md": value.encode()},
    )
    folder = tmp_path_factory.mktemp("run")
    store = SqliteStore(folder / "runs.db")
    made = plan(step("a", "b"), step("b", "exit"))
    ran = run(made, {"a": outcome, "b": outcome}, store=store, secrets=secrets)
    store.close()
    record = next(one for one in ran.records if getattr(one, "notes", None))
    assert value not in json.dumps(to_json(record), ensure_ascii=False).replace(made.digest, "")
    data = (folder / "runs.db").read_bytes()
    assert f"-{value}-".encode() not in data
    assert json.dumps(value).encode() not in data


# --- what cannot be cleaned


@pytest.mark.parametrize(
    "found",
    [
        {"run_id": TOKEN},
        {"workspace": f"/home/{TOKEN}/work"},
        {"plan": plan(step("a", "exit", label=SAID))},
        {"plan": plan(step(TOKEN, "exit"))},
        {"plan": plan(step("a", "exit"), goal=SAID)},
    ],
    ids=["the run's id", "the folder", "a label", "a node", "the goal"],
)
def test_a_run_that_cannot_be_kept_without_a_secret_is_refused(found: dict[str, Any]) -> None:
    made = found.get("plan") or plan(step("a", "exit"))
    new = NewRun(
        made,
        canonical(plan_json(made)),
        "p.dot",
        SAID,
        found.get("run_id", "r1"),
        found.get("workspace", "/work"),
    )
    with pytest.raises(Unkeepable, match="holds the value of MY_TOKEN") as caught:
        refuse_secrets(new, SECRETS)
    assert TOKEN not in str(caught.value)


def test_the_text_of_the_pipeline_is_kept_without_its_secrets(tmp_path: Path) -> None:
    """A comment is no part of a plan."""
    made = plan(step("a", "exit"))
    store = SqliteStore(tmp_path / "runs.db")
    ports = Ports(store, {}, Nobody(), SystemClock(), secrets=SECRETS)
    source = f"// {TOKEN}\ndigraph {{}}"
    new = NewRun(made, canonical(plan_json(made)), f"{TOKEN}.dot", source, "r1", "/work")
    create_run(new, ports).close()
    store.close()
    data = (tmp_path / "runs.db").read_bytes()
    assert TOKEN.encode() not in data
    assert f"// {MARK}".encode() in data


DOORS = {
    ".put_blob(": {
        "cxdb/client.py": "what a mirror sends",
        "cxdb/mirror.py": "what the store holds already",
        "cxdb/turns.py": "what a caller gives, as any store",
        "driver/changing.py": "a plan and a source, as a run's first ones",
        "driver/journal.py": "the door",
        "driver/opening.py": "a plan, which was looked through, and a source, by the door",
        "records/blobs.py": "values of a record that is clean already",
    },
    "store.append(": {"driver/journal.py": "the door"},
    ".create_run(": {"driver/opening.py": "ids and names that were looked through"},
}


@pytest.mark.parametrize("call", DOORS)
def test_nothing_is_kept_but_through_the_door(call: str) -> None:
    """Whoever adds a line here says why no secret can be in what it keeps."""
    house = Path(__file__).parents[2] / "interpreter"
    found = {
        str(file.relative_to(house))
        for file in house.rglob("*.py")
        if call in file.read_text("utf-8") and file.parent.name != "stores"
    }
    assert found == set(DOORS[call])
