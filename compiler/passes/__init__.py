"""Passes: from graph to graph, between elaboration and the rules, in the order of `PASSES`.

A host may give its own tuple, `PASSES + (mine,)`. Elaboration has already applied defaults
and the classes of subgraphs; `$goal` and inputs are put into prompts and labels by lowering,
behind all passes, so that what a pass writes is read like what the file says. A pass must
not know how a graph was written.
"""

from __future__ import annotations

from typing import Protocol

from ..diagnostic import Diagnostic
from ..graph.model import Graph
from ..source import Files
from .prompts import read_prompts
from .stylesheet import apply_stylesheet

__all__ = ["PASSES", "Pass", "apply_stylesheet", "read_prompts"]


class Pass(Protocol):
    """Gives another graph, and what it found wrong with the one that it was given.

    Pure but for `files`, which reads a file of the pipeline's folder; it never changes its
    argument. Whatever it finds as an error keeps the pipeline from having a plan.
    """

    def __call__(self, graph: Graph, files: Files, /) -> tuple[Graph, tuple[Diagnostic, ...]]: ...


PASSES: tuple[Pass, ...] = (read_prompts, apply_stylesheet)
