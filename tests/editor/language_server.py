"""Talks to a YAML language server over stdio, as an editor does, and needs no network.

Only what the tests ask: open a text, read what is found in it, complete and hover at a place.
It must not know pipelines or what the schema says.
"""

from __future__ import annotations

import json
import queue
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

SETTINGS: Mapping[str, Any] = {
    "validate": True,
    "hover": True,
    "completion": True,
    "schemaStore": {"enable": False},
    "kubernetesCRDStore": {"enable": False},
    "schemas": {},
}
_PATIENCE_SECONDS = 60


class LanguageServer:
    """One server process; a context manager."""

    def __init__(self, command: Sequence[str]) -> None:
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._inbox: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._last_id = 0
        self._found: dict[str, list[dict[str, Any]]] = {}

    def __enter__(self) -> Self:
        self.ask(
            "initialize",
            {
                "processId": None,
                "rootUri": None,
                "capabilities": {
                    "workspace": {"configuration": True},
                    "textDocument": {
                        "completion": {"completionItem": {"snippetSupport": True}},
                        "hover": {"contentFormat": ["markdown"]},
                    },
                },
            },
        )
        self.tell("initialized", {})
        self.tell("workspace/didChangeConfiguration", {"settings": {"yaml": SETTINGS}})
        return self

    def __exit__(self, *_: object) -> None:
        self.tell("exit", None)
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def open(self, path: Path, text: str) -> None:
        """Show a text as the content of a file, which need not exist."""
        document = {"uri": path.as_uri(), "languageId": "yaml", "version": 1, "text": text}
        self.tell("textDocument/didOpen", {"textDocument": document})

    def findings(self, path: Path) -> list[dict[str, Any]]:
        """What the server finds in an open file, by place; waits until it has looked."""
        uri = path.as_uri()
        while uri not in self._found:
            self._take()
        return sorted(
            self._found[uri],
            key=lambda each: (each["range"]["start"]["line"], each["range"]["start"]["character"]),
        )

    def completions(self, path: Path, line: int, character: int) -> dict[str, dict[str, Any]]:
        """What the server offers at a place, by label; lines and characters from 0."""
        offered = self.ask("textDocument/completion", _at(path, line, character))
        items = offered["items"] if isinstance(offered, dict) else offered or []
        return {item["label"]: item for item in items}

    def hover(self, path: Path, line: int, character: int) -> str:
        """What the server shows at a place."""
        shown = self.ask("textDocument/hover", _at(path, line, character))
        return str(shown["contents"]["value"]) if shown else ""

    def ask(self, method: str, params: Any) -> Any:
        """The answer to a request."""
        self._last_id += 1
        asked = self._last_id
        self._send({"id": asked, "method": method, "params": params})
        while True:
            message = self._take()
            if "method" not in message and message.get("id") == asked:
                assert "error" not in message, message
                return message.get("result")

    def tell(self, method: str, params: Any) -> None:
        """Send a notification."""
        self._send({"method": method, "params": params})

    def _take(self) -> dict[str, Any]:
        """The next message; what the server asks is answered, what it finds is kept."""
        message = self._inbox.get(timeout=_PATIENCE_SECONDS)
        assert message is not None, "the language server has ended"
        match message.get("method"):
            case "textDocument/publishDiagnostics":
                self._found[message["params"]["uri"]] = message["params"]["diagnostics"]
            case "workspace/configuration":
                sections = (item.get("section") for item in message["params"]["items"])
                given = [SETTINGS if section == "yaml" else None for section in sections]
                self._send({"id": message["id"], "result": given})
            case str() if "id" in message:
                self._send({"id": message["id"], "result": None})
        return message

    def _send(self, message: Mapping[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self._process.stdin.flush()

    def _read(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        while header := stream.readline():
            length = 0
            while header.strip():
                name, _, value = header.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
                header = stream.readline()
            self._inbox.put(json.loads(stream.read(length)))
        self._inbox.put(None)


def _at(path: Path, line: int, character: int) -> dict[str, Any]:
    return {
        "textDocument": {"uri": path.as_uri()},
        "position": {"line": line, "character": character},
    }
