"""Whether output may be coloured.

Apart because every command that prints for people asks the same, and click itself does not
know `NO_COLOR`. It must not know what is printed.
"""

from __future__ import annotations

import os
from typing import TextIO

import click

COLOUR_CHOICES = ("auto", "always", "never")

colour_option = click.option(
    "--color",
    "colour",
    type=click.Choice(COLOUR_CHOICES),
    default="auto",
    show_default=True,
    help="Colour the output; auto: on a terminal, unless NO_COLOR is set.",
)


def wants_colour(choice: str, stream: TextIO) -> bool:
    """Whether to colour what goes to `stream`, given `--color`."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return stream.isatty()
