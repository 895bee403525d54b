"""Texts that a run completes: cut at compile time into plain text and references.

Apart from the plan's other types, because prompts, questions and what child pipelines are
given all hold them. It must not know where a text stands, nor what it comes to.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class ContextRef:
    """`${context.key}` in a prompt: replaced by the value when the stage is entered."""

    key: str


@dataclass(frozen=True, slots=True)
class InputRef:
    """`$name` of an input in a prompt: replaced when the run starts."""

    name: str


Template: TypeAlias = tuple[str | ContextRef | InputRef, ...]
"""A prompt, cut at compile time into text and references; `$goal` is already text."""
