"""Where a stage reads a context key: declared, in a condition, in a prompt, by `for_each`.

Apart from the data flow, because a read is what the text of one node or edge says. It must
not know who writes a key.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ..expr import Expr, keys
from ..source import Span
from .asking import asking_text
from .elements import Attr, Edge, Node
from .model import Graph
from .patterns import bare
from .places import word_in

By: TypeAlias = Literal["reads", "condition", "prompt", "for_each"]

_REFERENCE = re.compile(r"\$\{([A-Za-z_][\w.-]*)\}")


@dataclass(frozen=True, slots=True)
class Read:
    """A place where the stage `node` asks for a key; `key` has no `context.` in front.

    `edge` is the edge whose condition asks, after the stage has written. Where the file has a
    slip of the key, `spelled` is what stands there.
    """

    node: str
    key: str
    span: Span
    by: By
    edge: Edge | None = None
    spelled: str | None = None


def reads_of(graph: Graph, node: Node) -> Iterator[Read]:
    declared = node.attrs.get("reads")
    if declared is not None:
        for key in declared.value:
            yield _read(graph, node, declared, key, "reads")
    collection = node.attrs.get("for_each")
    if collection is not None and node.kind == "parallel":
        yield _read(graph, node, collection, str(collection.value), "for_each")
    filled = {"goal", *(given.name for given in graph.value("inputs", ()))}
    text = _filled_in(node)
    if text is not None:
        for key in dict.fromkeys(_REFERENCE.findall(str(text.value))):
            # `${HOME}` in a prompt speaks of a shell, not of the context.
            if not key.isupper() and key not in filled:
                yield _read(graph, node, text, key, "prompt")
    for given in node.value("with", ()):
        for key in dict.fromkeys(_REFERENCE.findall(str(given.value))):
            if key not in filled:
                yield Read(node.id, bare(key), given.span, "prompt")
    for edge in graph.outgoing[node.id]:
        attr = edge.attrs.get("condition")
        if attr is not None and edge.condition is not None:
            for key in _asked(edge.condition):
                yield Read(node.id, bare(key), word_in(graph.source, attr, key), "condition", edge)


def _filled_in(node: Node) -> Attr | None:
    """The text into which a stage puts values before it asks an agent or a person."""
    match node.kind:
        case "codergen":
            return node.attrs.get("prompt")
        case "wait.human":
            return node.attrs.get("label")
        case "parallel" | "parallel.fan_in":
            return asking_text(node)
        case _:
            return None


def _read(graph: Graph, node: Node, attr: Attr, key: str, by: By) -> Read:
    return Read(node.id, bare(key), word_in(graph.source, attr, key), by)


def _asked(condition: Expr) -> tuple[str, ...]:
    known = ("outcome", "preferred_label")
    return tuple(key for key in dict.fromkeys(keys(condition)) if key not in known)
