"""Real pipelines of other people: all of them are read, and what is refused is refused rightly.

`INDEX.tsv` says which of them Graphviz reads. Only counts and reasons stand here, no text.
"""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

from attractorc.compiler.frontend import decode, language_of, read
from attractorc.compiler.syntax import EdgeStatement, NodeStatement

REFUSED = {
    # A drawing whose labels are HTML.
    "danshapiro__kilroy/demo__substack-spec-v01-ui.gv": {"syntax": 6},
    # Pseudo-code that quotes a pipeline; Graphviz refuses it too.
    "danshapiro__kilroy/docs__strongdm__dot specs__simple_example_integration_smoke_test.dot": {
        "syntax": 1
    },
}


@pytest.fixture(scope="module")
def files(corpus: Path):
    with (corpus / "INDEX.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    found = {}
    for row in rows:
        source, findings = decode((corpus / row["file"]).read_bytes(), row["file"])
        assert findings == ()
        found[row["file"]] = (row, *read(source, language_of(source.name, source.text)))
    return found


def test_every_file_is_there(files):
    assert len(files) == 224


def test_every_file_but_one_gives_a_document(files):
    without = [name for name, (_, document, _) in files.items() if document is None]
    assert without == [name for name in REFUSED if name.endswith("smoke_test.dot")]


def test_every_finding_has_been_reviewed(files):
    found = {
        name: dict(Counter(finding.rule for finding in findings))
        for name, (_, _, findings) in files.items()
        if findings
    }
    assert found == REFUSED


def test_what_graphviz_refuses_is_mostly_read(files):
    refused = [name for name, (row, _, _) in files.items() if row["graphviz_ok"] == "N"]
    assert len(refused) == 32
    assert [name for name in refused if files[name][2]] == [
        name for name in REFUSED if name.endswith("smoke_test.dot")
    ]


def test_every_document_has_nodes_and_edges(files):
    """Two fragments and drawings aside, nothing is lost on the way."""
    for name, (_, document, _) in files.items():
        if document is None:
            continue
        kinds = Counter(type(statement) for statement in document.walk())
        assert kinds[NodeStatement] + kinds[EdgeStatement] > 0, name
