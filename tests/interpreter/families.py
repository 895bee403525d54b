"""Pipelines with children, from a few lines of text each, for tests of runs over them."""

from __future__ import annotations

from collections.abc import Mapping

from attractorc.compiler.driver import compile_source
from attractorc.compiler.plan.model import Plan
from attractorc.compiler.source import Source, Unreadable


def digraph(name: str, body: str) -> str:
    return f"digraph {name} {{ start [shape=Mdiamond] exit [shape=Msquare]\n{body}\n}}"


def tools(names: str) -> str:
    """Tool stages that run what they are called; their handler is the test's."""
    return "\n".join(
        f'{name} [shape=parallelogram, tool_command="{name}"]' for name in names.split()
    )


def family(body: str, **children: str) -> Plan:
    """The plan of `outer.dot`; `children` are bodies of the files beside it, by name."""
    files = {f"{name}.dot": digraph(name, text).encode() for name, text in children.items()}
    return compiled(digraph("outer", body), files)


def compiled(text: str, files: Mapping[str, bytes]) -> Plan:
    def read(path: str) -> bytes:
        if path not in files:
            raise Unreadable("does not exist")
        return files[path]

    made = compile_source(Source("outer.dot", text), files=read)
    assert made.plan is not None, made.diagnostics
    return made.plan
