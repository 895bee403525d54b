"""`attractorc export`: a run's directory, as the specification has it, from its journal.

Refuses a folder that holds something else; the writing is `queries.run_directory`'s. It must
not know what is in the files.
"""

from __future__ import annotations

from pathlib import Path

import click

from .asking import json_option, meant, reading, run_argument, store_option
from .exits import Exit, Refused
from .tables import json_line


@click.command(
    epilog="Example: attractorc export last ./logs", short_help="Write a run's directory."
)
@run_argument
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@store_option
@json_option
def command(run: str, folder: Path, store: str | None, as_json: bool) -> int:
    """Write a run's directory: manifest, checkpoint, and each node's status and files.

    DIR is made if it is missing, and must be empty or an earlier export of the same run. RUN
    is a run's id, the beginning of one, or `last`.
    """
    from attractorc.interpreter.ports import StoreError
    from attractorc.interpreter.queries.run_directory import RunDirectory, refuse_occupied

    with reading(store) as kept:
        run_id = meant(kept, run)
        try:
            refuse_occupied(folder, run_id)
        except StoreError as error:
            raise Refused(str(error)) from error
        count = RunDirectory(folder, kept, run_id).export()
    if as_json:
        click.echo(json_line({"run_id": run_id, "directory": str(folder), "records": count}))
    else:
        click.echo(f"{folder}: run {run_id}, {count} records")
    return Exit.DONE
