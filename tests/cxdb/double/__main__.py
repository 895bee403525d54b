"""`python -m tests.cxdb.double [PORT [WEB_PORT]]`: the double by itself, until it is ended."""

from __future__ import annotations

import sys
import threading

from . import Double

with Double(None, *map(int, sys.argv[1:] or (9009, 9010))) as double:
    print(f"--cxdb {double.address} --cxdb-http {double.url}", flush=True)
    threading.Event().wait()
