"""`attractorc plan`: what a pipeline compiles to, for people or as JSON.

Refuses a file with errors and says why; all else is the compiler's.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from .compiling import compiled_or_refused
from .exits import Exit
from .files import write_whole
from .terminal import colour_option, wants_colour


@click.command(
    epilog="Example: attractorc plan review.yaml -o review.plan.json",
    short_help="Compile a pipeline and show its plan.",
)
@click.argument("file", metavar="FILE|-")
@click.option("--json", "as_json", is_flag=True, help="Print the plan as canonical JSON.")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the JSON to this file instead, whole or not at all.",
)
@click.option("--digest", is_flag=True, help="Print only the digest.")
@click.option("--stdin-filename", metavar="NAME", help="What to call standard input.")
@colour_option
def command(
    file: str,
    as_json: bool,
    output: Path | None,
    digest: bool,
    stdin_filename: str | None,
    colour: str,
) -> int:
    """Compile a pipeline and show its plan: a tree, or JSON that `exec` runs.

    A file with errors has no plan: they are printed as `check` prints them, and the exit
    code is 1. Two files with the same digest run the same.
    """
    if digest and (as_json or output):
        raise click.UsageError("--digest prints only the digest; leave --json and -o away")
    plan = compiled_or_refused(file, stdin_filename, wants_colour(colour, sys.stderr))
    if digest:
        click.echo(plan.digest)
    elif as_json or output:
        from attractorc.compiler.plan.codec import to_json

        data = (json.dumps(to_json(plan), indent=2, ensure_ascii=False) + "\n").encode()
        if output:
            write_whole(output, data)
        else:
            click.echo(data, nl=False)
    else:
        from attractorc.compiler.render.plan_tree import plan_tree

        click.echo(plan_tree(plan), nl=False)
    return Exit.DONE
