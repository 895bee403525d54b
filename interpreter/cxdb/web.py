"""Reads over HTTP, and the registry bundle: what the binary port does not have.

Turns are read raw and decoded here: a typed page fails as a whole for one type that the
server was not told. A page says where the next one begins even when there is none, so
reading ends at an empty page. It must not know records or runs.
"""

from __future__ import annotations

import binascii
import http.client
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .address import Web
from .connection import Patience, acknowledge_at_once
from .frames import Item
from .trouble import CxdbError, Garbled, Refusal, Unreachable

PAGE = 256
_MISSING = 404


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status of HTTP, and the body."""

    status: int
    body: bytes


class WebReader:
    """The HTTP port, one connection at a time, for one thread."""

    def __init__(self, place: Web, patience: Patience | None = None) -> None:
        self.place = place
        self._patience = patience or Patience()
        self._connection: http.client.HTTPConnection | None = None

    def page(
        self, context: int, before: int | None = None, limit: int = PAGE
    ) -> tuple[Item, ...] | None:
        """Turns of a context, oldest first: the newest, or those above `before`.

        They come through forks from what the context inherits. None where the server has no
        such context, or no such turn.
        """
        path = f"/v1/contexts/{context}/turns?view=raw&limit={limit}"
        if before is not None:
            path += f"&before_turn_id={before}"
        answer = self._ask("GET", path)
        if answer.status == _MISSING:
            return None
        told = self._json(answer)
        try:
            return tuple(_item(each) for each in told["turns"])
        except (KeyError, TypeError, ValueError) as error:
            raise Garbled(f"CXDB at {self.place} answers with a page of another form") from error

    def turns(self, context: int, limit: int = PAGE) -> Iterator[Item]:
        """All turns of a context from its newest to the root, page by page."""
        before: int | None = None
        while page := self.page(context, before, limit):
            yield from reversed(page)
            before = page[0].turn

    def has_context(self, context: int) -> bool:
        """Whether the server knows a context, empty or not."""
        return self.page(context, limit=1) is not None

    def bundle(self, identity: str) -> bytes | None:
        """The bytes of a registry bundle; None if it was never published."""
        answer = self._ask("GET", f"/v1/registry/bundles/{identity}")
        if answer.status == _MISSING:
            return None
        self._refuse_unless(answer, 200)
        return answer.body

    def publish(self, identity: str, text: bytes) -> None:
        """Have a bundle at the server, these very bytes. Raises `Refusal` where it has others.

        What a server refuses it has half taken in, so it is asked first what it has.
        """
        there = self.bundle(identity)
        if there is None:
            answer = self._ask("PUT", f"/v1/registry/bundles/{identity}", text)
            self._refuse_unless(answer, 201, 204)
        elif there != text:
            raise Refusal(
                f"CXDB at {self.place} has another registry bundle under the name '{identity}'"
            )

    def close(self) -> None:
        """Hang up; safe to call twice."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _ask(self, method: str, path: str, body: bytes | None = None) -> Answer:
        # A connection that was kept may have been closed meanwhile; all requests are safe to
        # repeat, the publishing of the same bytes, too.
        if self._connection is not None:
            try:
                return self._exchanged(method, path, body)
            except CxdbError:
                self.close()
        return self._exchanged(method, path, body)

    def _exchanged(self, method: str, path: str, body: bytes | None) -> Answer:
        try:
            connection = self._connected()
            headers = {} if body is None else {"Content-Type": "application/json"}
            connection.request(method, f"{self.place.prefix}{path}", body, headers)
            acknowledge_at_once(connection.sock)
            answer = connection.getresponse()
            return Answer(answer.status, answer.read())
        except TimeoutError as error:
            self.close()
            raise Unreachable(f"CXDB at {self.place} does not answer in time") from error
        except http.client.HTTPException as error:
            self.close()
            raise Unreachable(f"CXDB at {self.place} does not answer with HTTP: {error}") from error
        except (OSError, UnicodeError) as error:
            self.close()
            said = error.strerror if isinstance(error, OSError) else None
            told = said or str(error)
            raise Unreachable(
                f"CXDB at {self.place} cannot be reached: {told[:1].lower()}{told[1:]}"
            ) from error

    def _connected(self) -> http.client.HTTPConnection:
        if self._connection is None:
            place = self.place.address
            kind = http.client.HTTPSConnection if self.place.secure else http.client.HTTPConnection
            opened = kind(place.host, place.port, timeout=self._patience.connect_s)
            opened.connect()
            opened.sock.settimeout(self._patience.answer_s)
            self._connection = opened
        return self._connection

    def _json(self, answer: Answer) -> Any:
        self._refuse_unless(answer, 200)
        try:
            return json.loads(answer.body)
        except ValueError as error:
            raise Garbled(f"CXDB at {self.place} answers with something that is no JSON") from error

    def _refuse_unless(self, answer: Answer, *expected: int) -> None:
        if answer.status not in expected:
            said = _message(answer.body) or f"it answers with status {answer.status}"
            raise Refusal(f"CXDB at {self.place} refuses a request: {said}")


def _item(told: Mapping[str, Any]) -> Item:
    declared = told["declared_type"]
    return Item(
        int(told["turn_id"]),
        int(told["parent_turn_id"]),
        int(told["depth"]),
        str(declared["type_id"]),
        int(declared["type_version"]),
        int(told["encoding"]),
        bytes.fromhex(told["content_hash_b3"]),
        binascii.a2b_base64(told["bytes_b64"]),
    )


def _message(body: bytes) -> str:
    try:
        return str(json.loads(body)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return ""
