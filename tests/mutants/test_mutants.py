"""The table of breakages is whole and true, and a few of them are tried; `make mutants` all."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from attractorc.compiler.policy import JoinKind, StrategyName, WinnerKind

from .breakage import ROOT, Copy, Mutant
from .table import DECIDE_MUTANTS, JOIN_MUTANTS, MERGE_MUTANTS, MUTANTS, SAMPLE

LAWS = {
    "once decided, never changed",
    "decided as early as possible",
    "declared order",
    "arrival order",
    "max_parallel",
    "no attempt is left",
    "losers are cancelled",
    "late results are fenced",
    "a cancelled branch is its id and end",
    "the decision stands",
    "the fan-out's outcome",
    "timeouts",
    "three values",
    "negation",
    "states",
    "k of",
    "skipped",
    "fail_fast",
    "ignore",
    "a count of zero",
    "conservation",
    "all or nothing",
    "same inputs, same bytes",
    "a branch that writes nothing changes nothing",
    "own keys change no other",
    "renaming changes nothing but names",
    "decoded values merge alike",
    "most specific first",
    "reserved keys",
    "declared position ends every tie",
    "contributors",
    "three-way",
    "unsatisfied",
}
NEED_NO_RANK = {"first", "min", "arrival", "prompt", "human"}
"""Winner keys without a breakage: `first` is the end of every tie, `min` is `max` turned."""

QUICK = "verdict or held or no_attempt"
"""Tests that show in no time that the copy works as it is."""


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda one: one.name)
def test_a_breakage_is_a_change_of_the_code_as_it_stands(mutant: Mutant) -> None:
    text = (ROOT / mutant.file).read_text("utf-8")
    assert text.count(mutant.old) == 1, mutant.file
    compile(text.replace(mutant.old, mutant.new), mutant.file, "exec")
    assert mutant.old != mutant.new
    for test in mutant.tests:
        name = test.partition("::")[2].partition("[")[0]
        assert f"def {name}(" in (ROOT / test.partition("::")[0]).read_text("utf-8")


def test_every_law_and_every_policy_is_broken_at_least_once() -> None:
    broken = {mutant.law for mutant in MUTANTS}
    assert not LAWS - broken
    assert not set(get_args(StrategyName)) - {mutant.law for mutant in MERGE_MUTANTS}
    policies = {"formulas" if kind == "formula" else kind for kind in get_args(JoinKind)}
    assert not policies - {mutant.law for mutant in JOIN_MUTANTS}
    assert not set(get_args(WinnerKind)) - NEED_NO_RANK - {one.law for one in MERGE_MUTANTS}
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("copy")


@pytest.fixture(scope="module")
def copy(folder: Path) -> Copy:
    """One for all: it is mended after each breakage."""
    return Copy(folder)


@pytest.mark.timeout(600)
def test_a_few_breakages_are_noticed_and_the_code_as_it_stands_is_not(
    copy: Copy, folder: Path
) -> None:
    assert copy.imported_from().startswith(str(folder))
    chosen = [mutant for mutant in MUTANTS if mutant.name in SAMPLE]
    rooms = (JOIN_MUTANTS, DECIDE_MUTANTS, MERGE_MUTANTS)
    assert all(any(mutant in room for mutant in chosen) for room in rooms)
    before = copy.run(("tests/interpreter/test_joins.py", "tests/laws", "-k", QUICK))
    assert (before.noticed, before.trouble) == (False, ""), before.output
    for mutant in chosen:
        verdict = copy.judge(mutant)
        assert verdict.noticed, verdict.output


@pytest.mark.timeout(300)
def test_a_breakage_that_nothing_notices_survives(copy: Copy) -> None:
    harmless = Mutant(
        "a comment",
        "none",
        "interpreter/joins/verdict.py",
        "from __future__",
        "# harmless\nfrom __future__",
        ("tests/interpreter/test_joins.py::test_the_counts_go_on_after_the_decision",),
    )
    assert copy.judge(harmless).noticed is False
    gone = Mutant(*("gone", "none", harmless.file, "no such text", "x", harmless.tests))
    assert "stands 0 times" in copy.judge(gone).trouble
    broken = Mutant(*("typo", "none", harmless.file, "from __future__", "from", harmless.tests))
    verdict = copy.judge(broken)
    assert (verdict.noticed, "pytest ended with" in verdict.trouble) == (False, True)
