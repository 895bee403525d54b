"""A part of the mutation run, over the project's own pipelines, and what its table says."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from random import Random

import pytest

from .__main__ import listed, table
from .hunt import FRESH, ROOT, SEED, Mutant, good_texts, hunted
from .mistakes import KINDS, misspelt
from .places import places
from .real import REAL, real_texts

COUNT = 250
UNSEEN = {
    # A key that nothing else in the file names, and a text that nothing else compares.
    "key misspelt",
    "condition misspelt",
}


@cache
def sample() -> tuple[Mutant, ...]:
    return tuple(hunted(good_texts(), COUNT))


def test_the_pipelines_are_good() -> None:
    for name, text in good_texts().items():
        mutant = next(hunted({name: text}, 1))
        assert mutant.text != text
    assert len(good_texts()) >= 12
    assert {each.language for each in (places(*item) for item in good_texts().items())} == {
        "dot",
        "yaml",
    }


def test_so_many_mistakes_are_made_of_every_kind() -> None:
    made = Counter(each.kind for each in sample())
    assert sum(made.values()) == COUNT
    assert {make.__name__ for make in KINDS} - {"label_for_a_prompt"} <= set(made)
    assert len({(each.pipeline, each.text) for each in sample()}) > 0.95 * COUNT


def test_a_mistake_that_nobody_makes_on_purpose_is_found() -> None:
    slips = [each for each in sample() if each.sort == "slip"]
    gaps = [each for each in slips if each.end == "gap"]
    assert {each.kind.replace("_", " ") for each in gaps} <= UNSEEN, list(listed(gaps, "gap"))
    assert len(gaps) <= 0.03 * len(slips), list(listed(gaps, "gap"))


def test_one_fault_is_seldom_told_twice() -> None:
    several = [each for each in sample() if len(each.rules) > 1]
    assert len(several) <= 0.04 * COUNT, [(each.told, each.rules) for each in several]


def test_what_is_caught_is_caught_by_many_rules() -> None:
    assert len({each.rules[0] for each in sample() if each.rules}) > 25


def test_the_same_seed_makes_the_same_mistakes() -> None:
    again = list(hunted(good_texts(), 40))
    assert again == list(sample()[:40])
    assert again != list(hunted(good_texts(), 40, seed=1))


def test_the_table_adds_up() -> None:
    head, *rows, last = table(sample())
    assert head.split()[:6] == ["mistake", "sort", "made", "caught", "harmless", "missed"]
    assert len(rows) == len(KINDS)
    figures = [int(word) for word in last.split()[1:5]]
    assert figures[0] == COUNT == sum(figures[1:])
    ends = Counter(each.end for each in sample())
    assert figures[1] == ends["caught"]


@pytest.mark.parametrize("word", ["text", "kind", "coverage", "tool_command"])
def test_a_misspelt_word_is_another_one(word: str) -> None:
    chance = Random(3)
    for _ in range(50):
        made = misspelt(word, chance, {"txet"})
        assert made not in (word, "txet")
        assert abs(len(made) - len(word)) <= 1


@pytest.mark.parametrize("seed", [SEED, FRESH])
def test_the_page_says_what_the_run_says(seed: int) -> None:
    real = real_texts()
    if len(real) < len(REAL):
        pytest.skip("the figures are those with the corpus of real pipelines")
    mutants = list(hunted({**good_texts(), **real}, 500, seed))
    told = []
    for name, sorts in (("slips", {"slip"}), ("choices", {"choice"}), ("all", {"slip", "choice"})):
        ends = Counter(each.end for each in mutants if each.sort in sorts)
        missed = ends["gap"] + ends["alternative"]
        told.append((name, sum(ends.values()), ends["caught"], ends["harmless"], missed))
    page = (ROOT / "docs" / "checking.md").read_text("utf-8")
    rows = re.findall(
        r"^\| (slips|choices|all) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$", page, re.M
    )
    figures = [(name, *map(int, counts)) for name, *counts in rows]
    assert (figures[:3] if seed == SEED else figures[3:]) == told
