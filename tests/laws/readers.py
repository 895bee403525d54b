"""Who reads what: the reasons for which the larger walks may take two states for one.

A field that only records read cannot change what the machine does next. Found in the code
itself, function by function, so that a new reader breaks the reason that rested on there
being none. It must not know the walks.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from attractorc import interpreter

INTERPRETER = Path(interpreter.__file__).parent  # of the copy, where a copy is broken
MACHINE = ("decide", "state", "joins", "routing.py", "elements.py")
"""What can decide how a run goes on; merges and queries only make something of the ends."""


def readers(*names: str, of: str = "") -> set[str]:
    """Functions of the machine that read an attribute of one of these names, `file:function`.

    `of`: only where it stands right after this name (`End.FAIL`).
    """
    return {
        place
        for place, node in _loads()
        if node.attr in names
        and (not of or (isinstance(node.value, ast.Name) and node.value.id == of))
    }


@cache
def _loads() -> tuple[tuple[str, ast.Attribute], ...]:
    """Every attribute that the machine reads, with its `file:function`."""
    return tuple(
        (f"{path.relative_to(INTERPRETER)}:{function}", node)
        for path in _files()
        for function, node in _places(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)
    )


def _files() -> Iterator[Path]:
    for name in MACHINE:
        place = INTERPRETER / name
        yield from sorted(place.glob("*.py")) if place.is_dir() else (place,)


def _places(tree: ast.AST, function: str = "") -> Iterator[tuple[str, ast.AST]]:
    """Every node with the innermost function around it, '' at the top of a module."""
    for node in ast.iter_child_nodes(tree):
        inner = isinstance(node, ast.FunctionDef | ast.ClassDef)
        yield function, node
        yield from _places(node, node.name if inner else function)
