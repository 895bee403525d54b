"""Loads the Lark grammars, and keeps their parse tables in a private cache.

All small languages share it: building tables takes a third of a second, loading them a few
milliseconds. Lark's own cache is not used, because it unpickles a file of the shared
temporary folder; ours lies in the user's cache folder, is read only if nobody else could
have written it, and any trouble with it means that the tables are built afresh.
It must not know what any grammar means.
"""

from __future__ import annotations

import functools
import hashlib
import io
import os
import pickle
import stat
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lark import Lark

_PACKAGE = "attractorc.grammar"
_DEFAULTS = {"parser": "lalr", "propagate_positions": False, "maybe_placeholders": False}

# What Lark can be given when tables are loaded; all else is part of the tables.
_LOADABLE = frozenset(
    {"transformer", "postlex", "lexer_callbacks", "g_regex_flags", "propagate_positions"}
)


@functools.lru_cache(maxsize=32)
def grammar(name: str, start: str | tuple[str, ...] = "start", **options: Any) -> Lark:
    """The LALR parser of `grammar/<name>.lark`, one per process and set of options.

    `options` are those of `lark.Lark`, hashable ones only; a transformer given here is shared
    by all callers and must hold no state. Raises `FileNotFoundError` for an unknown name and
    Lark's `GrammarError` for a faulty grammar.
    """
    import lark

    text = resources.files(_PACKAGE).joinpath(f"{name}.lark").read_text("utf-8")
    given = {**_DEFAULTS, **options, "start": [start] if isinstance(start, str) else [*start]}
    build = functools.partial(lark.Lark, text, **given)
    path = _cache_path(name, text, given, lark.__version__)
    if path is None:
        return build()
    return _loaded(path, given) or _built(path, build)


def _cache_path(name: str, text: str, options: dict[str, Any], version: str) -> Path | None:
    """Where the tables of this grammar lie; None if no private folder can be had."""
    tables = {key: value for key, value in options.items() if key not in _LOADABLE}
    written = ",".join(f"{key}={_described(value)}" for key, value in sorted(tables.items()))
    whole = "\n".join((text, written, version, sys.version))
    digest = hashlib.sha256(whole.encode()).hexdigest()[:32]
    with suppress(OSError, RuntimeError):
        root = os.environ.get("XDG_CACHE_HOME")
        folder = (Path(root) if root else Path.home() / ".cache") / "attractorc"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if _is_private(folder.lstat()) and stat.S_ISDIR(folder.lstat().st_mode):
            return folder / f"{name}-{digest}.tables"
    return None


def _described(value: object) -> str:
    return f"{value.__module__}.{value.__qualname__}" if isinstance(value, type) else repr(value)


def _is_private(found: os.stat_result) -> bool:
    """Whether only this user can have written it (always so where there are no owners)."""
    if not hasattr(os, "getuid"):
        return True
    return found.st_uid == os.getuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _loaded(path: Path, options: dict[str, Any]) -> Lark | None:
    from lark import Lark

    try:
        with path.open("rb") as file:
            if not _is_private(os.fstat(file.fileno())):
                return None
            tables = pickle.loads(file.read())  # noqa: S301  (ours alone: checked above)
        loadable = {key: value for key, value in options.items() if key in _LOADABLE}
        return Lark.__new__(Lark)._load(tables, **loadable)
    except Exception:  # whatever is wrong with a cache, the grammar itself is at hand
        return None


def _built(path: Path, build: Callable[[], Lark]) -> Lark:
    parser = build()
    with suppress(Exception):
        tables = io.BytesIO()
        parser.save(tables, _LOADABLE)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(tables.getvalue())
            Path(temporary).replace(path)
        except OSError:
            Path(temporary).unlink(missing_ok=True)
    return parser
