"""Decisions in words: lines for people, indented by two blanks a level, nothing coloured.

Apart from the finding of facts, so that the sentences can be read in one place. It must
not read a store.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, assert_never, cast

from attractorc.compiler.value import Json, canonical

from ..records import FanInDecision
from ..records.glance import total
from .joining import JoinEntry
from .ledger import Origin

SHOWN_CHARS = 72
ASKED_CHARS = 4_000
NAMES_SHOWN = 20
KEYS_SHOWN = 100
RANKS_SHOWN = 100
FILES_SHOWN = 50
_DIGEST_CHARS = 19
_ORDERS = {
    "declared": "in declared order",
    "arrival": "in the order in which they arrived",
}
UNDECIDED = {
    "undecided": "not decided yet",
    "abandoned": "never decided: the branch that it was in, or the run, ended before",
}
_STATES = {
    "merged": "merged",
    "not_chosen": "not chosen",
    "isolated": "kept apart",
    "dropped": "dropped on purpose",
    "excluded": "excluded",
    "conflict": "in conflict",
}


def join_lines(join: JoinEntry, decision: FanInDecision | None = None) -> Iterator[str]:
    """How a join was decided; the decision on the merge knows why branches did not succeed."""
    branches = () if decision is None else _sequence(decision.branches)
    reasons = {one["id"]: one["reason"] for one in branches if one.get("reason")}
    again = f", visit {join.visit}" if join.visit > 1 else ""
    within = f", in {join.path}" if join.path else ""
    yield f"fan-out '{join.node_id}'{again}{within}: {_count(join.branch_count, 'branch')}"
    if join.state in UNDECIDED:
        yield f"  join: {UNDECIDED[join.state]}"
        return
    verdict = "satisfied" if join.satisfied else "not satisfied"
    yield f"  join: {join.policy}, {verdict}" + (f": {join.reason}" if join.reason else "")
    order = _ORDERS.get(join.decide, join.decide)
    yield f"  ends counted {order}; error_policy {join.error_policy}"
    for number, one in enumerate(join.taken, 1):
        why = f": {reasons[one.branch]}" if one.branch in reasons else ""
        yield f"    {number}. {one.branch}: {one.end}{why}"
    yield from _more(join.taken_count - len(join.taken), "end", 2)
    if not join.taken:
        yield "    none"
    skipped = join.counts.get("skipped")
    if skipped:
        yield f"  {_count(cast('int', skipped), 'branch')} skipped: the condition was false"
    if join.losers:
        fate = "ran to their end, not counted" if join.losers_policy == "drain" else "cancelled"
        yield f"  decided without {_listed(join.losers, join.loser_count)}: {fate}"


def merge_lines(decision: FanInDecision | None) -> Iterator[str]:
    """What a fan-in made of the branches."""
    if decision is None:
        return
    failed = decision.status == "fail" and decision.reason
    told = f": {decision.reason}" if failed else ""
    yield f"  merge at '{decision.node_id}': {decision.status}{told}"
    yield from _winner_lines(decision.winner)
    kept = [entry for entry in entries(decision) if not entry.get("reserved")]
    for entry in kept[:KEYS_SHOWN]:
        yield f"    {_key_line(entry)}"
    yield from _more(len(kept) - KEYS_SHOWN, "key", 2)
    own = len(decision.keys) - len(kept)
    if own:
        yield f"    and {_count(own, 'key')} of the run itself, kept apart"
    if decision.file_merge:
        yield from _files_lines(decision)


def file_lines(decision: FanInDecision, entry: Mapping[str, Any]) -> Iterator[str]:
    """What one merge decision did with a file."""
    place = f"at fan-in '{decision.node_id}' (fan-out '{decision.fan_out}')"
    yield f"{place}: {_file_line(entry)}"
    conflict = entry.get("conflict")
    if conflict:
        yield f"  conflict: {conflict['reason']}"


def file_entries(decision: FanInDecision) -> Sequence[Mapping[str, Any]]:
    """What a merge decision says about each file that a branch changed."""
    return _sequence(decision.files)


def mention_lines(decision: FanInDecision, entry: Mapping[str, Any]) -> Iterator[str]:
    """What one merge decision did with a key."""
    yield f"at fan-in '{decision.node_id}' (fan-out '{decision.fan_out}'): {_key_line(entry)}"
    for write in _sequence(entry["writes"]):
        state = _STATES.get(str(write["state"]), str(write["state"]))
        yield f"  {write['branch']} wrote {_value(write)} by {write['writer']}: {state}"
    yield from _more(total(entry["writes"]) - len(entry["writes"]), "branch", 1)
    if entry.get("conflict"):
        yield f"  {entry['conflict']['reason']}"


def origin_lines(origin: Origin) -> Iterator[str]:
    """A value, and where it came from, down to the stage attempts."""
    yield f"{origin.key} = {shown(origin.value, ASKED_CHARS)}"
    yield from _origin(origin, 1)


def entries(decision: FanInDecision) -> Sequence[Mapping[str, Any]]:
    """What a merge decision says about each key."""
    return _sequence(decision.keys)


def plain(value: Any) -> Json:
    """A dataclass of this room as JSON."""
    return cast("Json", dataclasses.asdict(value))


def shown(value: Json, limit: int = SHOWN_CHARS) -> str:
    """A value as one line, cut to `limit` characters."""
    text = canonical(value)
    return text if len(text) <= limit else f"{text[: limit - 3]}..."


def _origin(origin: Origin, level: int) -> Iterator[str]:
    indent, inner = "  " * level, "  " * (level + 1)
    match origin.how:
        case "input":
            whose = f"the pipeline of {origin.writer}" if origin.writer else "the run"
            yield f"{indent}given as an input of {whose}"
        case "pipeline":
            yield f"{indent}came out of the pipeline of {origin.writer}"
        case "stage":
            yield f"{indent}written by {origin.writer}"
        case "isolated":
            yield f"{indent}kept apart by {origin.writer}, not merged"
        case "merge":
            rule = f" (rule '{origin.pattern}')" if origin.pattern else ""
            yield f"{indent}merged by {origin.writer}: {origin.strategy}{rule}"
        case _ as never:
            assert_never(never)
    if origin.conflict:
        resolved = f", resolved by {origin.resolved_by}" if origin.resolved_by else ""
        yield f"{inner}conflict: {origin.conflict}{resolved}"
    if origin.inner is not None:
        yield from _origin(origin.inner, level + 1)
    if origin.base is not None:
        yield f"{inner}before the fork: {shown(origin.base.value)}"
        yield from _origin(origin.base, level + 2)
    for one in origin.contributions:
        state = _STATES.get(one.state, one.state)
        value = one.digest[:_DIGEST_CHARS] if one.digest else shown(one.value)
        yield f"{inner}{one.branch}: {value}, by {one.writer} ({state})"
        if one.origin is not None:
            yield from _origin(one.origin, level + 2)
    yield from _more(origin.contribution_count - len(origin.contributions), "branch", level + 1)


def _files_lines(decision: FanInDecision) -> Iterator[str]:
    told = cast("Mapping[str, Any]", decision.file_merge)
    changed = int(told.get("changed", 0))
    fault = f"; {told['fault']}" if told.get("fault") and decision.status != "fail" else ""
    brought = f"{_count(changed, 'file')} of the workspace changed"
    yield f"  merge_files={told.get('rule')}, workspace={told.get('kind')}: {brought}{fault}"
    shown_files = decision.files[:FILES_SHOWN]
    for entry in _sequence(shown_files):
        yield f"    {_file_line(entry)}"
    more = len(decision.files) - len(shown_files)
    if more:
        yield f"    and {_count(more, 'file')} more"


def _file_line(entry: Mapping[str, Any]) -> str:
    by_state: dict[str, list[str]] = {}
    for write in _sequence(entry["writes"]):
        by_state.setdefault(str(write["state"]), []).append(str(write["branch"]))
    told = _by_state(by_state, total(entry["writes"]))
    resolved = (entry.get("conflict") or {}).get("resolved_by")
    after = f"; conflict resolved by {resolved}" if resolved else ""
    change = "" if entry["change"] == "none" else f" {entry['change']}"
    return f"{entry['path']}{change}  [{told}{after}]"


def _winner_lines(winner: Mapping[str, Any]) -> Iterator[str]:
    if winner.get("id") is None:
        yield "  winner: none"
    else:
        method = str(winner.get("method", ""))
        by = "the only candidate" if method == "only_candidate" else f"by {method}"
        yield f"  winner: {winner['id']}, {by}"
    asked = winner.get("asked")
    if asked:
        who = "an agent" if asked["key"] == "prompt" else "a person"
        said = "there was no answer" if asked["answer"] is None else f"chose {asked['answer']}"
        yield f"    {who} was asked to choose among {_listed(asked['candidates'])}: {said}"
    ranking = _sequence(winner.get("ranking", ()))
    if len(ranking) > 1:
        for number, place in enumerate(ranking[:RANKS_SHOWN], 1):
            seen = place["values"]
            values = ", ".join(f"{name} = {_brief(seen.get(name))}" for name in winner["keys"])
            yield f"    {number}. {place['branch']}: {values}"
        yield from _more(total(ranking) - RANKS_SHOWN, "candidate", 2)
    for note in winner.get("notes", ()):
        yield f"    note: {note}"


def _key_line(entry: Mapping[str, Any]) -> str:
    writes = _sequence(entry["writes"])
    by_state: dict[str, list[str]] = {}
    for write in writes:
        by_state.setdefault(str(write["state"]), []).append(str(write["branch"]))
    told = _by_state(by_state, total(writes))
    result = entry.get("result")
    value = f" = {_value(result)}" if result is not None else ""
    conflict = entry.get("conflict") or {}
    resolved = conflict.get("resolved_by")
    after = f"; conflict resolved by {resolved}" if resolved else ""
    return f"{entry['key']}{value}  [{entry['strategy']}; {told}{after}]"


def _value(entry: Mapping[str, Any]) -> str:
    if "value" in entry:
        return shown(entry["value"])
    return f"{entry.get('size_bytes', '?')} bytes, {str(entry.get('digest', ''))[:_DIGEST_CHARS]}"


def _brief(value: Json) -> str:
    return value if isinstance(value, str) else "absent" if value is None else shown(value)


def _sequence(value: Any) -> Sequence[Mapping[str, Any]]:
    return cast("Sequence[Mapping[str, Any]]", value)


def _by_state(by_state: Mapping[str, Sequence[str]], count: int) -> str:
    """Branches by what became of what they wrote."""
    told = [f"{_STATES.get(state, state)}: {_listed(names)}" for state, names in by_state.items()]
    unread = count - sum(map(len, by_state.values()))
    return "; ".join([*told, *[f"and {_count(unread, 'branch')} more"] * (unread > 0)])


def _more(count: int, noun: str, level: int) -> Iterator[str]:
    if count > 0:
        yield f"{'  ' * level}and {_count(count, noun)} more"


def _listed(names: Sequence[str], count: int = 0) -> str:
    """Names in a line, and how many more there are of them."""
    shown_names = names[:NAMES_SHOWN]
    more = max(count, len(names)) - len(shown_names)
    return ", ".join(shown_names) + (f" and {more} more" if more else "")


def _count(number: int, noun: str) -> str:
    plural = f"{noun}es" if noun.endswith("ch") else f"{noun}s"
    return f"{number} {noun if number == 1 else plural}"
