"""The HTTP port of the double: turns by the page, and the registry."""

from __future__ import annotations

import base64
import json
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgpack
from blake3 import blake3

from .database import Database, Rejected, Stored


def handler(database: Database) -> type[BaseHTTPRequestHandler]:
    """A handler class over one database."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer("GET", b"")

        def do_PUT(self) -> None:
            size = int(self.headers.get("Content-Length", 0))
            self._answer("PUT", self.rfile.read(size))

        def _answer(self, method: str, body: bytes) -> None:
            parts = urlsplit(self.path)
            query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
            path = tuple(parts.path.strip("/").split("/"))
            tag = {}
            try:
                with database.lock:
                    status, data = routed(database, method, path, query, body)
            except Rejected as error:
                told = {"error": {"code": error.code, "message": str(error)}}
                status, data = error.code, json.dumps(told).encode()
            if path[:3] == ("v1", "registry", "bundles") and status == 200:
                tag = {"ETag": f'"{blake3(data).hexdigest()}"'}
            self.send_response(status)
            for name, value in {**tag, "Content-Length": str(len(data))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_arguments: object) -> None:
            pass

    return Handler


def routed(
    database: Database, method: str, path: tuple[str, ...], query: dict[str, str], body: bytes
) -> tuple[int, bytes]:
    """Status and body for one request."""
    match method, path:
        case "GET", ("healthz",):
            return 200, b"ok"
        case "PUT", ("v1", "registry", "bundles", _):
            return database.put_bundle(body), b""
        case "GET", ("v1", "registry", "bundles", identity):
            if identity not in database.bundles:
                raise Rejected(404, "not found: bundle")
            return 200, database.bundles[identity]
        case "GET", ("v1", "contexts", context, "turns"):
            return 200, json.dumps(_page(database, int(context), query)).encode()
    raise Rejected(404, "not found: route")


def _page(database: Database, context: int, query: dict[str, str]) -> dict[str, Any]:
    head, depth = database.head(context)
    line = database.line(context)
    if "before_turn_id" in query:
        before = int(query["before_turn_id"])
        if before not in database.turns:
            raise Rejected(404, "turn not found")
        line = database.above(database.turns[before].parent)
    limit = query.get("limit", "64")
    line = line[: int(limit) if limit.isdigit() else 64][::-1]
    view = query.get("view", "typed")
    turns = [_told(database, database.turns[number], view) for number in line]
    return {
        "meta": {
            "context_id": str(context),
            "head_turn_id": str(head),
            "head_depth": depth,
            "registry_bundle_id": database.last_bundle,
        },
        "turns": turns,
        "next_before_turn_id": str(line[0]) if line else None,
    }


def _told(database: Database, turn: Stored, view: str) -> dict[str, Any]:
    told: dict[str, Any] = {
        "turn_id": str(turn.id),
        "parent_turn_id": str(turn.parent),
        "depth": turn.depth,
        "declared_type": {"type_id": turn.type, "type_version": turn.version},
    }
    raw = database.blobs[turn.hash]
    if view in ("typed", "both"):
        told["data"] = _typed(database, turn, raw)
    if view in ("raw", "both"):
        told |= {
            "content_hash_b3": turn.hash.hex(),
            "encoding": turn.encoding,
            "compression": 0,
            "uncompressed_len": turn.length,
            "bytes_b64": base64.b64encode(raw).decode(),
        }
    return told


def _typed(database: Database, turn: Stored, raw: bytes) -> dict[str, Any]:
    declared = database.types.get((turn.type, turn.version))
    if declared is None:
        if database.quirks.one_unknown_type_fails_a_page:
            raise Rejected(424, f"missing type descriptor {turn.type} version {turn.version}")
        return {}
    fields = declared["fields"]
    found = msgpack.unpackb(raw, strict_map_key=False)
    if not isinstance(found, dict):
        raise Rejected(422, "payload is not a map")
    return {
        fields[str(tag)]["name"]: str(value) if fields[str(tag)]["type"] == "u64" else value
        for tag, value in found.items()
        if str(tag) in fields
    }
