"""The endpoint backend against a real server: every answer, and every way of not answering."""

from __future__ import annotations

import asyncio
import socket
import sys
import threading
import time
import tracemalloc
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest

from attractorc.compiler.plan.model import Agent
from attractorc.interpreter.carried import Carried, Conversation, Exchange
from attractorc.interpreter.handlers.agent import AgentHandler
from attractorc.interpreter.handlers.agent_openai import LIVE_FILE, OpenAIBackend
from attractorc.interpreter.handlers.endpoint import Endpoint
from attractorc.interpreter.outcome import Outcome, Status
from attractorc.interpreter.redaction import Secret, Secrets

from ..interpreter.fakes import call, step
from .endpoint import (
    END,
    STREAM,
    Behaviour,
    Served,
    answers,
    certified,
    drips,
    event,
    floods,
    head,
    piece,
    refuses,
    says,
    sends,
    serving,
    streams,
    waits,
)

KEY = "sk-test-1234567890"
AGENT = Agent((), model="m-1")


class Clock:
    """Sleeps no time, and remembers how long it should have been."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


def backend(served: Served, clock: Clock | None = None, **more: Any) -> OpenAIBackend:
    endpoint = Endpoint(url=served.url, key=KEY, **more)
    return OpenAIBackend(endpoint, sleep=(clock or Clock()).sleep)


def ask(
    folder: Path,
    asked: OpenAIBackend,
    *,
    agent: Agent = AGENT,
    prompt: str = "Say hi",
    attempt: int = 1,
) -> Outcome:
    handler = AgentHandler({"openai": asked}, "openai")
    stage = step(agent, "writer", writes=("draft",))
    return asyncio.run(handler.run(call(folder, stage, prompt=prompt, attempt=attempt)))


def served_to(folder: Path, *behaviours: Behaviour, **more: Any) -> tuple[Outcome, Served, Clock]:
    clock = Clock()
    with serving(*behaviours) as served:
        return ask(folder, backend(served, clock, **more)), served, clock


class TestAnswers:
    def test_a_streamed_answer_with_its_cost(self, tmp_path: Path) -> None:
        outcome, served, _ = served_to(tmp_path, streams("Hel", "lo ", "wörld"))
        assert outcome == Outcome(
            Status.SUCCESS,
            context_updates={
                "last_stage": "writer",
                "last_response": "Hello wörld",
                "draft": "Hello wörld",
            },
            notes="Stage completed: writer",
            source="endpoint",
            artifacts={"prompt.md": b"Say hi", "response.md": "Hello wörld".encode()},
            agent={
                "backend": "openai",
                "model": "m-2026",
                "usage": {
                    "input_tokens": 11,
                    "output_tokens": 7,
                    "cached_tokens": 3,
                    "reasoning_tokens": 2,
                },
            },
        )
        assert served.headers[0]["request"] == "POST /v1/chat/completions HTTP/1.1"
        assert served.headers[0]["authorization"] == f"Bearer {KEY}"
        assert served.requests == [
            {
                "model": "m-1",
                "messages": [{"role": "user", "content": "Say hi"}],
                "stream": True,
                "stream_options": {"include_usage": True},
            }
        ]

    def test_a_whole_answer_although_a_stream_was_asked_for(self, tmp_path: Path) -> None:
        outcome, _, _ = served_to(tmp_path, says("Hello"))
        assert outcome.context_updates["draft"] == "Hello"
        assert outcome.agent["usage"] == {"input_tokens": 11, "output_tokens": 7}

    def test_no_stream_is_asked_for_where_none_is_wanted(self, tmp_path: Path) -> None:
        _, served, _ = served_to(tmp_path, says("Hello"), stream=False)
        assert "stream" not in served.requests[0]
        assert "stream_options" not in served.requests[0]

    def test_effort_and_the_configured_model(self, tmp_path: Path) -> None:
        with serving(says("Hello")) as served:
            ask(tmp_path, backend(served, model="m-0"), agent=Agent((), effort="low"))
        assert served.requests[0]["model"] == "m-0"
        assert served.requests[0]["reasoning_effort"] == "low"

    def test_no_key_is_sent_where_none_is_needed(self, tmp_path: Path) -> None:
        with serving(says("Hello")) as served:
            endpoint = Endpoint(url=served.url, key_variable="")
            assert ask(tmp_path, OpenAIBackend(endpoint)).status is Status.SUCCESS
        assert "authorization" not in served.headers[0]

    def test_an_answer_in_parts_and_characters_cut_in_two(self, tmp_path: Path) -> None:
        parts = {"delta": {"content": [{"type": "text", "text": "€"}]}}
        whole = STREAM + piece("ü") + event({"choices": [parts]}) + END
        whole = whole.replace(b"\\u00fc", "ü".encode())

        def bytewise(link: socket.socket) -> None:
            for place in range(len(whole)):
                link.sendall(whole[place : place + 1])

        outcome, _, _ = served_to(tmp_path, bytewise)
        assert outcome.context_updates["draft"] == "ü€"

    def test_a_stream_that_says_stop_and_never_done(self, tmp_path: Path) -> None:
        outcome, _, _ = served_to(tmp_path, streams("Hello", end=piece(finish="stop")))
        assert (outcome.status, outcome.context_updates["draft"]) == (Status.SUCCESS, "Hello")

    def test_a_cut_answer_is_a_partial_success(self, tmp_path: Path) -> None:
        outcome, _, _ = served_to(tmp_path, says("Hel", "length"))
        assert outcome.status is Status.PARTIAL_SUCCESS
        assert outcome.notes == "the answer is cut at the model's length limit"
        assert outcome.context_updates["draft"] == "Hel"

    def test_half_a_surrogate_pair_is_replaced(self, tmp_path: Path) -> None:
        outcome, _, _ = served_to(tmp_path, streams("\ud83d", "\ude00", "\ud800!"))
        assert outcome.context_updates["draft"] == "😀\ufffd!"

    def test_what_came_so_far_can_be_read_in_the_stages_folder(self, tmp_path: Path) -> None:
        live = tmp_path / "stage" / LIVE_FILE
        seen = []

        def watched(link: socket.socket) -> None:
            link.sendall(STREAM + piece("Hel") + piece("lo"))
            for _ in range(200):
                if live.exists() and live.read_text() == "Hello":
                    seen.append(live.stat().st_mode & 0o777)
                    break
                time.sleep(0.01)
            link.sendall(END)

        outcome, _, _ = served_to(tmp_path, watched)
        assert (outcome.status, seen) == (Status.SUCCESS, [0o600])
        assert not live.exists()

    def test_what_came_so_far_shows_no_secret_though_it_came_in_pieces(
        self, tmp_path: Path
    ) -> None:
        live = tmp_path / "stage" / LIVE_FILE
        seen = set()

        def watched(link: socket.socket) -> None:
            link.sendall(STREAM + piece("it is hunter"))
            for text in ("2-Zx9", ".k, and so on"):
                link.sendall(piece(text))
                for _ in range(20):
                    seen.add(live.read_text() if live.exists() else "")
                    time.sleep(0.01)
            link.sendall(END)

        secrets = Secrets([Secret("MY_TOKEN", "hunter2-Zx9.k")])
        with serving(watched) as served:
            asked = OpenAIBackend(Endpoint(url=served.url, key=KEY), secrets=secrets)
            assert ask(tmp_path, asked).status is Status.SUCCESS
        assert "it is [redacted:MY_TOKEN], and so on" in seen
        assert not [text for text in seen if "hunter" in text]


class TestConversations:
    def ask(self, folder: Path, fidelity: str, said: Conversation) -> list[dict[str, str]]:
        with serving(says("Hello")) as served:
            handler = AgentHandler({"openai": backend(served)}, "openai")
            carried = Carried(fidelity, "t", "", lambda: "Told above", lambda: said)
            given = call(folder, step(AGENT), prompt="new")._replace(carried=carried)
            assert asyncio.run(handler.run(given)).status is Status.SUCCESS
        messages = served.requests[0]["messages"]
        assert isinstance(messages, list)
        return messages

    def test_the_turns_of_a_thread_are_sent_as_messages(self, tmp_path: Path) -> None:
        said = Conversation((Exchange("a", "one"), Exchange("b", "two")), 3)
        assert self.ask(tmp_path, "full", said) == [
            {"role": "system", "content": "3 older turns of this conversation are left out."},
            {"role": "user", "content": "a"},
            {"role": "assistant", "content": "one"},
            {"role": "user", "content": "b"},
            {"role": "assistant", "content": "two"},
            {"role": "user", "content": "new"},
        ]

    def test_other_fidelities_are_told_above_the_prompt(self, tmp_path: Path) -> None:
        (message,) = self.ask(tmp_path, "compact", Conversation((Exchange("a", "one"),)))
        assert message["content"].startswith("Told above")
        assert message["content"].endswith("new")


class TestRetries:
    @pytest.mark.parametrize("code", [408, 409, 429, 500, 502, 503, 529])
    def test_what_passes_is_tried_again(self, tmp_path: Path, code: int) -> None:
        first = sends(f"HTTP/1.1 {code} Busy\r\nConnection: close\r\n\r\nlater".encode())
        outcome, served, clock = served_to(tmp_path, first, says("Hello"))
        assert (outcome.status, len(served.requests)) == (Status.SUCCESS, 2)
        assert outcome.agent["tries"] == 2
        (told,) = outcome.ignored
        assert told.startswith(f"try 1: the endpoint answers {code} Busy: later; again after 0.")
        assert 0.3 < clock.slept[0] < 0.7

    @pytest.mark.parametrize("code", [400, 401, 403, 404, 422])
    def test_what_was_refused_is_not(self, tmp_path: Path, code: int) -> None:
        outcome, served, _ = served_to(tmp_path, refuses(code, "wrong\nmodel"), says("Hello"))
        assert (outcome.status, outcome.permanent) == (Status.FAIL, True)
        assert outcome.failure_reason.startswith(f"the endpoint answers {code} ")
        assert outcome.failure_reason.endswith(": wrong model")
        assert (len(served.requests), outcome.source) == (1, "endpoint")

    def test_500_for_ever_asks_the_stage_for_a_retry(self, tmp_path: Path) -> None:
        outcome, served, clock = served_to(tmp_path, refuses(500, "oops"), tries=4)
        assert (outcome.status, outcome.permanent) == (Status.RETRY, False)
        assert outcome.failure_reason == "the endpoint answers 500 Internal Server Error: oops"
        assert (len(served.requests), outcome.agent["tries"], len(outcome.ignored)) == (4, 4, 3)
        assert clock.slept == sorted(clock.slept)

    @pytest.mark.parametrize(
        ("said", "least", "most"),
        [
            ("7", 7, 7),
            ("0", 0, 0),
            ("1.5", 1.5, 1.5),
            ("Fri, 31 Dec 2100 23:59:59 GMT", None, None),
            ("soon", 0.3, 0.7),
            ("nan", 0.3, 0.7),
            ("-5", 0, 0),
        ],
    )
    def test_the_endpoint_says_how_long_to_wait(
        self, tmp_path: Path, said: str, least: float | None, most: float | None
    ) -> None:
        busy = refuses(429, Retry_After=said)
        outcome, served, clock = served_to(tmp_path, busy, says("Hello"))
        if least is None or most is None:  # longer than a call waits: the stage's policy decides
            assert (outcome.status, clock.slept, len(served.requests)) == (Status.RETRY, [], 1)
            return
        assert outcome.status is Status.SUCCESS
        assert least <= clock.slept[0] <= most

    def test_a_date_is_a_time_to_wait(self, tmp_path: Path) -> None:
        busy = refuses(503, Retry_After=formatdate(time.time() + 20, usegmt=True))
        _, _, clock = served_to(tmp_path, busy, says("Hello"))
        assert 10 < clock.slept[0] <= 20

    def test_spent_money_is_no_passing_trouble(self, tmp_path: Path) -> None:
        outcome, served, _ = served_to(
            tmp_path, refuses(429, "quota", kind="insufficient_quota"), says("Hello")
        )
        assert (outcome.permanent, len(served.requests)) == (True, 1)

    @pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
    def test_an_endpoint_on_this_machine_is_asked_without_a_proxy(
        self, variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with serving(says("Hello")) as proxy, serving(says("Hello")) as served:
            monkeypatch.setenv(variable, proxy.url.removesuffix("/v1"))
            assert ask(tmp_path, backend(served)).status is Status.SUCCESS
        assert (len(proxy.requests), len(served.requests)) == (0, 1)

    def test_a_connection_that_is_closed_at_once_is_tried_again(self, tmp_path: Path) -> None:
        outcome, served, _ = served_to(tmp_path, sends(b""), says("Hello"))
        assert (outcome.status, len(served.requests)) == (Status.SUCCESS, 2)

    def test_nobody_listens(self, tmp_path: Path) -> None:
        with serving(says("Hello")) as served:
            pass
        clock = Clock()
        outcome = ask(tmp_path, backend(served, clock, tries=3))
        assert (outcome.status, len(clock.slept)) == (Status.RETRY, 2)
        assert outcome.failure_reason.startswith(f"{served.url} cannot be reached: ")

    def test_equal_attempts_wait_equally_long(self, tmp_path: Path) -> None:
        waited = [served_to(tmp_path, refuses(500), tries=3)[2].slept for _ in range(2)]
        assert waited[0] == waited[1]
        assert waited[0][0] < waited[0][1]


CHUNKED = head(200, "text/event-stream", Transfer_Encoding="chunked")


class TestTrouble:
    @pytest.mark.parametrize(
        ("behaviour", "status", "permanent", "reason"),
        [
            pytest.param(
                sends(STREAM + piece("Hel")),
                Status.RETRY,
                False,
                "the endpoint ended the connection in the middle of its answer",
                id="half a stream",
            ),
            pytest.param(
                sends(CHUNKED + b"5\r\ndata:"),
                Status.RETRY,
                False,
                "the answer broke off: ",
                id="half a chunk",
            ),
            pytest.param(
                sends(head(200, "application/json", Content_Length=900) + b'{"choices": ['),
                Status.RETRY,
                False,
                "the answer broke off: ",
                id="half a JSON answer",
            ),
            pytest.param(
                sends(head(200, "application/json") + b"<html>It works!</html>"),
                Status.FAIL,
                False,
                "the endpoint's answer cannot be used: what it sent is no JSON: <html>It works!",
                id="garbage",
            ),
            pytest.param(
                sends(STREAM + b"data: {oops\n\n" + END),
                Status.FAIL,
                False,
                "the endpoint's answer cannot be used: what it sent is no JSON: {oops",
                id="garbage in a stream",
            ),
            pytest.param(
                answers([1]), Status.FAIL, False, "what it sent is no JSON object", id="a list"
            ),
            pytest.param(
                answers({"choices": []}), Status.FAIL, False, "it has no choices", id="no choices"
            ),
            pytest.param(
                answers({"choices": ["x"]}),
                Status.FAIL,
                False,
                "its choices are no list of objects",
                id="choices of another form",
            ),
            pytest.param(
                streams(end=b"data: [DONE]\n\n"),
                Status.FAIL,
                False,
                "the answer holds nothing",
                id="an empty stream",
            ),
            pytest.param(
                sends(STREAM + b"data: [DONE]\n\n"),
                Status.FAIL,
                False,
                "the answer has no choices",
                id="a stream without a choice",
            ),
            pytest.param(says(None), Status.FAIL, False, "the answer holds nothing", id="no text"),
            pytest.param(
                says(None, "tool_calls", tool_calls=[{"id": "1"}]),
                Status.FAIL,
                False,
                "the answer holds nothing but calls of tools, of which none were offered",
                id="calls of tools",
            ),
            pytest.param(
                says(None, refusal="I will not."),
                Status.FAIL,
                True,
                "the model refuses to answer: I will not.",
                id="a refusal",
            ),
            pytest.param(
                says("x", "content_filter"),
                Status.FAIL,
                True,
                "the endpoint's content filter stopped the answer",
                id="a filter",
            ),
            pytest.param(
                sends(STREAM + piece("x") + event({"error": {"message": "model overloaded"}})),
                Status.RETRY,
                False,
                "the endpoint broke its answer off: model overloaded",
                id="an error in the middle that passes",
            ),
            pytest.param(
                sends(STREAM + event({"error": {"message": "bad prompt"}})),
                Status.FAIL,
                False,
                "the endpoint broke its answer off: bad prompt",
                id="an error in the middle",
            ),
            pytest.param(
                sends(head(307, "text/plain", Location="http://evil.example/v1")),
                Status.FAIL,
                True,
                "it sends to http://evil.example/v1, where the key is not sent",
                id="a redirection",
            ),
            pytest.param(
                sends(head(200, "text/event-stream", Content_Encoding="gzip") + b"no gzip"),
                Status.RETRY,
                False,
                "the answer broke off: ",
                id="a wrong encoding",
            ),
            pytest.param(
                sends(b"SSH-2.0-OpenSSH_9.2\r\n"),
                Status.RETRY,
                False,
                "cannot be reached: ",
                id="no HTTP at all",
            ),
        ],
    )
    def test_each_ends_with_a_clear_outcome(
        self, tmp_path: Path, behaviour: Behaviour, status: Status, permanent: bool, reason: str
    ) -> None:
        outcome, _, _ = served_to(tmp_path, behaviour, tries=2)
        assert (outcome.status, outcome.permanent) == (status, permanent), outcome.failure_reason
        assert reason in outcome.failure_reason
        assert "\n" not in outcome.failure_reason
        assert KEY not in str(outcome)

    def test_what_came_of_half_an_answer_is_kept(self, tmp_path: Path) -> None:
        outcome, served, _ = served_to(tmp_path, sends(STREAM + piece("Hel")), says("Hello"))
        assert outcome.artifacts["response.md"] == b"Hel"
        assert len(served.requests) == 1, "an answer that has begun is paid for"

    @pytest.mark.parametrize(
        "flood",
        [
            pytest.param(floods(piece("x" * 100_000), 1050), id="of text"),
            pytest.param(floods(b"x" * 100_000, 1050), id="of one line"),
            pytest.param(floods(b": ping\n\n" * 10_000, 1400), id="of comments"),
            pytest.param(floods(b"data: {}\n" * 10_000, 1400), id="of an event without an end"),
        ],
    )
    def test_a_flood_is_stopped(self, tmp_path: Path, flood: Behaviour) -> None:
        outcome, served, _ = served_to(tmp_path, flood)
        assert outcome.status is Status.FAIL
        assert "longer than" in outcome.failure_reason
        assert served.sent_bytes < 80 * 1024 * 1024

    def test_a_flood_does_not_fill_the_memory(self, tmp_path: Path) -> None:
        tracemalloc.start()
        served_to(tmp_path, floods(piece("x" * 100_000), 1050))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 120 * 1024 * 1024

    def test_a_whole_answer_that_is_too_long(self, tmp_path: Path) -> None:
        def flood(link: socket.socket) -> None:
            link.sendall(head(200, "application/json"))
            for _ in range(1050):
                link.sendall(b"[" * 100_000)

        outcome, _, _ = served_to(tmp_path, flood)
        assert outcome.failure_reason.endswith("it is longer than 16 MiB")

    def test_a_slow_drip_ends_with_the_whole_time(self, tmp_path: Path) -> None:
        began = time.monotonic()
        outcome, served, _ = served_to(tmp_path, drips(0.05), total_s=0.4)
        assert outcome.status is Status.RETRY
        assert outcome.failure_reason == "the answer was not there after 0.4 s"
        assert time.monotonic() - began < 5
        assert served.hung_up.wait(5)

    def test_silence_ends_with_the_time_without_a_byte(self, tmp_path: Path) -> None:
        outcome, served, _ = served_to(tmp_path, waits, read_s=0.3)
        assert outcome.status is Status.RETRY
        assert outcome.failure_reason == f"{served.url}: nothing came for 0.3 s"
        assert served.hung_up.wait(5)

    def test_silence_in_the_middle(self, tmp_path: Path) -> None:
        outcome, _, _ = served_to(tmp_path, sends(STREAM + piece("a"), hold_s=1), read_s=0.2)
        assert outcome.failure_reason == "the answer broke off: nothing came for 0.2 s"

    def test_cancellation_closes_the_connection(self, tmp_path: Path) -> None:
        with serving(waits) as served:
            handler = AgentHandler({"openai": backend(served)}, "openai")
            given = call(tmp_path, step(AGENT), prompt="x")

            async def cancelled() -> None:
                task = asyncio.create_task(handler.run(given))
                await asyncio.to_thread(served.asked.wait, 10)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task

            asyncio.run(cancelled())
            assert served.hung_up.wait(5)


class TestEncryption:
    def test_a_certificate_that_nobody_vouches_for(self, tmp_path: Path) -> None:
        tls, _ = certified(tmp_path)
        with serving(says("Hello"), tls=tls) as served:
            outcome = ask(tmp_path, backend(served))
        assert (outcome.status, outcome.permanent) == (Status.FAIL, True)
        assert "is not trusted: self-signed certificate" in outcome.failure_reason
        assert served.requests == []

    def test_one_that_the_configuration_names(self, tmp_path: Path) -> None:
        tls, certificate = certified(tmp_path)
        with serving(says("Hello"), tls=tls) as served:
            outcome = ask(tmp_path, backend(served, ca_file=str(certificate)))
        assert outcome.status is Status.SUCCESS

    def test_one_for_another_host(self, tmp_path: Path) -> None:
        tls, certificate = certified(tmp_path, "elsewhere.example")
        with serving(says("Hello"), tls=tls) as served:
            outcome = ask(tmp_path, backend(served, ca_file=str(certificate)))
        assert outcome.permanent
        assert "is not trusted: IP address mismatch" in outcome.failure_reason

    def test_a_server_without_encryption(self, tmp_path: Path) -> None:
        with serving(waits) as served:
            served.scheme = "https"
            outcome = ask(tmp_path, backend(served, connect_s=1.0, tries=1, total_s=3))
        assert outcome.status in (Status.FAIL, Status.RETRY)
        assert outcome.failure_reason

    @pytest.mark.parametrize("content", [None, "no certificate"])
    def test_a_file_of_certificates_that_is_none(self, tmp_path: Path, content: str | None) -> None:
        place = tmp_path / "ca.pem"
        if content is not None:
            place.write_text(content)
        with serving(says("Hello")) as served:
            outcome = ask(tmp_path, backend(served, ca_file=str(place)))
        assert outcome.permanent
        assert str(place) in outcome.failure_reason or "cannot be asked" in outcome.failure_reason
        assert served.requests == []


class TestReadiness:
    @pytest.mark.parametrize(
        ("endpoint", "fault"),
        [
            pytest.param(
                Endpoint(), "the key for https://api.openai.com/v1 is missing: set", id="no key"
            ),
            pytest.param(Endpoint(key="a b"), "holds a character that no key has", id="a space"),
            pytest.param(Endpoint(key="a\nX: y"), "holds a character", id="a second header"),
            pytest.param(Endpoint("ftp://x", key=KEY), "is no URL of an endpoint", id="ftp"),
            pytest.param(Endpoint("http://", key=KEY), "is no URL of an endpoint", id="no host"),
            pytest.param(Endpoint("http://x:99999", key=KEY), "is no URL", id="no port"),
            pytest.param(
                Endpoint("https://me:secret@x.example/v1", key=KEY),
                "the endpoint at x.example holds a user or a password",
                id="a password",
            ),
            pytest.param(Endpoint("https://x/v1?a=b", key=KEY), "ends before '?'", id="a query"),
            pytest.param(
                Endpoint("http://models.lan/v1", key=KEY),
                "would be sent without encryption; use https, or write plain-http = true",
                id="no encryption",
            ),
            pytest.param(
                Endpoint("http://127.0.0.1.evil.example/v1", key=KEY),
                "would be sent without encryption",
                id="a host that only begins like this one",
            ),
            pytest.param(
                Endpoint(key=KEY, ca_file="/nowhere"), "(ca-file) is not there", id="ca-file"
            ),
        ],
    )
    def test_a_fault_is_told_before_the_run(self, endpoint: Endpoint, fault: str) -> None:
        told = OpenAIBackend(endpoint).unready(AGENT)
        assert told is not None
        assert fault in told
        assert "secret" not in told

    def test_a_file_of_certificates_that_has_none_is_told_before_the_run(
        self, tmp_path: Path
    ) -> None:
        (tmp_path / "ca.pem").write_text("none\n")
        told = OpenAIBackend(Endpoint(key=KEY, ca_file=str(tmp_path / "ca.pem"))).unready(AGENT)
        assert told == (
            f"the file of certificates '{tmp_path}/ca.pem' (ca-file) holds no certificate; it "
            "should be in PEM, as authorities give it"
        )

    @pytest.mark.parametrize(
        "endpoint",
        [
            Endpoint(key=KEY),
            Endpoint("http://localhost:11434/v1", key=KEY),
            Endpoint("http://[::1]:11434/v1", key=KEY),
            Endpoint("http://models.lan/v1", key_variable=""),
            Endpoint("http://models.lan/v1", key=KEY, plain_http=True),
        ],
    )
    def test_these_can_be_asked(self, endpoint: Endpoint) -> None:
        assert OpenAIBackend(endpoint).unready(AGENT) is None

    def test_a_model_must_be_named(self) -> None:
        told = OpenAIBackend(Endpoint(key=KEY)).unready(Agent(()))
        assert told is not None
        assert told.startswith("no model is named for https://api.openai.com/v1: write llm_model")
        assert OpenAIBackend(Endpoint(key=KEY, model="m")).unready(Agent(())) is None

    def test_a_missing_library_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "httpx", None)
        told = OpenAIBackend(Endpoint(key=KEY)).unready(AGENT)
        assert told == "httpx is missing, which an endpoint needs: pip install 'attractorc[openai]'"


def test_a_server_of_these_tests_does_not_go_on_with_whoever_hung_up() -> None:
    """A thread that reads on for ever would take half of what all later tests have."""
    before = set(threading.enumerate())
    for said in (b"", b"POST / HTTP/1.1\r\n", b"POST / HTTP/1.1\r\ncontent-length: 9\r\n\r\n{"):
        with serving(answers({})) as served:
            with socket.create_connection(("127.0.0.1", served.port)) as link:
                link.sendall(said)
            until = time.monotonic() + 10
            while len(set(threading.enumerate()) - before) > 1:  # but the one that accepts
                assert time.monotonic() < until
                time.sleep(0.01)
