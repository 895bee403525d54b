"""Lowering: from a graph without errors to the plan that a run follows.

Takes what every kind of node, region and policy means to a run, and drops how it was
written. The rooms: `pipeline` for the whole, `steps`, `work` and `meeting` for its parts.
"""

from __future__ import annotations

from .pipeline import lower

__all__ = ["lower"]
