"""The format of the suite's files, as forms: cases, and the table of decisions.

Scripts and most of what is expected are those of `attractorc test`; what stands here is what
a suite needs beyond it. README.md says the same in prose. It must not know how a file is read.
"""

from __future__ import annotations

from attractorc.interpreter.outcome import Status
from attractorc.testing.format import CASE, EXPECT
from attractorc.testing.forms import Choice, Duration, Field, Fields, ListOf, MapOf, Text, Whole

FAN_OUT = "fan-out, or its stage id (/checks.2)"
COUNTS = ("branches", "activated", "succeeded", "failed", "skipped")

PIPELINE = Fields(
    "a pipeline",
    {
        "dot": Field(Text(), "The pipeline in DOT; `{{name}}` is what a case puts in its place."),
        "yaml": Field(Text(), "The same pipeline in YAML: both must come to the same."),
        "with": Field(MapOf(Text(), "place"), "What stands for `{{name}}` if a case says nothing."),
    },
    "{dot: 'digraph d { ... }'}",
)

EXPECTED = Fields(
    "an expectation",
    {
        **EXPECT.keys,
        "refused": Field(
            ListOf(Text()),
            "The pipeline is an error; the words, such as names of nodes, that are said of it.",
        ),
        "outcomes": Field(
            MapOf(Choice(tuple(status.value for status in Status)), "node or stage id"),
            "The final outcomes of stages.",
        ),
        "began": Field(
            MapOf(Duration(), "node or stage id"),
            "When stages began, in virtual time from the beginning of the run.",
        ),
        "counts": Field(
            MapOf(Fields("counts", {key: Field(Whole(), "A number.") for key in COUNTS}), FAN_OUT),
            "What was counted when the join was decided.",
        ),
        "reasons": Field(
            MapOf(MapOf(Text(), "branch"), FAN_OUT), "A part of why branches ended as they did."
        ),
        "writers": Field(
            MapOf(MapOf(MapOf(Text(), "branch"), "context key"), FAN_OUT),
            "The stage attempts that wrote what branches brought to a merge.",
        ),
        "records": Field(
            MapOf(ListOf(Text()), FAN_OUT),
            "Records of a fan-out that are there in this order; others may stand between.",
        ),
    },
    "{outcome: success, path: [build, exit]}",
)

_SHOWN = Field(Text(), "The law: a section of semantics.md, and what of it is shown.", True)
CONFORMANCE_CASE = Fields(
    "a case",
    {
        "name": CASE.keys["name"],
        "law": _SHOWN,
        "pipeline": Field(Text(), "One of the file's pipelines, by name."),
        "dot": PIPELINE.keys["dot"],
        "yaml": PIPELINE.keys["yaml"],
        "with": Field(MapOf(Text(), "place"), "What stands for each `{{name}}` in the pipeline."),
        "inputs": CASE.keys["inputs"],
        "jobs": CASE.keys["jobs"],
        "script": CASE.keys["script"],
        "expect": Field(EXPECTED, "What the run must come to.", True),
    },
    "{name: ..., law: ..., dot: ..., expect: {outcome: success}}",
)
_ROW = Fields(
    "a row of decisions",
    {
        "join": Field(Text(), "The policy as it is written."),
        "more": Field(Text(), "Further attributes of the fan-out."),
        "kind": Field(Text(), "What the row is about, for the matrix.", True),
        **{
            name: Field(Text(), f"Decisions under error_policy={name}, one for each column.", True)
            for name in ("continue", "fail_fast", "ignore")
        },
    },
    "{join: wait_all, kind: wait_all, continue: ..., fail_fast: ..., ignore: ...}",
)
TABLE = Fields(
    "a table of decisions",
    {
        "law": _SHOWN,
        "decide": Field(Choice(("declared", "arrival")), "How ends are taken.", True),
        "order": Field(ListOf(Text()), "The branches in the order in which they arrive.", True),
        "dot": Field(PIPELINE.keys["dot"].form, "The pipeline of all rows.", True),
        "columns": Field(Text(), "How a, b and c end: `s` success, `f` fail.", True),
        "rows": Field(ListOf(_ROW), "A row for each join.", True),
    },
    "{law: ..., rows: [...]}",
)
SUITE = Fields(
    "a conformance file",
    {
        "topic": Field(Text(), "What the cases of the file are about.", True),
        "pipelines": Field(MapOf(PIPELINE, "name"), "Pipelines that several cases share."),
        "cases": Field(ListOf(CONFORMANCE_CASE), "The cases."),
        "tables": Field(ListOf(TABLE), "Cases in short: one for each entry."),
    },
    "{topic: ..., cases: [...]}",
)
