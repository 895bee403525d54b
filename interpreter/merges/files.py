"""The merge of files: three-way by path, then by lines, with every branch's changes accounted for.

Pure: trees are paths with content ids, and how two contents become one is asked of the
caller. A path that was renamed is one that went and one that came: nothing is guessed. All
or nothing, like the merge of keys. It must not know where files are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from attractorc.compiler.value import Json

from ..workspace import FILE, PROGRAM, Change, Changes, Entry, FileRule

FileState: TypeAlias = Literal["merged", "not_chosen", "excluded", "conflict"]
Combine: TypeAlias = Callable[[str, Entry, Entry, Entry], str | None]
"""The id of base, ours and theirs as one content, by path; None where they cannot be one."""

_REGULAR = (FILE, PROGRAM)
_TOLD_AT_MOST = 3


@dataclass(frozen=True, slots=True)
class BranchFiles:
    """What a branch changed; `contributes`: it takes part in a merge of all."""

    branch: str
    changes: Changes
    contributes: bool = True


@dataclass(frozen=True, slots=True)
class PathDecision:
    """What becomes of a path. `states`, by branch in declared order, of each that changed it."""

    path: str
    before: Entry | None
    after: Entry | None
    states: Mapping[str, FileState]
    conflict: str = ""
    branches: tuple[str, ...] = ()
    resolved_by: str | None = None

    @property
    def unresolved(self) -> bool:
        """Whether it is a conflict that nothing settled."""
        return bool(self.conflict) and self.resolved_by is None

    @property
    def changes(self) -> bool:
        """Whether the parent's file is to be touched."""
        return self.after != self.before and not self.unresolved


@dataclass(slots=True)
class _Path:
    """A path on the way to its decision: who changed it into what, in declared order."""

    before: Entry | None
    wanted: dict[str, Entry | None] = field(default_factory=dict)
    after: Entry | None = None
    why: str = ""
    clashing: tuple[str, ...] = ()


def merge_files(
    branches: Sequence[BranchFiles], rule: FileRule, combine: Combine
) -> tuple[PathDecision, ...]:
    """Decide every path that any branch changed, sorted by path."""
    heard = _heard(branches, rule)
    paths: dict[str, _Path] = {}
    for each in branches:
        for path, change in each.changes.items():
            known = paths.setdefault(path, _Path(change.before, after=change.before))
            assert known.before == change.before, f"two bases of '{path}'"
            if each.branch in heard:
                known.wanted[each.branch] = change.after
    for path, known in paths.items():
        if known.wanted:
            _combined(path, known, combine)
    groups = _clashes(paths)
    decided = {
        path: _decision(path, known, groups.get(path, (path,)), paths, heard, rule)
        for path, known in sorted(paths.items())
    }
    return tuple(_stated(each, branches, heard, rule) for each in decided.values())


def unapplied(decisions: Iterable[PathDecision]) -> tuple[PathDecision, ...]:
    """The same where nothing is brought back: no result, and what is no conflict is excluded."""
    return tuple(
        each
        if each.unresolved
        else replace(each, after=each.before, states=dict.fromkeys(each.states, "excluded"))
        for each in decisions
    )


def entry_of(decision: PathDecision) -> dict[str, Json]:
    """A path's provenance, as a fan-in's record holds it."""
    entry: dict[str, Json] = {
        "path": readable(decision.path),
        "change": _word(decision),
        "writes": [{"branch": name, "state": state} for name, state in decision.states.items()],
    }
    if decision.conflict:
        entry["conflict"] = {
            "reason": decision.conflict,
            "branches": list(decision.branches),
            "resolved_by": decision.resolved_by,
        }
    return entry


def readable(path: str) -> str:
    """A path as text: bytes that are no UTF-8, which a file's name may hold, as `\\xff`."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def told(conflicts: Sequence[PathDecision], rule: FileRule) -> str:
    """Unresolved conflicts as one sentence."""
    if not conflicts:
        return ""
    words = "; ".join(each.conflict for each in conflicts[:_TOLD_AT_MOST])
    more = len(conflicts) - _TOLD_AT_MOST
    words += f"; and {more} more files" if more > 0 else ""
    hint = " (on_conflict=collect settles no files)" if rule.on_conflict == "collect" else ""
    return words + hint


def _word(decision: PathDecision) -> str:
    if not decision.changes:
        return "none"
    if decision.before is None:
        return "added"
    return "deleted" if decision.after is None else "modified"


def _heard(branches: Sequence[BranchFiles], rule: FileRule) -> tuple[str, ...]:
    """The branches whose files count, in declared order."""
    match rule.files:
        case "winner":
            return tuple(each.branch for each in branches if each.branch == rule.winner)
        case "all":
            return tuple(each.branch for each in branches if each.contributes)
        case "none":
            return ()


def _combined(path: str, known: _Path, combine: Combine) -> None:
    """The three-way merge of all that was wanted, in declared order."""
    (first, result), *others = known.wanted.items()
    so_far = [first]
    for branch, wanted in others:
        found = _three_way(path, known.before, result, wanted, combine)
        if isinstance(found, str):
            known.why = f"'{readable(path)}': {_named(so_far)} and '{branch}' {found}"
            known.clashing = (*so_far, branch)
            known.after = known.before
            return
        result = found
        so_far.append(branch)
    known.after = result


def _three_way(
    path: str, base: Entry | None, ours: Entry | None, theirs: Entry | None, combine: Combine
) -> Entry | str | None:
    """The merged entry, None for a path that goes, or why it is a conflict."""
    if ours == theirs or theirs == base:
        return ours
    if ours == base:
        return theirs
    if ours is None or theirs is None:
        return "cannot agree whether it is deleted or changed"
    if base is None:
        return "added it differently"
    if any(each.mode not in _REGULAR for each in (base, ours, theirs)):
        return "changed it differently, and it is no regular file"
    mode = ours.mode if theirs.mode == base.mode else theirs.mode
    if ours.id == theirs.id or theirs.id == base.id:
        return Entry(mode, ours.id)
    if ours.id == base.id:
        return Entry(mode, theirs.id)
    content = combine(path, base, ours, theirs)
    return "changed the same lines" if content is None else Entry(mode, content)


def _clashes(paths: Mapping[str, _Path]) -> dict[str, tuple[str, ...]]:
    """Paths of which one would have to be both a file and a folder, each with all of its group.

    Only then: a branch's own tree has no such paths, so one alone never clashes.
    """
    present = {path for path, known in paths.items() if _may_be_there(known)}
    roots: set[str] = set()
    for path in present:
        above = path
        while (cut := above.rfind("/")) > 0:
            above = above[:cut]
            if above in present:
                roots.add(above)
    groups: dict[str, tuple[str, ...]] = {}
    for root in sorted(roots):
        if root in groups:
            continue
        members = tuple(sorted(p for p in paths if p == root or p.startswith(f"{root}/")))
        names = dict.fromkeys(name for path in members for name in paths[path].wanted)
        for path in members:
            groups[path] = members
            known = paths[path]
            both = f"'{readable(root)}' is a file of one and a folder of another"
            known.why = f"{both}: {_named(list(names))}"
            known.clashing = tuple(names)
    return groups


def _may_be_there(known: _Path) -> bool:
    """Whether a file comes out at a path, or may come out of the settling of its conflict."""
    wanted = known.wanted.values() if known.why else (known.after,)
    return any(entry is not None for entry in wanted)


def _decision(
    path: str,
    known: _Path,
    group: tuple[str, ...],
    paths: Mapping[str, _Path],
    heard: tuple[str, ...],
    rule: FileRule,
) -> PathDecision:
    if not known.why:
        return PathDecision(path, known.before, known.after, {})
    chosen = _chosen([name for name in heard if _any(paths, group, name)], rule)
    decision = PathDecision(
        path, known.before, known.before, {}, known.why, known.clashing, resolved_by=None
    )
    if chosen is None:
        return decision
    after = known.wanted.get(chosen, known.before)
    return replace(decision, after=after, resolved_by=rule.on_conflict)


def _any(paths: Mapping[str, _Path], group: tuple[str, ...], name: str) -> bool:
    return any(name in paths[path].wanted for path in group)


def _chosen(names: Sequence[str], rule: FileRule) -> str | None:
    """The branch that settles a conflict between these, None if the policy settles none."""
    match rule.on_conflict:
        case "first":
            return names[0]
        case "last":
            return names[-1]
        case "winner":
            return rule.winner
        case "fail" | "collect":
            return None


def _stated(
    decision: PathDecision,
    branches: Sequence[BranchFiles],
    heard: tuple[str, ...],
    rule: FileRule,
) -> PathDecision:
    """With what became of each branch's change of the path."""
    states: dict[str, FileState] = {}
    for each in branches:
        change = each.changes.get(decision.path)
        if change is not None:
            states[each.branch] = _state(decision, each, change, heard, rule)
    return replace(decision, states=states)


def _state(
    decision: PathDecision,
    branch: BranchFiles,
    change: Change,
    heard: tuple[str, ...],
    rule: FileRule,
) -> FileState:
    if branch.branch not in heard:
        chosen_from = rule.files == "winner" and branch.contributes and rule.winner is not None
        return "not_chosen" if chosen_from else "excluded"
    if decision.unresolved:
        return "conflict"
    if decision.resolved_by is not None:
        return "merged" if change.after == decision.after else "not_chosen"
    return "merged"


def _named(names: list[str]) -> str:
    if len(names) == 1:
        return f"'{names[0]}'"
    return ", ".join(f"'{name}'" for name in names[:-1]) + f" and '{names[-1]}'"
