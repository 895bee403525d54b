"""Writes values as YAML: which texts need quotes, what fits on a line, what becomes a block.

A small tree of texts, lists and mappings in, lines out. Apart from what a pipeline's YAML
says, because it is about YAML only. It must not know what a pipeline is.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TypeAlias

from ..frontend.yaml_events import UNACCEPTABLE
from ..frontend.yaml_scalars import scalar_type

WIDTH = 100
STEP = "  "

_INDICATORS = frozenset("-?:,[]{}#&*!|>'\"%@`=<")


@dataclass(frozen=True, slots=True)
class Text:
    """A text; it gets quotes where YAML would take it for something else."""

    text: str


@dataclass(frozen=True, slots=True)
class Word:
    """A number, a truth value or a duration, written as it is where YAML can."""

    text: str


@dataclass(frozen=True, slots=True)
class Listed:
    """A list; `tall` ones have a line for each item."""

    items: tuple[Tree, ...]
    tall: bool = False


@dataclass(frozen=True, slots=True)
class Mapped:
    """A mapping; `tall` ones have a line for each entry."""

    entries: tuple[tuple[str, Tree], ...]
    tall: bool = False


Tree: TypeAlias = Text | Word | Listed | Mapped


def entry(key: str, value: Tree, indent: str) -> list[str]:
    """The lines of `key: value` in a block: on one line if it fits there."""
    head = f"{indent}{_scalar(key, inside=False)}:"
    if isinstance(value, Text) and (block := _block(value.text, indent)):
        return [f"{head} {block[0]}", *block[1:]]
    if isinstance(value, Text | Word):
        return [f"{head} {flow(value, inside=False)}"]
    if not value.tall and not _holds_lines(value):
        line = f"{head} {flow(value)}"
        if len(line) <= WIDTH:
            return [line]
    if isinstance(value, Mapped):
        if not value.entries:
            return [f"{head} {{}}"]
        inner = indent + STEP
        return [head, *(line for name, each in value.entries for line in entry(name, each, inner))]
    if not value.items:
        return [f"{head} []"]
    return [head, *(line for each in value.items for line in _item(each, indent + STEP))]


def _item(value: Tree, indent: str) -> list[str]:
    line = f"{indent}- {flow(value, inside=not isinstance(value, Text | Word))}"
    if not isinstance(value, Mapped) or not value.entries or len(line) <= WIDTH:
        return [line]
    lines = [each for name, inner in value.entries for each in entry(name, inner, indent + STEP)]
    return [f"{indent}- {lines[0].lstrip()}", *lines[1:]]


def flow(value: Tree, *, inside: bool = True) -> str:
    """A value on one line; `inside` of brackets more texts need quotes."""
    match value:
        case Text(text):
            return _scalar(text, inside=inside)
        case Word(text):
            return text if re.fullmatch(r"[\w.+/-]+", text) else _quoted(text)
        case Listed(items):
            return f"[{', '.join(flow(each) for each in items)}]"
        case Mapped(entries):
            pairs = (f"{_scalar(key, inside=True)}: {flow(each)}" for key, each in entries)
            return f"{{{', '.join(pairs)}}}"


def fits(value: Tree) -> bool:
    """Whether a value can stand on one line without hiding its line ends."""
    return not _holds_lines(value)


def json_tree(value: object) -> Tree:
    """JSON data as a tree; texts that look like numbers get their quotes."""
    if isinstance(value, str):
        return Text(value)
    if isinstance(value, dict):
        return Mapped(tuple((str(key), json_tree(each)) for key, each in value.items()))
    if isinstance(value, list | tuple):
        return Listed(tuple(json_tree(each) for each in value))
    return Word(json.dumps(value))


def _holds_lines(value: Tree) -> bool:
    match value:
        case Text(text):
            return "\n" in text
        case Word():
            return False
        case Listed(items):
            return any(map(_holds_lines, items))
        case Mapped(entries):
            return any(_holds_lines(each) for _, each in entries)


def _scalar(text: str, *, inside: bool) -> str:
    return text if _is_plain(text, inside=inside) else _quoted(text)


def _is_plain(text: str, *, inside: bool) -> bool:
    """Whether a text is the same text without quotes, for every reader of YAML."""
    if scalar_type(text) != "str" or text[0] in _INDICATORS or text != text.strip():
        return False
    if ": " in text or " #" in text or text.endswith(":") or text.startswith(("...", "\ufeff")):
        return False
    if re.search(r"[\n\t]", text) or UNACCEPTABLE.search(text):
        return False
    # Older readers take these for truth values and dates.
    if text.lower() in ("on", "off", "yes", "no", "y", "n") or re.match(r"\d", text):
        return bool(re.fullmatch(r"\d+(?:ms|s|m|h|d)|\d+/\d+", text))
    return not inside or not re.search(r"[,\[\]{}:]", text)


def _quoted(text: str) -> str:
    written = json.dumps(text, ensure_ascii=False)
    return UNACCEPTABLE.sub(_escaped, written.replace("\u2028", "\\L").replace("\u2029", "\\P"))


def _escaped(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def _block(text: str, indent: str) -> list[str]:
    """A text over several lines below a `|`; none where that would not give it back."""
    body = text.removesuffix("\n")
    if "\n" not in body or body.endswith("\n") or not body.strip():
        return []
    if UNACCEPTABLE.search(text) or re.search(r"[\r\x85\u2028\u2029]", text):
        return []
    if not body.split("\n")[-1].strip():
        return []
    digit = str(len(STEP)) if body[0] in " \n\t" else ""
    header = f"|{digit}{'' if text.endswith(chr(10)) else '-'}"
    margin = indent + STEP
    return [header, *(margin + line if line else "" for line in body.split("\n"))]
