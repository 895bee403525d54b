"""The reference page: made from the attribute table, complete, and never stale."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from attractorc.compiler.attributes import TABLE, Row, ValueType, Where
from attractorc.compiler.elaborate.kinds import SHAPES
from attractorc.compiler.frontend.yaml_kinds import KINDS as YAML_KINDS
from attractorc.compiler.render.reference import KINDS, TYPES, reference

PAGE = Path(__file__).parents[2] / "docs" / "reference.md"
HEADINGS: dict[Where, str] = {"graph": "The graph", "edge": "Edges", "subgraph": "Subgraphs"}


def section(title: str) -> str:
    return reference().partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def test_the_page_in_docs_is_made_from_the_table_as_it_is_now() -> None:
    assert PAGE.read_text("utf-8") == reference(), "run make reference"


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.name} of {'/'.join(row.where)}")
def test_every_row_stands_in_every_section_that_it_belongs_to(row: Row) -> None:
    titles = {HEADINGS[where] for where in row.where if where in HEADINGS}
    if "node" in row.where:
        titles |= {KINDS[kind].title for kind in row.kinds} or {"Every node"}
    for title in titles:
        (line,) = (
            line for line in section(title).splitlines() if line.startswith(f"| `{row.name}` ")
        )
        for name in (*row.synonyms, *row.aliases, *row.values):
            assert f"`{name}`" in line
        assert row.default.replace("*", "\\*") in line
        assert row.since in line


def test_every_type_is_explained() -> None:
    assert set(TYPES) == set(get_args(ValueType))


def test_every_kind_is_written_as_the_compiler_reads_it() -> None:
    for kind, words in KINDS.items():
        shapes = [shape for shape, means in SHAPES.items() if means == kind]
        assert [shape for shape in shapes if f"`shape={shape}`" not in words.dot] == []
    keys = {words.yaml.strip("`").partition(":")[0] for words in KINDS.values()}
    assert keys == set(YAML_KINDS)


def test_a_row_that_changes_makes_the_page_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    changed = (*TABLE[1:], Row("brand_new", ("node",), "string", "Something new."))
    monkeypatch.setattr("attractorc.compiler.render.reference.TABLE", changed)
    assert "| `brand_new` |" in section("Every node")
    assert PAGE.read_text("utf-8") != reference()
