"""Frames, byte by byte, as a real server was heard: the client's requests and what answers mean.

`golden.txt` is our own copy of the exchanges. Where the design pages are at hand, all that
stands in them is held to, too (ATTRACTORC_CXDB_FIXTURES, or beside the project).
"""

from __future__ import annotations

import json
import os
import socket
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgpack
import pytest
from blake3 import blake3
from hypothesis import given
from hypothesis import strategies as st

from attractorc.interpreter.cxdb import frames
from attractorc.interpreter.cxdb.frames import Ack, Head, Item, Request, Session
from attractorc.interpreter.cxdb.trouble import Garbled

from .double import Double
from .servers import server

ROOT = Path(__file__).parents[2]
FIXTURES = Path(
    os.environ.get(
        "ATTRACTORC_CXDB_FIXTURES", ROOT.parent / "shared" / "design" / "cxdb-fixtures.json"
    )
)
AT_HAND = FIXTURES.is_file()
needs_fixtures = pytest.mark.skipif(
    not AT_HAND, reason=f"the captured exchanges are not at {FIXTURES} (ATTRACTORC_CXDB_FIXTURES)"
)


def golden() -> dict[str, dict[str, tuple[str, str]]]:
    """Sentence -> frames of request and answer, by part."""
    parts: dict[str, dict[str, tuple[str, str]]] = {}
    for line in Path(__file__).with_name("golden.txt").read_text("utf-8").splitlines():
        if line.startswith("== "):
            part = parts.setdefault(line[3:], {})
        elif line and not line.startswith("#"):
            sentence, request, answer = line.split(" | ")
            part[sentence] = (request, answer)
    return parts


GOLDEN = golden()
ITEM, MESSAGE = "cxdb.ConversationItem", "com.example.Message"
USER = bytes.fromhex("8201a47573657202a26869")
ASSISTANT = bytes.fromhex("8201a9617373697374616e7402a568656c6c6f")
HI, HELLO = blake3(USER).digest(), blake3(ASSISTANT).digest()
BLOB, TREE = b"hello blob", b"\x90"
BLOB_HASH, TREE_HASH = blake3(BLOB).digest(), blake3(TREE).digest()

REQUESTS: dict[str, Request] = {
    "an append with a key": frames.append(1, ITEM, 3, b"\x91\x03", "idem-1"),
    "an append below the head": frames.append(1, ITEM, 3, b"\x91\x01"),
    "an append below turn 7": frames.append(1, ITEM, 3, b"\x91\x02", parent=7),
    "an append with a file tree": frames.append(1, ITEM, 3, b"\x91\x04", root=b"\xbb" * 32),
    "a file tree for turn 99": frames.attach_fs(99, b"\xaa" * 32),
    "an empty context": frames.create(),
    "a fork of turn 123": frames.fork(123),
    "the head of context 42": frames.get_head(42),
    "the last ten turns of context 1": frames.get_last(1, 10, payload=False),
    "the last five turns with their payloads": frames.get_last(1, 5, payload=True),
    "a greeting with a name": frames.hello("test-client"),
    "a greeting without a name": frames.hello(""),
    "a blob": frames.put_blob(BLOB),
}
CONVERSATION: dict[str, tuple[Request, Callable[[bytes], object], object]] = {
    "hello": (frames.hello("test-client"), frames.read_session, Session(1, 1)),
    "an empty context": (frames.create(), frames.read_head, Head(1, 0, 0)),
    "the first turn": (
        frames.append(1, MESSAGE, 1, USER, "k-1"),
        frames.read_ack,
        Ack(1, 1, 0, HI),
    ),
    "the same turn and key again make another turn": (
        frames.append(1, MESSAGE, 1, USER, "k-1"),
        frames.read_ack,
        Ack(1, 2, 1, HI),
    ),
    "the head": (frames.get_head(1), frames.read_head, Head(1, 3, 2)),
    "the last two turns without payloads": (
        frames.get_last(1, 2, payload=False),
        lambda answer: frames.read_last(answer, with_payload=False),
        (Item(2, 1, 1, MESSAGE, 1, 1, HI), Item(3, 2, 2, MESSAGE, 1, 1, HELLO)),
    ),
    "the last two turns with payloads": (
        frames.get_last(1, 2, payload=True),
        lambda answer: frames.read_last(answer, with_payload=True),
        (Item(2, 1, 1, MESSAGE, 1, 1, HI, USER), Item(3, 2, 2, MESSAGE, 1, 1, HELLO, ASSISTANT)),
    ),
    "a fork of the first turn": (frames.fork(1), frames.read_head, Head(2, 1, 0)),
    "a turn in the fork": (
        frames.append(2, MESSAGE, 1, ASSISTANT),
        frames.read_ack,
        Ack(2, 4, 1, HELLO),
    ),
    "a new blob": (frames.put_blob(BLOB), frames.read_kept, (BLOB_HASH, True)),
    "the same blob again": (frames.put_blob(BLOB), frames.read_kept, (BLOB_HASH, False)),
    "the blob back": (frames.get_blob(BLOB_HASH), frames.read_blob, BLOB),
    "an empty file tree": (frames.put_blob(TREE), frames.read_kept, (TREE_HASH, True)),
    "the tree for the first turn": (
        frames.attach_fs(1, TREE_HASH),
        frames.read_attached,
        (1, TREE_HASH),
    ),
    "a turn with the tree": (
        frames.append(1, MESSAGE, 1, USER, root=TREE_HASH),
        frames.read_ack,
        Ack(1, 5, 3, HI),
    ),
}
NOT_OURS = {"a compressed turn", "a kind that the server does not know"}
"""What this client never sends; the double is shown it all the same."""


@pytest.mark.parametrize("sentence", GOLDEN["requests"])
def test_a_request_has_the_very_bytes(sentence: str) -> None:
    frame, _ = GOLDEN["requests"][sentence]
    assert REQUESTS[sentence].frame(1).hex() == frame


@pytest.mark.parametrize("sentence", CONVERSATION)
def test_an_exchange_has_the_very_bytes_and_means_this(sentence: str) -> None:
    request, read, meaning = CONVERSATION[sentence]
    asked, answer = GOLDEN["conversation"][sentence]
    number = list(GOLDEN["conversation"]).index(sentence) + 1
    assert request.frame(number).hex() == asked
    assert read(bytes.fromhex(answer)[16:]) == meaning


def test_all_that_was_heard_is_said_or_left_unsaid_on_purpose() -> None:
    assert GOLDEN["requests"].keys() == REQUESTS.keys()
    assert GOLDEN["conversation"].keys() == CONVERSATION.keys() | NOT_OURS


def test_an_error_frame_says_its_code() -> None:
    answer = GOLDEN["conversation"]["a kind that the server does not know"][1]
    assert frames.read_error(bytes.fromhex(answer)[16:]) == (422, "unknown msg_type")


# --- the double says what the real server said


def said(connection: socket.socket, request: str) -> str:
    """The answer to a frame; `closed` for none."""
    connection.sendall(bytes.fromhex(request))
    data = b""
    while len(data) < 16 or len(data) < 16 + struct.unpack_from("<I", data)[0]:
        more = connection.recv(65536)
        if not more:
            return "closed" if not data else data.hex()
        data += more
    return data.hex()


def told_everything(double: Double, exchanges: list[tuple[str, str]]) -> list[str]:
    with socket.create_connection(("127.0.0.1", double.port), 5) as connection:
        return [said(connection, request) for request, _ in exchanges]


def test_the_double_answers_as_the_real_server_did() -> None:
    exchanges = list(GOLDEN["conversation"].values())
    with Double() as double:
        assert told_everything(double, exchanges) == [answer for _, answer in exchanges]
        for request, answer in GOLDEN["errors"].values():
            assert told_everything(double, [(request, answer)]) == [answer]


def test_a_turn_stays_although_its_tree_is_missing_and_nobody_is_told() -> None:
    request = frames.append(1, "t", 1, b"", root=b"\x01" * 32)
    with server("double") as there:
        client = there.client()
        context = client.create().context
        with socket.create_connection(("127.0.0.1", there.place.port), 5) as connection:
            assert said(connection, request.frame(1).hex()) == "closed"
        assert client.head(context).turn == 1


# --- broken answers


@given(st.sampled_from(sorted(CONVERSATION)), st.data())
def test_a_cut_or_longer_answer_is_garbled(sentence: str, data: st.DataObject) -> None:
    _, read, _meaning = CONVERSATION[sentence]
    whole = bytes.fromhex(GOLDEN["conversation"][sentence][1])[16:]
    size = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(Garbled):
        read(whole[:size])
    with pytest.raises(Garbled):
        read(whole + b"\0")


@given(st.binary(max_size=200))
def test_any_bytes_are_an_answer_or_garbled(answer: bytes) -> None:
    for _, read, _meaning in CONVERSATION.values():
        try:
            read(answer)
        except Garbled:
            continue


# --- all that the design pages hold


def fixtures() -> Any:
    return json.loads(FIXTURES.read_text("utf-8")) if AT_HAND else {}


def from_inputs(told: dict[str, Any]) -> Request:
    match told["op"]:
        case "HELLO":
            return frames.hello(told["client_tag"])
        case "CTX_CREATE":
            return frames.create(told["base_turn_id"])
        case "CTX_FORK":
            return frames.fork(told["base_turn_id"])
        case "GET_HEAD":
            return frames.get_head(told["context_id"])
        case "GET_LAST":
            with_payload = bool(told["include_payload"])
            return frames.get_last(told["context_id"], told["limit"], payload=with_payload)
        case "PUT_BLOB":
            return frames.put_blob(told["data_utf8"].encode())
        case "ATTACH_FS":
            return frames.attach_fs(told["turn_id"], bytes.fromhex(told["fs_root_hash"]))
    root = told["fs_root_hash"]
    return frames.append(
        told["context_id"],
        told["declared_type_id"],
        told["declared_type_version"],
        bytes.fromhex(told["payload_hex"]),
        told["idempotency_key"],
        parent=told["parent_turn_id"],
        root=None if root is None else bytes.fromhex(root),
    )


@needs_fixtures
def test_every_request_of_the_fixtures_comes_out_of_its_inputs() -> None:
    told = fixtures()["request_fixtures"]
    made = {each["name"]: from_inputs(each["inputs"]).frame(1).hex() for each in told}
    assert made == {each["name"]: each["frame_hex_with_req_id_1"] for each in told}


@needs_fixtures
def test_our_copy_of_the_exchanges_is_theirs() -> None:
    told = fixtures()
    requests = [each["frame_hex_with_req_id_1"] for each in told["request_fixtures"]]
    steps = [
        (each["request_frame_hex"], each.get("response_frame_hex", "closed"))
        for each in told["live_capture"]["steps"]
    ]
    ours = [*GOLDEN["conversation"].values(), *GOLDEN["errors"].values()]
    assert [request for request, _ in GOLDEN["requests"].values()] == requests
    assert ours == steps


@needs_fixtures
def test_the_file_trees_of_the_fixtures_are_kept_and_attached() -> None:
    told = fixtures()["fstree_fixture"]
    root = bytes.fromhex(told["root_hash_hex"])
    with server("double") as there:
        client = there.client()
        for digest, tree in told["trees"].items():
            assert client.put_blob(bytes.fromhex(tree))
            assert client.get_blob(bytes.fromhex(digest)) == bytes.fromhex(tree)
        turn = client.append(client.create().context, "t", 1, b"\x80", root=root).turn
        client.attach_fs(turn, root)
        assert there.double is not None
        assert there.double.database.roots == {turn: root}
    for word, digest in told["blake3"].items():
        data = b"" if word == "empty" else word.encode()
        assert blake3(data).hexdigest() == digest


@needs_fixtures
def test_the_payloads_of_the_fixtures_can_be_read() -> None:
    for each in fixtures()["msgpack_fixtures"]:
        assert msgpack.unpackb(bytes.fromhex(each["payload_hex"]), strict_map_key=False)
