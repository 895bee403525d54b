"""Puts the text of prompt files in the place of `prompt="@path"` and `prompt_file=path`.

The whole prompt comes from the file, and is cut into text and references like any other, so
the plan holds all that a run depends on. Paths that leave the pipeline's folder are refused
here by their spelling; links are for the reader, who can see them. It must not open a file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ..attributes import lookup
from ..diagnostic import Diagnostic, Edit, Fix, Related, Severity
from ..frontend.small import narrowed
from ..frontend.templates import file_named
from ..graph.elements import Attr, Node
from ..graph.model import Graph
from ..source import FILE_LIMIT, Files, Span, Unreadable, placed

MISSING_RULE = "missing_prompt_file"
_SPELLING_RULE = "deprecated_spelling"
_TWICE_RULE = "duplicate_attribute"


def read_prompts(graph: Graph, files: Files) -> tuple[Graph, tuple[Diagnostic, ...]]:
    """The graph with every prompt as text; one finding for each place that names no good file."""
    reading = _Reading(graph, files)
    nodes: dict[str, Node] = {}
    changed = False
    for node in graph.nodes.values():
        attrs = reading.resolved(node)
        changed = changed or attrs is not node.attrs
        nodes[node.id] = node if attrs is node.attrs else replace(node, attrs=attrs)
    if not changed:
        return graph, ()
    return replace(graph, nodes=nodes), tuple(reading.found.values())


class _Reading:
    """One reading of all prompt files of a graph, each of them once."""

    def __init__(self, graph: Graph, files: Files) -> None:
        self._source = graph.source
        self._language = graph.language
        self._files = files
        self._texts: dict[str, str | Unreadable] = {}
        self.found: dict[tuple[str, Span], Diagnostic] = {}

    def resolved(self, node: Node) -> Mapping[str, Attr]:
        """The node's attributes, with its prompt as text and without `prompt_file`."""
        prompt, named = node.attrs.get("prompt"), node.attrs.get("prompt_file")
        path = file_named(prompt.value) if prompt else None
        row = lookup("node", "prompt")
        if row is None or node.kind not in row.kinds or not (named or path):
            return node.attrs
        rest = {name: attr for name, attr in node.attrs.items() if name != "prompt_file"}
        if named:
            self._respell(named)
        if named and (prompt is None or self._later(prompt, named)):
            rest["prompt"] = self._read(node, replace(named, name="prompt"), named.value)
        elif prompt and path:
            rest["prompt"] = self._read(node, prompt, path)
        return rest

    def _later(self, prompt: Attr, named: Attr) -> bool:
        """Whether `prompt_file` counts: a node's own attribute, else the one that stands later."""
        if prompt.own != named.own:
            return named.own
        first, last = sorted((prompt, named), key=lambda attr: attr.key_span.start)
        self._add(
            _TWICE_RULE,
            Severity.WARNING,
            last.key_span,
            "'prompt' and 'prompt_file' say the same thing; the last one counts",
            related=(Related("the first one", first.key_span),),
        )
        return last is named

    def _respell(self, named: Attr) -> None:
        fix = None
        if file_named(f"@{named.value}") and not set(named.value) & set('"\\'):
            written = f'"@{named.value}"'
            key, value = named.key_span, named.value_span
            edits = (Edit(key.start, key.end, "prompt"), Edit(value.start, value.end, written))
            between = "=" if self._language == "dot" else ": "
            fix = Fix(f"write prompt{between}{written}", edits, safe=True)
        message = "'prompt_file' is spelled prompt=\"@...\" here"
        self._add(_SPELLING_RULE, Severity.INFO, named.key_span, message, fix=fix)

    def _read(self, node: Node, attr: Attr, path: str) -> Attr:
        """The prompt as text; a file that cannot be read is a finding and leaves its name."""
        path = path.strip()
        text = self._texts.get(path)
        if text is None:
            text = self._texts[path] = _text(self._source.folder, path, self._files)
        if isinstance(text, str):
            return replace(attr, value=text)
        start = len(attr.text) - len(attr.text.lstrip())
        self._add(
            MISSING_RULE,
            Severity.ERROR,
            narrowed(self._source, attr.value_span, attr.text, start, len(attr.text.rstrip())),
            f"the prompt file '{path}' {text}",
            help="paths start at the pipeline's folder, with forward slashes",
            node=node.id,
        )
        return replace(attr, value=f"@{path}")

    def _add(
        self,
        rule: str,
        severity: Severity,
        span: Span,
        message: str,
        *,
        related: tuple[Related, ...] = (),
        help: str | None = None,  # noqa: A002  (the finding's own field)
        fix: Fix | None = None,
        node: str | None = None,
    ) -> None:
        found = Diagnostic(rule, severity, span, message, related, help, fix, node)
        self.found.setdefault((rule, span), found)


def _text(folder: str, path: str, files: Files) -> str | Unreadable:
    try:
        data = files(placed(folder, path))
    except Unreadable as refused:
        return refused
    if len(data) > FILE_LIMIT:
        return Unreadable(f"is larger than {FILE_LIMIT // 1024} KiB")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return Unreadable(f"is not UTF-8 text: byte {error.start + 1} is wrong")
    return text if text.strip() else Unreadable("is empty")
