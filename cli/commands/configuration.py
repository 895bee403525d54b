"""Finds and reads the configuration that holds for a folder.

An attractorc.toml goes before a pyproject.toml beside it; one without a `[tool.attractorc]`
is passed over, and the nearest file above counts alone. It must not know what the keys mean.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .exits import Refused
from .files import shown

if TYPE_CHECKING:
    from .settings import Settings

_OWN = "attractorc.toml"
_SHARED = "pyproject.toml"


class Configurations:
    """The settings of folders, each file read once. `Refused` where one is not right."""

    def __init__(self) -> None:
        self._known: dict[Path, Settings | None] = {}

    def nearest(self, folder: Path) -> Settings:
        """The settings for the files in a folder; those of no configuration if there is none."""
        from .settings import Settings

        return self._nearest(Path(os.path.abspath(folder))) or Settings()  # noqa: PTH100

    def _nearest(self, folder: Path) -> Settings | None:
        if folder not in self._known:
            here = _in(folder)
            if here is None and folder.parent != folder:
                here = self._nearest(folder.parent)
            self._known[folder] = here
        return self._known[folder]


def read(path: Path) -> Settings:
    """The settings of a configuration file that was named; `Refused` if there are none."""
    from .settings import configured

    table = _table(path)
    if path.name == _SHARED and table is None:
        raise Refused(f"{shown(path)}: has no [tool.attractorc]")
    return _located(configured(table or {}, _place(path)), path)


def _in(folder: Path) -> Settings | None:
    from .settings import configured

    for name in (_OWN, _SHARED):
        path = folder / name
        if path.is_file():
            table = _table(path)
            if table is not None:
                return _located(configured(table, _place(path)), path)
    return None


def _located(settings: Settings, path: Path) -> Settings:
    """The settings with agents' paths as they are meant: from the configuration's folder."""
    if not settings.agents:
        return settings
    from dataclasses import replace

    from .agents import located

    folder = Path(os.path.abspath(path)).parent  # noqa: PTH100
    agents = {name: located(table, folder) for name, table in settings.agents.items()}
    return replace(settings, agents=agents)


def _place(path: Path) -> str:
    return f"{shown(path)}: [tool.attractorc]" if path.name == _SHARED else shown(path)


def _table(path: Path) -> dict[str, Any] | None:
    """The part of a TOML file that is for attractorc; None if it has none."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise Refused(f"{shown(path)}: cannot be read: {(error.strerror or '').lower()}") from error
    if path.name == _SHARED and b"attractorc" not in data:
        return None
    import tomllib

    try:
        content = tomllib.loads(data.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Refused(f"{shown(path)}: is no TOML: {error}") from error
    if path.name != _SHARED:
        return content
    tools = content.get("tool", {})
    table = tools.get("attractorc") if isinstance(tools, dict) else None
    if table is not None and not isinstance(table, dict):
        raise Refused(f"{shown(path)}: tool.attractorc must be a table: [tool.attractorc]")
    return table
