"""`attractorc convert`: a pipeline in the other language, with the same plan.

Compiles what it has written before it lets go of it, and keeps it back if the plan would be
another one. All else is the compiler's.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .beside import files_in
from .exits import Exit, Refused
from .files import Input, read_one, write_whole
from .terminal import colour_option, wants_colour

if TYPE_CHECKING:
    from attractorc.compiler.driver import Compiled
    from attractorc.compiler.render.carried import Rendered


@click.command(
    epilog="Example: attractorc convert review.dot --to yaml -o review.yaml",
    short_help="Write a pipeline in the other language.",
)
@click.argument("file", metavar="FILE|-")
@click.option(
    "--to",
    "language",
    type=click.Choice(("yaml", "dot")),
    required=True,
    help="The language to write.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write to this file, whole or not at all, instead of to standard output.",
)
@click.option("--stdin-filename", metavar="NAME", help="What to call standard input.")
@colour_option
def command(
    file: str, language: str, output: Path | None, stdin_filename: str | None, colour: str
) -> int:
    """Write a pipeline in the other language: DOT as YAML, or YAML as DOT.

    The plan stays the same, and comments go over; what cannot, such as colours, is named on
    standard error. A file with errors is refused: they are printed, and the exit code is 1.
    """
    from attractorc.compiler.render.dot_text import NotSayable

    item = read_one(file, stdin_filename)
    compiled = _compiled(item, wants_colour(colour, sys.stderr))
    assert compiled.document is not None
    if compiled.document.language == language:
        mend = "attractorc fmt lays it out anew"
        raise Refused(f"{item.name}: is {language.upper()} already; {mend}")
    try:
        written = _written(item, compiled, language)
    except NotSayable as refused:
        raise Refused(f"{item.name}: {refused}", Exit.NOT_HELD) from refused
    data = written.text.encode()
    if output is None:
        click.echo(data, nl=False)
    else:
        write_whole(output, data)
    for note in written.notes:
        click.echo(f"attractorc: {item.name}: {note}", err=True)
    return Exit.DONE


def _compiled(item: Input, colour: bool) -> Compiled:
    """The file without errors; `Refused` with code 1 for one that has some."""
    from attractorc.compiler.driver import compile_bytes
    from attractorc.compiler.render.findings_text import counts, full

    compiled = compile_bytes(item.data, item.name, files=files_in(item.folder))
    if compiled.plan is not None:
        return compiled
    found = compiled.diagnostics
    told = full(found, {compiled.source.name: compiled.source}, colour)
    click.echo(told, nl=False, err=True, color=True)
    raise Refused(f"{item.name} is not converted: {counts(found)}", Exit.NOT_HELD)


def _written(item: Input, compiled: Compiled, language: str) -> Rendered:
    """The file in the other language, held to the digest of its plan.

    Raises `NotSayable`, or `Refused` as an internal error where the plan would be another one.
    """
    from attractorc.compiler.driver import compile_bytes
    from attractorc.compiler.elaborate import elaborate
    from attractorc.compiler.render.dot_text import to_dot
    from attractorc.compiler.render.yaml_text import to_yaml

    document, plan = compiled.document, compiled.plan
    assert document is not None
    assert plan is not None
    graph, _ = elaborate(document)
    # Where a fan-out cannot say it for its branches, each node says where it leads.
    for explicit in (False, True) if language == "yaml" else (False,):
        if language == "yaml":
            written = to_yaml(document, graph, explicit=explicit)
        else:
            written = to_dot(document, graph)
        name = f"{item.name}.{language}"
        again = compile_bytes(written.text.encode(), name, files=files_in(item.folder))
        if again.plan is not None and again.plan.digest == plan.digest:
            return written
    message = f"internal error: {item.name} in {language.upper()} would have another plan"
    raise Refused(f"{message}; nothing is written, please report it", Exit.INTERNAL)
