"""Finds public functions without a docstring, and parameters or results without a type.

Usage: annotations.py PROJECT. A name that begins with `_` is not public.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator

from project import Function, functions, project
from result import conclude, percent


def missing(function: Function) -> Iterator[str]:
    """What the reader of a signature is not told."""
    if ast.get_docstring(function) is None:
        yield "has no docstring"
    arguments = (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
    bare = [item.arg for item in arguments if item.annotation is None and item.arg != "self"]
    if bare:
        yield f"has no type for {', '.join(bare)}"
    if function.returns is None:
        yield "has no type for its result"


def main(folder: str) -> None:
    """Check the project in `folder`."""
    checked = project(folder)
    public = [
        (module, name, function)
        for module in checked.modules
        for name, function in functions(module.tree)
        if not name.startswith("_") and "._" not in name and "<locals>" not in name
    ]
    faulty = [
        (module, name, function) for module, name, function in public if any(missing(function))
    ]
    conclude(
        [
            f"{module.name}:{function.lineno}: {name} {what}"
            for module, name, function in faulty
            for what in missing(function)
        ],
        examined=len(public),
        score=percent(len(public) - len(faulty), len(public)),
        files=[module.name for module in checked.modules],
    )


if __name__ == "__main__":
    main(sys.argv[1])
