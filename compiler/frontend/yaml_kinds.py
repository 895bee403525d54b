"""Which kind a YAML node is, and what the key that says so stands for.

The kind is the key that the node has; the attributes are those that DOT would have. It must
not know edges, nor how the branches of a fan-out are written.
"""

from __future__ import annotations

from collections.abc import Mapping as Table

from ..diagnostic import Related
from ..syntax import Mapping, Name, Scalar, Value
from ..value import nearest
from .yaml_shapes import Findings, is_nothing, shape, word

# The key that says a node's kind, and the type that it has then ('' for an agent).
KINDS: Table[str, str] = {
    "prompt": "",
    "run": "tool",
    "ask": "wait.human",
    "parallel": "parallel",
    "fan_in": "parallel.fan_in",
    "route": "conditional",
    "supervise": "stack.manager_loop",
    "pipeline": "",
    "uses": "",
}
# The specification's own names say a node's kind as well.
_SPOKEN = {"tool_command": "run"}
# Other spellings of a key that says a kind: next to another kind they are one too many.
_SPELT = ("dot_file", "sub_pipeline")
ENDS = {"start": "Mdiamond", "exit": "Msquare"}
_CHILD = {
    "pipeline": "stack.child_dotfile",
    "workdir": "stack.child_workdir",
    "autostart": "stack.child_autostart",
}
_LISTED = ", ".join(KINDS)


def kind_of(node: Name, mapping: Mapping, findings: Findings) -> tuple[str, Name | None]:
    """The kind of a node, '' if none is said, and the key that says it."""
    name = node.text
    keys = [key for key, _ in mapping.entries if key.text in KINDS]
    if keys and keys[0].text not in ("pipeline", "uses"):
        keys += [key for key, _ in mapping.entries if key.text in _SPELT]
    if keys and name in ENDS:
        message = f"'{name}' cannot have '{keys[0].text}': it is where a run {_does(name)}s"
        mend = f"give this node another id; '{name}' exists without being written"
        findings.error(keys[0].span, message, rule="node_kind", node=name, mend=mend)
        return "", keys[0]
    if len(keys) > 1:
        first = Related(f"'{keys[0].text}' says it already", keys[0].span)
        said = f"the node '{name}' has '{keys[0].text}' and '{keys[1].text}'"
        message = f"{said}; exactly one of {_LISTED} says what it is"
        findings.error(keys[1].span, message, rule="node_kind", related=(first,), node=name)
    if keys:
        return keys[0].text, keys[0]
    if declares_kind(mapping) or name in ENDS:
        return "", None
    for key, _ in mapping.entries:
        if key.text in _SPOKEN:
            return _SPOKEN[key.text], key
    message = f"the node '{name}' does not say what it is; give it one of {_LISTED}"
    run_on = (key.text.partition(" ") for key, _ in mapping.entries)
    likely = ((key.text, nearest(key.text, KINDS)) for key, _ in mapping.entries)
    asked = next((f"did you mean '{meant}', not '{key}'?" for key, meant in likely if meant), None)
    for word_, space, rest in run_on:
        if space and word_ in KINDS:
            asked = f"did you mean '{word_}: {rest}'?"
    findings.error(node.span, message, rule="node_kind", node=name, mend=asked)
    return "", None


def declares_kind(mapping: Mapping) -> bool:
    """Whether a node says its kind as DOT does."""
    return any(key.text in ("type", "shape") for key, _ in mapping.entries)


def stands_for(kind: str, key: Name, value: Value, findings: Findings) -> list[tuple[Name, Value]]:
    """The attributes that a kind's key and its value stand for; branches are not among them."""
    made: list[tuple[Name, Value]] = []
    if KINDS.get(kind):
        made.append((Name("type", key.span), word(KINDS[kind], key.span)))
    match kind:
        case "prompt" | "pipeline" | "run" | "ask" | "uses":
            text = findings.text(value, f"'{key.text}'")
            return made if text is None else [*made, (key, text)]
        case "fan_in" | "supervise":
            made.extend(_settings(kind, key, value, findings))
        case "route":
            if not _is_true(value):
                message = f"'route' must be true, not {shape(value)}"
                findings.error(value.span, message, rule="wrong_type")
    return made


def _settings(kind: str, key: Name, value: Value, findings: Findings) -> list[tuple[Name, Value]]:
    """What stands in the mapping of `fan_in` and `supervise`; `true` is an empty one."""
    if _is_true(value) or is_nothing(value):
        return []
    mapping = findings.mapping(value, f"'{key.text}'")
    if mapping is None:
        return []
    if kind == "fan_in":
        return list(mapping.entries)
    return [(Name(_managed(name.text), name.span), given) for name, given in mapping.entries]


def _is_true(value: Value) -> bool:
    return isinstance(value, Scalar) and value.text.lower() == "true"


def _does(end: str) -> str:
    return "begin" if end == "start" else "end"


def _managed(name: str) -> str:
    if "." in name:
        return name
    return _CHILD.get(name, f"manager.{name}")
