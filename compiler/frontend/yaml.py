"""Reads YAML: text to document, the same document that DOT would give.

Reads the top level of a file, and writes its nodes and edges as statements; composing,
stages, ways on and regions are modules of their own. It must not know what any attribute
means.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..diagnostic import Diagnostic, ordered
from ..source import Source
from ..syntax import (
    Attribute,
    DefaultsStatement,
    Document,
    EdgeStatement,
    GraphStatement,
    Mapping,
    Name,
    NodeStatement,
    Statement,
    Value,
)
from .yaml_edges import Target
from .yaml_kinds import KINDS
from .yaml_regions import meetings
from .yaml_shapes import (
    EDGE_NAMES,
    GRAPH_NAMES,
    NODE_NAMES,
    Findings,
    attributes,
    is_nothing,
    shape,
    word,
)
from .yaml_stages import FLOW, Stage, StageReader
from .yaml_values import compose

_STRUCTURE = ("pipeline", "start", "nodes", "defaults", "edges")
_FORM = "'pipeline: <name>', 'start: <node>' and 'nodes: {...}'"


def read_yaml(source: Source) -> tuple[Document | None, tuple[Diagnostic, ...]]:
    """The document of a YAML file and all findings; no document only with an error.

    Never raises, whatever the text.
    """
    composed = compose(source)
    if composed.value is None and composed.findings:
        return None, ordered(composed.findings)
    findings = Findings()
    if not isinstance(composed.value, Mapping):
        span = source.span(0, 0) if composed.value is None else composed.value.span
        what = "nothing" if composed.value is None else shape(composed.value)
        message = f"a pipeline must be a mapping, not {what}"
        findings.error(span, message, mend=f"write {_FORM}")
        return None, ordered((*composed.findings, *findings.all))
    reader = _Reader(composed.value, findings)
    statements = tuple(reader.statements())
    document = Document(source, "yaml", reader.name, statements, composed.comments)
    return document, ordered((*composed.findings, *findings.all))


class _Reader:
    """Reads the top level of one file; `name` is the pipeline's name, '' if it has none."""

    def __init__(self, top: Mapping, findings: Findings) -> None:
        self._top = {key.text: (key, value) for key, value in top.entries}
        self._findings = findings
        self.name = Name("", top.entries[0][0].span if top.entries else top.span)
        if "pipeline" in self._top:
            key, value = self._top["pipeline"]
            text = findings.text(value, "'pipeline'")
            self.name = Name(text.text if text else "", value.span if text else key.span)
        else:
            findings.error(
                self.name.span,
                "the pipeline has no name",
                mend="begin the file with 'pipeline: <name>'",
            )

    def statements(self) -> Iterator[Statement]:
        """The file's statements: the graph, defaults, all nodes, and the edges of each."""
        self._no_edges()
        plain = [entry for key, entry in self._top.items() if key not in _STRUCTURE]
        for attribute in attributes(plain, GRAPH_NAMES, self._findings):
            yield GraphStatement((attribute,), attribute.key.span.through(attribute.value.span))
        yield from self._defaults()
        stages = self._stages()
        start = self._start()
        entries = [stage for stage in stages.values() if stage.is_start]
        self._check_start(start, entries, stages)
        roots = ([start.to.text] if start else []) + [stage.id.text for stage in entries]
        onward = meetings(stages, roots, self._findings)
        entry = entries[0].id if entries else None
        if start and entry is None:
            entry = Name("start", self._top["start"][0].span)
            yield _implicit(entry, "Mdiamond")
        for stage in stages.values():
            yield NodeStatement(stage.id, tuple(stage.attributes), stage.span)
        edges = tuple(_edges(stages.values(), onward))
        if start and entry and start.to.text not in (each.id.text for each in entries):
            edges = (start.edge(entry), *edges)
        if "exit" not in stages:
            yield from self._exit(stages.values(), edges)
        yield from edges

    def _no_edges(self) -> None:
        if "edges" in self._top:
            mend = "write 'next' on the node that an edge leaves"
            self._findings.error(
                self._top["edges"][0].span, "a YAML pipeline has no 'edges'", mend=mend
            )

    def _stages(self) -> dict[str, Stage]:
        if "nodes" not in self._top:
            mend = "write them under 'nodes:'"
            self._findings.error(self.name.span, "the pipeline has no nodes", mend=mend)
            return {}
        form = "{<id>: {prompt: What to do}}"
        mapping = self._findings.mapping(self._top["nodes"][1], "'nodes'", form)
        entries = mapping.entries if mapping is not None else ()
        if mapping is not None and not entries:
            self._findings.error(mapping.span, "the pipeline has no nodes")
        reader = StageReader(self._findings, frozenset(key.text for key, _ in entries))
        for key, body in entries:
            reader.read(key, body)
        reader.link_chains()
        return reader.stages

    # The start and the exit

    def _start(self) -> Target | None:
        if "start" not in self._top:
            return None
        to = self._findings.node_id(self._top["start"][1], "'start'")
        return None if to is None else Target(to, (), to.span)

    def _check_start(
        self, start: Target | None, entries: list[Stage], stages: dict[str, Stage]
    ) -> None:
        """A run begins at `start:`, or at a start node that says itself where it leads."""
        if "start" not in self._top and not entries:
            first = next(iter(stages), "<node>")
            message = "the pipeline does not say where it begins"
            self._findings.error(self.name.span, message, mend=f"write for example start: {first}")
        leading = next((stage for stage in entries if stage.targets), None)
        if start and leading and start.to.text != leading.id.text:
            message = f"the node '{leading.id.text}' says already where the pipeline begins"
            self._findings.error(start.to.span, message, mend="remove its 'next', or 'start'")

    def _exit(
        self, stages: Iterable[Stage], edges: tuple[EdgeStatement, ...]
    ) -> Iterator[Statement]:
        """The exit that exists without being written, unless another node is one."""
        ends = (edge.ends[-1] for edge in edges)
        named = next(
            (end.span for end in ends if isinstance(end, Name) and end.text == "exit"), None
        )
        if named is not None or not any(stage.is_exit for stage in stages):
            yield _implicit(Name("exit", named or self.name.span), "Msquare")

    # Defaults

    def _defaults(self) -> Iterator[Statement]:
        if "defaults" not in self._top or is_nothing(self._top["defaults"][1]):
            return
        form = "{node: {...}, edge: {...}}"
        mapping = self._findings.mapping(self._top["defaults"][1], "'defaults'", form)
        for key, value in mapping.entries if mapping is not None else ():
            if key.text in ("node", "edge"):
                yield from self._default(key, value)
            else:
                message = f"'defaults' has no '{key.text}', only 'node' and 'edge'"
                self._findings.error(key.span, message)

    def _default(self, key: Name, value: Value) -> Iterator[Statement]:
        mapping = None if is_nothing(value) else self._findings.mapping(value, f"'{key.text}'")
        if mapping is None:
            return
        entries = mapping.entries
        if key.text == "edge":
            read = attributes(entries, EDGE_NAMES, self._findings)
            yield DefaultsStatement("edge", tuple(read), key.span.through(mapping.span))
            return
        for name, _ in entries:
            if name.text in KINDS or name.text in FLOW:
                message = f"'{name.text}' cannot be a default: each node has its own"
                self._findings.error(name.span, message)
        own = [entry for entry in entries if entry[0].text not in (*KINDS, *FLOW)]
        read = attributes(own, NODE_NAMES, self._findings)
        yield DefaultsStatement("node", tuple(read), key.span.through(mapping.span))


def _implicit(name: Name, form: str) -> NodeStatement:
    shaped = Attribute(Name("shape", name.span), word(form, name.span))
    return NodeStatement(name, (shaped,), name.span, implicit=True)


def _edges(stages: Iterable[Stage], onward: dict[str, Target]) -> Iterator[EdgeStatement]:
    for stage in stages:
        for target in (*stage.branches, *stage.targets):
            yield target.edge(stage.id)
        if stage.id.text in onward:
            yield onward[stage.id.text].edge(stage.id)
