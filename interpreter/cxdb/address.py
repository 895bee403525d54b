"""Where a server is: its two ports, as people write them, and whether strangers are near.

A server asks nobody who they are and encrypts nothing, so it belongs on this machine or in
a private network. It must not know what is said to it.
"""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Address:
    """A host and a port; `str` is how it is written, `[::1]:9009` for one of IPv6."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Web:
    """The other port: `http` or `https`, a host, a port, and a path that all paths follow."""

    secure: bool
    address: Address
    prefix: str = ""

    def __str__(self) -> str:
        return f"{'https' if self.secure else 'http'}://{self.address}{self.prefix}"


def address(text: str) -> Address:
    """`HOST:PORT` as an address. Raises `ValueError` with what is wrong."""
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]") if host.startswith("[") else host
    bare = ":" in host and not text.startswith("[")
    if not colon or not host or bare or not _is_port(port) or set(host) & set("/@ "):
        raise ValueError(f"'{text}' is not HOST:PORT, as in 127.0.0.1:9009")
    return Address(host, int(port))


def web(text: str) -> Web:
    """A URL as a place. Raises `ValueError` with what is wrong."""
    wrong = ValueError(f"'{text}' is not the URL of a server, as in http://127.0.0.1:9010")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise wrong from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise wrong
    if parts.query or parts.fragment or parts.username is not None:
        raise wrong
    secure = parts.scheme == "https"
    place = Address(parts.hostname, port if port is not None else 443 if secure else 80)
    return Web(secure, place, parts.path.rstrip("/"))


def is_public(host: str) -> bool:
    """Whether a host is neither this machine nor in a private network, as far as it is known.

    A name that cannot be resolved is not public: connecting says what is wrong with it.
    """
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return False
    places = [ipaddress.ip_address(str(each[4][0]).partition("%")[0]) for each in found]
    return any(not (place.is_private or place.is_loopback) for place in places)


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and 0 < int(text) < 65536
