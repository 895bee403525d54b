"""Workspaces that are git worktrees, each on a branch of its own, from one commit.

That commit is the parent's files as they are: what is not committed there is put into a
commit that no branch of the user's points to, without touching the index. Commits have fixed
authors and times, so that equal runs make equal ones. It must not know how files are merged.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from attractorc.compiler.value import Json

from ..workspace import (
    FILE,
    LINK,
    PROGRAM,
    Changes,
    Closed,
    Contributor,
    Entry,
    Fork,
    WorkspaceError,
)
from .carrying import FOREIGN
from .commits import Objects, changes_between, whole_commit
from .git import GitRefused, git, holds, line
from .places import hidden, names_in, note, noted, open_place, trouble

HEADS = "refs/heads/attractorc"
KEPT = "refs/attractorc"


class Worktrees:
    """The workspaces of kind `worktree`."""

    def fork(self, fork: Fork) -> dict[str, Json]:
        """Put the parent's files into a commit, as the base of the branches."""
        top = self._top(fork.parent)
        prefix = line(fork.parent, "rev-parse", "--show-prefix")
        if not holds(fork.parent, "rev-parse", "--verify", "--quiet", "HEAD^{commit}"):
            raise WorkspaceError(
                f"the repository '{top}' has no commit yet, and worktrees start from one: commit "
                "something, or use workspace=copy"
            )
        names = hidden(fork, top)
        shared = Path(line(top, "rev-parse", "--path-format=absolute", "--git-common-dir"))
        try:
            self.remove(fork.place)
            open_place(fork)
            note(fork.place, kind="worktree", repository=str(shared), name=fork.name, tips={})
            _refuse_taken_names(top, fork.name)
        except OSError as error:
            raise trouble("the branches' workspaces cannot be made", error) from error
        base = whole_commit(top, fork.place, names, f"the workspace at {_shown(fork.name)}")
        git(top, "update-ref", f"{KEPT}/{fork.name}/base", base)
        return {
            "kind": "worktree",
            "root": str(top),
            "place": str(fork.place),
            "prefix": prefix,
            "name": fork.name,
            "commit": base,
            "hidden": list(names),
        }

    def make(self, base: Mapping[str, Json], branch: str) -> dict[str, Json]:
        """A worktree for one branch, on a git branch of its own."""
        place, top = Path(str(base["place"])), Path(str(base["root"]))
        root, name = place / branch, f"{base['name']}/{branch}"
        commit = str(base["commit"])
        with _alone(place):
            self._discard(top, root)
            _delete_ref(top, f"{HEADS}/{name}")
            made = ("worktree", "add", "--quiet", "--no-checkout", "-B", f"attractorc/{name}")
            self._tip(place, branch, "")  # before there is anything, so that it can be removed
            git(top, *made, str(root), commit)
        git(root, "reset", "--quiet", "--hard")
        folder = root / str(base["prefix"])
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise trouble("the branch's folder cannot be made", error) from error
        return {
            "kind": "worktree",
            "folder": str(folder),
            "root": str(root),
            "branch": f"attractorc/{name}",
        }

    def close(self, base: Mapping[str, Json], workspace: Mapping[str, Json]) -> Closed:
        """Commit what the branch left uncommitted, on its branch, wherever its HEAD is."""
        root, ref = Path(str(workspace["root"])), f"refs/heads/{workspace['branch']}"
        place = Path(str(base["place"]))
        if not root.is_dir() or self._top(root) != root.resolve():
            raise WorkspaceError(f"'{root}' is a git worktree no more, so its files are unknown")
        told = f"left in the workspace of {_shown(str(base['name']))}/{root.name}"
        commit = whole_commit(root, place, names_in(base), told, within=str(base["commit"]))
        with _alone(place):
            git(root, "update-ref", ref, commit)
            self._tip(place, root.name, commit)
        attached = holds(root, "symbolic-ref", "--quiet", "HEAD")
        if attached and line(root, "symbolic-ref", "HEAD") == ref:
            git(root, "reset", "--quiet")
        changed = changes_between(root, str(base["commit"]), commit, names_in(base))
        return Closed(commit, len(changed))

    def changes(self, base: Mapping[str, Json], branch: Contributor) -> Changes:
        """What a branch changed since the fork."""
        root = Path(str(base["root"]))
        return changes_between(root, str(base["commit"]), branch.commit, names_in(base))

    def contents(self, base: Mapping[str, Json], branches: Sequence[Contributor]) -> Objects:
        """Git's own objects are the contents."""
        return Objects(Path(str(base["root"])), Path(str(base["place"])))

    def look(self, base: Mapping[str, Json], paths: Sequence[str]) -> dict[str, Entry | None]:
        """What is there in the parent now, as git would keep it."""
        root = Path(str(base["root"]))
        found: dict[str, Entry | None] = {}
        regular: list[str] = []
        for path in paths:
            place = root / path
            if place.is_symlink():
                target = os.fsencode(place.readlink())
                found[path] = Entry(LINK, _hash(root, "--stdin", given=target))
            elif place.is_file():
                regular.append(path)
            else:
                found[path] = FOREIGN if os.path.lexists(place) else None
        plain = [path for path in regular if "\n" not in path and "\r" not in path]
        listed = b"".join(os.fsencode(path) + b"\n" for path in plain)
        ids = _hash(root, "--stdin-paths", given=listed).split() if plain else []
        ids += [_hash(root, "--", path) for path in regular if path not in set(plain)]
        odd = [path for path in regular if path not in set(plain)]
        for path, made in zip([*plain, *odd], ids, strict=True):
            runs = os.access(root / path, os.X_OK)
            found[path] = Entry(PROGRAM if runs else FILE, made)
        return found

    def remove(self, place: Path) -> tuple[str, ...]:
        """Remove worktrees, branches and what else a fork left; a branch that moved on stays."""
        facts = noted(place)
        stayed: list[str] = []
        repository = Path(str(facts.get("repository", "")))
        if facts.get("kind") == "worktree" and repository.is_dir():
            with _alone(place):
                tips = {str(name): str(tip) for name, tip in facts.get("tips", {}).items()}
                for branch in tips:
                    self._discard(repository, place / branch)
                name = str(facts.get("name", ""))
                stayed += self._drop(repository, name, tips)
        try:
            if place.exists():
                shutil.rmtree(place)
        except OSError as error:
            raise trouble("what branches left cannot be removed", error) from error
        return tuple(stayed)

    # --- parts -----------------------------------------------------------------------

    def _top(self, folder: Path) -> Path:
        try:
            return Path(line(folder, "rev-parse", "--show-toplevel"))
        except GitRefused as error:
            told = str(error).partition("fatal: ")[2] or str(error)
            raise WorkspaceError(
                f"workspace=worktree needs a git repository, and '{folder}' is in none ({told}); "
                "use workspace=copy there"
            ) from error

    def _discard(self, repository: Path, root: Path) -> None:
        """Remove a worktree, also one that was never finished; other worktrees are not pruned."""
        for _ in range(2):  # what lost its own `.git` is let go of only when its folder is gone
            with contextlib.suppress(GitRefused):
                git(repository, "worktree", "remove", "--force", "--force", str(root))
            try:
                if os.path.lexists(root):
                    shutil.rmtree(root)
            except OSError as error:
                raise trouble("an unfinished workspace cannot be removed", error) from error

    def _drop(self, repository: Path, name: str, tips: Mapping[str, str]) -> Iterator[str]:
        """Delete a fork's references; sentences about branches that somebody went on with."""
        for branch, tip in tips.items():
            ref = f"{HEADS}/{name}/{branch}"
            if not holds(repository, "rev-parse", "--verify", "--quiet", ref):
                continue
            listed = git(repository, "worktree", "list", "--porcelain").split(b"\n")
            in_use = os.fsencode(f"branch {ref}") in listed
            if in_use or (tip and line(repository, "rev-parse", ref) != tip):
                why = "is checked out" if in_use else "has commits that are not the run's"
                yield f"the branch 'attractorc/{name}/{branch}' stays: it {why}"
            else:
                _delete_ref(repository, ref)
        _delete_ref(repository, f"{KEPT}/{name}/base")

    def _tip(self, place: Path, branch: str, commit: str) -> None:
        """Write down where a branch ends; '' while it has not, and may be anywhere."""
        tips = noted(place).get("tips", {})
        note(place, tips={**tips, branch: commit})


def _refuse_taken_names(top: Path, name: str) -> None:
    """Say so where the git branches of a fork cannot be made, or are somebody else's."""
    if holds(top, "rev-parse", "--verify", "--quiet", HEADS):
        raise WorkspaceError(
            f"the repository '{top}' has a branch 'attractorc', so none can be called "
            "'attractorc/...'; rename it"
        )
    there = line(top, "for-each-ref", "--count=1", "--format=%(refname:short)", f"{HEADS}/{name}/")
    if there:
        raise WorkspaceError(
            f"the git branch '{there}' is there already, from another run of this id; give "
            "this one another --run-id, or remove it"
        )


@contextlib.contextmanager
def _alone(place: Path) -> Iterator[None]:
    """While this lasts, no other engine changes what the worktrees of a repository share.

    Git's own commands do not wait for each other there: one may read what another has not
    finished. The kernel frees the lock when its process dies.
    """
    repository = noted(place).get("repository")
    if repository is None:
        raise WorkspaceError(f"what was noted about the workspaces in '{place}' is gone or damaged")
    try:
        handle = os.open(str(repository), os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise trouble("the repository cannot be locked", error) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _hash(root: Path, *arguments: str, given: bytes = b"") -> str:
    return os.fsdecode(git(root, "hash-object", *arguments, given=given)).strip()


def _delete_ref(repository: Path, ref: str) -> None:
    if holds(repository, "rev-parse", "--verify", "--quiet", ref):
        git(repository, "update-ref", "-d", ref)


def _shown(name: str) -> str:
    """A fork's name without the run's, so that equal runs make equal commits."""
    return name.partition("/")[2]
