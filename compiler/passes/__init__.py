"""Passes: from graph to graph, between elaboration and the rules, in the order of `PASSES`.

A host may give its own tuple. A pass is a pure function, never changes its argument, and
gives the findings that it came upon. It must not know how a graph was written.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from ..diagnostic import Diagnostic
from ..graph.model import Graph
from .stylesheet import apply_stylesheet

__all__ = ["PASSES", "Pass", "apply_stylesheet"]

Pass: TypeAlias = Callable[[Graph], tuple[Graph, tuple[Diagnostic, ...]]]

PASSES: tuple[Pass, ...] = (apply_stylesheet,)
