"""A server on loopback that speaks CXDB's protocol as the real one does, quirks included.

Written from the captured exchanges, without the client's codec, so that the two cannot be
wrong together. Each quirk can be switched off, and faults can be planned request by request.
`python -m tests.cxdb.double` lets it run by itself.
"""

from __future__ import annotations

from .database import Quirks
from .faults import Fault, Faults
from .server import Double

__all__ = ["Double", "Fault", "Faults", "Quirks"]
