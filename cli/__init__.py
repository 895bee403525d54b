"""attractorc: compile and run Attractor pipelines.

The public way in for Python programs; the command line is `python -m attractorc`. Nothing
heavy is imported until it is used, so that `import attractorc` costs nothing.

    import attractorc
    for found in attractorc.check(open("review.dot").read(), "review.dot"):
        print(found.rule, found.message)
    attractorc.run(attractorc.compile(text).plan, handlers={"my_type": my_function})
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .compiler.diagnostic import Diagnostic
    from .compiler.driver import Compiled
    from .compiler.plan.model import Plan
    from .compiler.source import Files
    from .compiler.value import Json
    from .embedding import Handlers, Ran
    from .interpreter.ports import Interviewer

__all__ = ("check", "compile", "resume", "run")


def check(
    text: str | bytes, name: str = "pipeline.dot", files: Files | None = None
) -> tuple[Diagnostic, ...]:
    """All findings about a pipeline, in order. `name` is its file name, for them to point to.

    Bytes are decoded as a file's are. Raises nothing about the text, whatever it is.
    """
    return compile(text, name, files).diagnostics


def compile(  # noqa: A001
    text: str | bytes, name: str = "pipeline.dot", files: Files | None = None
) -> Compiled:
    """Compile a pipeline: `.plan` is None if `.diagnostics` holds an error.

    `files` reads the files that the pipeline names (`prompt="@path"`), by their paths from
    its folder; without it, naming one is an error. No file is opened otherwise.
    """
    from .compiler import driver
    from .compiler.source import Source

    if isinstance(text, bytes):
        return driver.compile_bytes(text, name, files=files)
    return driver.compile_source(Source(name, text), files=files)


def run(
    plan: Plan,
    *,
    handlers: Handlers | None = None,
    inputs: Mapping[str, Json] | None = None,
    interviewer: Interviewer | None = None,
    store: str = "memory:",
    workspace: str | Path = ".",
    run_id: str | None = None,
) -> Ran:
    """Run a plan to its end, or until it waits for a person whom nobody can ask.

    `handlers` run node types of your own: functions of a call, plain or `async`, or objects
    with `run`. With a `store` (a file's path) the run can be looked at and resumed. Raises
    `embedding.Unready`, a `ValueError`, before anything runs, and `StoreError`. What else a host
    can give stands in `embedding.Host`.
    """
    from .embedding import Host

    host = Host(handlers=handlers or {}, interviewer=interviewer, store=store)
    return host.run(plan, inputs, workspace, run_id)


def resume(
    run_id: str,
    *,
    store: str,
    handlers: Handlers | None = None,
    interviewer: Interviewer | None = None,
) -> Ran:
    """Go on with a run that a store keeps. Its handlers are code and must be given again."""
    from .embedding import Host

    return Host(handlers=handlers or {}, interviewer=interviewer, store=store).resume(run_id)
