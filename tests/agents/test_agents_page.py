"""The page on agents: its table of presets is what the code says."""

from __future__ import annotations

import tomllib
from pathlib import Path

from attractorc.commands.settings import configured
from attractorc.interpreter.handlers.agent_choice import _KINDS, backends_of
from attractorc.interpreter.handlers.agent_command import PLACEHOLDERS
from attractorc.interpreter.handlers.agent_output import FORMS
from attractorc.interpreter.handlers.agent_presets import PRESETS

PAGE = Path(__file__).parents[2] / "docs" / "agents.md"


def rows() -> list[str]:
    found = []
    for preset in PRESETS.values():
        starts, goes_on = (
            " ".join(each).replace("{options}", "OPTIONS")
            for each in (
                (preset.program, *preset.starts),
                (preset.program, *preset.goes_on) if preset.goes_on else (),
            )
        )
        again = "the same" if starts == goes_on else f"`{goes_on}`" if goes_on else "no"
        permits = f"`{preset.permits}`" if preset.permits else ""
        name = f"[{preset.name}]({preset.source})"
        found.append(f"| {name} | `{starts}` | {again} | `{preset.output}` | {permits} |")
    return found


def test_the_table_of_presets_is_the_code() -> None:
    text = PAGE.read_text("utf-8")
    table = text.split("<!-- presets -->\n")[1].split("<!-- /presets -->")[0]
    assert table.splitlines()[2:] == rows(), "\n".join(rows())


def test_every_key_form_and_placeholder_is_explained() -> None:
    text = PAGE.read_text("utf-8")
    for keys in _KINDS.values():
        for key in keys:
            assert f"`{key}`" in text, key
    for name in (*(f"{{{each}}}" for each in PLACEHOLDERS), *FORMS):
        assert f"`{name}`" in text, name


def test_the_example_is_a_configuration() -> None:
    example = PAGE.read_text("utf-8").split("```toml\n")[1].split("```")[0]
    settings = configured(tomllib.loads(example), "example")
    backends = backends_of(settings.agents, {})
    assert {settings.backend, *settings.providers.values()} <= backends.keys()
