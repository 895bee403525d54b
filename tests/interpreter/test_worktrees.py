"""Workspaces that are git worktrees: what is git's own, in real repositories."""

from __future__ import annotations

import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from attractorc.interpreter.workspace import Fork, WorkspaceError
from attractorc.interpreter.workspaces import LocalWorkspaces, component, flat
from attractorc.interpreter.workspaces.copies import Copies

from .test_workspace_contract import FILES, World, git, repository, world


@pytest.fixture
def given(tmp_path: Path) -> World:
    return world("worktree", tmp_path)


def refs(folder: Path) -> list[str]:
    return git(folder, "for-each-ref", "--format=%(refname)").splitlines()


def worktrees(folder: Path) -> int:
    return git(folder, "worktree", "list", "--porcelain").count("worktree ")


def test_the_users_head_branches_and_index_stay_as_they_are(given: World) -> None:
    given.write(given.parent, "edit", "staged\n")
    git(given.parent, "add", "edit")
    given.write(given.parent, "edit", "and changed again\n")
    given.write(given.parent, "untracked", "u\n")
    index = (given.parent / ".git" / "index").read_bytes()
    head = git(given.parent, "rev-parse", "HEAD")
    base = given.fork()
    (one,) = given.make(base, "a")
    assert given.tree(one)["edit"] == "and changed again\n"
    given.write(one, "more", "m\n")
    assert given.brought(base, "a") == ""
    assert (given.parent / ".git" / "index").read_bytes() == index
    assert git(given.parent, "rev-parse", "HEAD") == head
    assert git(given.parent, "symbolic-ref", "HEAD") == "refs/heads/main"
    assert [ref for ref in refs(given.parent) if "attractorc" not in ref] == ["refs/heads/main"]
    assert git(given.parent, "diff", "--cached", "--name-only") == "edit"


def test_a_clean_parents_own_commit_is_the_base(given: World) -> None:
    base = given.fork()
    assert base["commit"] == git(given.parent, "rev-parse", "HEAD")


@pytest.mark.parametrize("ignored", ["runs*", "runs.db\n", "*.db*\n/runs.db.workspaces", "x"])
def test_whether_the_runs_own_files_are_ignored_makes_no_difference(
    given: World, ignored: str
) -> None:
    given.write(given.parent, ".gitignore", ignored)
    given.write(given.parent, "runs.db", "p\n")
    given.store = given.parent / "runs.db"
    given.root = given.parent / "runs.db.workspaces" / "run"
    base = given.fork()
    (one,) = given.make(base, "a")
    assert given.tree(one) == {**FILES, ".gitignore": ignored}


def test_ignored_files_are_not_in_a_worktree_and_not_overwritten(given: World) -> None:
    given.write(given.parent, ".gitignore", "build\n")
    given.write(given.parent, "build", "mine\n")
    base = given.fork()
    (one,) = given.make(base, "a")
    assert "build" not in given.tree(one)
    given.write(one, "build", "a's\n")
    git(one, "add", "--force", "build")
    assert given.brought(base, "a").startswith("somebody changed 'build'")
    assert given.tree(given.parent)["build"] == "mine\n"


def test_what_a_branch_left_is_committed_on_its_branch_with_its_name_in_the_message(
    given: World,
) -> None:
    base = given.fork()
    (one,) = given.make(base, "a")
    given.write(one, "mine", "1\n")
    git(one, "add", "mine")
    git(one, "commit", "--quiet", "--message=by the tool")
    given.write(one, "rest", "2\n")
    closed = given.port.close(base, given.branches["a"])
    log = git(given.parent, "log", "--format=%an: %s", "attractorc/run/fan.1/a")
    assert log.splitlines() == [
        "attractorc: attractorc: left in the workspace of fan.1/a",
        "T: by the tool",
        "T: first",
    ]
    assert git(one, "status", "--porcelain") == ""
    assert closed.changed == 2
    assert given.brought(base, "a") == ""
    assert git(given.parent, "log", "--format=%s") == "first"


@pytest.mark.parametrize(
    "moves",
    [
        ("checkout --quiet --detach",),
        ("checkout --quiet -b elsewhere",),
        ("checkout --quiet --orphan fresh",),
        ("commit --quiet --allow-empty --message=x", "reset --quiet --hard HEAD~1"),
    ],
)
def test_wherever_a_branch_moved_its_head_its_files_count(given: World, moves) -> None:
    base = given.fork()
    (one,) = given.make(base, "a")
    for move in moves:
        git(one, *move.split())
    given.write(one, "more", "m\n")
    assert given.brought(base, "a") == ""
    assert given.tree(given.parent) == {**FILES, "more": "m\n"}
    tip = git(given.parent, "rev-parse", "attractorc/run/fan.1/a")
    assert git(given.parent, "ls-tree", "--name-only", tip, "more") == "more"
    assert given.port.remove(given.root / "fan.1") == ()


def test_a_folder_that_became_a_link_to_another_one_like_it_is_a_link(given: World) -> None:
    given.write(given.parent, "like/er/file", FILES["deep/er/file"])
    git(given.parent, "add", "--all")
    git(given.parent, "commit", "--quiet", "--message=twins")
    base = given.fork()
    (one,) = given.make(base, "a")
    shutil.rmtree(one / "deep")
    (one / "deep").symlink_to("like")
    assert given.brought(base, "a") == ""
    assert (given.parent / "deep").readlink() == Path("like")


def test_equal_runs_make_equal_commits(tmp_path: Path) -> None:
    made = []
    for run in ("one", "two"):
        there = world("worktree", tmp_path / run)
        there.write(there.parent, "dirty", "d\n")
        place = there.root / "fan.1"
        base = there.port.fork(Fork("worktree", there.parent, place, f"{run}/fan.1"))
        (folder,) = there.make(base, "a")
        there.write(folder, "more", "m\n")
        made.append((base["commit"], there.port.close(base, there.branches["a"]).commit))
    assert made[0] == made[1]


def test_a_workspace_below_the_repositorys_root_stays_below_it(given: World) -> None:
    base = given.fork(parent=given.parent / "deep")
    (folder,) = given.make(base, "a")
    assert folder.name == "deep"
    given.write(folder, "er/file", "new\n")
    given.write(folder, "../keep", "also\n")
    assert given.brought(base, "a") == ""
    assert given.tree(given.parent) == {**FILES, "deep/er/file": "new\n", "keep": "also\n"}


def test_the_folder_that_stages_work_in_stays_when_nothing_is_left_in_it(given: World) -> None:
    base = given.fork(parent=given.parent / "deep")
    (folder,) = given.make(base, "a")
    shutil.rmtree(folder / "er")
    assert given.brought(base, "a") == ""
    assert list((given.parent / "deep").iterdir()) == []


def test_a_submodule_stays_what_it_was(given: World, tmp_path: Path) -> None:
    library = repository(tmp_path / "library", {"l": "1"})
    allowed = ("-c", "protocol.file.allow=always")
    git(given.parent, *allowed, "submodule", "--quiet", "add", str(library), "lib")
    git(given.parent, "commit", "--quiet", "--message=lib")
    base = given.fork()
    (one,) = given.make(base, "a")
    assert list((one / "lib").iterdir()) == []
    given.write(one, "more", "m\n")
    assert given.brought(base, "a") == ""
    assert (given.parent / "lib" / "l").read_text() == "1"
    assert git(given.parent, "status", "--porcelain") == "?? more"


def test_what_was_noted_and_is_gone_is_one_sentence(given: World) -> None:
    base = given.fork()
    (given.root / "fan.1" / "fork.json").unlink()
    with pytest.raises(WorkspaceError, match="is gone or damaged"):
        given.make(base, "a")


def test_line_ends_and_filters_are_the_repositorys(given: World) -> None:
    given.write(given.parent, ".gitattributes", "*.txt text eol=crlf\n")
    (given.parent / "x.txt").write_bytes(b"1\r\n2\r\n3\r\n")
    git(given.parent, "add", "--all")
    git(given.parent, "commit", "--quiet", "--message=crlf")
    base = given.fork()
    one, other = given.make(base, "a", "b")
    assert (one / "x.txt").read_bytes() == b"1\r\n2\r\n3\r\n"
    (one / "x.txt").write_bytes(b"one\r\n2\r\n3\r\n")
    (other / "x.txt").write_bytes(b"1\r\n2\r\nthree\r\n")
    assert given.brought(base, "a b") == ""
    assert (given.parent / "x.txt").read_bytes() == b"one\r\n2\r\nthree\r\n"
    assert git(given.parent, "diff", "--numstat") == "2\t2\tx.txt"


def test_hooks_are_not_run_and_an_outer_gits_environment_is_nobodys(
    given: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    hooks = given.parent / ".git" / "hooks"
    for name in ("post-checkout", "pre-commit", "reference-transaction"):
        (hooks / name).write_text("#!/bin/sh\ntouch hooked\nexit 1\n")
        (hooks / name).chmod(0o755)
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setenv("GIT_INDEX_FILE", "/nowhere/index")
    monkeypatch.setenv("GIT_WORK_TREE", "/nowhere")
    base = given.fork()
    (one,) = given.make(base, "a")
    given.write(one, "more", "m\n")
    assert given.brought(base, "a") == ""
    assert not list(given.parent.rglob("hooked"))


NOT_POSSIBLE = {
    "no repository": "needs a git repository, and",
    "no commit": "has no commit yet",
    "a bare repository": "must be run in a work tree",
    "no git": "needs git, and there is none",
    "no folder": "needs a git repository, and",
}


@pytest.mark.parametrize("case", NOT_POSSIBLE)
def test_where_there_can_be_no_worktree_one_sentence_says_why(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent = tmp_path / "parent"
    if case == "no git":
        repository(parent)
        monkeypatch.setenv("PATH", str(tmp_path))
    elif case == "no commit":
        parent.mkdir()
        git(parent, "init", "--quiet")
    elif case == "a bare repository":
        parent.mkdir()
        git(parent, "init", "--quiet", "--bare")
    elif case == "no repository":
        parent.mkdir()
    place = tmp_path / "w" / "run" / "fan.1"
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    with pytest.raises(WorkspaceError, match=NOT_POSSIBLE[case]) as caught:
        LocalWorkspaces().fork(Fork("worktree", parent, place, "run/fan.1"))
    assert "\n" not in str(caught.value)
    assert not place.exists()


def test_a_repository_inside_is_not_brought_back(given: World) -> None:
    base = given.fork()
    (one,) = given.make(base, "a")
    repository(one / "inner", {"x": "1"})
    before = given.tree(given.parent)
    fault = given.brought(base, "a")
    assert fault.startswith("'inner' is a repository of its own, which cannot be brought back")
    assert given.tree(given.parent) == before


def test_sixteen_worktrees_at_once_do_not_get_in_each_others_way(given: World) -> None:
    base = given.fork()
    names = [f"b{number}" for number in range(16)]
    with ThreadPoolExecutor(16) as pool:
        made = list(pool.map(lambda name: given.port.make(base, name), names))
        for name, workspace in zip(names, made, strict=True):
            given.write(Path(str(workspace["folder"])), f"of-{name}", f"{name}\n")
        closed = list(pool.map(lambda one: given.port.close(base, one), made))
    assert [(one.changed, one.fault) for one in closed] == [(1, "")] * 16
    assert worktrees(given.parent) == 17
    given.branches.update(zip(names, made, strict=True))
    assert given.brought(base, " ".join(names)) == ""
    assert len(given.tree(given.parent)) == len(FILES) + 16


def test_two_engines_in_one_repository_wait_for_each_other(given: World, tmp_path: Path) -> None:
    worlds = [
        World("worktree", LocalWorkspaces(), given.parent, tmp_path / f"w{n}" / "run")
        for n in range(4)
    ]

    def all_of(number: int) -> int:
        mine = worlds[number]
        place = mine.root / "fan.1"
        base = mine.port.fork(Fork("worktree", mine.parent, place, f"run{number}/fan.1"))
        mine.make(base, "a", "b", "c")
        return sum(not mine.port.close(base, one).fault for one in mine.branches.values())

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(all_of, range(4))) == [3, 3, 3, 3]


def test_a_worktree_that_was_begun_and_never_finished_is_made_again(given: World) -> None:
    base = given.fork()
    root = given.root / "fan.1" / "a"
    git(given.parent, "worktree", "add", "--quiet", "--no-checkout", "-b", "x", str(root))
    admin = given.parent / ".git" / "worktrees" / "a"
    (admin / "locked").write_text("initializing")
    git(given.parent, "update-ref", "refs/heads/attractorc/run/fan.1/a", "HEAD")
    (folder,) = given.make(base, "a")
    assert given.tree(folder) == FILES
    assert git(folder, "symbolic-ref", "HEAD") == "refs/heads/attractorc/run/fan.1/a"
    assert worktrees(given.parent) == 2


def test_other_worktrees_are_never_pruned(given: World, tmp_path: Path) -> None:
    away = tmp_path / "on-a-stick"
    git(given.parent, "worktree", "add", "--quiet", "-b", "users", str(away))
    away.rename(tmp_path / "unplugged")
    base = given.fork()
    given.make(base, "a")
    given.make(base, "a")
    given.port.remove(given.root / "fan.1")
    (tmp_path / "unplugged").rename(away)
    assert git(away, "status", "--porcelain") == ""


def test_removing_takes_worktrees_branches_and_references_away(given: World) -> None:
    given.make(given.fork(), "a", "b")
    assert len(refs(given.parent)) == 4
    assert given.port.remove(given.root / "fan.1") == ()
    assert refs(given.parent) == ["refs/heads/main"]
    assert worktrees(given.parent) == 1


def test_a_branch_that_the_user_went_on_with_or_has_checked_out_stays(
    given: World, tmp_path: Path
) -> None:
    base = given.fork()
    given.make(base, "a", "b", "c")
    for name in "abc":
        given.port.close(base, given.branches[name])
    git(given.root / "fan.1" / "a", "commit", "--quiet", "--allow-empty", "--message=mine")
    git(given.root / "fan.1" / "b", "checkout", "--quiet", "--detach")
    git(
        given.parent, "worktree", "add", "--quiet", str(tmp_path / "look"), "attractorc/run/fan.1/b"
    )
    assert given.port.remove(given.root / "fan.1") == (
        "the branch 'attractorc/run/fan.1/a' stays: it has commits that are not the run's",
        "the branch 'attractorc/run/fan.1/b' stays: it is checked out",
    )
    assert refs(given.parent) == [
        "refs/heads/attractorc/run/fan.1/a",
        "refs/heads/attractorc/run/fan.1/b",
        "refs/heads/main",
    ]


def test_commits_of_a_branch_that_was_cut_off_before_its_end_go_with_it(given: World) -> None:
    given.make(given.fork(), "a")
    git(given.root / "fan.1" / "a", "commit", "--quiet", "--allow-empty", "--message=by a tool")
    assert given.port.remove(given.root / "fan.1") == ()
    assert refs(given.parent) == ["refs/heads/main"]


def test_branches_of_another_store_s_run_of_the_same_id_are_not_touched(
    given: World, tmp_path: Path
) -> None:
    given.make(given.fork(), "a")
    before = refs(given.parent)
    other = World("worktree", LocalWorkspaces(), given.parent, tmp_path / "w2" / "run")
    with pytest.raises(WorkspaceError, match="from another run of this id"):
        other.fork()
    assert refs(given.parent) == before
    assert given.tree(given.root / "fan.1" / "a") == FILES


def test_a_branch_of_the_user_that_takes_the_name_is_named(given: World) -> None:
    git(given.parent, "branch", "attractorc")
    with pytest.raises(WorkspaceError, match="has a branch 'attractorc'"):
        given.fork()


def test_what_is_left_of_a_repository_that_is_gone_can_be_removed(
    given: World, tmp_path: Path
) -> None:
    given.make(given.fork(), "a")
    given.parent.rename(tmp_path / "moved")
    assert given.port.remove(given.root / "fan.1") == ()
    assert not (given.root / "fan.1").exists()


def test_git_in_a_copy_finds_the_copys_repository_or_none(tmp_path: Path) -> None:
    outer = repository(tmp_path / "outer")
    parent = outer / "sub"
    parent.mkdir()
    root = outer / "runs.db.workspaces" / "run"
    there = World("copy", LocalWorkspaces(), parent, root)
    (folder,) = there.make(there.fork(), "a")
    asked = ["git", "-C", str(folder), "rev-parse", "--show-toplevel"]
    assert subprocess.run(asked, capture_output=True, check=False).returncode != 0
    git(outer, "add", "--all")
    assert "workspaces" not in git(outer, "status", "--porcelain")
    whole = World("copy", LocalWorkspaces(), outer, root)
    (folder,) = whole.make(whole.fork("fan.2"), "a")
    assert git(folder, "rev-parse", "--show-toplevel") == str(folder)
    git(folder, "commit", "--quiet", "--allow-empty", "--message=in the copy")
    assert git(outer, "log", "--format=%s") == "first"


def test_a_git_file_of_a_worktree_is_not_copied(given: World) -> None:
    (tree,) = given.make(given.fork(), "a")
    copies = World("copy", LocalWorkspaces(), tree, given.root)
    (folder,) = copies.make(copies.fork("fan.1+a+in.1"), "x")
    assert given.tree(folder) == FILES
    assert not (folder / ".git").exists()


def test_what_cannot_be_written_to_is_copied_and_removed_all_the_same(tmp_path: Path) -> None:
    parent = tmp_path / "parent"
    (parent / "locked").mkdir(parents=True)
    (parent / "locked" / "x").write_text("x\n")
    (parent / "locked" / "x").chmod(0o400)
    (parent / "locked").chmod(0o500)
    os.mkfifo(parent / "pipe")
    there = World("copy", LocalWorkspaces(), parent, tmp_path / "w" / "run")
    base = there.fork()
    (folder,) = there.make(base, "a")
    assert (folder / "locked" / "x").read_text() == "x\n"
    assert not (folder / "pipe").exists()
    there.make(base, "a")
    there.port.remove(there.root / "fan.1")
    assert not (there.root / "fan.1").exists()
    (parent / "locked").chmod(0o700)


def test_a_parent_that_is_no_folder_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match="is no folder that can be copied"):
        Copies().fork(Fork("copy", tmp_path / "none", tmp_path / "w" / "run" / "f", "run/f"))


HOSTILE = ["..", ".", "", "a/b", "-x", "x.lock", "@{", "a b", "~^:?*[\\", "ä" * 80, "x" * 400, "\n"]


@pytest.mark.parametrize("name", HOSTILE)
def test_whatever_runs_and_branches_are_called_folders_and_git_branches_are_sound(
    name: str, tmp_path: Path
) -> None:
    there = world("worktree", tmp_path)
    stage = f"/{component(name)}.1/{component(name)}/{component(name)}.2"
    run, fork = component(name), flat(stage)
    there.root = there.root.parent / run
    base = there.port.fork(Fork("worktree", there.parent, there.root / fork, f"{run}/{fork}"))
    made = there.port.make(base, component(name))
    git(there.parent, "check-ref-format", f"refs/heads/{made['branch']}")
    inside = Path(str(made["folder"])).resolve()
    assert inside.is_relative_to(there.root.resolve())
    assert inside.parent.parent.parent == there.root.parent.resolve()
    assert max(map(len, inside.parts)) <= 140


def test_names_that_differ_stay_different() -> None:
    names = [*HOSTILE, "%2E%2E", "x" * 401, "x" * 399 + "y", "a+b", "a.b"]
    assert len({component(name) for name in names}) == len(names)
