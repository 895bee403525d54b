"""What tests talk to: the double, or the server that the environment names."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from attractorc.interpreter.cxdb.address import Address, Web, address, web
from attractorc.interpreter.cxdb.client import Client
from attractorc.interpreter.cxdb.connection import Patience
from attractorc.interpreter.cxdb.web import WebReader

from .double import Double, Quirks

PLACE, PAGES = "ATTRACTORC_CXDB_ADDR", "ATTRACTORC_CXDB_HTTP"
IMPATIENT = Patience(connect_s=2, answer_s=2)
BOTH = ["double", "live"]


@dataclass
class Server:
    """A server to talk to. `double` is None for a real one."""

    place: Address
    pages: Web
    double: Double | None = None
    opened: list[Client | WebReader] = field(default_factory=list)

    def client(self, patience: Patience = IMPATIENT) -> Client:
        made = Client(self.place, patience)
        self.opened.append(made)
        return made

    def reader(self, patience: Patience = IMPATIENT) -> WebReader:
        made = WebReader(self.pages, patience)
        self.opened.append(made)
        return made

    def hang_up(self) -> None:
        for each in self.opened:
            each.close()


@contextmanager
def server(kind: str, quirks: Quirks | None = None) -> Iterator[Server]:
    """A double that just started, or the live server; skips where there is none."""
    if kind == "live":
        if not (os.environ.get(PLACE) and os.environ.get(PAGES)):
            pytest.skip(f"no real server is named: {PLACE} and {PAGES} are not set")
        real = Server(address(os.environ[PLACE]), web(os.environ[PAGES]))
        yield real
        real.hang_up()
        return
    with Double(quirks) as double:
        there = Server(address(double.address), web(double.url), double)
        yield there
        there.hang_up()
