"""The client against a server: what each operation does, and every trap of the real one.

Each test runs against the double, and against a real server where the environment names one.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Iterator

import pytest
from blake3 import blake3

from attractorc.interpreter.cxdb import frames
from attractorc.interpreter.cxdb.address import Web, address, is_public, web
from attractorc.interpreter.cxdb.client import Client
from attractorc.interpreter.cxdb.connection import AT_ONCE, Patience
from attractorc.interpreter.cxdb.trouble import Closed, Garbled, Refusal, Unreachable
from attractorc.interpreter.cxdb.web import WebReader

from .double import Fault, Quirks
from .servers import BOTH, Server, server

UNKNOWN = 1 << 40


@pytest.fixture(params=BOTH)
def there(request: pytest.FixtureRequest) -> Iterator[Server]:
    with server(request.param) as running:
        yield running


@pytest.fixture
def double() -> Iterator[Server]:
    with server("double") as running:
        yield running


def filled(client: Client, count: int) -> tuple[int, list[int]]:
    """A context with turns of one byte each; their ids."""
    context = client.create().context
    turns = [client.append(context, "test.t", 1, bytes([n])).turn for n in range(count)]
    return context, turns


# --- operations


def test_turns_come_back_as_they_were_sent(there: Server) -> None:
    client = there.client()
    context, turns = filled(client, 3)
    found = client.last(context, 2, payload=True)
    assert [(item.turn, item.parent, item.depth, item.payload) for item in found] == [
        (turns[1], turns[0], 1, b"\x01"),
        (turns[2], turns[1], 2, b"\x02"),
    ]
    assert {(item.type, item.version, item.encoding) for item in found} == {("test.t", 1, 1)}
    assert [item.hash for item in found] == [blake3(bytes([n])).digest() for n in (1, 2)]


def test_turns_without_payloads_can_be_read(there: Server) -> None:
    client = there.client()
    context, turns = filled(client, 2)
    assert [(item.turn, item.payload) for item in client.last(context, 9)] == [
        (turns[0], None),
        (turns[1], None),
    ]


def test_an_empty_context_is_told_by_its_turn_not_by_its_depth(there: Server) -> None:
    client = there.client()
    context = client.create().context
    assert (client.head(context).turn, client.head(context).depth) == (0, 0)
    turn = client.append(context, "test.t", 1, b"")
    assert turn.depth == 0
    assert client.head(context).turn == turn.turn


def test_a_fork_goes_on_from_its_turn(there: Server) -> None:
    client = there.client()
    context, turns = filled(client, 2)
    fork = client.fork(turns[0])
    assert (fork.turn, fork.depth) == (turns[0], 0)
    ack = client.append(fork.context, "test.t", 1, b"x")
    assert ack.depth == 1
    assert [item.parent for item in client.last(fork.context, 1)] == [turns[0]]
    assert client.head(context).turn == turns[1]


def test_blobs_are_kept_once(there: Server) -> None:
    client = there.client()
    data = secrets.token_bytes(100_000)
    assert [client.put_blob(data), client.put_blob(data)] == [True, False]
    assert client.get_blob(blake3(data).digest()) == data


def test_a_file_tree_is_attached_to_a_turn(there: Server) -> None:
    client = there.client()
    client.put_blob(b"\x90")
    root = blake3(b"\x90").digest()
    context, turns = filled(client, 1)
    client.attach_fs(turns[0], root)
    assert client.append(context, "test.t", 1, b"", root=root).depth == 1


# --- traps


@pytest.mark.parametrize(
    "ask",
    [
        lambda client: client.head(UNKNOWN),
        lambda client: client.last(UNKNOWN, 1),
        lambda client: client.append(UNKNOWN, "test.t", 1, b""),
        lambda client: client.fork(UNKNOWN),
        lambda client: client.create(UNKNOWN),
        lambda client: client.get_blob(b"\x01" * 32),
        lambda client: client.attach_fs(UNKNOWN, b"\x01" * 32),
    ],
    ids=["head", "last", "append", "fork", "create", "blob", "tree"],
)
def test_a_refusal_is_a_closed_connection_and_the_next_one_is_new(
    there: Server, ask: Callable[[Client], object]
) -> None:
    client = there.client()
    with pytest.raises(Closed, match="closed the connection"):
        ask(client)
    assert not client.connected
    assert client.create().turn == 0


def test_the_server_keeps_no_keys(there: Server) -> None:
    client = there.client()
    context = client.create().context
    first, again = (client.append(context, "test.t", 1, b"", "key") for _ in range(2))
    assert again.turn != first.turn


def test_a_given_parent_makes_a_context_that_nobody_created(there: Server) -> None:
    """Why the context is checked before a parent is given."""
    client = there.client()
    _context, turns = filled(client, 1)
    number = UNKNOWN + secrets.randbelow(1 << 20)
    assert client.append(number, "test.t", 1, b"", parent=turns[0]).depth == 1
    assert client.head(number).depth == 1


@pytest.mark.parametrize("pipelined", [True, False], ids=["sent ahead", "one by one"])
def test_a_thousand_appends_take_no_time_for_delayed_acknowledgements(
    there: Server, pipelined: bool
) -> None:
    client = there.client()
    context = client.create().context
    count = 1_000 if pipelined else 200
    before = time.monotonic()
    if pipelined:
        asked = [frames.append(context, "test.t", 1, b"%d" % n) for n in range(count)]
        acks = [client.read(frames.read_ack, answer) for answer in client.asked(asked)]
    else:
        acks = [client.append(context, "test.t", 1, b"%d" % n) for n in range(count)]
    took = time.monotonic() - before
    assert [ack.depth for ack in acks] == list(range(count))
    assert count / took > 200, "22 a second is what delayed acknowledgements come to"


def test_more_than_fits_into_buffers_is_sent_ahead_all_the_same(there: Server) -> None:
    client = there.client()
    context = client.create().context
    payloads = [secrets.token_bytes(30_000) for _ in range(AT_ONCE + 5)]
    asked = [frames.append(context, "test.t", 1, data) for data in payloads]
    assert len(list(client.asked(asked))) == len(payloads)
    last = client.last(context, len(payloads), payload=True)
    assert [item.payload for item in last] == payloads


def test_what_a_cut_left_done_is_found_by_asking(double: Server) -> None:
    """A server that hangs up on requests takes back even answers that are on their way."""
    client = double.client()
    context = client.create().context
    assert double.double is not None
    double.double.faults.once(5, 4, Fault.DONE_AND_CUT)
    asked = [frames.append(context, "test.t", 1, b"%d" % n) for n in range(9)]
    acks: list[frames.Ack] = []
    with pytest.raises(Closed):
        acks.extend(map(frames.read_ack, client.asked(asked)))
    assert [ack.depth for ack in acks] == [0, 1, 2][: len(acks)]
    assert client.head(context).depth == 3


@pytest.mark.parametrize(
    ("fault", "error", "said"),
    [
        (Fault.CUT, Closed, "closed the connection"),
        (Fault.DONE_AND_CUT, Closed, "closed the connection"),
        (Fault.HALF, Closed, "in the middle of an answer"),
        (Fault.SILENT, Unreachable, "does not answer in time"),
        (Fault.NONSENSE, Garbled, "is this the binary port"),
    ],
    ids=lambda value: value.name.lower() if isinstance(value, Fault) else "",
)
def test_every_way_not_to_answer_is_a_sentence(
    double: Server, fault: Fault, error: type[Exception], said: str
) -> None:
    client = double.client(Patience(1, 0.2))
    context = client.create().context
    assert double.double is not None
    double.double.faults.once(5, 1, fault)
    with pytest.raises(error, match=said) as caught:
        client.append(context, "test.t", 1, b"")
    assert str(double.place) in str(caught.value)
    assert not client.connected
    assert client.head(context).turn == (0 if fault is Fault.CUT else 1)


def test_an_error_frame_is_a_refusal_where_a_server_sends_them() -> None:
    with server("double", Quirks(closes_on_errors=False)) as talkative:
        client = talkative.client()
        with pytest.raises(Refusal, match=r"context not found \(404\)"):
            client.head(UNKNOWN)


def test_nobody_at_the_address_is_said_in_one_sentence() -> None:
    with server("double") as gone:
        pass
    with pytest.raises(Unreachable, match="cannot be reached: connection refused"):
        Client(gone.place).connect()
    with pytest.raises(Unreachable, match="cannot be reached: connection refused"):
        WebReader(gone.pages).bundle("b")


def test_what_is_too_large_for_a_frame_is_not_sent(double: Server) -> None:
    client = double.client()
    with pytest.raises(Refusal, match="takes no request of 67108865 bytes"):
        client.put_blob(bytes(frames.BLOB_LIMIT + 1))
    assert not client.connected


# --- pages


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 6, 256])
def test_pages_reach_every_turn_once_whatever_their_size(there: Server, limit: int) -> None:
    client = there.client()
    _context, turns = filled(client, 3)
    fork = client.fork(turns[-1]).context
    own = [client.append(fork, "test.t", 1, b"f%d" % n).turn for n in range(2)]
    found = list(there.reader().turns(fork, limit))
    assert [item.turn for item in found] == list(reversed([*turns, *own]))
    assert [item.payload for item in found[:2]] == [b"f1", b"f0"]
    assert found[-1].parent == 0


def test_raw_pages_do_not_mind_types_that_nobody_published(there: Server) -> None:
    client, reader = there.client(), there.reader()
    context = client.create().context
    name = f"test.never_published_{secrets.token_hex(8)}"
    client.append(context, name, 7, b"no map at all")
    (item,) = reader.turns(context)
    assert (item.type, item.version, item.payload) == (name, 7, b"no map at all")
    typed = reader._ask("GET", f"/v1/contexts/{context}/turns?view=typed")
    assert typed.status == 424


def test_an_unknown_context_is_not_there_and_an_empty_one_is(there: Server) -> None:
    client, reader = there.client(), there.reader()
    context = client.create().context
    assert reader.page(UNKNOWN) is None
    assert reader.page(context) == ()
    assert (reader.has_context(UNKNOWN), reader.has_context(context)) == (False, True)


# --- the registry


def bundle(identity: str, name: str) -> bytes:
    fields = {"1": {"name": name, "type": "string"}}
    types = {f"test.{identity}": {"versions": {"1": {"fields": fields}}}}
    told = {"registry_version": 1, "bundle_id": identity, "types": types, "enums": {}}
    return json.dumps(told).encode()


def test_a_bundle_is_published_once_and_read_back(there: Server) -> None:
    identity, reader = f"test.{secrets.token_hex(8)}", there.reader()
    assert reader.bundle(identity) is None
    for _ in range(2):
        reader.publish(identity, bundle(identity, "a"))
    assert reader.bundle(identity) == bundle(identity, "a")


def test_other_bytes_under_the_same_name_are_refused_before_they_are_sent(there: Server) -> None:
    identity, reader = f"test.{secrets.token_hex(8)}", there.reader()
    reader.publish(identity, bundle(identity, "a"))
    with pytest.raises(Refusal, match=f"another registry bundle under the name '{identity}'"):
        reader.publish(identity, bundle(identity, "b"))
    assert reader.bundle(identity) == bundle(identity, "a")


def test_a_type_that_changed_under_its_version_is_refused_with_the_servers_words(
    there: Server,
) -> None:
    identity, reader = f"test.{secrets.token_hex(8)}", there.reader()
    reader.publish(identity, bundle(identity, "a"))
    changed = bundle(identity, "b").replace(
        f'"bundle_id": "{identity}'.encode(), b"%b.2" % (f'"bundle_id": "{identity}'.encode())
    )
    with pytest.raises(Refusal, match="version 1 differs from existing"):
        reader.publish(f"{identity}.2", changed)


def test_a_connection_that_was_kept_too_long_is_opened_again(double: Server) -> None:
    reader = double.reader()
    assert not reader.has_context(1)
    assert double.double is not None
    double.double.restart()
    assert not reader.has_context(1)


# --- addresses


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("127.0.0.1:9009", "127.0.0.1", 9009),
        ("cxdb.internal:1", "cxdb.internal", 1),
        ("[::1]:9009", "::1", 9009),
    ],
)
def test_an_address_is_host_and_port(text: str, host: str, port: int) -> None:
    place = address(text)
    assert (place.host, place.port, str(place)) == (host, port, text)


@pytest.mark.parametrize(
    "text", ["", "9009", ":9009", "host", "host:", "host:0", "host:65536", "::1:9", "http://h:1"]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not HOST:PORT"):
        address(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http://127.0.0.1:9010", "http://127.0.0.1:9010"),
        ("http://h", "http://h:80"),
        ("https://h/cxdb/", "https://h:443/cxdb"),
        ("http://[::1]:9010/", "http://[::1]:9010"),
    ],
)
def test_a_url_is_where_pages_are(text: str, shown: str) -> None:
    assert str(web(text)) == shown


@pytest.mark.parametrize(
    "text", ["", "127.0.0.1:9010", "ftp://h", "http://", "http://h:x", "http://u:p@h", "http://h?q"]
)
def test_what_is_no_url_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not the URL"):
        web(text)


@pytest.mark.parametrize(
    ("host", "public"),
    [
        ("127.0.0.1", False),
        ("localhost", False),
        ("::1", False),
        ("10.1.2.3", False),
        ("192.168.0.9", False),
        ("8.8.8.8", True),
        ("2001:4860:4860::8888", True),
        ("no-such-host.invalid", False),
    ],
)
def test_an_address_among_strangers_is_told_from_one_at_home(host: str, public: bool) -> None:
    assert is_public(host) is public


def test_a_path_before_all_paths_is_kept(double: Server) -> None:
    double.pages = Web(False, double.pages.address, "/elsewhere")
    assert double.reader().page(1) is None
