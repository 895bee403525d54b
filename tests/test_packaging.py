"""What is built from the project: complete, under one name, and nothing left over in it.

The project's files are copied first, and a stale `build` folder is put beside them: what is
built must come from the files alone.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
HOUSES = {
    "cli": "attractorc",
    "compiler": "attractorc/compiler",
    "interpreter": "attractorc/interpreter",
    "grammar": "attractorc/grammar",
    "schemas": "attractorc/schemas",
}
SHIPPED = (".py", ".lark", ".json", ".typed")
STALE = "attractorc/deleted_long_ago.py"


def setuptools_table() -> dict[str, Any]:
    table: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    return table["tool"]["setuptools"]


def in_the_package(name: str) -> str | None:
    """Where a file of the project is inside the package; None for one that is not shipped."""
    house, _, rest = name.partition("/")
    if house in HOUSES and name.endswith(SHIPPED):
        return f"{HOUSES[house]}/{rest}"
    return None


def test_every_package_folder_is_listed_and_every_listed_one_exists() -> None:
    folders = {
        in_the_package(path.relative_to(ROOT).as_posix())
        for house in HOUSES
        for path in (ROOT / house).rglob("__init__.py")
    }
    found = sorted(
        PurePosixPath(folder).parent.as_posix().replace("/", ".") for folder in folders if folder
    )
    assert sorted(setuptools_table()["packages"]) == found


def test_no_folder_with_code_lacks_its_init() -> None:
    bare = {
        path.parent.relative_to(ROOT).as_posix()
        for house in HOUSES
        for path in (ROOT / house).rglob("*.py")
        if not (path.parent / "__init__.py").exists()
    }
    assert bare == set()


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory, project_files: tuple[Path, ...]) -> Path:
    """The project as a fresh clone has it, and what an old build left behind."""
    folder = tmp_path_factory.mktemp("project")
    for path in project_files:
        target = folder / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target)
    stale = folder / "build" / "lib" / STALE
    stale.parent.mkdir(parents=True)
    stale.write_text("raise RuntimeError\n", "utf-8")
    return folder


def python(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run this Python; nothing is downloaded, and warnings are no errors in the child."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        env={**env, "PIP_NO_INDEX": "1", **environment},
    )


@pytest.fixture(scope="module")
def wheel(copy: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel made in the copy itself, as `pip install .` makes it."""
    folder = tmp_path_factory.mktemp("wheel")
    done = python(
        *("-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"),
        *("--wheel-dir", str(folder), "."),
        cwd=copy,
    )
    assert done.returncode == 0, done.stderr
    (made,) = folder.glob("*.whl")
    return made


def test_the_wheel_holds_every_module_and_data_file_and_nothing_else(
    wheel: Path, project_files: tuple[Path, ...]
) -> None:
    expected = {in_the_package(path.relative_to(ROOT).as_posix()) for path in project_files}
    with zipfile.ZipFile(wheel) as packed:
        held = {name for name in packed.namelist() if ".dist-info/" not in name}
    assert held == expected - {None}
    assert {name.partition("/")[0] for name in held} == {"attractorc"}


def test_an_old_build_does_not_leak_into_the_wheel(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        assert STALE not in packed.namelist()


def test_the_source_archive_builds_the_same_wheel(wheel: Path, copy: Path, tmp_path: Path) -> None:
    done = python("-m", "build", "--no-isolation", "--outdir", str(tmp_path), ".", cwd=copy)
    assert done.returncode == 0, done.stdout + done.stderr
    (again,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as one, zipfile.ZipFile(again) as other:
        assert {entry.filename: entry.CRC for entry in one.infolist()} == {
            entry.filename: entry.CRC for entry in other.infolist()
        }
    (archive,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        names = {name.partition("/")[2] for name in packed.getnames()}
    assert {"LICENSE", "README.md", "examples/quality_gate/quality_gate.dot"} <= names


def test_the_installed_wheel_works_from_any_folder(wheel: Path, tmp_path: Path) -> None:
    target, elsewhere = tmp_path / "target", tmp_path / "elsewhere"
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(target)
    elsewhere.mkdir()
    # -S keeps this environment's editable install out; its dependencies come back by path.
    site = [path for path in sys.path if path.endswith("site-packages")]
    path = os.pathsep.join((str(target), *site))
    version = python("-S", "-m", "attractorc", "--version", cwd=elsewhere, PYTHONPATH=path)
    assert (version.returncode, version.stderr) == (0, "")
    assert version.stdout.startswith("attractorc, version ")
    example = ROOT / "examples" / "quality_gate" / "quality_gate.dot"
    checked = python(
        "-S", "-m", "attractorc", "check", str(example), cwd=elsewhere, PYTHONPATH=path
    )
    assert (checked.returncode, checked.stdout) == (0, ""), checked.stderr
    where = python(
        "-S", "-c", "import attractorc; print(attractorc.__file__)", cwd=elsewhere, PYTHONPATH=path
    )
    assert where.stdout.startswith(str(target))
