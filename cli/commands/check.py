"""`attractorc check`: what is wrong with pipeline files, and mending it.

Reads, has the files examined, prints, writes what is mended, and turns findings into an exit
code; all else is done elsewhere. It must not know any rule or output format.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .exits import Exit, Refused
from .files import STDIN, Input, Inputs, read_all, write_whole
from .reporting import FORMATS
from .terminal import colour_option, wants_colour

if TYPE_CHECKING:
    from .examining import Examined, Mend, Task
    from .settings import Options, Settings

SEVERITIES = ("error", "warning", "info")

_OPTIONS = (
    click.option(
        "--format",
        "layout",
        type=click.Choice(tuple(FORMATS)),
        default="text",
        show_default=True,
        help="How findings are printed.",
    ),
    click.option("--select", multiple=True, metavar="RULES", help="Only these, and all errors."),
    click.option("--ignore", multiple=True, metavar="RULES", help="Not these; never an error."),
    click.option(
        "--severity",
        multiple=True,
        metavar="RULE=LEVEL",
        help="What a rule's findings count as; an error stays one.",
    ),
    click.option(
        "--fail-on",
        type=click.Choice(SEVERITIES),
        help="The least severity that makes the exit code 1.  [default: error]",
    ),
    click.option("--fix", is_flag=True, help="Put in the fixes that change no plan."),
    click.option("--unsafe-fixes", is_flag=True, help="With --fix or --diff: all other fixes too."),
    click.option("--diff", is_flag=True, help="Show what --fix would change; write nothing."),
    click.option(
        "--config",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Take the configuration from this file.",
    ),
    click.option("--isolated", is_flag=True, help="Take no configuration from files."),
    click.option(
        "--jobs",
        type=click.IntRange(1),
        metavar="N",
        help="Processes for many files.  [default: one for each processor]",
    ),
    click.option(
        "--pipelines-only",
        is_flag=True,
        help="Leave out named files that a folder would leave out.",
    ),
    click.option(
        "--stdin-filename",
        metavar="NAME",
        help="What to call standard input; its ending tells DOT from YAML.",
    ),
    colour_option,
)


def _with_options(function: Callable[..., int]) -> Callable[..., int]:
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


@click.command(
    epilog="Example: attractorc check review.dot pipelines/ --format concise",
    short_help="Find what is wrong with pipeline files.",
)
@click.argument("paths", nargs=-1, metavar="[FILE|FOLDER|PATTERN|-]...")
@_with_options
def command(paths: tuple[str, ...], **given: Any) -> int:
    """Find what is wrong with pipeline files, in DOT or YAML, and mend it with --fix.

    A folder means the pipelines in it, `-` the standard input; without a name the current
    folder is checked. Findings go to standard output, all of them in one go. The exit code
    is 0 if there are none that matter, 1 if there are, 2 if a file cannot be read.
    """
    from .settings import Options

    _check_usage(paths, given)
    options = Options(given["select"], given["ignore"], given["severity"], given["fail_on"])
    settings = _settings(options, given["config"], given["isolated"])
    inputs = read_all(paths or (".",), given["stdin_filename"], given["pipelines_only"])
    wanted: Mend = "all" if given["unsafe_fixes"] else "safe"
    mend: Mend = wanted if given["fix"] or given["diff"] else "none"
    failed, unwritten = _examined(inputs, settings, mend, given)
    for sentence in (*inputs.unread, *unwritten):
        click.echo(f"attractorc: {sentence}", err=True)
    if inputs.unread or unwritten:
        return Exit.USAGE
    return Exit.NOT_HELD if failed else Exit.DONE


def _check_usage(paths: tuple[str, ...], given: dict[str, Any]) -> None:
    if given["stdin_filename"] is not None and STDIN not in paths:
        raise Refused("--stdin-filename is for standard input; name - as the file")
    if given["unsafe_fixes"] and not (given["fix"] or given["diff"]):
        raise Refused("--unsafe-fixes says which fixes; add --fix or --diff")
    if given["fix"] and STDIN in paths and not given["diff"]:
        raise Refused("--fix writes into files, and - is none; use --diff")
    if given["config"] is not None and given["isolated"]:
        raise Refused("--config and --isolated exclude each other; use one of them")


def _settings(options: Options, config: Path | None, isolated: bool) -> Callable[[Input], Settings]:
    """What holds for a file: the command line over the configuration that is there for it."""
    from .configuration import Configurations, read
    from .settings import Settings

    if isolated or config is not None:
        everywhere = options.over(Settings() if config is None else read(config))
        return lambda item: everywhere
    options.over(Settings())
    known = Configurations()
    return lambda item: options.over(known.nearest(item.folder or Path()))


def _examined(
    inputs: Inputs,
    settings: Callable[[Input], Settings],
    mend: Mend,
    given: dict[str, Any],
) -> tuple[bool, list[str]]:
    """Whether the check failed, and a sentence for each file that could not be written."""
    from attractorc.compiler.diagnostic import ordered

    from .examining import Task, examined
    from .reporting import Report, printed, printed_diffs

    tasks = [Task(item, settings(item), mend) for item in inputs.read]
    done = examined(tasks, given["jobs"])
    of = {task.item.name: task.settings for task in tasks}
    # A file that was named speaks for itself; of others a pipeline that runs them tells.
    told = [
        found
        for each in done
        for found in each.findings
        if found.span.file == each.source.name or found.span.file not in of
    ]
    sources = {source.name: source for each in done for source in each.below}
    for task, each in zip(tasks, done, strict=True):
        of = {**{source.name: task.settings for source in each.below}, **of}
    report = Report(
        ordered(told),
        {**sources, **{each.source.name: each.source for each in done}},
        lambda found: of[found.span.file].fails(found),
        wants_colour(given["colour"], sys.stdout),
    )
    failed = any(each.failed for each in done)
    mended = sum(each.mended for each in done)
    changed = [(task, each) for task, each in zip(tasks, done, strict=True) if each.data]
    if given["diff"]:
        printed_diffs([_texts(*each) for each in changed], mended, report)
        return failed or bool(changed), []
    unwritten = [said for task, each in changed for said in _written(task.item, each)]
    printed(given["layout"], report, mended, fixable=mend == "none")
    return failed, unwritten


def _texts(task: Task, done: Examined) -> tuple[str, str, str]:
    return task.item.name, task.item.data.decode("utf-8-sig"), done.source.text


def _written(item: Input, done: Examined) -> list[str]:
    if item.path is None or done.data is None:
        return []
    try:
        write_whole(item.path, done.data)
    except Refused as refused:
        return [str(refused)]
    return []
