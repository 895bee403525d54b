"""Every kind of secret is found, although its text is looked for before its pattern."""

from __future__ import annotations

import pytest

from attractorc.compiler.driver import compile_bytes

LETTERS = "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7cF0hJ3kL6nP9r"
# Put together here, so that no scanner takes this file for a leak.
SECRETS = {
    "an AWS access key": "AKIA" + "Q4W7E2R9T6Y1U8I3",
    "another AWS access key": "ASIA" + "Q4W7E2R9T6Y1U8I3",
    "an Anthropic API key": "sk-" + "ant-" + LETTERS,
    "an OpenAI API key": "sk-" + "proj-" + LETTERS,
    **{f"a GitHub token, gh{kind}_": f"gh{kind}_" + LETTERS for kind in "pousr"},
    "a fine-grained GitHub token": "github_" + "pat_" + LETTERS,
    "a GitLab token": "glpat-" + LETTERS[:20],
    "a Google API key": "AIza" + LETTERS[:35],
    "a Slack token": "xoxb-" + LETTERS[:20],
    "a Hugging Face token": "hf_" + LETTERS[:32],
    "a private key": "-----BEGIN " + "RSA PRIVATE KEY-----",
}


def secrets(prompt: str) -> list[str]:
    text = f'digraph g {{ start [shape=Mdiamond] a [prompt="{prompt}"] exit [shape=Msquare] }}'
    found = compile_bytes(text.encode(), "g.dot").diagnostics
    return [one.message for one in found if one.rule == "secret_in_file"]


@pytest.mark.parametrize("kind", SECRETS, ids=str)
def test_a_secret_of_each_kind_is_found(kind: str) -> None:
    assert len(secrets(f"Use {SECRETS[kind]} to log in")) == 1


@pytest.mark.parametrize("prompt", ["Do the task-list", "Use sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"])
def test_what_only_looks_like_one_is_none(prompt: str) -> None:
    assert secrets(prompt) == []
