"""What can go wrong with a server, by what may be done about it.

Apart because client, reader and mirror all sort their trouble alike. It must not know what
was asked of the server.
"""

from __future__ import annotations

from ..ports import StoreError


class CxdbError(StoreError):
    """The server cannot do what was asked; the message is one sentence that names it."""


class Unreachable(CxdbError):
    """Nothing was done, or nobody knows: refused, cut off, too slow. It may be tried again.

    Whoever asked for a change must find out first whether it happened.
    """


class Closed(Unreachable):
    """The server closed the connection instead of an answer.

    So it says that it refuses a request, and so does a server that ends.
    """


class Interfered(Unreachable):
    """Somebody else has written to a context that only one mirror writes to."""


class Garbled(CxdbError):
    """What answers does not speak the protocol, or not as it should."""


class Refusal(CxdbError):
    """The server says no, and why; it would say so again."""


class Lost(CxdbError):
    """The server no longer has what it had acknowledged: it was emptied."""
