"""Stores: where turns are kept, in memory or in one SQLite file, behind one contract."""

from __future__ import annotations

from .opening import default_location, open_store

__all__ = ["default_location", "open_store"]
