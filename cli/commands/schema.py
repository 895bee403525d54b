"""`attractorc schema`: the JSON Schemas that ship with attractorc, and its registry bundle.

Prints them byte for byte as they lie in the package. It must not know what any of them
says.
"""

from __future__ import annotations

import click

from .exits import Exit, Refused

_SUFFIX = ".schema.json"
_BUNDLE = "registry"
"""No schema of JSON, but of the records as a CXDB server is told of them."""


@click.command(
    epilog="Example: attractorc schema diagnostic > diagnostic.schema.json",
    short_help="Print a JSON Schema.",
)
@click.argument("name", required=False)
def command(name: str | None) -> int:
    """Print the JSON Schema of that NAME; without one, list the names.

    `registry` is the registry bundle: tags, names and types of all records, for CXDB.
    """
    from importlib import resources

    folder = resources.files("attractorc.schemas")
    files = {
        file.name.removesuffix(_SUFFIX): file
        for file in folder.iterdir()
        if file.name.endswith(_SUFFIX)
    }
    files[_BUNDLE] = folder.joinpath(f"{_BUNDLE}.json")
    if name is None:
        click.echo("\n".join(sorted(files)))
        return Exit.DONE
    if name not in files:
        known = ", ".join(sorted(files))
        raise Refused(f"there is no schema '{name}'; there are: {known}")
    click.echo(files[name].read_bytes(), nl=False)
    return Exit.DONE
