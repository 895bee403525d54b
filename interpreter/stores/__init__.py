"""Stores: where turns are kept, in memory or in one SQLite file, behind one contract.

Which backend a location means is decided in `opening`; one suite of tests runs over all
of them. No store knows what a payload holds.
"""

from __future__ import annotations

from .opening import default_location, open_store

__all__ = ["default_location", "open_store"]
