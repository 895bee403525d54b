"""Ctrl-C and its like, as an engine hears them: a wish to stop, and a second one to stop at once.

Apart because real runs and scripted ones stop alike. It must not know what an engine does.
"""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from attractorc.interpreter.driver import Engine

SIGNALS = (signal.SIGINT, signal.SIGTERM)


def heed_signals(engine: Engine) -> None:
    """Let Ctrl-C ask the engine for a stop, and a second one end what runs."""
    asked = 0

    def stop() -> None:
        nonlocal asked
        asked += 1
        if asked == 1:
            click.echo("stopping at the next boundary; once more to stop at once", err=True)
        engine.request_stop(at_once=asked > 1)

    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        loop.add_signal_handler(number, stop)
