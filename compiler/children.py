"""The pipelines that stages of a pipeline name: each file read and compiled once.

A path starts at the folder of the file that names it and never leaves the folder of the first
one. A pipeline may name itself; a longer circle is refused. Pure: the files come from the
caller's reader. It must not know how a pipeline is compiled, which it is told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from posixpath import dirname, join
from typing import TYPE_CHECKING, Protocol

from .diagnostic import Diagnostic, Severity, has_errors
from .frontend import decode
from .graph.elements import Attr, Node
from .graph.model import Graph
from .plan.child import MAX_NESTED
from .source import FILE_LIMIT, Files, Source, Unreadable, placed

if TYPE_CHECKING:  # a check of a file without children makes no plan
    from .plan.model import Plan

MAX_FILES = 100
RULE = "missing_pipeline"
_NAMING: Mapping[str, str] = {"pipeline": "pipeline", "stack.manager_loop": "stack.child_dotfile"}


class Made(Protocol):
    """What became of a file that was compiled."""

    @property
    def source(self) -> Source: ...
    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]: ...
    @property
    def graph(self) -> Graph | None: ...
    @property
    def plan(self) -> Plan | None: ...


def naming(graph: Graph, node: Node) -> Attr | None:
    """The attribute that names the pipeline of a stage; a supervisor's may be the graph's."""
    name = _NAMING[node.kind]
    return node.attrs.get(name) or graph.attrs.get(name)


@dataclass(frozen=True, slots=True)
class Below:
    """The graph with its children, their plans by node, and what was found in their files."""

    graph: Graph
    plans: Mapping[str, Plan]
    faults: tuple[Diagnostic, ...] = ()
    found: tuple[Diagnostic, ...] = ()


@dataclass(slots=True)
class Family:
    """All files of one compilation by their paths from the root folder.

    `make` compiles a file that is named by the last of a chain of paths, the first of which
    is the file that the caller named.
    """

    root: str
    files: Files
    make: Callable[[Source, tuple[Diagnostic, ...], tuple[str, ...]], Made]
    known: dict[str, Made] = field(default_factory=dict)

    def adopt(self, graph: Graph, chain: tuple[str, ...]) -> Below:
        """Find the children of a graph; the last path of the chain is its own."""
        children: dict[str, Graph] = {}
        plans: dict[str, Plan] = {}
        own: list[str] = []
        faults: list[Diagnostic] = []
        found: dict[Diagnostic, None] = {}
        for node in graph.nodes.values():
            if node.kind not in _NAMING or _NAMING[node.kind] in node.broken:
                continue
            attr = naming(graph, node)
            try:
                if not node.value("stack.child_autostart", True):
                    raise _Wrong(*_NOT_STARTED)
                made = self._named(graph, attr, chain)
            except _Wrong as wrong:
                faults.append(_fault(node, attr, wrong))
                continue
            if made is None:
                own.append(node.id)
                continue
            found.update(dict.fromkeys(made.diagnostics))
            if made.graph is not None and not has_errors(made.diagnostics):
                children[node.id] = made.graph
            if made.plan is not None:
                plans[node.id] = made.plan
        if children or own:
            graph = replace(graph, children=children, own=frozenset(own))
        return Below(graph, plans, tuple(faults), tuple(found))

    def _named(self, graph: Graph, attr: Attr | None, chain: tuple[str, ...]) -> Made | None:
        """The pipeline that an attribute names, None for the graph's own."""
        if attr is None or not str(attr.value).strip():
            raise _Wrong("names no pipeline file")
        path = str(attr.value).strip()
        try:
            at = placed(graph.source.folder, path)
            if at == chain[-1]:
                return None
            if at in self.known and at not in chain:
                return self.known[at]
            return self._made(path, at, chain)
        except Unreadable as refused:
            raise _Wrong(f"names the pipeline file '{path}', which {refused}") from refused

    def _made(self, path: str, at: str, chain: tuple[str, ...]) -> Made:
        if at in chain:
            way = " -> ".join((*chain[chain.index(at) :], at))
            raise _Wrong(
                f"runs a pipeline that this one already runs in: {way}",
                "only a pipeline that names itself may run inside itself",
            )
        if len(chain) >= MAX_NESTED:
            raise _Wrong(f"is nested too deep: at most {MAX_NESTED} pipelines lie in one another")
        if len(self.known) >= MAX_FILES:
            raise _Wrong(f"names one file too many: a pipeline has at most {MAX_FILES} below it")
        data = self.files(at)
        if len(data) > FILE_LIMIT:
            raise Unreadable(f"is larger than {FILE_LIMIT // 1024} KiB")
        source, found = decode(data, join(dirname(self.root), at))
        source = replace(source, folder=dirname(at))
        made = self.known[at] = self.make(source, found, (*chain, at))
        return made


_NOT_STARTED = (
    "starts no pipeline (stack.child_autostart=false), and there is no other to watch",
    "leave stack.child_autostart out",
)


class _Wrong(Exception):
    """Why a node's pipeline cannot be had; a clause, and the mend."""

    def __init__(self, clause: str, mend: str | None = None) -> None:
        super().__init__(clause)
        self.mend = mend or "paths start at the folder of this file, with forward slashes"


def _fault(node: Node, attr: Attr | None, wrong: _Wrong) -> Diagnostic:
    return Diagnostic(
        RULE,
        Severity.ERROR,
        node.span if attr is None else attr.value_span,
        f"'{node.id}' {wrong}",
        help=f'write {_NAMING[node.kind]}="child.dot"' if attr is None else wrong.mend,
        node=node.id,
    )
