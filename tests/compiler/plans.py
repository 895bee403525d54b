"""Hypothesis strategies for whole plans: well-formed, sealed, with regions inside regions.

For every test that needs any plan at all. What they give holds together as a compiled
plan does: routes stay in their regions, branches meet, names exist.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, get_args

from hypothesis import strategies as st

from attractorc.compiler.expr import And, Comparison, Expr, Not, Operator, Or, Truth
from attractorc.compiler.plan.digest import sealed
from attractorc.compiler.plan.labels import accelerator, match_text
from attractorc.compiler.plan.model import (
    Agent,
    Branch,
    Conditional,
    ContextRef,
    Custom,
    Exit,
    FanIn,
    Human,
    Input,
    InputRef,
    Judge,
    Parallel,
    Place,
    Plan,
    Region,
    Route,
    Start,
    Step,
    Tool,
)

from .policy_plans import amounts, merges, names, policies, retries, winners, words

Draw = Callable[..., Any]

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=5,
)
tables = st.dictionaries(words, json_values, max_size=2)
places = st.none() | st.builds(Place, words, amounts, amounts)
templates = st.lists(
    words | st.builds(ContextRef, names) | st.builds(InputRef, names), max_size=3
).map(tuple)

conditions: st.SearchStrategy[Expr] = st.recursive(
    st.builds(Comparison, names, st.sampled_from(get_args(Operator)), words)
    | st.builds(Truth, names),
    lambda inner: (
        st.builds(Not, inner)
        | st.builds(And, st.lists(inner, min_size=2, max_size=3).map(tuple))
        | st.builds(Or, st.lists(inner, min_size=2, max_size=3).map(tuple))
    ),
    max_leaves=4,
)


agents = st.builds(Agent, templates, *[st.none() | words] * 6)
judges = st.builds(
    Judge, templates, *[st.none() | words] * 6, question=templates, default_choice=st.none() | words
)


class _Builder:
    """Draws a block-structured plan: every region is opened and closed in one place."""

    def __init__(self, draw: Draw) -> None:
        self.draw = draw
        self.steps: dict[str, Step] = {}
        self.regions: dict[str, Region] = {}

    def sequence(self, depth: int, region: str | None, then: str) -> str:
        """Steps and regions in a row that lead to `then`; the id of the first."""
        first = then
        for _ in range(self.draw(st.integers(1, 2))):
            fans_out = depth > 0 and self.draw(st.booleans())
            first = (self.region if fans_out else self.stage)(depth, region, first)
        return first

    def stage(self, depth: int, region: str | None, then: str) -> str:
        name = self.fresh()
        choice = st.none() | st.just(then)
        work = self.draw(
            st.just(Conditional())
            | st.builds(Tool, words, st.sampled_from(("text", "lines", "json", "none")))
            | agents
            | st.builds(Human, templates, choice)
            | st.just(FanIn(None))
            | st.builds(Custom, words, tables)
        )
        routes = tuple(self.route(then) for _ in range(self.draw(st.integers(1, 2))))
        self.add(name, work, routes, region)
        return name

    def region(self, depth: int, region: str | None, then: str) -> str:
        name = self.fresh()
        join_at: str | None
        if self.draw(st.booleans()):
            join_at = self.fresh()
            self.add(join_at, FanIn(name), (self.route(then),), region)
            meeting = "fan_in"
        else:
            join_at, meeting = then, "node"
        self.add(name, Parallel(), (), region)
        known = set(self.steps)
        branches = tuple(self.branch(depth, name, join_at) for _ in range(2))
        ids = tuple(branch.id for branch in branches)
        policy, winner = self.draw(policies(ids)), self.draw(winners(ids))
        if any(key.kind == "arrival" for key in winner.keys):
            policy = replace(policy, decide="arrival")
        if any(key.kind in ("prompt", "human") for key in winner.keys):
            asker = self.steps[join_at if meeting == "fan_in" else name]
            work = replace(asker.work, judge=self.draw(judges))
            self.steps[asker.id] = replace(asker, work=work)
        self.regions[name] = Region(
            name,
            branches,
            join_at,
            meeting,
            policy,
            winner,
            self.draw(merges),
            region,
            tuple(step for step in self.steps if step not in known),
        )
        return name

    def branch(self, depth: int, fan_out: str, join_at: str) -> Branch:
        head = self.sequence(depth - 1, fan_out, join_at)
        condition = self.draw(st.none() | conditions)
        weight, label, place = self.draw(st.tuples(st.integers(-3, 3), words, places))
        return Branch(f"to_{head}", head, condition, weight, label, place=place)

    def route(self, target: str) -> Route:
        label = self.draw(words)
        return Route(
            target,
            label,
            match_text(label),
            accelerator(label),
            self.draw(st.none() | conditions),
            self.draw(st.integers(-3, 3)),
            restart=self.draw(st.booleans()),
            place=self.draw(places),
        )

    def fresh(self) -> str:
        name = f"n{len(self.steps)}"
        self.steps[name] = Step(name, name, Conditional())
        return name

    def add(self, name: str, work: Any, routes: tuple[Route, ...], region: str | None) -> None:
        patterns = st.none() | st.lists(names, max_size=2).map(tuple)
        self.steps[name] = self.draw(
            st.builds(
                Step,
                id=st.just(name),
                label=words,
                work=st.just(work),
                routes=st.just(routes),
                retry=retries,
                timeout_ms=st.none() | amounts,
                goal_gate=st.booleans(),
                retry_target=st.none() | st.just(name),
                allow_partial=st.booleans(),
                max_visits=st.none() | amounts,
                on_interrupted=st.sampled_from(("rerun", "ask", "fail")),
                reads=patterns,
                writes=patterns,
                region=st.just(region),
                extra=tables,
                place=places,
            )
        )


@st.composite
def inputs(draw: Draw) -> tuple[Input, ...]:
    """Declared inputs with distinct names."""
    found = draw(
        st.lists(
            st.builds(
                Input,
                names,
                st.sampled_from(("string", "int", "float", "bool", "json")),
                json_values,
                st.booleans(),
                words,
                st.lists(json_values, max_size=2).map(tuple),
            ),
            max_size=2,
            unique_by=lambda declared: declared.name,
        )
    )
    return tuple(found)


@st.composite
def plans(draw: Draw) -> Plan:
    """Sealed plans: a trunk of stages and regions, regions nested up to two deep."""
    builder = _Builder(draw)
    builder.steps["exit"] = Step("exit", "exit", Exit())
    first = builder.sequence(2, None, "exit")
    builder.steps["start"] = Step("start", "start", Start(), (Route(first),))
    return sealed(
        Plan(
            name=draw(words),
            start="start",
            exit="exit",
            steps=builder.steps,
            regions=builder.regions,
            goal=draw(words),
            label=draw(words),
            retry_target=draw(st.none() | st.just(first)),
            inputs=draw(inputs()),
            context=draw(tables),
        )
    )
