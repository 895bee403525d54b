"""What the double knows: turns, contexts, blobs, trees and the registry, under one lock.

A `Rejected` is what the server closes the connection for.
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from typing import Any

from blake3 import blake3


@dataclass(frozen=True)
class Quirks:
    """How the real server behaves. Each can be had the way its documents say."""

    closes_on_errors: bool = True
    ignores_keys: bool = True
    takes_any_parent: bool = True
    small_sends: bool = True
    first_depth: int = 0
    forgets_at_restart: bool = True
    one_unknown_type_fails_a_page: bool = True


class Rejected(Exception):
    """A request that fails; `code` is what an error frame would say."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True)
class Stored:
    id: int
    parent: int
    depth: int
    type: str
    version: int
    encoding: int
    compression: int
    length: int
    hash: bytes


@dataclass
class Database:
    quirks: Quirks
    lock: threading.RLock = field(default_factory=threading.RLock)
    turns: dict[int, Stored] = field(default_factory=dict)
    heads: dict[int, int] = field(default_factory=dict)
    blobs: dict[bytes, bytes] = field(default_factory=dict)
    roots: dict[int, bytes] = field(default_factory=dict)
    keys: dict[tuple[int, bytes], int] = field(default_factory=dict)
    bundles: dict[str, bytes] = field(default_factory=dict)
    types: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)
    last_bundle: str | None = None
    contexts: int = 0
    sessions: int = 0

    def forget(self) -> None:
        """What a restart erases; bundles and trees survive it."""
        for table in (self.turns, self.heads, self.blobs, self.keys):
            table.clear()
        self.contexts = self.sessions = 0

    def create(self, base: int) -> int:
        if base and base not in self.turns:
            raise Rejected(404, "turn not found")
        self.contexts += 1
        self.heads[self.contexts] = base
        return self.contexts

    def head(self, context: int) -> tuple[int, int]:
        if context not in self.heads:
            raise Rejected(404, "context not found")
        turn = self.heads[context]
        return turn, self.turns[turn].depth if turn else 0

    def append(self, context: int, parent: int, turn: dict[str, Any], raw: bytes) -> Stored:
        """`turn` has type, version, encoding, compression, length, hash, key and root."""
        if len(raw) != turn["length"]:
            raise Rejected(422, "length mismatch")
        if blake3(raw).digest() != turn["hash"]:
            raise Rejected(422, "hash mismatch")
        known = self.keys.get((context, turn["key"])) if turn["key"] else None
        if known is not None and not self.quirks.ignores_keys:
            return self.turns[known]
        self.blobs.setdefault(turn["hash"], raw)
        if parent:
            if parent not in self.turns:
                raise Rejected(404, "parent not found")
            if not self.quirks.takes_any_parent and parent not in self.line(context):
                raise Rejected(409, "parent is not in the context")
        else:
            parent, _ = self.head(context)
        depth = self.turns[parent].depth + 1 if parent else self.quirks.first_depth
        number = len(self.turns) + 1
        stored = Stored(
            number,
            parent,
            depth,
            turn["type"],
            turn["version"],
            turn["encoding"],
            turn["compression"],
            turn["length"],
            turn["hash"],
        )
        self.turns[number] = stored
        self.heads[context] = number
        self.keys[context, turn["key"]] = number
        if turn["root"] is not None:
            self.attach(number, turn["root"])
        return stored

    def attach(self, turn: int, root: bytes) -> None:
        if turn not in self.turns:
            raise Rejected(404, "turn not found")
        if root not in self.blobs:
            raise Rejected(404, "blob not found")
        self.roots[turn] = root

    def line(self, context: int) -> list[int]:
        """The turns of a context, newest first, with what it inherits."""
        turn, _ = self.head(context)
        return self.above(turn)

    def above(self, turn: int) -> list[int]:
        found = []
        while turn:
            found.append(turn)
            turn = self.turns[turn].parent
        return found

    def put_bundle(self, raw: bytes) -> int:
        """201, 204 or a `Rejected`. The id is the body's, whatever the path says."""
        try:
            bundle = json.loads(raw)
            identity, types = bundle["bundle_id"], bundle["types"]
        except (ValueError, KeyError, TypeError) as error:
            raise Rejected(422, f"invalid json: {error}") from error
        if identity in self.bundles:
            if self.bundles[identity] == raw:
                return 204
            raise Rejected(422, "bundle_id already exists with different content")
        for name, declared in types.items():
            for version, told in declared["versions"].items():
                place = (name, int(version))
                if self.types.setdefault(place, told) != told:
                    raise Rejected(422, f"type {name} version {version} differs from existing")
        self.bundles[identity] = raw
        self.last_bundle = identity
        return 201
