"""One file to one plan, as every command that needs a plan wants it.

Apart from the commands because `plan` and those that run pipelines refuse a faulty file in
the same words. It must not know what becomes of the plan.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .beside import files_in
from .exits import Exit, Refused
from .files import read_one

if TYPE_CHECKING:
    from attractorc.compiler.plan.model import Plan


def compiled_or_refused(
    file: str, stdin_name: str | None = None, colour: bool = False, *, warned: bool = False
) -> Plan:
    """The plan of a pipeline file; with `warned`, its warnings go to standard error.

    Raises `Refused` with code 2 for a file that cannot be read, and with code 1 for one with
    errors, which have then been printed to standard error.
    """
    from attractorc.compiler.diagnostic import Severity
    from attractorc.compiler.driver import compile_bytes
    from attractorc.compiler.render.findings_text import counts, full

    item = read_one(file, stdin_name)
    compiled = compile_bytes(item.data, item.name, files=files_in(item.folder))
    found = compiled.diagnostics
    if compiled.plan is not None:
        found = tuple(one for one in found if warned and one.severity is not Severity.INFO)
        if found:
            told = full(found, compiled.sources, colour)
            click.echo(told, nl=False, err=True, color=True)
        return compiled.plan
    told = full(found, compiled.sources, colour)
    click.echo(told, nl=False, err=True, color=True)
    raise Refused(f"{item.name} has no plan: {counts(found)}", Exit.NOT_HELD)
