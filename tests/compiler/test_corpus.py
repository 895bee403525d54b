"""Real pipelines of other people: every error that `check` finds there has been reviewed.

A new error here is either a false finding, to be mended, or a true one, to be added with a
reason that its author would accept.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from attractorc.compiler.diagnostic import Severity
from attractorc.compiler.driver import compile_bytes

CORPUS = Path(os.environ.get("ATTRACTORC_CORPUS", Path(__file__).parents[3] / "shared" / "corpus"))
ENDINGS = {".dot", ".gv", ".fabro", ".yaml", ".yml"}

REVIEWED = {
    "2389-research__tracker/examples__ask_and_execute.dot": {
        "region_entry": "goes back into one branch of a fan-out from behind its fan-in",
    },
    "citadelgrad__pascals-discrete-attractor/templates__plan-to-execute.dot": {
        "missing_command": "tools that have a prompt and no command",
    },
    "danshapiro__kilroy/demo__substack-spec-v01-ui.gv": {
        "syntax": "HTML labels: a drawing, and no pipeline",
    },
    "danshapiro__kilroy/demo__tmux-agent-test__failure-routing.dot": {
        "terminal_node": "two exits",
    },
    "danshapiro__kilroy/demo__tmux-agent-test__multi-node.dot": {
        "terminal_node": "two exits",
    },
    "danshapiro__kilroy/docs__strongdm__dot specs__simple_example_integration_smoke_test.dot": {
        "syntax": "pseudo-code that quotes a pipeline",
    },
    "fabro-sh__fabro/test__invalid.fabro": {
        "start_node": "invalid on purpose: no start",
        "exit_no_outgoing": "invalid on purpose: goes on behind the exit",
    },
    "rkinder__attractor/examples__complex-directory-workflow__workflow.dot": {
        "missing_command": "a tool without a command",
    },
    "rkinder__attractor/examples__directory-workflow__workflow.dot": {
        "missing_command": "a tool without a command",
    },
}

FILES = sorted(path for path in CORPUS.glob("*/*") if path.suffix in ENDINGS)

pytestmark = pytest.mark.skipif(not FILES, reason=f"there is no corpus at {CORPUS}")


def test_the_corpus_is_the_one_that_was_reviewed() -> None:
    known = {path.relative_to(CORPUS).as_posix() for path in FILES}
    assert len(known) > 200
    assert set(REVIEWED) <= known


@pytest.mark.parametrize("folder", sorted({path.parent.name for path in FILES}))
def test_every_error_in_a_real_pipeline_is_a_true_one(folder: str) -> None:
    found: dict[str, set[str]] = {}
    for path in FILES:
        if path.parent.name != folder:
            continue
        name = path.relative_to(CORPUS).as_posix()
        compiled = compile_bytes(path.read_bytes(), name)
        errors = {
            item.rule
            for item in compiled.diagnostics
            # What this version cannot run yet is said so, and is nobody's fault.
            if item.severity is Severity.ERROR and item.rule != "unsupported"
        }
        if errors:
            found[name] = errors
        assert (compiled.plan is None) == any(
            item.severity is Severity.ERROR for item in compiled.diagnostics
        )
    assert found == {
        name: set(rules) for name, rules in REVIEWED.items() if name.startswith(f"{folder}/")
    }
