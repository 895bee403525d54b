"""The format of scripts and of files of cases, whole, as forms.

docs/testing.md says the same in prose. It must not know how it is read, or what is done with
what was read.
"""

from __future__ import annotations

from attractorc.interpreter.outcome import End, Status

from .forms import (
    Anything,
    Choice,
    Duration,
    Either,
    Field,
    Fields,
    Flag,
    ListOf,
    MapOf,
    Nothing,
    Text,
    Whole,
)

STATUSES = Choice(tuple(status.value for status in Status))
REPLIES = ("timeout", "skip", "park")

PLAY = Fields(
    "an attempt",
    {
        "status": Field(STATUSES, "How the attempt ends; `success` if it is left out."),
        "after": Field(Duration(), "How long it takes, in virtual time; `0s` if left out."),
        "hang": Field(Flag(), "It never ends by itself: only a timeout or a cancel ends it."),
        "writes": Field(MapOf(Anything(), "context key"), "Context values that it writes."),
        "response": Field(Text(), "What an agent says, as a real one would."),
        "output": Field(Text(), "What a tool's command prints, as a real one would."),
        "label": Field(Text(), "The preferred label, for routing."),
        "next": Field(ListOf(Text()), "Suggested next node ids, for routing."),
        "reason": Field(Text(), "Why it failed, or asks for another try."),
        "permanent": Field(Flag(), "A failure that is never retried."),
        "notes": Field(Text(), "A remark that is kept with the attempt."),
    },
    "{status: fail, after: 2s, reason: no disk}",
)
A_PLAY = Either((STATUSES, PLAY))
PLAYS = Either((STATUSES, PLAY, ListOf(A_PLAY, least=1)))

REPLY = Fields(
    "a reply",
    {
        "answer": Field(Text(), "The choice: a key, a label, a target or a number."),
        "reply": Field(
            Choice(REPLIES),
            "Instead of an answer: nobody answers in time, it is skipped, or nobody is there.",
        ),
        "after": Field(Duration(), "How long the person takes, in virtual time."),
    },
    "{answer: Y, after: 5m}",
)
A_REPLY = Either((Text(), REPLY))
REPLIES_IN_TURN = Either((Text(), REPLY, ListOf(A_REPLY, least=1)))

_SCRIPT_KEYS = {
    "stages": Field(
        MapOf(PLAYS, "node or stage id"),
        "What stages come to: one attempt for all, or a list of them in turn, the last for ever.",
    ),
    "answers": Field(
        MapOf(REPLIES_IN_TURN, "node or stage id"),
        "What people answer: a choice, or `timeout`, `skip` or `park`; a question without one "
        "parks.",
    ),
    "default": Field(A_PLAY, "What every other stage comes to; success at once if left out."),
}
SCRIPT = Fields("a script", _SCRIPT_KEYS, "{stages: {build: {status: fail}}}")

STATUS_OF_A_RUN = Choice(("success", "partial_success", "fail", "cancelled", "parked"))
_ENDS = Choice(tuple(end.value for end in End))
_FAN_OUT = "fan-out, or its stage id (/checks.2)"
_JOIN = Fields(
    "a join",
    {
        "satisfied": Field(Flag(), "Whether it was satisfied."),
        "reason": Field(Text(), "A part of how it says that it was decided."),
        "taken": Field(ListOf(Text()), "The branches whose ends counted, in that order."),
    },
    "{satisfied: true, taken: [unit, lint]}",
)
WRITE_STATES = Choice(
    ("merged", "not_chosen", "isolated", "dropped", "excluded", "conflict"),
)

EXPECT = Fields(
    "an expectation",
    {
        "outcome": Field(STATUS_OF_A_RUN, "How the run ends."),
        "reason": Field(Text(), "A part of the reason that the run gives for its end."),
        "path": Field(
            ListOf(Text()),
            "The nodes that the trunk goes through after the start, the exit included.",
        ),
        "branches": Field(
            MapOf(MapOf(ListOf(Text()), "branch"), _FAN_OUT),
            "The nodes that branches go through, by fan-out and branch.",
        ),
        "ends": Field(
            MapOf(MapOf(_ENDS, "branch"), _FAN_OUT), "How branches end, by fan-out and branch."
        ),
        "join": Field(MapOf(_JOIN, _FAN_OUT), "How joins are decided, by fan-out."),
        "winner": Field(
            MapOf(Either((Nothing(), Text())), _FAN_OUT), "Which branch wins; null: none."
        ),
        "writes": Field(
            MapOf(MapOf(MapOf(WRITE_STATES, "branch"), "context key"), _FAN_OUT),
            "What becomes of what branches wrote, by fan-out, key and branch.",
        ),
        "conflicts": Field(
            MapOf(ListOf(Text()), _FAN_OUT), "The keys of a merge that are in conflict."
        ),
        "context": Field(
            MapOf(Anything(), "context key"),
            "Values of the final context; other keys may be there, too.",
        ),
        "absent": Field(ListOf(Text()), "Keys that the final context does not have."),
        "ran": Field(
            MapOf(Whole(), "node"), "How many attempts nodes make, on all paths together."
        ),
        "never_ran": Field(ListOf(Text()), "Nodes that are never entered."),
        "questions": Field(
            ListOf(Text()), "The nodes or stage ids whose questions are open at the end."
        ),
        "took": Field(Duration(), "How long the run takes, in virtual time."),
    },
    "{outcome: success, path: [build, exit]}",
)

CASE = Fields(
    "a case",
    {
        "name": Field(Text(), "What the case shows, as a sentence.", required=True),
        "inputs": Field(MapOf(Anything(), "input"), "Values of inputs."),
        "jobs": Field(Whole(1), "Attempts at once in the whole run."),
        "script": Field(SCRIPT, "What stages come to and people answer, in this case."),
        "expect": Field(EXPECT, "What the run must come to.", required=True),
    },
    "{name: ..., script: {...}, expect: {outcome: success}}",
)

CASES = Fields(
    "a file of cases",
    {
        "script": Field(SCRIPT, "What holds for every case that does not say otherwise."),
        "cases": Field(ListOf(CASE, least=1), "The cases.", required=True),
    },
    "cases: [{name: ..., expect: {outcome: success}}]",
)
