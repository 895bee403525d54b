"""The hooks that the project offers, run by the real pre-commit in a repository of their own."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PRE_COMMIT = os.environ.get("ATTRACTORC_PRE_COMMIT", "")

pytestmark = [
    pytest.mark.skipif(
        not PRE_COMMIT,
        reason="installs attractorc in an environment of its own: `make pre-commit` runs it",
    ),
    pytest.mark.timeout(600),
]

GOOD = "digraph g {\n  start -> plan -> exit\n  plan [prompt=x]\n}\n"
FILES = {
    "good.dot": GOOD,
    "bad.dot": GOOD.replace("-> exit", "-> exti\n  plan -> exit"),
    "ci.yaml": "name: something else\n",
    "pipeline.yaml": "pipeline: g\nstart: a\nnodes:\n  a: {prompt: x, next: nowhere}\n",
    "old.dot": GOOD.replace("prompt", "llm_prompt"),
}


def git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
    command = ["git", *who, *arguments]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)


def repository(folder: Path) -> Path:
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "all", "--no-verify")
    return folder


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, project_files: tuple[Path, ...]) -> Path:
    """The project as it lies here, committed somewhere else."""
    folder = tmp_path_factory.mktemp("project")
    for file in project_files:
        target = folder / file.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
    return repository(folder)


def hook(project: Path, pipelines: Path, name: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PRE_COMMIT, "try-repo", str(project), name, "--all-files", "--verbose"],
        cwd=pipelines,
        capture_output=True,
        text=True,
        env={**os.environ, "PRE_COMMIT_HOME": str(project.parent / "pre-commit")},
        check=False,
    )


def test_the_hooks_check_and_mend_pipelines_and_leave_other_yaml_alone(
    project: Path, tmp_path: Path
) -> None:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, "utf-8")
    repository(tmp_path)
    done = hook(project, tmp_path, "attractorc-check")
    assert done.returncode == 1, done.stderr
    assert "bad.dot:2:20: error[edge_target_exists]" in done.stdout
    assert "pipeline.yaml:4:24: error" in done.stdout
    assert "ci.yaml" not in done.stdout
    done = hook(project, tmp_path, "attractorc-fix")
    assert "files were modified by this hook" in done.stdout
    assert (tmp_path / "old.dot").read_text("utf-8") == GOOD
    (tmp_path / "bad.dot").unlink()
    (tmp_path / "pipeline.yaml").unlink()
    git(tmp_path, "add", "--all")
    assert hook(project, tmp_path, "attractorc-check").returncode == 0
