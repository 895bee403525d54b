"""`attractorc schema`: the JSON Schemas that ship with attractorc.

Prints them byte for byte as they lie in the package. It must not know what any of them
says.
"""

from __future__ import annotations

import click

from .exits import Exit, Refused

_SUFFIX = ".schema.json"


@click.command(
    epilog="Example: attractorc schema diagnostic > diagnostic.schema.json",
    short_help="Print a JSON Schema.",
)
@click.argument("name", required=False)
def command(name: str | None) -> int:
    """Print the JSON Schema of that NAME; without one, list the names."""
    from importlib import resources

    files = {
        file.name.removesuffix(_SUFFIX): file
        for file in resources.files("attractorc.schemas").iterdir()
        if file.name.endswith(_SUFFIX)
    }
    if name is None:
        click.echo("\n".join(sorted(files)))
        return Exit.DONE
    if name not in files:
        known = ", ".join(sorted(files))
        raise Refused(f"there is no schema '{name}'; there are: {known}")
    click.echo(files[name].read_bytes(), nl=False)
    return Exit.DONE
