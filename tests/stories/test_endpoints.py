"""Stories of endpoints that go wrong: each ends with a clear record, and goes on."""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..agents.endpoint import (
    STREAM,
    Behaviour,
    Served,
    certified,
    drips,
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
from .telling import RUN, Story

KEY = "sk-story-0815-4711"


@contextlib.contextmanager
def endpoint(
    folder: Path, *behaviours: Behaviour, more: str = "", config: str = ""
) -> Iterator[tuple[Story, Served]]:
    """A story of an endpoint with these behaviours, one a request, the last one for ever."""
    with serving(*behaviours) as served:
        (folder / "attractorc.toml").write_text(
            f'[agents.there]\nendpoint = "{served.url}"\ntries = 2\n{config}'
        )
        yield Story(folder, more, "there", {"OPENAI_API_KEY": KEY}), served
    for path in folder.rglob("*"):
        assert not path.is_file() or KEY.encode() not in path.read_bytes(), path


def test_an_endpoint_that_is_busy_and_then_answers(tmp_path: Path) -> None:
    busy = refuses(429, "slow down", Retry_After=1)
    with endpoint(tmp_path, busy, streams("do", "ne")) as (story, served):
        assert story.begin().returncode == 0
        (record,) = story.tries()
    assert len(served.requests) == record["agent"]["tries"] == 2
    assert record["ignored"] == [
        "try 1: the endpoint answers 429 Too Many Requests: slow down; again after 1 s"
    ]
    assert record["agent"]["usage"]["output_tokens"] == 7


def test_an_endpoint_that_is_broken_for_ever(tmp_path: Path) -> None:
    broken = [refuses(500, "oops")] * 4
    with endpoint(tmp_path, *broken, says("done"), more="max_retries=1") as (story, served):
        record = story.failed("gave up after 2 tries: the endpoint answers 500", tries=2)
        assert len(served.requests) == 4
        assert record["source"] == "endpoint"
        story.goes_on()


def test_half_an_answer(tmp_path: Path) -> None:
    half = sends(STREAM + piece("It is d"))
    with endpoint(tmp_path, half, says("done")) as (story, served):
        story.failed("the endpoint ended the connection in the middle of its answer")
        assert story.kept("response.md") == b"It is d"
        assert len(served.requests) == 1
        story.goes_on()


def test_a_certificate_that_nobody_vouches_for(tmp_path: Path) -> None:
    tls, _ = certified(tmp_path)
    with serving(says("done"), tls=tls) as served:
        config = f'[agents.there]\nendpoint = "{served.url}"\n'
        (tmp_path / "attractorc.toml").write_text(config)
        story = Story(tmp_path, "max_retries=3", "there", {"OPENAI_API_KEY": KEY})
        story.failed("is not trusted: self-signed certificate; ca-file may name its authority")
        assert served.requests == [], "the key was sent to somebody"
        story.goes_on(SSL_CERT_FILE=str(tmp_path / "certificate.pem"))


def test_a_key_that_is_missing_is_told_before_the_run(tmp_path: Path) -> None:
    with endpoint(tmp_path, says("done")) as (story, served):
        del story.environment["OPENAI_API_KEY"]
        refused = story.begin()
        assert refused.returncode == 2
        assert refused.stderr == (
            f"attractorc: node 'work' cannot be run: the key for {served.url} is missing: set "
            'the variable OPENAI_API_KEY, or write api-key-env = "" for an endpoint that needs '
            "none\n"
        )
        story.environment["OPENAI_API_KEY"] = KEY
        assert story.begin().returncode == 0


def test_a_key_that_is_refused(tmp_path: Path) -> None:
    wrong = refuses(401, f"Incorrect API key provided: {KEY}")
    with endpoint(tmp_path, wrong, says("done"), more="max_retries=5") as (story, _):
        story.failed("401 Unauthorized: Incorrect API key provided: [redacted:OPENAI_API_KEY]")
        story.goes_on()


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        pytest.param(
            sends(head(200, "text/html") + b"<html>Welcome</html>"),
            "what it sent is no JSON: <html>Welcome</html>",
            id="garbage",
        ),
        pytest.param(streams(), "the answer holds nothing", id="nothing"),
        pytest.param(
            sends(head(302, "text/plain", Location="https://elsewhere.example/")),
            "it sends to https://elsewhere.example/, where the key is not sent",
            id="a redirection",
        ),
        pytest.param(
            floods(piece("x" * 100_000), 1050),
            "it is longer than 16 MiB",
            id="a flood of 100 MB",
        ),
    ],
)
def test_an_endpoint_that_answers(tmp_path: Path, behaviour: Behaviour, reason: str) -> None:
    with endpoint(tmp_path, behaviour, says("done")) as (story, _):
        story.failed(reason)
        story.goes_on()


def test_an_endpoint_that_says_nothing_until_the_stages_time_is_over(tmp_path: Path) -> None:
    with endpoint(tmp_path, waits, says("done"), more="timeout=3s") as (story, served):
        story.failed("timed out after 3 s")
        assert served.hung_up.wait(5), "the connection was left open"
        story.goes_on()


def test_an_endpoint_that_drips(tmp_path: Path) -> None:
    config = "timeout = 0.7\n"
    with endpoint(tmp_path, drips(0.05), says("done"), config=config) as (story, served):
        story.failed("the answer was not there after 0.7 s")
        assert served.hung_up.wait(5)
        story.goes_on()


def test_a_run_that_is_stopped_while_an_endpoint_thinks(tmp_path: Path) -> None:
    with endpoint(tmp_path, waits, says("done")) as (story, served):
        process = story.started()
        assert served.asked.wait(20)
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)  # two signals at once are one to the kernel
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
        assert served.hung_up.wait(5)
        assert story.told("resume", RUN).returncode == 0
    assert [each["result"] for each in story.tries()] == ["interrupted", "completed"]
