"""One contract for all workspaces: copies, git worktrees, and the fake that other tests use."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from attractorc.compiler.value import Json
from attractorc.interpreter.workspace import (
    Contributor,
    FileRule,
    Fork,
    Kind,
    Workspaces,
)
from attractorc.interpreter.workspaces import LocalWorkspaces

from .fake_workspaces import FakeWorkspaces

FILES = {"keep": "k\n", "edit": "1\n2\n3\n", "drop": "d\n", "deep/er/file": "f\n"}
WINNER_A = FileRule("winner", "fail", "a")
ALL = FileRule("all", "fail", None)


def git(folder: Path, *arguments: str) -> str:
    settings = ("-c", "user.name=T", "-c", "user.email=t@t", "-c", "commit.gpgsign=false")
    dates = {f"GIT_{role}_DATE": "2026-01-02T03:04:05Z" for role in ("AUTHOR", "COMMITTER")}
    ended = subprocess.run(
        ["git", "-C", str(folder), *settings, *arguments],
        capture_output=True,
        check=True,
        env={**os.environ, **dates},
    )
    return ended.stdout.decode("utf-8", "replace").strip()


def repository(folder: Path, files: Mapping[str, str] = FILES) -> Path:
    """A git repository in which these files are committed."""
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "--quiet", "--initial-branch=main")
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message=first")
    return folder


@dataclass
class World:
    """A kind of workspaces with a parent that it can fork, and hands to change files with."""

    kind: Kind
    port: Workspaces
    parent: Path
    root: Path
    private: tuple[Path, ...] = ()
    store: Path | None = None
    branches: dict[str, Mapping[str, Json]] = field(default_factory=dict)

    def fork(self, name: str = "fan.1", parent: Path | None = None) -> dict[str, Json]:
        place = self.root / name
        return self.port.fork(
            Fork(self.kind, parent or self.parent, place, f"run/{name}", self.private, self.store)
        )

    def make(self, base: Mapping[str, Json], *names: str) -> list[Path]:
        made = [(name, self.port.make(base, name)) for name in names]
        self.branches.update(made)
        return [Path(str(workspace["folder"])) for _name, workspace in made]

    def merge(self, base: Mapping[str, Json], names: str, rule: FileRule):
        branches = []
        for name in names.split():
            closed = self.port.close(base, self.branches[name])
            assert not closed.fault, closed.fault
            branches.append(Contributor(name, self.branches[name], closed.commit, True))
        return self.port.merge(base, branches, rule)

    def brought(self, base: Mapping[str, Json], names: str, rule: FileRule = ALL) -> str:
        """Merge and apply; the fault."""
        merged = self.merge(base, names, rule)
        if not merged.fault and merged.changed:
            self.port.apply(base)
        return merged.fault

    def write(self, folder: Path, path: str, text: str) -> None:
        if isinstance(self.port, FakeWorkspaces):
            self.port.folders[str(folder)][path] = text
        else:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)

    def delete(self, folder: Path, path: str) -> None:
        if isinstance(self.port, FakeWorkspaces):
            del self.port.folders[str(folder)][path]
        else:
            (folder / path).unlink()

    def tree(self, folder: Path) -> dict[str, str]:
        if isinstance(self.port, FakeWorkspaces):
            return dict(self.port.folders[str(folder)])
        return {
            str(path.relative_to(folder)): path.read_text()
            for path in sorted(folder.rglob("*"))
            if path.is_file() and ".git" not in path.relative_to(folder).parts
        }


REAL = ("copy", "worktree")


def world(kind: str, folder: Path) -> World:
    parent, root = folder / "parent", folder / "runs.db.workspaces" / "run"
    if kind == "fake":
        return World("copy", FakeWorkspaces(FILES, parent), parent, root)
    repository(parent)
    if kind == "copy":
        shutil.rmtree(parent / ".git")
    return World(kind, LocalWorkspaces(), parent, root)  # type: ignore[arg-type]


@pytest.fixture(params=["fake", *REAL])
def given(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    return world(request.param, tmp_path)


@pytest.fixture(params=REAL)
def real(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    return world(request.param, tmp_path)


def test_a_branch_begins_with_what_the_parent_holds_also_what_is_not_committed(
    given: World,
) -> None:
    given.write(given.parent, "edit", "changed\n")
    given.write(given.parent, "new/one", "new\n")
    given.delete(given.parent, "drop")
    expected = given.tree(given.parent)
    one, other = given.make(given.fork(), "a", "b")
    assert given.tree(one) == given.tree(other) == expected
    assert "drop" not in expected


def test_branches_see_neither_each_other_nor_what_the_parent_becomes(given: World) -> None:
    base = given.fork()
    (one,) = given.make(base, "a")
    given.write(one, "keep", "a's\n")
    given.write(given.parent, "keep", "parent's\n")
    (other,) = given.make(base, "b")
    assert given.tree(other)["keep"] == "k\n"
    assert given.tree(given.parent)["keep"] == "parent's\n"


def test_forking_and_making_again_gives_the_same_whatever_was_left_behind(given: World) -> None:
    first = given.fork()
    (folder,) = given.make(first, "a")
    given.write(folder, "rubbish", "r\n")
    assert given.fork() == first
    given.make(first, "a", "b")
    given.write(folder, "rubbish", "r\n")
    made = dict(given.branches)
    assert given.make(first, "a") == [folder]
    assert given.tree(folder) == FILES
    assert given.branches == made


def test_the_winners_changes_come_back_and_no_others(given: World) -> None:
    base = given.fork()
    one, other = given.make(base, "a", "b")
    given.write(one, "edit", "1\n2\nthree\n")
    given.write(one, "added/deep", "x\n")
    given.delete(one, "drop")
    given.write(other, "keep", "b's\n")
    merged = given.merge(base, "a b", WINNER_A)
    assert (merged.fault, merged.changed) == ("", 3)
    assert {str(each["path"]): each["change"] for each in merged.files} == {
        "added/deep": "added",
        "drop": "deleted",
        "edit": "modified",
        "keep": "none",
    }
    given.port.apply(base)
    expected = {**FILES, "edit": "1\n2\nthree\n", "added/deep": "x\n"}
    del expected["drop"]
    assert given.tree(given.parent) == expected


def test_the_changes_of_all_are_merged_by_path_and_by_line(given: World) -> None:
    base = given.fork()
    one, other = given.make(base, "a", "b")
    given.write(one, "edit", "one\n2\n3\n")
    given.write(other, "edit", "1\n2\nthree\n")
    given.write(other, "more", "m\n")
    given.delete(one, "deep/er/file")
    assert given.brought(base, "a b") == ""
    expected = {**FILES, "edit": "one\n2\nthree\n", "more": "m\n"}
    del expected["deep/er/file"]
    assert given.tree(given.parent) == expected


def test_a_conflict_leaves_the_parent_exactly_as_it_was(given: World) -> None:
    base = given.fork()
    one, other = given.make(base, "a", "b")
    given.write(one, "edit", "one\n2\n3\n")
    given.write(other, "edit", "eins\n2\n3\n")
    given.write(other, "more", "m\n")
    before = given.tree(given.parent)
    merged = given.merge(base, "a b", ALL)
    assert merged.fault == "'edit': 'a' and 'b' changed the same lines"
    assert merged.changed == 0
    assert given.tree(given.parent) == before
    given.branches = dict(given.branches)
    assert given.brought(base, "a b", FileRule("all", "last", None)) == ""
    assert given.tree(given.parent) == {**FILES, "edit": "eins\n2\n3\n", "more": "m\n"}


def test_bringing_back_again_changes_nothing_and_finishes_what_was_begun(given: World) -> None:
    base = given.fork()
    (one,) = given.make(base, "a")
    given.write(one, "edit", "new\n")
    given.write(one, "zz", "z\n")
    given.delete(one, "drop")
    assert given.merge(base, "a", ALL).fault == ""
    given.write(given.parent, "edit", "new\n")  # as far as a dead engine came
    given.delete(given.parent, "drop")
    given.port.apply(base)
    after = given.tree(given.parent)
    assert after == {"keep": "k\n", "edit": "new\n", "zz": "z\n", "deep/er/file": "f\n"}
    given.port.apply(base)
    assert given.tree(given.parent) == after


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(given: World) -> None:
    base = given.fork()
    (one,) = given.make(base, "a")
    given.write(one, "edit", "new\n")
    given.write(one, "more", "m\n")
    given.write(given.parent, "edit", "mine\n")
    before = given.tree(given.parent)
    merged = given.merge(base, "a", ALL)
    assert merged.fault.startswith("somebody changed 'edit'")
    assert {write["state"] for each in merged.files for write in each["writes"]} == {"excluded"}
    assert given.tree(given.parent) == before
    given.write(given.parent, "edit", FILES["edit"])
    given.write(given.parent, "keep", "mine\n")  # nobody wants to touch this one
    assert given.brought(base, "a") == ""
    assert given.tree(given.parent) == {**FILES, "edit": "new\n", "more": "m\n", "keep": "mine\n"}


def test_a_change_between_the_merge_and_its_effect_is_refused_too(given: World) -> None:
    base = given.fork()
    (one,) = given.make(base, "a")
    given.write(one, "edit", "new\n")
    given.write(one, "aa", "first in order\n")
    assert given.merge(base, "a", ALL).fault == ""
    given.write(given.parent, "edit", "mine\n")
    with pytest.raises(Exception, match="somebody changed 'edit'"):
        given.port.apply(base)
    assert given.tree(given.parent) == {**FILES, "edit": "mine\n"}


def test_a_fork_in_a_branch_starts_from_its_files_and_comes_back_there(given: World) -> None:
    outer = given.fork()
    (middle,) = given.make(outer, "m")
    given.write(middle, "edit", "middle\n")
    inner = given.fork("fan.1+m+in.1", middle)
    (one,) = given.make(inner, "x")
    assert given.tree(one)["edit"] == "middle\n"
    given.write(one, "inner", "i\n")
    assert given.brought(inner, "x") == ""
    assert given.tree(middle) == {**FILES, "edit": "middle\n", "inner": "i\n"}
    assert given.tree(given.parent) == FILES
    assert given.brought(outer, "m") == ""
    assert given.tree(given.parent) == {**FILES, "edit": "middle\n", "inner": "i\n"}


def test_closing_counts_what_changed_and_can_be_said_again(given: World) -> None:
    base = given.fork()
    one, _other = given.make(base, "a", "b")
    given.write(one, "edit", "new\n")
    given.delete(one, "drop")
    first = given.port.close(base, given.branches["a"])
    assert (first.changed, first.fault) == (2, "")
    assert given.port.close(base, given.branches["a"]) == first
    assert given.port.close(base, given.branches["b"]).changed == 0


def test_a_workspace_that_is_gone_is_a_fault_of_its_own_branch_only(real: World) -> None:
    base = real.fork()
    one, other = real.make(base, "a", "b")
    shutil.rmtree(one)
    real.write(other, "more", "m\n")
    assert real.port.close(base, real.branches["a"]).fault
    assert real.port.close(base, real.branches["b"]).fault == ""


def test_removing_leaves_nothing_and_can_be_said_again(given: World) -> None:
    base = given.fork()
    given.make(base, "a", "b")
    assert given.port.remove(given.root / "fan.1") == ()
    assert given.port.remove(given.root / "fan.1") == ()
    if not isinstance(given.port, FakeWorkspaces):
        assert not (given.root / "fan.1").exists()
    assert given.tree(given.parent) == FILES


# --- what only real files have ------------------------------------------------------------

ODD_NAMES = [
    "two words",
    "-dash",
    "new\nline",
    "'quote\"s`$x",
    "ümläut/日本",
    "tab\there",
    ":(exclude)x",
    "*?[a]",
    "back\\slash",
    "end.lock",
]


def test_names_of_files_may_be_anything(real: World) -> None:
    base = real.fork()
    (one,) = real.make(base, "a")
    for number, name in enumerate(ODD_NAMES):
        real.write(one, name, f"{number}\n")
    assert real.brought(base, "a") == ""
    assert real.tree(real.parent) == {
        **FILES,
        **{name: f"{number}\n" for number, name in enumerate(ODD_NAMES)},
    }
    real.port.apply(base)


def test_a_name_that_is_no_utf_8_is_brought_back_and_told_escaped(real: World) -> None:
    base = real.fork()
    (one,) = real.make(base, "a")
    name = os.fsdecode(b"caf\xe9")
    (one / name).write_text("x\n")
    merged = real.merge(base, "a", ALL)
    assert [each["path"] for each in merged.files] == ["caf\\xe9"]
    real.port.apply(base)
    assert (real.parent / name).read_text() == "x\n"


def test_bytes_programs_and_links_come_back_as_they_are(real: World, tmp_path: Path) -> None:
    base = real.fork()
    (one,) = real.make(base, "a")
    data = bytes(range(256)) * 100
    (one / "binary").write_bytes(data)
    (one / "run").write_text("#!/bin/sh\n")
    (one / "run").chmod(0o755)
    (one / "edit").chmod(0o755)
    (one / "link").symlink_to("keep")
    (one / "loose").symlink_to("/nowhere/at/all")
    (one / "empty").touch()
    (one / "drop").unlink()
    (one / "drop").symlink_to("edit")
    assert real.brought(base, "a") == ""
    parent = real.parent
    assert (parent / "binary").read_bytes() == data
    assert os.access(parent / "run", os.X_OK)
    assert os.access(parent / "edit", os.X_OK)
    assert not os.access(parent / "keep", os.X_OK)
    assert (parent / "link").readlink() == Path("keep")
    assert (parent / "loose").readlink() == Path("/nowhere/at/all")
    assert (parent / "drop").readlink() == Path("edit")
    assert (parent / "empty").read_bytes() == b""
    assert not list(parent.rglob(".attractorc-*"))
    real.port.apply(base)


def test_files_and_folders_change_places(real: World) -> None:
    base = real.fork()
    (one,) = real.make(base, "a")
    shutil.rmtree(one / "deep")
    (one / "deep").write_text("a file now\n")
    (one / "keep").unlink()
    real.write(one, "keep/in/here", "a folder now\n")
    assert real.brought(base, "a") == ""
    real.port.apply(base)
    assert real.tree(real.parent) == {
        "edit": FILES["edit"],
        "drop": "d\n",
        "deep": "a file now\n",
        "keep/in/here": "a folder now\n",
    }


def test_a_folder_with_somebodys_file_in_it_makes_no_room(real: World) -> None:
    base = real.fork()
    (one,) = real.make(base, "a")
    shutil.rmtree(one / "deep")
    (one / "deep").write_text("a file now\n")
    real.write(real.parent, "deep/mine", "mine\n")
    before = real.tree(real.parent)
    assert real.brought(base, "a").startswith("somebody changed 'deep'")
    assert real.tree(real.parent) == before


def test_nothing_is_written_through_a_link(real: World, tmp_path: Path) -> None:
    base = real.fork()
    (one,) = real.make(base, "a")
    real.write(one, "deep/er/file", "new\n")
    real.write(one, "deep/er/other", "new\n")
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "er").mkdir(parents=True)
    (elsewhere / "er" / "file").write_text("f\n")
    shutil.rmtree(real.parent / "deep")
    (real.parent / "deep").symlink_to(elsewhere)
    assert "somebody changed" in real.brought(base, "a")
    assert (elsewhere / "er" / "file").read_text() == "f\n"
    assert not (elsewhere / "er" / "other").exists()


def test_the_runs_own_files_are_in_no_workspace_and_never_come_back(real: World) -> None:
    for name in ("runs.db", "runs.db-wal", "logs/x", "runs.dbx", "logs2"):
        real.write(real.parent, name, "p\n")
    real.private, real.store = (real.parent / "logs",), real.parent / "runs.db"
    real.root = real.parent / "runs.db.workspaces" / "run"
    base = real.fork()
    (one,) = real.make(base, "a")
    assert real.tree(one) == {**FILES, "runs.dbx": "p\n", "logs2": "p\n"}
    real.write(one, "runs.db", "other\n")
    real.write(one, "runs.db.locks/x", "other\n")
    real.write(one, "logs/y", "other\n")
    real.write(one, ".attractor/runs.db", "a run inside\n")
    real.write(one, "good", "g\n")
    assert [each["path"] for each in real.merge(base, "a", ALL).files] == ["good"]


def test_workspaces_can_be_read_by_their_owner_only(real: World) -> None:
    real.make(real.fork(), "a")
    for folder in (real.root.parent, real.root, real.root / "fan.1"):
        assert folder.stat().st_mode & 0o077 == 0, folder


def test_a_result_that_is_gone_is_said(real: World) -> None:
    base = real.fork()
    (one,) = real.make(base, "a")
    real.write(one, "x", "x\n")
    assert real.merge(base, "a", ALL).fault == ""
    shutil.rmtree(real.root / "fan.1" / ".merged")
    with pytest.raises(Exception, match="are gone or damaged"):
        real.port.apply(base)
