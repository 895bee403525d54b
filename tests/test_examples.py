"""Every example is checked, is the same in both languages, and ends as it says.

The quality gate runs its real checks over its real sample project: what it finds there is
in the sample, and what it does not find any more after a mend is gone.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from attractorc.commands.beside import files_in
from attractorc.compiler.diagnostic import Diagnostic
from attractorc.compiler.driver import compile_bytes
from attractorc.testing import read_cases, run_case

from . import forked

EXAMPLES = Path(__file__).parents[1] / "examples"
GATE = EXAMPLES / "quality_gate"
PIPELINES = sorted(
    path
    for folder in EXAMPLES.iterdir()
    for path in folder.iterdir()
    if path.suffix in (".dot", ".yaml") and not path.name.endswith(".test.yaml")
)
TWINS = sorted({path.with_suffix("") for path in PIPELINES})

UNUSED = "pagerange/algebra.py:5: Sequence is imported and never used"
MISSING = "docs/usage.md:20: pagerange.invert does not exist"
UNTESTED = "pagerange/__main__.py: no test calls main"


def findings(path: Path) -> tuple[Diagnostic, ...]:
    return compile_bytes(path.read_bytes(), path.name, files=files_in(path.parent)).diagnostics


@pytest.mark.parametrize("path", PIPELINES, ids=lambda path: path.name)
def test_nothing_is_found_about_an_example(path: Path) -> None:
    assert findings(path) == ()


@pytest.mark.parametrize("stem", TWINS, ids=lambda stem: stem.name)
def test_twins_have_one_plan_digest(stem: Path) -> None:
    plans = [
        compile_bytes(path.read_bytes(), path.name, files=files_in(path.parent)).plan
        for path in (stem.with_suffix(".dot"), stem.with_suffix(".yaml"))
    ]
    dot, yaml = (None if plan is None else plan.digest for plan in plans)
    assert dot is not None
    assert dot == yaml


@pytest.mark.parametrize("path", PIPELINES, ids=lambda path: path.name)
def test_every_example_has_cases_and_they_hold(path: Path) -> None:
    plan = compile_bytes(path.read_bytes(), path.name, files=files_in(path.parent)).plan
    assert plan is not None
    beside = path.with_suffix(".test.yaml")
    cases = read_cases(beside.read_bytes(), beside.name, plan).cases
    misses = [miss for case in cases for miss in run_case(plan, case).misses]
    assert len(cases) > 1
    assert misses == []


def attractorc(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """The command as a process; `python3` is this Python for the tools that it starts."""
    tools = cwd / "bin"
    tools.mkdir(exist_ok=True)
    python3 = tools / "python3"
    if not python3.exists():
        python3.symlink_to(sys.executable)
    return forked.run(
        [sys.executable, "-m", "attractorc", *arguments],
        cwd=cwd,
        env={**os.environ, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )


def run(
    folder: Path, pipeline: Path, project: Path, *options: str
) -> subprocess.CompletedProcess[str]:
    return attractorc(
        *("exec", str(pipeline), "-C", str(GATE), "--input", f"project={project}"),
        *("--store", "runs.db", "--run-id", "gate", "--color", "never", *options),
        cwd=folder,
    )


def explained(folder: Path, target: str) -> dict[str, Any]:
    """The data of the one answer to `why`."""
    done = attractorc("why", "gate", target, "--store", "runs.db", "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    data: dict[str, Any] = json.loads(done.stdout)["data"]
    return data


def value(folder: Path, key: str) -> Any:
    """The value of a context key at the end of the run."""
    return explained(folder, key)["origin"]["value"]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The sample project, to be changed."""
    return Path(shutil.copytree(GATE / "sample", tmp_path / "sample"))


TRAIN = EXAMPLES / "release_train"


@pytest.mark.parametrize("suffix", [".dot", ".yaml"])
def test_every_package_of_a_release_goes_through_a_pipeline_of_its_own(
    tmp_path: Path, suffix: str
) -> None:
    pipeline = str(TRAIN / f"release_train{suffix}")
    options = ("--store", "runs.db", "--run-id", "gate", "--interviewer", "auto")
    done = attractorc("exec", pipeline, *options, "--color", "never", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert value(tmp_path, "artifact") == ["core.tar.gz", "cli.tar.gz", "docs.tar.gz"]
    assert "package[2]/package › build: ok" in done.stderr
    origin = explained(tmp_path, "artifact")["origin"]["contributions"][0]
    assert origin["writer"] == "/each.1/package%5B0%5D/package.1@1"
    replayed = attractorc("replay", "gate", "--store", "runs.db", cwd=tmp_path)
    assert replayed.returncode == 0, replayed.stdout


@pytest.mark.parametrize("suffix", [".dot", ".yaml"])
def test_a_supervisor_stops_the_work_when_it_is_good_enough(tmp_path: Path, suffix: str) -> None:
    pipeline = str(EXAMPLES / "supervised" / f"supervised{suffix}")
    options = ("--store", "runs.db", "--run-id", "gate", "--color", "never")
    done = attractorc("exec", pipeline, *options, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert value(tmp_path, "complexity") == "9"
    assert value(tmp_path, "stack.child.status") == "stopped"
    replayed = attractorc("replay", "gate", "--store", "runs.db", cwd=tmp_path)
    assert replayed.returncode == 0, replayed.stdout


@pytest.mark.parametrize("suffix", [".dot", ".yaml"])
def test_the_gate_finds_what_is_wrong_with_the_sample(tmp_path: Path, suffix: str) -> None:
    done = run(tmp_path, GATE / f"quality_gate{suffix}", GATE / "sample")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[:2] == [
        "gate: success",
        "  checks: join satisfied: 3 of 5 succeeded; quorum(3/5) needs 3",
    ]
    assert value(tmp_path, "findings") == [UNTESTED, UNUSED, MISSING]
    assert value(tmp_path, "score") == 80
    assert value(tmp_path, "examined") == 40
    assert value(tmp_path, "summary").startswith("release with notes: 3 findings, lowest score 80")


def test_two_runs_come_to_the_same_outcome_whatever_runs_at_once(tmp_path: Path) -> None:
    digests = []
    for suffix, jobs in ((".dot", "1"), (".yaml", "5")):
        folder = tmp_path / jobs
        folder.mkdir()
        run(folder, GATE / f"quality_gate{suffix}", GATE / "sample", "--jobs", jobs)
        shown = attractorc("show", "gate", "--store", "runs.db", cwd=folder).stdout
        digests += [line.split()[1] for line in shown.splitlines() if "outcome" in line]
    one, other = digests
    assert one == other


def test_mending_the_sample_silences_the_gate(tmp_path: Path, project: Path) -> None:
    rewrite(project / "pagerange/algebra.py", "Iterable, Sequence", "Iterable")
    rewrite(project / "docs/usage.md", "pagerange.invert", "pagerange.complement")
    rewrite(
        project / "tests/test_parsing.py",
        "class Reading(unittest.TestCase):\n",
        "class Reading(unittest.TestCase):\n"
        "    def test_wrong_arguments_are_refused(self) -> None:\n"
        "        from pagerange.__main__ import main\n\n"
        "        self.assertEqual(main([]), 2)\n\n",
    )
    done = run(tmp_path, GATE / "quality_gate.dot", project)
    assert done.returncode == 0, done.stderr
    assert value(tmp_path, "findings") == []
    assert value(tmp_path, "coverage") == 100
    assert value(tmp_path, "summary") == "release: 0 findings, lowest score 100"


def test_too_few_content_checks_hold_the_release(tmp_path: Path, project: Path) -> None:
    rewrite(project / "pagerange/algebra.py", "ordered[-1] - ordered[0] + 1", "ordered[-1]")
    done = run(tmp_path, GATE / "quality_gate.dot", project)
    assert done.returncode == 1
    assert "checks: join not satisfied" in done.stdout
    assert "hold: no quorum, 3 checks failed" in done.stdout
    ends = {end["branch_id"]: end["status"] for end in value(tmp_path, "parallel.results")}
    assert ends == {
        "tests": "fail",
        "static": "fail",
        "docs": "fail",
        "complex": "success",
        "types": "success",
    }


def rewrite(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def test_running_the_gate_leaves_nothing_beside_the_sample(tmp_path: Path, project: Path) -> None:
    before = sorted(project.rglob("*"))
    run(tmp_path, GATE / "quality_gate.dot", project)
    assert sorted(project.rglob("*")) == before


DEFECTS = {
    "a mutable default": (
        "static.py",
        "pagerange/algebra.py",
        "(pages: Iterable[int]) -> int",
        "(pages: Iterable[int] = []) -> int",
        "span shares a mutable default between calls",
    ),
    "a bare except": (
        "static.py",
        "pagerange/__main__.py",
        "except (PageRangeError, ValueError) as error:",
        "except:\n        error = 1",
        "a bare except hides every error",
    ),
    "parameters that changed": (
        "documentation.py",
        "docs/usage.md",
        "parse(text, last)",
        "parse(text)",
        "pagerange.parse takes (text, last)",
    ),
    "an example that is not true": (
        "documentation.py",
        "docs/usage.md",
        "    5\n",
        "    6\n",
        "the example gives 5",
    ),
    "no docstring": (
        "annotations.py",
        "pagerange/writing.py",
        '    """The pages as a range: `[1, 2, 3, 7]` is `1-3, 7`. '
        'Order and repetition do not matter."""\n',
        "",
        "compress has no docstring",
    ),
    "a result without a type": (
        "annotations.py",
        "pagerange/algebra.py",
        "(pages: Iterable[int]) -> int",
        "(pages: Iterable[int])",
        "span has no type for its result",
    ),
    "a failing test": (
        "unit_tests.py",
        "pagerange/algebra.py",
        "& set(other)",
        "| set(other)",
        "test_common_pages_are_in_both",
    ),
    "one decision too many": (
        "complexity.py",
        "pagerange/parsing.py",
        "    if low > high:",
        "    if low < 1 or low > high:",
        "_ends has a complexity of 9, at most 8 is asked for",
    ),
}


@pytest.mark.parametrize(
    ("check", "file", "old", "new", "said"), DEFECTS.values(), ids=DEFECTS.keys()
)
def test_each_check_finds(
    project: Path, check: str, file: str, old: str, new: str, said: str
) -> None:
    rewrite(project / file, old, new)
    limit = ["8"] if check == "complexity.py" else []
    done = subprocess.run(
        [sys.executable, "-B", str(GATE / "checks" / check), str(project), *limit],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    found = json.loads(done.stdout)["findings"]
    assert any(said in finding for finding in found), found


def test_a_handler_of_ones_own_runs_from_its_module(tmp_path: Path) -> None:
    own = EXAMPLES / "own_handlers"
    given = ("--handlers", str(own / "handlers.py"), "--store", "runs.db", "--run-id", "own")
    done = attractorc("exec", str(own / "words.yaml"), *given, cwd=tmp_path)
    assert (done.returncode, done.stderr.splitlines()[-1]) == (0, "  count: ok (0.0 s)")
    why = attractorc("why", "own", "words", "--store", "runs.db", cwd=tmp_path)
    assert why.stdout.startswith("words = 3\n")
