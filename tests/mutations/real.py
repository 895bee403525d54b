"""The real pipelines among those that get mistakes: of several authors, with regions and loops.

Where the corpus is not, there are none. For tests only.
"""

from __future__ import annotations

from tests.corpus.survey import CORPUS

REAL = (
    "danshapiro__kilroy/demo__solitaire__solitaire-fast.dot",
    "danshapiro__kilroy/research__refactor-test-vague.dot",
    "fabro-sh__fabro/docs__internal__demo__11-ensemble.fabro",
    "fabro-sh__fabro/test__docs__examples__nlspec-conformance__n-l-spec-conformance.fabro",
    "gutelius__attractor/docs__examples__ch08-parallel.dot",
    "martinemde__attractor/pipeline__testdata__multi_stage.dot",
    "mnesler__attractor/examples__design_dashboard.dot",
    "smartcomputer-ai__forge/examples__03-parallel-triage-and-fanin.dot",
)


def real_texts() -> dict[str, str]:
    """Their texts, by the names of their files."""
    return {
        name.partition("/")[2]: (CORPUS / name).read_text("utf-8")
        for name in REAL
        if (CORPUS / name).is_file()
    }
