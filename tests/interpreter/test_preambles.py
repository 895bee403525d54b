"""Preambles: what agents are told in each mode, never more than the mode's budget."""

from __future__ import annotations

import re
import string
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from attractorc.compiler.plan.model import Conditional, FanIn, Parallel, Plan
from attractorc.interpreter.context import Context, is_reserved
from attractorc.interpreter.fidelity import BUDGETS, CONVERSATION_TOKENS, preamble
from attractorc.interpreter.fidelity.tokens import QUARTERS, Page, cut, estimated_tokens, quarters
from attractorc.interpreter.fidelity.values import value_line
from attractorc.interpreter.outcome import Outcome, Status
from attractorc.interpreter.state import State, Walker, begin
from attractorc.interpreter.state.memory import KEPT_CHARS, KEPT_STAGES, Done, Memory

from .pipelines import fails, plan, quick, region, run, step, to, when, writes
from .talking import Agents, Talker, agent, failing

MODES = tuple(BUDGETS)
BEHAVIOUR: dict[str, Any] = {
    "tests": [
        Outcome(
            Status.FAIL,
            failure_reason="3 tests failed:\n  test_a\n  test_b",
            context_updates={"failed": 3, "tool.output": "collected 12 items\n3 failed"},
        ),
        writes(
            failed=0,
            coverage=91.5,
            report=[{"test": f"test_{index}", "took_ms": index * 10} for index in range(30)],
            **{"tool.output": "12 passed " + "." * 300},
        ),
    ],
    "lint": writes(findings=["unused import"]),
    "types": fails("mypy is not installed"),
}


def factory(fidelity: str | None = None, **fields: Any) -> Plan:
    """plan, a fan-out, tests that fail once, a repair, a review: with the review's fidelity."""
    return plan(
        agent("plan", "checks"),
        step("checks", work=Parallel()),
        step("lint", "gather", region="checks"),
        step("types", "gather", region="checks"),
        step("gather", "tests", work=FanIn("checks")),
        quick(step("tests", "gate"), 0),
        step(
            "gate",
            to("repair", condition=when("outcome", "fail")),
            to("review"),
            work=Conditional(),
        ),
        quick(agent("repair", "tests"), 1),
        agent("review", "exit", fidelity=fidelity, prompt="Review it.", **fields),
        regions=(region("checks", "lint types", "gather"),),
        goal="Ship the parser without a regression",
        context={"graph.goal": "Ship the parser without a regression"},
    )


def reviewed(fidelity: str | None, **fields: Any) -> str:
    backend = Talker({"repair": [failing("the model is busy")]})
    made = factory(fidelity, **fields)
    ran = run(made, Agents(backend, BEHAVIOUR), inputs={"depth": 2}, run_id="run-7")
    assert ran.result.status == "success", ran.result
    (heard,) = backend.at("review")
    return heard.prompt


@pytest.mark.parametrize("mode", ["full", *MODES])
def test_what_the_last_stage_of_a_run_is_told(mode: str, snapshot: SnapshotAssertion) -> None:
    assert reviewed(mode) == snapshot


def test_without_a_fidelity_it_is_told_what_compact_tells() -> None:
    assert reviewed(None) == reviewed("compact")


def test_the_first_stage_is_told_that_nothing_is_done(snapshot: SnapshotAssertion) -> None:
    backend = Talker()
    made = plan(agent("a", "exit", fidelity="summary:medium", prompt="Begin."), goal="Do it")
    run(made, Agents(backend))
    assert backend.heard[0].prompt == snapshot


def test_a_run_without_a_goal_says_nothing_of_one() -> None:
    backend = Talker()
    run(plan(agent("a", "exit", prompt="Begin.")), Agents(backend))
    assert backend.heard[0].prompt == "## The run so far\n\n- Run: run-1\n\n---\n\nBegin."


def test_a_stage_that_declares_what_it_reads_is_told_that_and_nothing_else() -> None:
    told = reviewed("compact", reads=("cov*", "context.failed"))
    assert "- coverage: 91.5" in told
    assert "- failed: 0" in told
    assert "tool.output" not in told
    assert "inputs.depth" not in told


def test_a_branch_is_told_of_the_trunk_and_of_itself_but_not_of_its_sibling() -> None:
    made = plan(
        step("before", "fan"),
        step("fan", work=Parallel()),
        step("a", "a2", region="fan"),
        agent("a2", "join", region="fan", fidelity="summary:high"),
        step("b", "join", region="fan"),
        step("join", "exit", work=FanIn("fan")),
        regions=(region("fan", "a b", "join"),),
    )
    behaviour = {"before": writes(base=1), "a": writes(mine=2), "b": writes(yours=3)}
    backend = Talker()
    run(made, Agents(backend, behaviour), jobs=1)
    told = backend.heard[0].prompt
    assert "/fan.1/a" in told
    for word in ("- before: success", "- a: success", "- base: 1", "- mine: 2"):
        assert word in told
    assert "- b:" not in told
    assert "yours" not in told


def test_what_the_engine_keeps_for_itself_is_not_told() -> None:
    told = reviewed("summary:high")
    for key in ("internal.", "graph.goal:", "parallel.results:", "current_node", "last_stage"):
        assert f"- {key}" not in told


def test_a_long_way_is_told_by_its_newest_stages_and_a_count() -> None:
    state, walker = stood(done=[f"s{index}" for index in range(200)])
    told = preamble(state, walker, "summary:high")
    assert "- s199: success" in told
    assert f"- {200 - KEPT_STAGES} earlier" in told
    assert told.count(": success") == KEPT_STAGES


def test_many_keys_are_told_by_the_first_and_a_count() -> None:
    state, walker = stood(values={f"k{index:03}": "v" for index in range(100)})
    told = preamble(state, walker, "compact")
    assert "- k000: v" in told
    assert "- k015: v" in told
    assert "- and 84 more" in told
    assert "k016" not in told


def test_memory_of_a_walker_is_bounded_however_long_its_way() -> None:
    made = plan(step("a", to("a", condition=when("go", "1")), "b"), agent("b", "exit"))
    long = "x" * 10_000

    async def again(call: Any) -> Outcome:
        return writes(go="1" if call.visit < 60 else "0", **{"tool.output": long})

    backend = Talker()
    ran = run(made, Agents(backend, {"a": again}))
    memory = ran.journal.state.trunk.memory
    assert memory is not None
    assert len(memory.done) == KEPT_STAGES
    assert max(len(done.said) for done in memory.done) <= KEPT_CHARS
    assert "Completed stages: 60\n" in backend.heard[0].prompt


PAGE = (Path(__file__).parents[2] / "docs" / "fidelity.md").read_text("utf-8")


def test_the_page_has_the_budget_of_every_mode_and_no_other() -> None:
    rows = re.findall(r"^\| `([a-z:]+)` \|.*\| ([0-9]+|no bound) \|$", PAGE, re.M)
    assert dict(rows) == {"full": "no bound", **{mode: str(BUDGETS[mode]) for mode in MODES}}
    assert f"{CONVERSATION_TOKENS:,} tokens" in PAGE


def test_the_example_on_the_page_is_what_a_stage_is_told() -> None:
    made = plan(
        quick(step("tests", "gate"), 1),
        step("gate", "mend", work=Conditional()),
        agent("mend", "exit", prompt="Mend what is broken."),
        goal="Ship it",
    )
    failed = fails("3 tests failed")._replace(context_updates={"failed": 3})
    backend = Talker()
    run(made, Agents(backend, {"tests": failed}))
    (example,) = re.findall(r"^```\n(.*?)\n```$", PAGE, re.M | re.S)
    assert backend.heard[0].prompt == example


TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=400) | st.sampled_from(
    ["x" * 20_000, "\u6f22" * 5_000, "a\n" * 3_000, "\U0001f600" * 2_000, ""]
)
NAME = st.text(string.ascii_letters + "\u00e9\u6f22._-", min_size=1, max_size=300)
VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXT, inner, max_size=5),
    max_leaves=10,
)
DONE = st.builds(
    Done,
    NAME,
    st.integers(1, 10_000),
    st.sampled_from([status.value for status in Status]),
    st.integers(0, 1_000),
    TEXT.map(lambda text: text[:KEPT_CHARS]),
    TEXT.map(lambda text: text[:KEPT_CHARS]),
)


def stood(
    *,
    goal: str = "",
    run_id: str = "run-1",
    path: str = "",
    values: dict[str, Any] | None = None,
    done: list[Any] | None = None,
) -> tuple[State, Walker]:
    """A walker in the middle of a run, without the run."""
    state = begin(plan(agent("a", "exit"), goal=goal))
    state.run_id = run_id
    context = Context()
    for key, value in (values or {}).items():
        context.set(key, value, "")
    memory = Memory()
    for one in done or []:
        made = one if isinstance(one, Done) else Done(one, 1, "success", 0, "")
        memory.done.append(made)
        memory.succeeded += made.status != "fail"
        memory.failed += made.status == "fail"
        memory.retries += made.retries
    del memory.done[:-KEPT_STAGES]
    walker = Walker(path, context, "a", plan=state.plan, inputs={}, memory=memory)
    state.walkers[path] = walker
    return state, walker


@settings(max_examples=150, deadline=None)
@given(
    mode=st.sampled_from(["full", *MODES]),
    goal=TEXT,
    run_id=NAME,
    path=st.just("") | NAME,
    values=st.dictionaries(NAME, VALUE, max_size=80),
    done=st.lists(DONE, max_size=60),
)
@example(
    mode="summary:high",
    goal="\u6f22" * 9_000,
    run_id="r" * 300,
    path="/" + "p" * 5_000,
    values={f"{index}" + "k" * 300: "\u6f22" * 9_000 for index in range(80)},
    done=[Done("\u6f22" * 300, 9, "fail", 9, "\u6f22" * KEPT_CHARS, "\u6f22" * KEPT_CHARS)] * 60,
)
def test_no_preamble_is_over_its_budget_and_the_same_state_gives_the_same_bytes(
    mode: str, goal: str, run_id: str, path: str, values: dict[str, Any], done: list[Done]
) -> None:
    fields: dict[str, Any] = {
        "goal": goal,
        "run_id": run_id,
        "path": path,
        "values": values,
        "done": done,
    }
    state, walker = stood(**fields)
    told = preamble(state, walker, mode)
    assert estimated_tokens(told) <= BUDGETS["summary:high" if mode == "full" else mode]
    again = dict(reversed(values.items()))
    assert preamble(*stood(**{**fields, "values": again}), mode) == told
    assert told.count("\n- and ") <= 1
    told.encode()


KEYS = ("a", "b", "c", "parallel.x", "parallel.y", "graph.z", "outcome")


@given(
    st.lists(
        st.tuples(st.sampled_from(["base", "fork"]), st.sampled_from([*KEYS, "clear", "read"])),
        max_size=25,
    )
)
@example([("base", each) for each in ("parallel.x", "read", "clear", "a", "read")])
def test_plain_keys_are_those_of_the_context_whatever_was_written_and_cleared_between(
    steps: list[tuple[str, str]],
) -> None:
    base = Context()
    views = {"base": base, "fork": base.fork()}
    for view, key in steps:
        if key == "clear":
            views[view].clear((), ("parallel.",))
        elif key != "read":
            views[view].set(key, 1, "")
        for context in views.values():
            if key == "read" or view == "fork":
                expected = tuple(sorted(one for one in context if not is_reserved(one)))
                assert context.plain_keys() == expected


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        pytest.param("", 0, id="nothing"),
        pytest.param("a", 1, id="a part counts whole"),
        pytest.param("abcd", 1, id="four characters of ASCII are a token"),
        pytest.param("abcde", 2, id="five are two"),
        pytest.param("\u6f22\u5b57", 2, id="any other character is a token"),
        pytest.param("ab\u6f22c", 2, id="both together"),
    ],
)
def test_a_text_is_estimated_without_any_models_tokens(text: str, tokens: int) -> None:
    assert estimated_tokens(text) == tokens


@given(TEXT, TEXT)
def test_the_estimate_of_two_texts_is_the_sum_of_theirs(left: str, right: str) -> None:
    assert quarters(left + right) == quarters(left) + quarters(right)
    assert estimated_tokens(left) == -(-quarters(left) // QUARTERS)


@given(st.lists(TEXT, max_size=10), st.integers(1, 300))
def test_a_page_takes_every_line_that_fits_and_none_that_does_not(
    lines: list[str], tokens: int
) -> None:
    page = Page(tokens)
    for line in lines:
        before = page.text()
        longer = f"{before}\n{line}" if page.lines else line
        assert page.add(line) == (quarters(longer) + 1 <= tokens * QUARTERS)
        assert page.text() in (before, longer)
        assert estimated_tokens(page.text()) <= tokens


@given(TEXT, st.integers(0, 500))
def test_a_cut_text_fits_and_begins_as_the_whole(text: str, limit: int) -> None:
    found = cut(text, limit)
    assert quarters(found) <= limit
    assert text == found or text.startswith(found.removesuffix("..."[:limit]))


@pytest.mark.parametrize(
    ("value", "line"),
    [
        pytest.param("two\n  lines", "two lines", id="a text on one line"),
        pytest.param(["b", {"z": 1, "a": None}], '["b", {"a": null, "z": 1}]', id="JSON, sorted"),
        pytest.param(("x",), '["x"]', id="a frozen list"),
        pytest.param(True, "true", id="a truth"),
        pytest.param("x" * 50, "x" * 17 + "...", id="too long"),
        pytest.param(list(range(100)), "[0, 1, 2, 3, 4, 5...", id="a long list"),
    ],
)
def test_a_value_is_one_short_line(value: Any, line: str) -> None:
    assert value_line(value, 20 if len(line) <= 20 else 60) == line


def test_a_huge_value_costs_no_more_than_what_is_shown_of_it() -> None:
    class Counting(list[int]):
        asked = 0

        def __iter__(self) -> Any:
            for one in super().__iter__():
                Counting.asked += 1
                yield one

    value_line(Counting(range(1_000_000)), 100)
    assert Counting.asked < 200
