"""attractorc: compile and run Attractor pipelines.

The public way in for Python programs; the command line is `python -m attractorc`. Nothing
heavy is imported until it is used, so that `import attractorc` costs nothing.

    import attractorc
    for found in attractorc.check(open("review.dot").read(), "review.dot"):
        print(found.rule, found.message)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .compiler.diagnostic import Diagnostic
    from .compiler.driver import Compiled
    from .compiler.source import Files

__all__ = ("check", "compile")


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
