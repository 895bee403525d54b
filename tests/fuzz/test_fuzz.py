"""A sample of the hunt: whatever the bytes, a plan or findings, within time and memory.

Hunts run in processes of their own, because they copy themselves for every input. That a
hunt sees a fault is shown with compilers that have one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from random import Random

import pytest

pytest.importorskip("resource", reason="time and memory are bounded as POSIX has it")

from .faulty import FAULTY
from .hostile import SHAPES
from .hunt import FILE_SIZE, TOO_LARGE, again, keys, shaped
from .mutations import MUTATIONS, SIZE_LIMIT
from .texts import seeds

ROOT = Path(__file__).parents[2]
TEXTS = seeds(ROOT / "no corpus, so that the sample is the same everywhere")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


def held(keys: Sequence[str]) -> None:
    """These inputs, tried again, keep every law."""
    done = run("tests.fuzz", *keys)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(done.stdout.splitlines()) == len(keys)


@pytest.mark.parametrize("language", ["dot", "yaml"])
def test_hostile_shapes_give_findings_or_a_plan_within_bounds(language: str) -> None:
    held([key for key in shaped(1_000) if key.startswith(language)])


def test_broken_pipelines_give_findings_or_a_plan_within_bounds() -> None:
    held([f"sample:{number}" for number in range(80)])


def test_files_that_are_far_too_large_are_refused_at_once() -> None:
    held([f"dot: semicolons @{TOO_LARGE}", f"yaml: comments @{TOO_LARGE}"])


def test_the_hunt_sees_every_kind_of_fault() -> None:
    done = run("tests.fuzz.faulty")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told.pop("none") == []
    unseen = {
        name: faults
        for name, faults in told.items()
        if not any(FAULTY[name][1] in fault for fault in faults)
    }
    assert unseen == {}
    assert len(told) == len(FAULTY) - 1


def test_a_hunt_prints_its_seed_and_a_table() -> None:
    done = run_hunt(FUZZ_SECONDS="0.5", FUZZ_SEED="here")
    assert done.stdout.startswith("seed here, 0.5 s, "), done.stderr
    assert "bounds: 4 s and 512 MiB up to 100 KB, 60 s and 2048 MiB above" in done.stdout
    assert "longest s" in done.stdout


def run_hunt(**settings: str) -> subprocess.CompletedProcess[str]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in settings.items():
            patch.setenv(name, value)
        return run("tests.fuzz")


def test_the_same_seed_gives_the_same_inputs() -> None:
    first = [again(f"one:{number}", TEXTS) for number in range(50)]
    assert first == [again(f"one:{number}", TEXTS) for number in range(50)]
    assert first[0] != again("two:0", TEXTS)
    assert len({item.data for item in first}) > 40
    assert {item.way.partition(":")[0] for item in first} == {"dot", "yaml"}


@pytest.mark.parametrize("way", MUTATIONS, ids=lambda way: way.__name__)
def test_a_mutation_changes_most_texts_and_keeps_its_size(way) -> None:
    data = [way(Random(number), TEXTS["dot"]) for number in range(30)]
    assert sum(text not in TEXTS["dot"] for text in data) > 20
    assert max(map(len, data)) < 20 * SIZE_LIMIT


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("size", [400, 20_000])
def test_a_shape_is_about_as_large_as_it_is_asked_to_be(shape: str, size: int) -> None:
    name, data = SHAPES[shape](size)
    assert name == f"x.{shape.partition(':')[0]}"
    assert 0.4 * size < len(data) < 1.3 * size + 200


def test_the_hunt_begins_with_every_shape_and_goes_on_with_mutations_and_large_ones() -> None:
    seconds = iter(range(1_000_000))
    tried = list(islice(keys("s", clock=lambda: next(seconds)), 5 * len(SHAPES)))
    assert set(shaped(4_000)) <= set(tried)
    assert f"dot: semicolons @{TOO_LARGE}" in tried
    assert "s:0" in tried
    assert any(key.endswith(f" @{FILE_SIZE}") for key in tried)
