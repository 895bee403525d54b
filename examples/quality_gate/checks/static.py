"""Finds imports that nothing uses, mutable defaults and bare excepts.

Usage: static.py PROJECT. Reads syntax trees, runs nothing.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator

from project import Function, Module, project
from result import conclude, percent


def unused_imports(module: Module) -> Iterator[tuple[int, str]]:
    """Imported names that the module neither uses nor exports."""
    names = {node.id for node in ast.walk(module.tree) if isinstance(node, ast.Name)}
    # `__all__` and annotations in quotes mention names as strings.
    texts = {
        node.value
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            continue
        if isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                name = alias.asname or alias.name.partition(".")[0]
                if name not in names | texts:
                    yield node.lineno, f"{name} is imported and never used"


def mutable_defaults(module: Module) -> Iterator[tuple[int, str]]:
    """Parameters whose default is one list, dict or set for all calls."""
    for node in ast.walk(module.tree):
        if isinstance(node, Function):
            for default in (*node.args.defaults, *node.args.kw_defaults):
                if isinstance(default, ast.List | ast.Dict | ast.Set):
                    yield default.lineno, f"{node.name} shares a mutable default between calls"


def bare_excepts(module: Module) -> Iterator[tuple[int, str]]:
    """Handlers that also catch KeyboardInterrupt and SystemExit."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ExceptHandler) and node.type is None:
            yield node.lineno, "a bare except hides every error"


def main(folder: str) -> None:
    """Check the project in `folder`."""
    checked = project(folder)
    findings: list[str] = []
    clean = 0
    for module in checked.modules:
        found = sorted((*unused_imports(module), *mutable_defaults(module), *bare_excepts(module)))
        findings += [f"{module.name}:{line}: {text}" for line, text in found]
        clean += not found
    modules = checked.modules
    conclude(
        findings,
        examined=len(modules),
        score=percent(clean, len(modules)),
        files=[module.name for module in modules],
    )


if __name__ == "__main__":
    main(sys.argv[1])
