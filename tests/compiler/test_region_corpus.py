"""Region analysis on real pipelines: no error there that its author would not accept."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from attractorc.compiler.driver import compile_source
from attractorc.compiler.source import Source

ROOT = Path(__file__).parents[2]
CORPUS = Path(os.environ.get("ATTRACTORC_CORPUS", ROOT.parent / "shared" / "corpus"))
INDEX = CORPUS / "INDEX.tsv"

REVIEWED = {
    "2389-research__tracker/examples__ask_and_execute.dot": [
        # After the join, its fixes and reworks go to one of three parallel implementations.
        "178 the retry_target of 'ReviewAnalysis' leads into branch 'ImplementClaude'",
        "233 edge 'ValidateBuild' -> 'ImplementClaude' enters branch 'ImplementClaude'",
        "262 edge 'ReviewAnalysis' -> 'ImplementClaude' enters branch 'ImplementClaude'",
    ]
}


@pytest.mark.skipif(not INDEX.is_file(), reason="the corpus is not here; set ATTRACTORC_CORPUS")
def test_the_only_region_errors_in_real_pipelines_are_the_reviewed_ones() -> None:
    files = [line.split("\t")[0] for line in INDEX.read_text("utf-8").splitlines()[1:]]
    assert len(files) > 100
    found: dict[str, list[str]] = {}
    fan_outs = 0
    for file in files:
        text = (CORPUS / file).read_text("utf-8-sig", errors="replace")
        compiled = compile_source(Source(file, text), "dot")
        if compiled.graph is None:
            continue
        regions = compiled.graph.regions
        fan_outs += len(regions.by_fan_out)
        kinds = {fault.kind for fault in regions.faults}
        for item in compiled.diagnostics:
            if item.rule in kinds:
                message = item.message.partition(" of 'ImplementParallel'")[0]
                found.setdefault(file, []).append(f"{item.span.line} {message}")
    assert found == REVIEWED
    assert fan_outs > 50
