"""Reads YAML: text to document, the same document that DOT would give.

Composes the file, reads its top level, and writes nodes and edges as statements; the parts
are modules of their own. It must not know what any attribute means.
"""

from __future__ import annotations

from collections.abc import Iterator

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
)
from .yaml_composer import Composer
from .yaml_edges import Target, targets
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
from .yaml_stages import Stage, StageReader

_STRUCTURE = ("pipeline", "start", "nodes", "defaults")


def read_yaml(source: Source) -> tuple[Document | None, tuple[Diagnostic, ...]]:
    """The document of a YAML file and all findings; no document only with an error.

    Never raises, whatever the text.
    """
    composed = Composer(source).compose()
    if composed.findings and composed.value is None:
        return None, ordered(composed.findings)
    findings = Findings()
    if not isinstance(composed.value, Mapping):
        span = source.span(0, 0) if composed.value is None else composed.value.span
        what = "nothing" if composed.value is None else shape(composed.value)
        findings.error(span, f"a pipeline is a mapping with 'pipeline' and 'nodes', not {what}")
        return None, ordered([*composed.findings, *findings.all])
    reader = _Reader(composed.value, findings)
    statements = tuple(reader.statements())
    document = Document(source, "yaml", reader.name, statements, composed.comments)
    return document, ordered([*composed.findings, *findings.all])


class _Reader:
    """Reads the top level of one file; `name` is the pipeline's name, '' if it has none."""

    def __init__(self, top: Mapping, findings: Findings) -> None:
        self._top = top
        self._findings = findings
        self._keys = {key.text: key for key, _ in top.entries}
        at = top.entries[0][0].span if top.entries else top.span
        self.name = Name("", at)
        given = top.get("pipeline")
        if given is not None:
            self.name = findings.name(given, "'pipeline'") or self.name

    def statements(self) -> Iterator[Statement]:
        """The file's statements: the graph, its start, defaults, nodes each with its edges."""
        plain = [(key, value) for key, value in self._top.entries if key.text not in _STRUCTURE]
        for attribute in attributes(plain, GRAPH_NAMES, self._findings):
            span = attribute.key.span.through(attribute.value.span)
            yield GraphStatement((attribute,), span)
        stages = self._stages()
        starts = self._starts()
        entries = [stage for stage in stages.values() if stage.is_start]
        routes = meetings(
            stages, [*(each.to.text for each in starts), *(s.id.text for s in entries)]
        )
        if starts and not entries:
            entry = Name("start", self._keys["start"].span)
            yield _implicit(entry, "Mdiamond")
            yield from (target.edge(entry) for target in starts)
        yield from self._exit(stages, routes, starts)
        yield from self._defaults()
        for stage in stages.values():
            yield NodeStatement(stage.id, tuple(stage.attributes), stage.span)
            if entries and stage is entries[0]:
                yield from (target.edge(stage.id) for target in starts)
            yield from _edges(stage, routes)

    def _stages(self) -> dict[str, Stage]:
        nodes = self._top.get("nodes")
        if nodes is None:
            self._findings.error(
                self.name.span, "the pipeline has no nodes; write them under 'nodes:'"
            )
            return {}
        mapping = self._findings.mapping(nodes, "'nodes'", "node id: what it does")
        entries = mapping.entries if mapping is not None else ()
        reader = StageReader(self._findings, frozenset(key.text for key, _ in entries))
        for key, body in entries:
            reader.read(key, body)
        reader.link_chains()
        return reader.stages

    def _starts(self) -> tuple[Target, ...]:
        start = self._top.get("start")
        return () if start is None else targets(self._keys["start"], start, self._findings)

    def _exit(
        self, stages: dict[str, Stage], routes: dict[str, Target], starts: tuple[Target, ...]
    ) -> Iterator[Statement]:
        """The exit that exists without being written, unless another node is one."""
        if "exit" in stages:
            return
        ways = [*starts, *routes.values()]
        for stage in stages.values():
            ways.extend((*stage.targets, *stage.branches, *([stage.joins] if stage.joins else [])))
        named = next((way.to.span for way in ways if way.to.text == "exit"), None)
        if named is not None or not any(stage.is_exit for stage in stages.values()):
            yield _implicit(Name("exit", named or self.name.span), "Msquare")

    def _defaults(self) -> Iterator[Statement]:
        given = self._top.get("defaults")
        if given is None:
            return
        mapping = self._findings.mapping(given, "'defaults'")
        for key, value in mapping.entries if mapping is not None else ():
            if key.text not in ("node", "edge"):
                message = f"'{key.text}' is no key of 'defaults'; it takes 'node' and 'edge'"
                self._findings.error(key.span, message)
                continue
            if is_nothing(value):
                continue
            inner = self._findings.mapping(value, f"'{key.text}'")
            if inner is not None:
                yield self._default(key, inner)

    def _default(self, key: Name, inner: Mapping) -> Statement:
        names = NODE_NAMES if key.text == "node" else EDGE_NAMES
        read = attributes(inner.entries, names, self._findings)
        span = key.span.through(inner.span)
        return DefaultsStatement("node" if key.text == "node" else "edge", tuple(read), span)


def _implicit(name: Name, form: str) -> NodeStatement:
    shaped = Attribute(Name("shape", name.span), word(form, name.span))
    return NodeStatement(name, (shaped,), name.span, implicit=True)


def _edges(stage: Stage, routes: dict[str, Target]) -> Iterator[EdgeStatement]:
    for target in (*stage.branches, *stage.targets):
        yield target.edge(stage.id)
    if stage.id.text in routes:
        yield routes[stage.id.text].edge(stage.id)
