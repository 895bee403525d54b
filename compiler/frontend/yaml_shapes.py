"""The shapes that YAML values must have, and the names that YAML gives to attributes.

A value of the wrong shape is one finding, at the value, and reading goes on without it.
It must not know how stages are connected.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping as Table

from ..diagnostic import Diagnostic, Related, Severity
from ..source import Span
from ..syntax import Attribute, Mapping, Name, Scalar, Sequence, Value

NODE_NAMES: Table[str, str] = {
    "run": "tool_command",
    "ask": "label",
    "uses": "type",
    "model": "llm_model",
    "provider": "llm_provider",
    "effort": "reasoning_effort",
    "thread": "thread_id",
    "gate": "goal_gate",
    "default": "human.default_choice",
}
EDGE_NAMES: Table[str, str] = {
    "when": "condition",
    "thread": "thread_id",
    "restart": "loop_restart",
}
GRAPH_NAMES: Table[str, str] = {
    "stylesheet": "model_stylesheet",
    "max_retries": "default_max_retries",
    "fidelity": "default_fidelity",
    "model": "llm_model",
    "provider": "llm_provider",
    "effort": "reasoning_effort",
    "thread": "thread_id",
}
RETRY_NAMES: Table[str, str] = {"max": "max_retries", "backoff": "retry_policy"}


class Findings:
    """What a file's reader has found so far, in the order of meeting it."""

    def __init__(self) -> None:
        self.all: list[Diagnostic] = []

    def error(
        self,
        span: Span,
        message: str,
        *,
        rule: str = "syntax",
        related: tuple[Related, ...] = (),
        node: str | None = None,
        mend: str | None = None,
    ) -> None:
        """Add an error."""
        self.all.append(Diagnostic(rule, Severity.ERROR, span, message, related, mend, node=node))

    def text(self, value: Value, what: str) -> Scalar | None:
        """The value as a single one; None, with a finding, for a list, a mapping or nothing."""
        if isinstance(value, Scalar) and not is_nothing(value):
            return value
        self.error(value.span, f"{what} must be one text, not {shape(value)}")
        return None

    def mapping(self, value: Value, what: str, form: str = "") -> Mapping | None:
        """The value as a mapping; None, with a finding, for anything else.

        `form` shows how it is written.
        """
        if isinstance(value, Mapping):
            return value
        mend = f"write {form}" if form else None
        message = f"{what} must be a mapping, not {shape(value)}"
        self.error(value.span, message, mend=mend)
        return None

    def node_id(self, value: Value, what: str) -> Name | None:
        """The value as a node's id; None, with a finding, for anything else."""
        if isinstance(value, Scalar) and value.text and (value.quoted or value.scalar == "str"):
            return Name(value.text, value.span)
        mend = None
        if isinstance(value, Scalar) and value.scalar not in ("str", "null"):
            mend = f'write "{value.text}" if a node is called so'
        message = f"{what} must be a node's id, not {shape(value)}"
        self.error(value.span, message, mend=mend)
        return None


def is_nothing(value: Value) -> bool:
    """Whether there is no value (`key:` alone, `null`, `~`)."""
    return isinstance(value, Scalar) and value.scalar == "null" and not value.quoted


def shape(value: Value) -> str:
    """The shape of a value, in words."""
    match value:
        case Scalar():
            if is_nothing(value):
                return "nothing"
            return f"'{_short(value.text)}'" if value.text else "an empty text"
        case Sequence():
            return "a list"
        case Mapping():
            return "a mapping"


def _short(text: str) -> str:
    line = text.split("\n", 1)[0]
    return line if line == text and len(line) <= 40 else f"{line[:37]}..."


def word(text: str, span: Span) -> Scalar:
    """A text that the front end supplies for what is written at `span`."""
    return Scalar(text, span, quoted=True)


def attributes(
    entries: Iterable[tuple[Name, Value]], names: Table[str, str], findings: Findings
) -> list[Attribute]:
    """Entries as attributes under their canonical names; entries without a value are told."""
    found: list[Attribute] = []
    seen: dict[str, Name] = {}
    for key, value in entries:
        if is_nothing(value):
            message = f"'{key.text}' has no value; write one, or remove the key"
            findings.error(key.span, message, rule="wrong_type")
            continue
        parts = [(names.get(key.text, key.text), key, value)]
        if key.text == "retry" and names is NODE_NAMES:
            parts = _retry(key, value, findings)
        for name, written, given in parts:
            if name in seen:
                earlier = Related("it stands first here", seen[name].span)
                message = f"'{written.text}' says a second time what stands here already"
                findings.error(written.span, message, rule="duplicate_key", related=(earlier,))
                continue
            seen[name] = written
            found.append(Attribute(Name(name, written.span), given, written.text))
    return found


def _retry(key: Name, value: Value, findings: Findings) -> list[tuple[str, Name, Value]]:
    """`retry: 3`, `retry: patient` or `retry: {max: 3, backoff: patient}`.

    Each attribute with its canonical name, what the file calls it, and its value.
    """
    match value:
        case Mapping():
            parts: list[tuple[str, Name, Value]] = []
            for inner, given in value.entries:
                written = Name(f"retry.{inner.text}", inner.span)
                if inner.text not in RETRY_NAMES:
                    message = f"'retry' has no '{inner.text}', only 'max' and 'backoff'"
                    findings.error(inner.span, message)
                elif findings.text(given, f"'{written.text}'") is not None:
                    parts.append((RETRY_NAMES[inner.text], written, given))
            return parts
        case Scalar():
            return [("max_retries" if value.scalar == "int" else "retry_policy", key, value)]
        case Sequence():
            message = "'retry' must be a number, a preset or a mapping, not a list"
            findings.error(value.span, message)
            return []
