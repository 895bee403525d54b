"""The benchmarks measure what they say they do, and print it."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from attractorc.compiler.driver import compile_bytes

SCRIPT = Path(__file__).parents[1] / "benchmarks" / "compile.py"


FIGURE = r"^(.+?) +([\d.,e+-]+) (us|ms|s|KB|times) +(<=|>=) [\d.,]+ +(met|MISSED)$"


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    spec = importlib.util.spec_from_file_location("attractorc_benchmark", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # A dataclass looks its own module up by name.
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, spec.name, module)
        spec.loader.exec_module(module)
    return module


def test_the_pipeline_has_so_many_stages_and_no_faults(benchmark: ModuleType) -> None:
    compiled = compile_bytes(benchmark.pipeline(50).encode(), "g.dot")
    assert compiled.plan is not None
    assert compiled.graph is not None
    assert len(compiled.graph.nodes) == len(compiled.graph.edges) + 1 == 50 + 2


def test_the_small_pipeline_has_ten_nodes_and_no_faults(benchmark: ModuleType) -> None:
    compiled = compile_bytes(benchmark.TEN_NODES.encode(), "g.dot")
    assert compiled.graph is not None
    assert len(compiled.graph.nodes) == 10
    assert compiled.diagnostics == ()


def test_every_phase_takes_time(benchmark: ModuleType) -> None:
    taken = benchmark.phases(400)
    assert len(taken) == len(benchmark.PHASES)
    assert all(seconds >= 0 for seconds in taken)
    assert sum(taken) > 0


def test_a_process_that_fails_is_no_figure(benchmark: ModuleType) -> None:
    with pytest.raises(SystemExit, match="no such thing"):
        benchmark.spent([sys.executable, "-c", "exit('no such thing')"], os.environ)


def test_what_it_prints() -> None:
    command = [sys.executable, str(SCRIPT), "--sizes", "20", "60", "--rounds", "1", "--runs", "1"]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = ended.stdout.splitlines()
    assert re.fullmatch(r" +nodes +parse +elaborate +passes +rules +lower +total +memory", lines[2])
    for line, nodes in zip(lines[3:5], (20, 60), strict=True):
        *figures, memory = re.findall(r"[\d,]+", line)
        assert int(figures[0]) == nodes
        assert sum(map(int, figures[1:6])) == pytest.approx(int(figures[6]), abs=6)
        assert int(memory) > 5
    assert lines[6].startswith("60 nodes against 20: ")
    assert re.search(r"^attractorc check, 10 nodes +\d+ ms +\d+ ms +\d+ MB$", ended.stdout, re.M)
    assert re.search(r"^the one against the other +[\d.]+ +[\d.]+$", ended.stdout, re.M)


@pytest.mark.parametrize(
    ("script", "options", "names"),
    [
        (
            "parallel.py",
            ["--branches", "20", "--processes", "4", "--many", "40", "--rounds", "1"],
            ["20 branches of 3 simulated stages", "4 branches of 'sleep 0.05'", "branches: memory"],
        ),
        (
            "durable.py",
            ["--stages", "20", "--tools", "3", "--records", "120", "--rounds", "1"],
            [
                "chain of 20",
                "a stage of 200",
                "chain of 3 tools",
                "first pages of 120 records, one fan-out",
                "first pages of 120 records, a chain",
                "taking up a run",
            ],
        ),
    ],
)
def test_every_figure_stands_beside_its_budget(
    script: str, options: list[str], names: list[str]
) -> None:
    command = [sys.executable, str(SCRIPT.with_name(script)), *options]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode in (0, 1), ended.stderr
    figures = re.findall(FIGURE, ended.stdout, re.M)
    for name in names:
        (value,) = [float(figure[1].replace(",", "")) for figure in figures if name in figure[0]]
        assert value > 0 or "memory" in name
    assert ended.returncode == int(any(figure[4] == "MISSED" for figure in figures))
