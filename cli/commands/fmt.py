"""`attractorc fmt`: pipeline files in their canonical layout.

Lays out, makes sure that the plan is the same, and writes, lists or shows what has changed.
All else is the compiler's.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path

import click

from .beside import files_in
from .exits import Exit, Refused
from .files import STDIN, Input, read_all, write_whole
from .terminal import colour_option, wants_colour


@click.command(
    epilog="Example: attractorc fmt pipelines/ --check --diff",
    short_help="Lay pipeline files out.",
)
@click.argument("paths", nargs=-1, required=True, metavar="FILE|FOLDER|PATTERN|-...")
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 if a file would change.")
@click.option("--diff", is_flag=True, help="Write nothing; show what would change.")
@click.option("--stdin-filename", metavar="NAME", help="What to call standard input.")
@colour_option
def command(
    paths: tuple[str, ...], check: bool, diff: bool, stdin_filename: str | None, colour: str
) -> int:
    """Lay pipeline files out, in DOT or YAML, without changing what they say.

    Comments stay, and so do up to one empty line between statements. Standard input goes to
    standard output. A file with syntax errors is left alone; they are printed, and the exit
    code is 1.
    """
    if stdin_filename is not None and STDIN not in paths:
        raise Refused("--stdin-filename is for standard input; name - as the file")
    inputs = read_all(paths, stdin_filename)
    work = _Work(check, diff, wants_colour(colour, sys.stderr))
    for item in inputs.read:
        work.lay_out(item)
    for sentence in (*inputs.unread, *work.sentences):
        click.echo(f"attractorc: {sentence}", err=True)
    click.echo(work.summary(), err=True)
    if inputs.unread or work.unwritten:
        return Exit.USAGE
    return Exit.NOT_HELD if work.broken or (check and work.changed) else Exit.DONE


@dataclass(slots=True)
class _Work:
    """What is done to the files of one call, and how many of them came out how."""

    check: bool
    diff: bool
    colour: bool
    changed: int = 0
    kept: int = 0
    broken: int = 0
    unwritten: int = 0
    sentences: list[str] = field(default_factory=list)

    def lay_out(self, item: Input) -> None:
        """Lay one file out: write it, list it or show it."""
        from attractorc.compiler.diagnostic import has_errors
        from attractorc.compiler.frontend import decode
        from attractorc.compiler.render.findings_text import full
        from attractorc.compiler.render.layout import LaidOut, laid_out

        source, found = decode(item.data, item.name)
        result = LaidOut(None, found) if has_errors(found) else laid_out(source)
        if result.text is None and result.findings:
            told = full(result.findings, {source.name: source}, self.colour)
            click.echo(told, nl=False, err=True, color=True)
            self.broken += 1
            return
        if result.text is None:
            self.sentences.append(f"{item.name}: is left as it is: {result.reason}")
        text = source.text if result.text is None else result.text
        data = item.data if result.text is None else text.encode()
        if data != item.data:
            _hold_to_plan(item, data)
        self._give(item, source.text, text, data)

    def _give(self, item: Input, before: str, text: str, data: bytes) -> None:
        from attractorc.compiler.render.diff import as_diff

        is_changed = data != item.data
        writes = not (self.check or self.diff)
        if is_changed and self.diff:
            click.echo(as_diff(item.name, before, text), nl=False)
        elif is_changed and self.check:
            click.echo(item.name)
        elif writes and item.path is None:
            click.echo(data, nl=False)
        elif writes and is_changed:
            assert item.path is not None
            if not self._write(item.path, data):
                return
        self.changed += is_changed
        self.kept += not is_changed

    def _write(self, path: Path, data: bytes) -> bool:
        try:
            write_whole(path, data)
        except Refused as refused:
            self.sentences.append(str(refused))
            self.unwritten += 1
            return False
        return True

    def summary(self) -> str:
        """How many files changed, or would."""
        done = "would be laid out anew" if self.check or self.diff else "laid out anew"
        parts = [f"{_files(self.changed)} {done}", f"{self.kept} unchanged"]
        if self.broken:
            parts.append(f"{self.broken} left alone because of errors")
        return ", ".join(parts)


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count} files"


def _hold_to_plan(item: Input, data: bytes) -> None:
    """Refuses a layout that would give the file another plan."""
    from attractorc.compiler.driver import compile_bytes

    files = files_in(item.folder)
    plans = [compile_bytes(each, item.name, files=files).plan for each in (item.data, data)]
    digests = {None if plan is None else plan.digest for plan in plans}
    if len(digests) > 1:
        message = f"internal error: laid out anew, {item.name} would have another plan"
        raise Refused(f"{message}; it is left as it is, please report it", Exit.INTERNAL)
