"""Custom handlers from Python modules: `--handlers MODULE`, a file or a module by its name.

A module says which node types it runs in `HANDLERS`. Whatever is wrong with it is one
sentence before anything runs. It must not know what a handler does.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, get_args

import click

from .exits import Refused

if TYPE_CHECKING:
    from attractorc.compiler.value import Json


TABLE = "HANDLERS"
OPTION = "handlers"
handlers_option = click.option(
    "--handlers",
    multiple=True,
    metavar="MODULE",
    help="Python with handlers of your own in HANDLERS: a file or a module.",
)


def custom_handlers(modules: Sequence[str]) -> dict[str, Any]:
    """The handlers of these modules by node type, those of later ones first. `Refused`."""
    found: dict[str, Any] = {}
    for name in modules:
        found.update(_table(name, _module(name)))
    return found


def recorded(modules: Sequence[str]) -> dict[str, Json]:
    """What a run's options say of them, so that a resume can ask for them."""
    return {OPTION: list(modules)} if modules else {}


def refuse_missing(run_id: str, options: Mapping[str, Json], given: Sequence[str]) -> None:
    """Refuse to go on with a run without the modules that it was started with."""
    before = options.get(OPTION)
    if not given and isinstance(before, list) and before:
        again = " ".join(f"--handlers {one}" for one in before)
        raise Refused(
            f"the run '{run_id}' was started with handlers of its own, which are not kept with "
            f"it; give them again: {again}"
        )


def _module(name: str) -> ModuleType:
    is_file = name.endswith(".py") or os.sep in name
    try:
        return _of_file(name) if is_file else _of_name(name)
    except Refused:
        raise
    except (Exception, SystemExit) as error:
        raise Refused(f"--handlers {name}: cannot be imported: {_told(error)}") from error


def _of_file(name: str) -> ModuleType:
    path = Path(name).absolute()
    if path.is_dir():
        raise Refused(f"--handlers {name}: is a folder; name the file in it that has {TABLE}")
    if not path.is_file():
        raise Refused(f"--handlers {name}: there is no such file")
    spec = importlib.util.spec_from_file_location(f"attractorc_handlers_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise Refused(f"--handlers {name}: is no Python file; its name must end with .py")
    module = importlib.util.module_from_spec(spec)
    _look_in(path.parent)
    sys.modules[module.__name__] = module  # dataclasses and pickles look their module up
    spec.loader.exec_module(module)
    return module


def _of_name(name: str) -> ModuleType:
    if not all(part.isidentifier() for part in name.split(".")):
        raise Refused(f"--handlers '{name}': is neither the path of a file nor a module's name")
    _look_in(Path.cwd())
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise  # something that the module itself imports
        raise Refused(
            f"--handlers {name}: there is no such module; a file is named by its path, such as "
            f"./{name}.py"
        ) from error


def _look_in(folder: Path) -> None:
    """Let a module import what stands beside it, as a script can."""
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))


def _told(error: BaseException) -> str:
    text = " ".join(str(error).split())
    kind = type(error).__name__
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "importlib" not in frame.filename]
    where = f" ({Path(own[-1].filename).name}:{own[-1].lineno})" if len(own) > 2 else ""
    return f"{kind}: {text}{where}" if text else f"{kind}{where}"


def _table(name: str, module: ModuleType) -> dict[str, Any]:
    table = getattr(module, TABLE, None)
    if table is None:
        raise Refused(
            f"--handlers {name}: has no {TABLE}; it should map node types to functions, as in "
            f'{TABLE} = {{"my_type": my_function}}'
        )
    if not isinstance(table, Mapping):
        raise Refused(f"--handlers {name}: {TABLE} is a {type(table).__name__}, not a mapping")
    for key, handler in table.items():
        _refuse_entry(name, key, handler)
    return dict(table)


def _refuse_entry(name: str, key: object, handler: object) -> None:
    from attractorc.compiler.graph.elements import Kind
    from attractorc.interpreter.handlers import TOOL

    if not isinstance(key, str) or not key:
        raise Refused(f"--handlers {name}: {TABLE} has the key {key!r}, which is no node type")
    if key in get_args(Kind) and key != TOOL:
        raise Refused(
            f"--handlers {name}: '{key}' is a type of attractorc's own; of those only 'tool' and "
            "'agent' can be given another handler"
        )
    if not callable(handler) and not callable(getattr(handler, "run", None)):
        raise Refused(
            f"--handlers {name}: {TABLE}['{key}'] is a {type(handler).__name__}; a function of a "
            "call can be used, or an object with an async method 'run'"
        )
    if isinstance(handler, type):
        raise Refused(
            f"--handlers {name}: {TABLE}['{key}'] is the class {handler.__name__}; give an object "
            f"of it: {handler.__name__}()"
        )
