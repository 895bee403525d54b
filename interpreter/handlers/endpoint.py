"""An endpoint for chat completions: where it is, with which key, how long to wait for it.

Made from configuration and environment before a run, without a connection. The key itself
comes from a variable of the environment, never from a file that is committed. It must not
know how requests are sent.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

DEFAULT_URL = "https://api.openai.com/v1"
URL_VARIABLE = "OPENAI_BASE_URL"
KEY_VARIABLE = "OPENAI_API_KEY"
_LOOPBACK = re.compile(r"localhost|127(\.\d{1,3}){3}|::1|\[::1\]")
_HEADER_TEXT = re.compile(r"[!-~]+")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`url` ends before `/chat/completions`. `key_variable` '' means that no key is sent.

    `tries` counts requests of one call. Times are seconds: `connect_s` for a connection, `read_s`
    without a byte, `total_s` for one whole answer. `stream`: ask for it piece by piece.
    `ca_file` holds certificates to trust instead of the usual ones. `plain_http` allows a key to
    leave the machine without encryption.
    """

    url: str = DEFAULT_URL
    key_variable: str = KEY_VARIABLE
    key: str = ""
    model: str = ""
    tries: int = 4
    connect_s: float = 10.0
    read_s: float = 120.0
    total_s: float = 600.0
    stream: bool = True
    ca_file: str = ""
    plain_http: bool = False

    @property
    def completions(self) -> str:
        """Where requests go."""
        return f"{self.url.rstrip('/')}/chat/completions"

    @property
    def is_local(self) -> bool:
        """Whether requests stay on this machine. No proxy has a part in them."""
        return _is_loopback(urlsplit(self.url).hostname or "")

    def fault(self) -> str | None:
        """Why no request can be sent, one sentence; None if one can."""
        return self._authority_fault() or _url_fault(self.url) or self._key_fault()

    def _authority_fault(self) -> str | None:
        if not self.ca_file:
            return None
        told = f"the file of certificates '{self.ca_file}' (ca-file)"
        if not Path(self.ca_file).is_file():
            return f"{told} is not there"
        try:
            ssl.create_default_context(cafile=self.ca_file)
        except ssl.SSLError:
            return f"{told} holds no certificate; it should be in PEM, as authorities give it"
        except OSError as error:
            return f"{told} cannot be read: {(error.strerror or str(error)).lower()}"
        return None

    def _key_fault(self) -> str | None:
        if not self.key_variable:
            return None
        name = self.key_variable
        if not self.key:
            return (
                f"the key for {self.url} is missing: set the variable {name}, or write "
                'api-key-env = "" for an endpoint that needs none'
            )
        if not _HEADER_TEXT.fullmatch(self.key):
            return f"the key in {name} holds a character that no key has, such as a space"
        is_plain = urlsplit(self.url).scheme == "http"
        if is_plain and not (self.plain_http or self.is_local):
            return (
                f"the key for {self.url} would be sent without encryption; use https, or write "
                "plain-http = true for a network that you trust"
            )
        return None


def _url_fault(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        port_is_right = parts.port is None or parts.port > 0
    except ValueError:
        port_is_right = False
    if not port_is_right or parts.scheme not in ("http", "https") or not parts.hostname:
        return f"'{url}' is no URL of an endpoint, such as {DEFAULT_URL}"
    if parts.username is not None or parts.password is not None:
        return (
            f"the URL of the endpoint at {parts.hostname} holds a user or a password; put the key "
            "into a variable, and name it with api-key-env"
        )
    if parts.query or parts.fragment:
        return f"the URL of an endpoint ends before '?' and '#': {url}"
    return None


def _is_loopback(host: str) -> bool:
    return _LOOPBACK.fullmatch(host) is not None


def from_environment(environment: Mapping[str, str]) -> Endpoint:
    """The endpoint that the usual two variables name."""
    url = environment.get(URL_VARIABLE) or DEFAULT_URL
    return Endpoint(url=url, key=environment.get(KEY_VARIABLE, ""))
