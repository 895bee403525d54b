"""`attractorc plan` as a process: the tree, the JSON, the digest, and refusals."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from attractorc.compiler.plan.codec import from_json

from .. import forked

GOOD = "digraph g {\n  start -> plan -> exit\n  plan [prompt=x]\n}\n"


def attractorc(*arguments: str, cwd: Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return forked.run(
        [sys.executable, "-m", "attractorc", *arguments],
        cwd=cwd,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "good.dot").write_text(GOOD, "utf-8")
    (tmp_path / "bad.dot").write_text(GOOD.replace("-> exit", "-> exti\nplan -> exit"), "utf-8")
    return tmp_path


def test_the_tree_is_for_people(folder: Path) -> None:
    done = attractorc("plan", "good.dot", cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("g: 3 steps, sha256:")


def test_json_is_a_plan_that_can_be_read_back(folder: Path) -> None:
    done = attractorc("plan", "--json", "good.dot", cwd=folder)
    plan = from_json(json.loads(done.stdout))
    assert sorted(plan.steps) == ["exit", "plan", "start"]
    digest = attractorc("plan", "--digest", "good.dot", cwd=folder)
    assert digest.stdout == f"{plan.digest}\n"


def test_output_goes_to_the_file_and_nowhere_else(folder: Path) -> None:
    done = attractorc("plan", "good.dot", "-o", "plan.json", cwd=folder)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    printed = attractorc("plan", "--json", "good.dot", cwd=folder).stdout
    assert (folder / "plan.json").read_text("utf-8") == printed
    assert sorted(path.name for path in folder.iterdir()) == ["bad.dot", "good.dot", "plan.json"]


def test_a_file_with_errors_is_refused_and_overwrites_nothing(folder: Path) -> None:
    (folder / "plan.json").write_text("old", "utf-8")
    done = attractorc("plan", "bad.dot", "-o", "plan.json", cwd=folder)
    assert done.returncode == 1
    assert done.stdout == ""
    assert "bad.dot:2:20: error[edge_target_exists]" in done.stderr
    assert done.stderr.endswith("attractorc: bad.dot has no plan: 1 error\n")
    assert (folder / "plan.json").read_text("utf-8") == "old"


def test_overwriting_keeps_the_mode_and_follows_a_link(folder: Path) -> None:
    target = folder / "real.json"
    target.write_text("old", "utf-8")
    target.chmod(0o640)
    (folder / "link.json").symlink_to(target)
    assert attractorc("plan", "good.dot", "-o", "link.json", cwd=folder).returncode == 0
    assert (folder / "link.json").is_symlink()
    assert target.stat().st_mode & 0o777 == 0o640
    assert json.loads(target.read_text("utf-8"))["name"] == "g"


def test_standard_input_and_a_device_as_output(folder: Path) -> None:
    done = attractorc("plan", "-", "-o", os.devnull, stdin=GOOD, cwd=folder)
    assert (done.returncode, done.stdout) == (0, "")
    assert Path(os.devnull).is_char_device()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(("gone.dot",), "gone.dot: cannot be read: no such file", id="no such file"),
        pytest.param((".",), ".: is a folder", id="a folder"),
        pytest.param(
            ("good.dot", "-o", "no/such/x.json"),
            "no/such/x.json: cannot be written: no such file or directory",
            id="no such folder",
        ),
        pytest.param(("good.dot", "--digest", "--json"), "--digest", id="two ways at once"),
    ],
)
def test_misuse_is_a_sentence_and_ends_with_2(
    arguments: tuple[str, ...], said: str, folder: Path
) -> None:
    done = attractorc("plan", *arguments, cwd=folder)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stdout == ""
