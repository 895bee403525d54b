"""Cuts a prompt into text and references, once, from left to right, never recursively.

`$goal`, `$name` of a declared input, `${key}` for a context key. What is not known stays
text. A prompt may also be just `@path`, the whole text of a file; reading it is a pass. It
must not know graphs, contexts, or what a value is when the pipeline runs.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from ..plan.model import ContextRef, InputRef, Template

_REFERENCE = re.compile(r"\$(?:(?P<name>[A-Za-z_]\w*)|\{(?P<key>[A-Za-z_][\w.%\[\]-]*)\})")

ReferenceKind: TypeAlias = Literal["goal", "input", "context", "unknown"]


@dataclass(frozen=True, slots=True)
class Reference:
    """One `$name` or `${key}` at `text[start:end]`; `unknown` ones stay as they are."""

    kind: ReferenceKind
    name: str
    start: int
    end: int


def references(text: str, inputs: Collection[str] = ()) -> tuple[Reference, ...]:
    """Every reference of a text in its order, given the names of the declared inputs."""
    if "$" not in text:
        return ()
    found = []
    for match in _REFERENCE.finditer(text):
        name = match["name"] or match["key"]
        kind: ReferenceKind = "unknown" if match["key"] is None else "context"
        if name == "goal":
            kind = "goal"
        elif name in inputs:
            kind = "input"
        found.append(Reference(kind, name, match.start(), match.end()))
    return tuple(found)


def file_named(text: object) -> str | None:
    """The path of a prompt that is just `@path`; None for a text, which may begin with an `@`."""
    words = text.split() if isinstance(text, str) and "@" in text else []
    return words[0][1:] or None if len(words) == 1 and words[0].startswith("@") else None


def parse_template(text: str, goal: str = "", inputs: Collection[str] = ()) -> Template:
    """The parts of a prompt, with the goal put in; neighbouring texts are one part.

    The key of a `ContextRef` is as written, so `${context.x}` has the key `context.x`.
    """
    from ..plan.model import ContextRef, InputRef

    parts: list[str | ContextRef | InputRef] = []
    pending = ""
    position = 0
    for reference in references(text, inputs):
        pending += text[position : reference.start]
        position = reference.end
        match reference.kind:
            case "goal":
                pending += goal
            case "unknown":
                pending += text[reference.start : reference.end]
            case "input" | "context":
                if pending:
                    parts.append(pending)
                pending = ""
                is_input = reference.kind == "input"
                parts.append((InputRef if is_input else ContextRef)(reference.name))
    pending += text[position:]
    if pending:
        parts.append(pending)
    return tuple(parts)
