"""Secrets: which values are some, in what forms they are found, and what stands for them."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attractorc.interpreter.redaction import (
    NO_SECRETS,
    SHORTEST,
    Secret,
    Secrets,
    Sieve,
    secrets_in,
)

TOKEN = "hunter2-Zx9/+é"
ONE = Secrets([Secret("API_TOKEN", TOKEN)])
MARK = "[redacted:API_TOKEN]"


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("GITHUB_TOKEN", True),
        ("TOKEN", True),
        ("OPENAI_API_KEY", True),
        ("MYAPIKEY", True),
        ("DB_PASSWORD", True),
        ("PASSWORD_OF_DB", True),
        ("aws_secret_access", True),
        ("PATH", False),
        ("KEYBOARD", False),
        ("TOKENIZERS_PARALLELISM", False),
        ("HOME", False),
        ("CORP_LOGIN", False),
    ],
)
def test_a_variable_is_secret_by_its_name(name: str, found: bool) -> None:
    assert bool(secrets_in({name: "long-enough"})) is found


def test_lists_add_and_except_by_name_or_pattern() -> None:
    environment = {"CORP_LOGIN": "a1", "CORP_USER": "b2", "SORT_KEY": "created_at", "HOME": "/h"}
    named = [each.name for each in secrets_in(environment, ["CORP_*"], ["SORT_KEY"])]
    assert named == ["CORP_LOGIN", "CORP_USER"]
    assert secrets_in(environment, ["HOME"], ["*"]) == ()


@pytest.mark.parametrize(
    ("value", "listed", "looked_for"),
    [
        ("12345", False, False),
        ("123456", False, True),
        ("12345", True, True),
        ("", True, False),
        ("  \n", True, False),
    ],
)
def test_short_values_are_looked_for_only_if_they_are_listed(
    value: str, listed: bool, looked_for: bool
) -> None:
    secrets = Secrets([Secret("PIN_KEY", value, listed)])
    assert bool(secrets) is looked_for
    assert (secrets.text(f"it is {value}!") != f"it is {value}!") is looked_for


@pytest.mark.parametrize(
    "written",
    [
        TOKEN,
        json.dumps(TOKEN)[1:-1],
        json.dumps(TOKEN, ensure_ascii=False)[1:-1],
        quote(TOKEN, safe=""),
        quote(TOKEN),
    ],
    ids=["as it is", "JSON in ASCII", "JSON", "a whole URL part", "a URL's path"],
)
def test_a_secret_is_found_as_programs_write_it(written: str) -> None:
    assert ONE.text(f"<{written}>") == f"<{MARK}>"
    assert ONE.data(f"<{written}>".encode()) == f"<{MARK}>".encode()
    assert ONE.suspects(f"<{written}>".encode())


def test_a_long_line_of_a_key_is_a_secret_too() -> None:
    key = "-----BEGIN-----\nMIIEvAIBADANBgkq\nshort\n-----END-----\n"
    secrets = Secrets([Secret("SSH_KEY", key)])
    assert secrets.text(f"key: {key}") == "key: [redacted:SSH_KEY]"
    assert secrets.text(f"key: {key.strip()}.") == "key: [redacted:SSH_KEY]."
    assert secrets.text("line MIIEvAIBADANBgkq.") == "line [redacted:SSH_KEY]."
    assert secrets.text("short") == "short"
    assert "MIIE" not in secrets.text(json.dumps({"key": key}))


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (f"said {TOKEN[:9]}", f"said {MARK}"),
        (f"said {TOKEN[:9]}...", f"said {MARK}..."),
        (f"{TOKEN[-7:]} was the end", f"{MARK} was the end"),
        (
            f"a {TOKEN[:8]}\n[99 bytes left out here]\n{TOKEN[-8:]} b",
            f"a {MARK}\n[99 bytes left out here]\n{MARK} b",
        ),
        (f"{TOKEN[:9]} in the middle", f"{TOKEN[:9]} in the middle"),
        (f"said {TOKEN[:5]}", f"said {TOKEN[:5]}"),
    ],
)
def test_what_a_cut_left_of_a_secret_goes_too(text: str, left: str) -> None:
    assert ONE.text(text) == left


def test_values_lose_their_secrets_wherever_they_are() -> None:
    value = {"a": [TOKEN, 1, None, {"deep": f"x{TOKEN}"}], f"k-{TOKEN}": True}
    assert ONE.value(value) == {
        "a": [MARK, 1, None, {"deep": f"x{MARK}"}],
        f"k-{MARK}": True,
    }
    assert ONE.value({TOKEN: TOKEN}, keys=False) == {TOKEN: MARK}


def test_keys_that_become_equal_stay_apart() -> None:
    secrets = Secrets([Secret("A_KEY", "first-one"), Secret("B_KEY", "second-one")])
    value = {"first-one": 1, "[redacted:A_KEY]": 2, "second-one": 3}
    assert secrets.value(value) == {
        "[redacted:A_KEY]#2": 1,
        "[redacted:A_KEY]": 2,
        "[redacted:B_KEY]": 3,
    }


def test_digits_are_found_in_numbers() -> None:
    secrets = Secrets([Secret("PIN_KEY", "482910")])
    assert secrets.value([482910, 5, 4829101, 0.5]) == [
        "[redacted:PIN_KEY]",
        5,
        "[redacted:PIN_KEY]1",
        0.5,
    ]
    assert secrets.suspects(b"\x00")


@pytest.mark.parametrize(
    ("name", "value", "mark"),
    [
        ("OWN_TOKEN", "OWN_TOKEN", "[redacted]"),
        ("A_KEY", "redacted", "***"),
        ("A_KEY", "[redacted:A_KEY]", "[redacted]"),
    ],
)
def test_a_marker_never_shows_a_secret(name: str, value: str, mark: str) -> None:
    assert Secrets([Secret(name, value)]).text(f"<{value}>") == f"<{mark}>"


def test_a_secret_within_another_hides_neither() -> None:
    secrets = Secrets([Secret("A_KEY", "abcdef"), Secret("B_KEY", "xabcdefx")])
    assert secrets.text("xabcdefx abcdef") == "[redacted:B_KEY] [redacted:A_KEY]"


def test_no_secrets_cost_and_change_nothing() -> None:
    text = "anything"
    assert not NO_SECRETS
    assert NO_SECRETS.text(text) is text
    assert not NO_SECRETS.suspects(b"anything")


def test_names_are_told_without_values() -> None:
    secrets = Secrets([Secret("A_KEY", "Sesame1"), Secret("MODE_KEY", "timeout")])
    assert secrets.names({"command": "login Sesame1"}) == ("A_KEY",)
    assert secrets.names({"Sesame1": 1}) == ("A_KEY",)
    assert secrets.names({"kind": "join_timeout", "timeout": 5}) == ()
    assert secrets.names(["wait a timeout"]) == ("MODE_KEY",)


VALUES = st.text(min_size=SHORTEST, max_size=12).filter(lambda text: len(text.strip()) > 5)


@settings(max_examples=200, deadline=None)
@given(st.lists(VALUES, min_size=1, max_size=3), st.lists(st.text(max_size=6), max_size=4))
def test_no_text_keeps_a_secret(values: list[str], between: list[str]) -> None:
    secrets = Secrets(Secret(f"S{number}_KEY", value) for number, value in enumerate(values))
    text = "".join(part + value for part, value in zip([*between, ""] * 3, values, strict=False))
    clean = secrets.text(text)
    assert all(value not in clean for value in values)
    assert secrets.text(clean) == clean
    value = secrets.value({text: [text]})
    assert all(one not in str(value) for one in values if repr(one)[1:-1] == one)


def sieved(secrets: Secrets, *pieces: str) -> list[str]:
    sieve = Sieve(secrets)
    told = [sieve.piece(piece.encode()) for piece in pieces]
    return [piece.decode() for piece in (*told, sieve.rest())]


NESTED = Secrets([Secret("A", "abcdef"), Secret("B", "abcdef-ghijkl"), Secret("C", "xyabcd")])
SIEVED = {
    "a text without any": (["it is ", "well"], ["it is ", "well", ""]),
    "one in one piece": (["is abcdef."], ["is [redacted:A].", ""]),
    "one in three": (["is ab", "cd", "ef."], ["is ", "", "[redacted:A].", ""]),
    "what only begins like one": (["is abc", "ess"], ["is ", "abcess", ""]),
    "one that begins another": (["abcdef", "-ghijkl!"], ["", "[redacted:B]!", ""]),
    "one that begins another, alone": (["abcdef", "-good"], ["", "[redacted:A]-good", ""]),
    "one that begins within another": (["xyabcd", "ef!"], ["", "[redacted:C]ef!", ""]),
    "one at the end": (["is abcdef"], ["is ", "[redacted:A]"]),
}


@pytest.mark.parametrize(("pieces", "told"), SIEVED.values(), ids=SIEVED)
def test_a_text_in_pieces_is_told_without_secrets(pieces: list[str], told: list[str]) -> None:
    assert sieved(NESTED, *pieces) == told


def test_pieces_are_told_as_they_come_where_there_are_no_secrets() -> None:
    assert sieved(NO_SECRETS, "abc", "def") == ["abc", "def", ""]


@given(st.lists(VALUES, min_size=1, max_size=3), st.data())
def test_no_text_in_pieces_keeps_a_secret(values: list[str], data: st.DataObject) -> None:
    secrets = Secrets([Secret(f"S{n}", value, True) for n, value in enumerate(values)])
    text = "".join(data.draw(st.lists(st.sampled_from(["-", *values]), max_size=5)))
    cuts = data.draw(st.lists(st.integers(0, len(text)), max_size=4).map(sorted))
    pieces = [text[one:other] for one, other in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert "".join(sieved(secrets, *pieces)) == secrets.text(text)
