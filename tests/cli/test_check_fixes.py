"""`check --fix` and `--diff`: what is written, what is only shown, what is left alone."""

from __future__ import annotations

import stat
import subprocess
from pathlib import Path

import pytest

from .inside import attractorc_inside as attractorc

OLD = (
    "digraph g {  // kept\n  start -> plan -> exit\n"
    '  plan [llm_prompt="x"]  // attractorc: ignore[self_loop]\n}\n'
)
NEW = OLD.replace("llm_prompt", "prompt").replace("  // attractorc: ignore[self_loop]", "")
TYPED = "digraph g {\n  start -> plan -> exit\n  plan [prompt:x]\n}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "old.dot").write_bytes(OLD.encode())
    (tmp_path / "typed.dot").write_bytes(TYPED.encode())
    return tmp_path


def test_findings_say_that_they_can_be_mended(folder: Path) -> None:
    done = attractorc("check", "old.dot", cwd=folder)
    assert done.stderr == "1 warning, 1 note in 1 file; --fix puts in 2 fixes\n"


def test_safe_fixes_are_written_and_what_is_left_is_told(folder: Path) -> None:
    done = attractorc("check", ".", "--fix", "--format", "concise", cwd=folder)
    assert (folder / "old.dot").read_bytes() == NEW.encode()
    assert (folder / "typed.dot").read_bytes() == TYPED.encode()
    assert [line.partition(":")[0] for line in done.stdout.splitlines()] == ["typed.dot"]
    assert done.stderr == "2 fixes put in\n1 error in 2 files\n"
    assert done.returncode == 1
    again = attractorc("check", "old.dot", "--fix", cwd=folder)
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "no findings in 1 file\n")


def test_other_fixes_are_written_when_asked_for(folder: Path) -> None:
    done = attractorc("check", "typed.dot", "--fix", "--unsafe-fixes", cwd=folder)
    assert (folder / "typed.dot").read_bytes() == TYPED.replace(":x", "=x").encode()
    assert (done.returncode, done.stdout) == (0, "")


def test_a_diff_is_shown_can_be_applied_and_writes_nothing(folder: Path) -> None:
    done = attractorc("check", ".", "--diff", cwd=folder)
    assert (folder / "old.dot").read_bytes() == OLD.encode()
    assert done.returncode == 1
    assert done.stdout.startswith("--- a/old.dot\n+++ b/old.dot\n@@")
    assert "typed.dot" not in done.stdout
    assert done.stderr == "2 fixes would be put in; then 1 error in 2 files\n"
    subprocess.run(["patch", "--quiet", "-p1"], cwd=folder, input=done.stdout.encode(), check=True)
    assert (folder / "old.dot").read_bytes() == NEW.encode()
    clean = attractorc("check", "old.dot", "--diff", cwd=folder)
    assert (clean.returncode, clean.stdout) == (0, "")


def test_a_diff_of_the_standard_input(folder: Path) -> None:
    named = ("--stdin-filename", "x/old.dot")
    done = attractorc("check", "-", "--diff", *named, stdin=OLD, cwd=folder)
    assert done.stdout.startswith("--- a/x/old.dot\n")
    done = attractorc("check", "-", "--fix", stdin=OLD, cwd=folder)
    assert done.returncode == 2
    assert "use --diff" in done.stderr


def test_only_findings_that_count_are_mended(folder: Path) -> None:
    attractorc("check", "old.dot", "--fix", "--ignore", "deprecated_spelling", cwd=folder)
    assert "llm_prompt" in (folder / "old.dot").read_text()
    assert "ignore[" not in (folder / "old.dot").read_text()


def test_permissions_and_links_stay(folder: Path) -> None:
    file = folder / "old.dot"
    file.chmod(0o640)
    link = folder / "link.dot"
    link.symlink_to("old.dot")
    attractorc("check", "link.dot", "--fix", cwd=folder)
    assert link.is_symlink()
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert file.read_bytes() == NEW.encode()


def test_json_after_fixes_says_what_is_left(folder: Path) -> None:
    done = attractorc("check", "old.dot", "--fix", "--format", "json", cwd=folder)
    assert '"findings": []' in done.stdout
    assert done.stderr == "2 fixes put in\n"
