"""The project under check: its one package, as files and as syntax trees.

Nothing of the project is imported here: a check that only reads cannot be fooled or broken
by what it reads.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """One file of the package; `name` is its path inside the project."""

    name: str
    path: Path
    tree: ast.Module


@dataclass(frozen=True)
class Project:
    """A folder with one package in it."""

    root: Path
    package: str
    modules: tuple[Module, ...]


def project(folder: str) -> Project:
    """The project in `folder`; its package is the one folder with an `__init__.py`."""
    root = Path(folder).resolve()
    found = sorted(init.parent.name for init in root.glob("*/__init__.py"))
    packages = [name for name in found if name != "tests"]
    if len(packages) != 1:
        raise SystemExit(f"{folder}: one package is expected, {len(packages)} were found")
    modules = tuple(
        Module(path.relative_to(root).as_posix(), path, ast.parse(path.read_text("utf-8")))
        for path in sorted(root.joinpath(packages[0]).rglob("*.py"))
    )
    return Project(root, packages[0], modules)


def functions(tree: ast.AST, within: str = "") -> Iterator[tuple[str, Function]]:
    """Every function of a module with its qualified name, outer ones first."""
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, Function):
            name = within + child.name
            yield name, child
            yield from functions(child, f"{name}.<locals>.")
        elif isinstance(child, ast.ClassDef):
            yield from functions(child, f"{within}{child.name}.")
        else:
            yield from functions(child, within)
