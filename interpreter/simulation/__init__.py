"""Simulated runs: scripted stages and people on a virtual clock, under the real driver.

The machine, the scheduler, the journal and the store are those of a real run; only what
stands behind the ports is different, so that hours pass in milliseconds, and the same way
every time. Nothing is started, read or written but the store.
"""

from __future__ import annotations

from .actors import ScriptedHandler, ScriptedInterviewer, scripted_handlers
from .running import EPOCH_MS, Simulated, Stuck, carried_out, simulate, simulated_ports
from .script import Play, Reply, Script, merged
from .virtual_time import VirtualClock, VirtualLoop

__all__ = [
    "EPOCH_MS",
    "Play",
    "Reply",
    "Script",
    "ScriptedHandler",
    "ScriptedInterviewer",
    "Simulated",
    "Stuck",
    "VirtualClock",
    "VirtualLoop",
    "carried_out",
    "merged",
    "scripted_handlers",
    "simulate",
    "simulated_ports",
]
