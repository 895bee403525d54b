"""The reference page: the attribute table as tables for people, one for each place.

`make reference` writes it to `docs/reference.md`, and a test fails when the page there is
stale, so what it says is what the compiler accepts. It must not know any attribute; what is
not implemented is told to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ..attributes import TABLE, Row, ValueType, Where
from ..frontend.joins import POLICIES
from ..frontend.merges import STRATEGIES
from ..frontend.winners import KINDS as WINNERS
from ..frontend.yaml_kinds import KINDS as KIND_KEYS
from ..frontend.yaml_shapes import EDGE_NAMES, GRAPH_NAMES, NODE_NAMES
from ..policy import FIDELITIES, RETRY_PRESETS
from ..value import duration_text

_OPENING = """\
# Reference: every attribute

Made from the attribute table of the compiler by `make reference`; do not edit it by hand.

One table for each place in which attributes stand. *In YAML* is the key there, where it is
another one. *Also* are further spellings: a name in parentheses is another implementation's,
accepted with a note; in every name with a dot an underscore may stand for it. *Since* is the
version of attractorc; **S** marks what the Attractor specification has. The types are
[explained below](#types). Graphviz's own drawing attributes are known and mean nothing;
any other name is a warning.
"""

_HEAD = "| attribute | in YAML | type | default | meaning | also | since |\n" + "|---" * 7 + "|\n"


@dataclass(frozen=True, slots=True)
class _Kind:
    """How a kind of node is called and written."""

    title: str
    dot: str
    yaml: str


KINDS: Mapping[str, _Kind] = {
    "codergen": _Kind("Agent stages", "`shape=box` (the default) or `shape=tab`", "`prompt`"),
    "tool": _Kind("Tool stages", "`shape=parallelogram`", "`run`"),
    "wait.human": _Kind("Human gates", "`shape=hexagon`", "`ask`"),
    "conditional": _Kind("Conditional nodes", "`shape=diamond`", "`route: true`"),
    "parallel": _Kind("Fan-outs", "`shape=component`", "`parallel`"),
    "parallel.fan_in": _Kind("Fan-ins", "`shape=tripleoctagon`", "`fan_in`"),
    "pipeline": _Kind("Pipelines as stages", "`pipeline` with a file's name", "`pipeline`"),
    "stack.manager_loop": _Kind("Supervisors", "`shape=house`", "`supervise`"),
    "custom": _Kind("Handlers of your own", "`type` with the handler's name", "`uses`"),
}
"""The kinds that have attributes of their own, in the order of the page."""

_YAML: Mapping[Where, Mapping[str, str]] = {
    "graph": {dot: yaml for yaml, dot in GRAPH_NAMES.items()},
    "node": {dot: yaml for yaml, dot in NODE_NAMES.items()},
    "edge": {dot: yaml for yaml, dot in EDGE_NAMES.items()},
    "subgraph": {},
}


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


TYPES: Mapping[ValueType, str] = {
    "string": "Any text.",
    "int": "A whole number.",
    "float": "A number.",
    "bool": "`true` or `false`.",
    "duration": "A whole number and a unit: `250ms`, `900s`, `15m`, `2h`, `1d`; without a unit, "
    "seconds.",
    "enum": "One of the words that the table lists.",
    "fidelity": f"One of {_listed(FIDELITIES)}.",
    "condition": "Comparisons of context keys, `outcome` and `preferred_label` by `=`, `!=`, `<`, "
    "`<=`, `>`, `>=` and `contains`; a key alone asks whether it is true; joined by `&&`, `||`, "
    "`!` and parentheses. Values with spaces stand in quotes.",
    "join": f"One of {_listed(POLICIES)}, or a formula over branch ids such as "
    "`unit && 1 of (lint, types)`; see [joins and merges](joins-and-merges.md).",
    "ratio": "A share above 0 and at most 1, such as `2/3` or `0.5`.",
    "winner": f"Keys that are compared in turn, separated by commas: {_listed(WINNERS)}; see "
    "[joins and merges](joins-and-merges.md#who-wins).",
    "merge": "Rules `key: strategy`, separated by `;`, with `*` in keys. Strategies: "
    f"{_listed(STRATEGIES)}; see [joins and merges](joins-and-merges.md#what-becomes-of-a-key).",
    "retry": f"One of {_listed(RETRY_PRESETS)}; in YAML also `{{max: 2, backoff: patient}}`.",
    "keys": "Context keys, separated by commas; in YAML a list.",
    "classes": "Names, separated by commas or spaces; in YAML a list.",
    "node_ref": "The id of a node.",
    "stylesheet": "Rules such as `* { llm_model: small } .review { llm_model: large }`: selectors "
    "`*`, a shape, `.class`, `#id`; properties `llm_model`, `llm_provider`, `reasoning_effort`, "
    "`backend`. "
    "The more specific rule wins, and what a node says itself stands above all.",
    "inputs": "Declarations `name: type = default`, separated by `;`. Types are `string`, `int`, "
    "`float`, `bool`, `json`; without a default the input is required. In YAML also a mapping "
    "`name: {type, default, description, enum}`.",
    "arguments": "Values for the inputs of another pipeline, `name=value`, separated by `;`; in "
    "YAML a mapping. `${context.key}`, `$name` of an input and `$goal` are put in when the stage "
    "is entered; one such reference alone gives the value as it is.",
}


def reference() -> str:
    """The whole page."""
    parts = [_OPENING, _section("The graph", "graph", _rows("graph"))]
    parts.append(_section("Every node", "node", _rows("node", ())))
    for kind, words in KINDS.items():
        written = f"In DOT {words.dot} or `type={kind}`; in YAML {words.yaml}."
        if kind == "custom":
            written = f"In DOT {words.dot}; in YAML {words.yaml}."
        rows = _rows("node", kind)
        parts.append(_section(words.title, "node", rows, written))
    parts.append(_section("Edges", "edge", _rows("edge")))
    parts.append(_section("Subgraphs", "subgraph", _rows("subgraph")))
    types = "".join(f"| {name} | {_cell(text)} |\n" for name, text in TYPES.items())
    parts.append(f"## Types\n\n| type | how it is written |\n|---|---|\n{types}")
    return "\n".join(parts)


def _rows(where: Where, kind: str | tuple[()] | None = None) -> tuple[Row, ...]:
    """The rows of a place: all of them, those of every kind of node (`()`), or those of one."""
    rows = (row for row in TABLE if where in row.where)
    if kind is None:
        return tuple(rows)
    return tuple(row for row in rows if (kind in row.kinds if kind else not row.kinds))


def _section(title: str, where: Where, rows: tuple[Row, ...], text: str = "") -> str:
    lines = "".join(
        f"| {' | '.join(_cell(cell) for cell in _cells(row, where))} |\n" for row in rows
    )
    opening = f"## {title}\n\n" + (f"{text}\n\n" if text else "")
    return opening + (_HEAD + lines if rows else "They have no attributes of their own.\n")


def _cells(row: Row, where: Where) -> Iterator[str]:
    yaml = _YAML[where].get(row.name)
    if yaml in KIND_KEYS and not row.kinds:
        yaml = None  # it says a kind, and is no key of every node
    meaning = row.summary.replace("*", "\\*")
    also = [f"`{name}`" for name in row.synonyms] + [f"(`{name}`)" for name in row.aliases]
    yield f"`{row.name}`"
    yield f"`{yaml}`" if yaml else ""
    yield _type(row)
    yield row.default.replace("*", "\\*")
    yield meaning
    yield ", ".join(also)
    yield f"{row.since} **S**" if row.spec else row.since


def _type(row: Row) -> str:
    if row.values:
        others = ", or another word" if row.open_set else ""
        return _listed(row.values) + others
    if row.minimum is None or (row.type == "duration" and row.minimum <= 1):
        return row.type
    shown = duration_text(row.minimum) if row.type == "duration" else str(row.minimum)
    return f"{row.type}, at least {shown}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
