"""A plan's policies in words: joins, losers, merges, retries, what a step does.

Apart from the tree, which only knows where the words go; `why` and other reports say the
same things. It must not know lines or indentation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import ceil
from typing import assert_never

from ..expr import condition_text
from ..plan.model import (
    Agent,
    Child,
    Conditional,
    ContextRef,
    Custom,
    Exit,
    FanIn,
    Given,
    Human,
    InputRef,
    Judge,
    Manager,
    Parallel,
    Region,
    Start,
    Step,
    Template,
    Tool,
)
from ..plan.policy_text import join_text, rule_text, winner_text
from ..policy import Decide, ErrorPolicy, Losers, Merge, Retry
from ..value import canonical, duration_text

_ERROR_POLICIES: Mapping[ErrorPolicy, str] = {
    "continue": "",
    "fail_fast": "the first failure ends it",
    "ignore": "failed branches do not count",
}
_DECIDE: Mapping[Decide, str] = {
    "declared": "ends taken in declared order",
    "arrival": "ends taken as they arrive",
}
_LOSERS: Mapping[Losers, str] = {"cancel": "losers cancelled", "drain": "losers run to their end"}


def join_words(region: Region) -> str:
    """`2 of 3 must succeed (quorum(2/3)), ends taken in declared order, losers cancelled`."""
    policy = region.policy
    words = [_needed(region), _ERROR_POLICIES[policy.error_policy]]
    words += [_DECIDE[policy.decide], _LOSERS[policy.losers]]
    return ", ".join(word for word in words if word)


def _needed(region: Region) -> str:
    join = region.policy.join
    text = join_text(join)
    count = len(region.branches)
    many = region.policy.for_each is not None
    certain = (
        not many
        and region.policy.error_policy != "ignore"
        and not any(branch.condition for branch in region.branches)
    )
    match join.kind:
        case "wait_all":
            return f"all must end and one succeed ({text})"
        case "all_success":
            return f"all must succeed ({text})"
        case "first_success":
            return f"one must succeed ({text})"
        case "all_done":
            return f"all must end ({text})"
        case "formula":
            return text
        case "k_of_n":
            return f"{join.k} of {'them' if many else count} must succeed ({text})"
        case "majority":
            few = f"{count // 2 + 1} of {count}" if certain else "more than half of the activated"
            return f"{few} must succeed ({text})"
        case "quorum":
            ratio = join.ratio or 1
            least = max(1, ceil(ratio * count))
            few = f"{least} of {count}" if certain else f"{ratio} of the activated"
            return f"{few} must succeed ({text})"
        case _ as never:
            assert_never(never)


def fan_out_words(region: Region) -> str:
    """How many branches, how many at a time, their time and their files."""
    policy = region.policy
    count = len(region.branches)
    words = [f"{count} {'branch' if count == 1 else 'branches'}"]
    if policy.for_each is not None:
        words = [f"a branch for each element of '{policy.for_each.key}'"]
        words += ["fails if it has none"] if policy.for_each.empty == "fail" else []
    if policy.max_parallel < count or policy.for_each is not None:
        words.append(f"at most {policy.max_parallel} at a time")
    if policy.branch_timeout_ms is not None:
        words.append(f"each at most {duration_text(policy.branch_timeout_ms)}")
    if policy.join_timeout_ms is not None:
        words.append(f"together at most {duration_text(policy.join_timeout_ms)}")
    if policy.workspace != "shared":
        what = "git worktree" if policy.workspace == "worktree" else "copy of the files"
        words.append(f"a {what} for each")
    return ", ".join(words)


def winner_words(region: Region) -> str:
    """The keys that are compared, in turn."""
    return winner_text(region.winner)


def merge_words(merge: Merge) -> str:
    """The rules, where the values come from, and what happens at a conflict."""
    if not merge.rules:
        return "every branch's writes stay its own"
    words = ["; ".join(map(rule_text, merge.rules))]
    if merge.source != "candidates":
        words.append(f"from {'the winner' if merge.source == 'winner' else 'all that ended'}")
    words.append(f"a conflict {'fails' if merge.on_conflict == 'fail' else _settled(merge)}")
    return ", ".join(words)


def files_words(region: Region) -> str:
    """Whose files are brought back; '' where the branches share theirs."""
    if region.policy.workspace == "shared":
        return ""
    match region.merge.files:
        case "winner":
            return "the winner's changes are brought back"
        case "all":
            return "all branches' changes are merged"
        case "none":
            return "every branch's changes stay its own"
        case _ as never:
            assert_never(never)


def _settled(merge: Merge) -> str:
    return "collects all" if merge.on_conflict == "collect" else f"takes the {merge.on_conflict}"


def kind_words(step: Step) -> str:
    """What a step is, in a word or two."""
    match step.work:
        case Start():
            return "start"
        case Exit():
            return "exit"
        case Conditional():
            return "route"
        case Tool():
            return "tool"
        case Agent():
            return "agent"
        case Human():
            return "human"
        case Parallel():
            return "fan-out"
        case FanIn(None):
            return "fan-in without a fan-out"
        case FanIn(region):
            return f"fan-in of {region}"
        case Child():
            return "pipeline"
        case Manager():
            return "supervisor"
        case Custom(type):
            return type
        case _ as never:
            assert_never(never)


def work_words(step: Step) -> str:
    """What a step runs or asks; '' where its kind says it all."""
    match step.work:
        case Tool(command):
            return f"$ {command}"
        case Agent():
            return template_text(step.work.prompt)
        case Human():
            return template_text(step.work.question)
        case Manager(steer=Agent() as agent):
            return template_text(agent.prompt)
        case Manager(steer=Tool(command)):
            return f"$ {command}"
        case Parallel(Judge() as judge) | FanIn(_, Judge() as judge):
            return template_text(judge.question if judge.prompt is None else judge.prompt)
        case _:
            return ""


def template_text(template: Template) -> str:
    """A prompt as it was written, but for what is known already."""
    return "".join(map(_part_text, template))


def _part_text(part: str | ContextRef | InputRef) -> str:
    match part:
        case str():
            return part
        case ContextRef(key):
            return f"${{{key}}}"
        case InputRef(name):
            return f"${name}"
        case _ as never:
            assert_never(never)


def stage_words(step: Step) -> Iterator[str]:
    """What else decides how a stage goes: one clause each, none for what is default."""
    yield from _handler_words(step)
    if step.retry.max_attempts > 1:
        yield retry_words(step.retry)
    if step.timeout_ms is not None:
        yield f"at most {duration_text(step.timeout_ms)}"
    if step.goal_gate:
        yield "goal gate"
    targets = [name for name in (step.retry_target, step.fallback_retry_target) if name]
    if targets:
        yield f"on failure to {', else '.join(targets)}"
    if step.allow_partial:
        yield "partial success is enough"
    if step.auto_status:
        yield "success without a status"
    if step.max_visits is not None:
        yield f"at most {step.max_visits} visits"
    if step.on_interrupted != "rerun":
        yield f"if interrupted: {step.on_interrupted}"
    if step.pre_hook is not None:
        yield f"before each call $ {step.pre_hook}"
    if step.post_hook is not None:
        yield f"after each call $ {step.post_hook}"
    if step.reads is not None:
        yield f"reads {', '.join(step.reads) or 'nothing'}"
    if step.writes is not None:
        yield f"writes {', '.join(step.writes) or 'nothing'}"


def _handler_words(step: Step) -> Iterator[str]:
    match step.work:
        case Tool(_, output) if output != "text":
            yield f"output {output}"
        case Agent() as agent:
            yield from _agent_words(agent)
        case Child() as child:
            yield from _child_words(child)
        case Manager() as manager:
            yield from _child_words(manager.child)
            every = duration_text(manager.poll_interval_ms)
            yield f"looks at it every {every}, at most {manager.max_cycles} times"
            yield f"actions {', '.join(manager.actions)}"
            if manager.stop is not None:
                yield f"stops it when {condition_text(manager.stop)}"
            if manager.workdir:
                yield f"in the folder {manager.workdir}"
        case Human(_, str(choice)):
            yield f"without an answer to {choice}"
        case Parallel(Judge() as judge) | FanIn(_, Judge() as judge):
            yield from _agent_words(judge.agent or Agent(()))
            if judge.default_choice is not None:
                yield f"without an answer {judge.default_choice} wins"
        case _:
            pass


def _child_words(child: Child) -> Iterator[str]:
    yield f"runs {child.plan[:19] or 'this pipeline itself'}"
    if child.given:
        yield f"with {', '.join(map(_given_words, child.given))}"


def _given_words(given: Given) -> str:
    value = template_text(given.template) if given.template else canonical(given.value)
    return f"{given.name}={value}"


def _agent_words(agent: Agent) -> Iterator[str]:
    named = {
        "model": agent.model,
        "provider": agent.provider,
        "effort": agent.effort,
        "backend": agent.backend,
        "fidelity": agent.fidelity,
        "thread": agent.thread_id,
    }
    return (f"{name} {value}" for name, value in named.items() if value)


def retry_words(retry: Retry) -> str:
    """`up to 3 attempts, also after a failure`"""
    also = " (also after a failure)" if retry.covers_fail else ""
    return f"up to {retry.max_attempts} attempts{also}"
