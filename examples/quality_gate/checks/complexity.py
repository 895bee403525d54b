"""Measures the cyclomatic complexity of every function: one, and one more for each decision.

Usage: complexity.py PROJECT LIMIT. More than LIMIT is a finding.
"""

from __future__ import annotations

import ast
import sys

from project import Function, functions, project
from result import conclude, percent

_DECISIONS = (
    ast.If,
    ast.IfExp,
    ast.For,
    ast.AsyncFor,
    ast.While,
    ast.ExceptHandler,
    ast.comprehension,
    ast.match_case,
)


def complexity(function: Function) -> int:
    """The cyclomatic complexity of a function, functions inside it included."""
    decisions = 1
    for node in ast.walk(function):
        if isinstance(node, _DECISIONS):
            decisions += 1
        elif isinstance(node, ast.BoolOp):
            decisions += len(node.values) - 1
    return decisions


def main(folder: str, limit: int) -> None:
    """Measure the project in `folder`."""
    measured = project(folder)
    sizes = [
        (f"{module.name}:{function.lineno}", name, complexity(function))
        for module in measured.modules
        for name, function in functions(module.tree)
    ]
    findings = [
        f"{place}: {name} has a complexity of {size}, at most {limit} is asked for"
        for place, name, size in sizes
        if size > limit
    ]
    conclude(
        findings,
        examined=len(sizes),
        score=percent(len(sizes) - len(findings), len(sizes)),
        files=[module.name for module in measured.modules],
        complexity=max((size for _place, _name, size in sizes), default=0),
    )


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
