"""Puts together what a fan-out and a fan-in say in several attributes.

`join` takes up `k` and `quorum_ratio`, `merge` takes up `merge_from`, `on_conflict` and
`merge_files`. Here, because only the whole node has all of them. It must not know what a
policy means.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import replace
from typing import Any

from ..frontend.joins import completed, no_such_policy
from ..graph.elements import Attr, Edge
from ..policy import Atom, Join, Merge
from ..value import slug
from .findings import Findings


def joined(
    node: str,
    attrs: dict[str, Attr],
    edges: Iterable[Edge],
    findings: Findings,
    broken: Container[str] = (),
) -> None:
    """Completes a fan-out's `join` in place, or removes one that cannot be completed.

    What misses an attribute that is `broken`, and so a finding already, goes in silence.
    """
    attr = attrs.get("join")
    join = attr.value if attr else Join()
    if attr and not _is_known(attr, join, edges):
        problem = no_such_policy(attr.text)
        findings.add("join_syntax", attr.value_span, problem.message, help=problem.help, node=node)
        del attrs["join"]
        return
    k, ratio = attrs.get("k"), attrs.get("quorum_ratio")
    if attr and {"k_of_n": "k", "quorum": "quorum_ratio"}.get(join.kind) in broken:
        del attrs["join"]
        return
    _ignored(node, k, join.kind == "k_of_n", "join=k_of_n", findings)
    _ignored(node, ratio, join.kind == "quorum", "join=quorum", findings)
    collected = "for_each" in attrs or "for_each" in broken
    _ignored(node, attrs.get("empty"), collected, "for_each", findings)
    if attr is None:
        return
    if join.kind == "k_of_n":
        given = _one(node, attr, join.k, k, "k_of_n needs k; write k_of_n(2)", findings)
        value: Join | None = completed(join, k=given) if given is not None else None
    elif join.kind == "quorum":
        message = "quorum needs a ratio; write quorum(2/3)"
        given = _one(node, attr, join.ratio, ratio, message, findings)
        value = completed(join, ratio=given) if given is not None else None
    else:
        return
    if value is None:
        del attrs["join"]
    else:
        attrs["join"] = replace(attr, value=value)


def _is_known(attr: Attr, join: Join, edges: Iterable[Edge]) -> bool:
    """Whether a lone bare name is one of the fan-out's branches; true for all other joins."""
    formula = join.formula
    if not isinstance(formula, Atom) or formula.branch != attr.text.strip():
        return True
    return any(formula.branch in _branch_names(edge) for edge in edges)


def _branch_names(edge: Edge) -> tuple[str, ...]:
    return (str(edge.value("branch", "")), slug(edge.label), edge.target)


def _ignored(node: str, attr: Attr | None, is_read: bool, by: str, findings: Findings) -> None:
    if attr is not None and not is_read:
        message = f"'{attr.name}' is read only with {by}"
        findings.add("ignored_attribute", attr.key_span, message, node=node)


def _one(
    node: str,
    attr: Attr,
    inside: Any,
    beside: Attr | None,
    missing: str,
    findings: Findings,
) -> Any:
    """The number that stands in the join, or beside it in an attribute of its own."""
    if beside is None:
        if inside is None:
            findings.add("join_syntax", attr.value_span, missing, node=node)
        return inside
    if inside is not None and inside != beside.value:
        message = f"'{attr.text}' and {beside.name}={beside.text} say different things"
        findings.add("join_syntax", beside.value_span, message, node=node)
        return None
    return beside.value


def merged(attrs: dict[str, Attr]) -> None:
    """Puts `merge_from`, `on_conflict` and `merge_files` into the node's `merge`, in place."""
    source, conflict = attrs.get("merge_from"), attrs.get("on_conflict")
    files = attrs.get("merge_files")
    first = attrs.get("merge") or source or conflict or files
    if first is None or not (source or conflict or files):
        return
    merge = attrs["merge"].value if "merge" in attrs else Merge()
    if source:
        merge = replace(merge, source=source.value)
    if conflict:
        merge = replace(merge, on_conflict=conflict.value)
    if files:
        merge = replace(merge, files=files.value)
    attrs["merge"] = replace(first, name="merge", value=merge)
