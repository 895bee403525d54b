"""`attractorc check`: what is wrong with pipeline files.

Reads, compiles, prints, and turns findings into an exit code; all else is the compiler's.
"""

from __future__ import annotations

import sys

import click

from .exits import Exit, Refused
from .files import STDIN, Inputs, read_all
from .terminal import colour_option, wants_colour

SEVERITIES = ("error", "warning", "info")


@click.command(
    epilog="Example: attractorc check review.dot pipelines/ --format concise",
    short_help="Find what is wrong with pipeline files.",
)
@click.argument("paths", nargs=-1, metavar="[FILE|FOLDER|PATTERN|-]...")
@click.option(
    "--format",
    "layout",
    type=click.Choice(("text", "concise", "json")),
    default="text",
    show_default=True,
    help="How findings are printed.",
)
@click.option(
    "--fail-on",
    type=click.Choice(SEVERITIES),
    default="error",
    show_default=True,
    help="The least severity that makes the exit code 1.",
)
@click.option(
    "--stdin-filename",
    metavar="NAME",
    help="What to call standard input; its ending tells DOT from YAML.",
)
@colour_option
def command(
    paths: tuple[str, ...],
    layout: str,
    fail_on: str,
    stdin_filename: str | None,
    colour: str,
) -> int:
    """Find what is wrong with pipeline files, in DOT or YAML.

    A folder means the pipelines in it, `-` the standard input; without a name the current
    folder is checked. Findings go to standard output, all of them in one go. The exit code
    is 0 if there are none that matter, 1 if there are, 2 if a file cannot be read.
    """
    if stdin_filename is not None and STDIN not in paths:
        raise Refused("--stdin-filename is for standard input; name - as the file")
    inputs = read_all(paths or (".",), stdin_filename)
    failed = _report(inputs, layout, fail_on, wants_colour(colour, sys.stdout))
    for sentence in inputs.unread:
        click.echo(f"attractorc: {sentence}", err=True)
    if inputs.unread:
        return Exit.USAGE
    return Exit.NOT_HELD if failed else Exit.DONE


def _report(inputs: Inputs, layout: str, fail_on: str, colour: bool) -> bool:
    """Print the findings of all files; whether one of them is severe enough to fail."""
    from attractorc.compiler.diagnostic import Severity, ordered
    from attractorc.compiler.driver import compile_bytes
    from attractorc.compiler.render import findings_json, findings_text

    compiled = [compile_bytes(item.data, item.name, planned=False) for item in inputs.read]
    findings = ordered([found for each in compiled for found in each.diagnostics])
    if layout == "json":
        click.echo(findings_json.as_json(findings).encode(), nl=False)
    elif layout == "concise":
        click.echo(findings_text.concise(findings, colour), nl=False, color=True)
    else:
        sources = {each.source.name: each.source for each in compiled}
        click.echo(findings_text.full(findings, sources, colour), nl=False, color=True)
    if layout != "json" and inputs.read:
        click.echo(findings_text.summary(findings, len(inputs.read)), err=True)
    return any(found.severity.rank <= Severity(fail_on).rank for found in findings)
