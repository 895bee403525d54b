"""What all tests share: the environment they see, the corpus, the project's own files.

Snapshots are only ever accepted by a person: where CI is set, they cannot be updated.
"""

from __future__ import annotations

import gc
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from attractorc.__main__ import collect_rarely

from . import forked

# A busy machine is no failure, and what lands must not depend on the luck of a draw.
settings.register_profile(
    "suite",
    deadline=None,
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("suite")

# As the command line decides for its own process: thousands of tests are no garbage.
collect_rarely()

ROOT = Path(__file__).parents[1]
CORPUS = Path(os.environ.get("ATTRACTORC_CORPUS", ROOT.parent / "shared" / "corpus"))


def pytest_configure(config: pytest.Config) -> None:
    if os.environ.get("CI") and config.getoption("update_snapshots", False):
        raise pytest.UsageError(
            "snapshots are not updated where CI is set: update them by hand and read them"
        )


def pytest_collection_finish() -> None:
    """What was collected stays: the collector need not look through it again, nor each fork."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True, scope="session")
def plain_output() -> Iterator[None]:
    """No colour and one width, whatever the terminal: what is printed can be compared."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NO_COLOR", "1")
        patch.setenv("COLUMNS", "100")
        patch.delenv("LINES", raising=False)
        yield


@pytest.fixture(autouse=True, scope="session")
def own_state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test writes into the runs of whoever runs the tests, or depends on them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture(autouse=True, scope="session")
def fork_server() -> Iterator[None]:
    """The process that quick starts are forked from does not outlive the tests."""
    yield
    forked.stop()


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of real pipelines from elsewhere, which is not part of the project."""
    if not CORPUS.is_dir():
        pytest.skip(f"the corpus of real pipelines is not at {CORPUS} (ATTRACTORC_CORPUS)")
    return CORPUS


@pytest.fixture(scope="session")
def project_files() -> tuple[Path, ...]:
    """Every file that belongs to the project: what git keeps, or would if it were added."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("git is needed to know which files belong to the project")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    names = sorted(set(listed.stdout.decode().split("\0")))
    return tuple(ROOT / name for name in names if name and (ROOT / name).is_file())
