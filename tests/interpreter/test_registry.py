"""Tags for ever: the registry bundle, and the list of every tag that was ever given.

`tag_history.txt` has a line for each: type, type version that brought it, tag, name, and how
the bundle describes it. Lines are only added; a field that went away keeps its line, with
`retired` at its end. A tag on the list is never given to another field.

`released_types.txt` has a line for each version of a type that a release has published: type,
version, and a digest of its fields. What servers were told under a version never changes, so a type
with another field gets another version. Before the first release it is empty.
"""

from __future__ import annotations

import hashlib
import json
import re
from importlib import resources
from pathlib import Path

import pytest

from attractorc.interpreter.records import FAMILIES
from attractorc.interpreter.records.codec import layout
from attractorc.interpreter.records.registry import (
    described,
    registry_bundle,
    registry_bundle_text,
)

RELEASED = Path(__file__).parent / "released_types.txt"
HISTORY = Path(__file__).parent / "tag_history.txt"
LINES = HISTORY.read_text("utf-8").splitlines()
SERVER_TYPES = {"string", "u64", "bool", "array", "map", "any"}


def current() -> list[str]:
    """The tags that are declared now, as lines of the history."""
    found = []
    for family in FAMILIES:
        for item in layout(family):
            told = described(item)
            kind = f"{told['type']}<{told['items']}>" if "items" in told else told["type"]
            found.append(f"{family.TYPE} {family.TYPE_VERSION} {item.tag} {item.name} {kind}")
    return found


def parts(line: str) -> tuple[str, str, str, str]:
    """Type, tag, name and kind: what of a line must stay as it is."""
    record_type, _version, tag, name, kind, *_ = line.split(" ")
    return record_type, tag, name, kind


def test_no_tag_was_ever_given_twice() -> None:
    given = [parts(line)[:2] for line in LINES]
    twice = sorted({place for place in given if given.count(place) > 1})
    assert twice == [], "a tag in tag_history.txt belongs to one field for ever"


def test_every_tag_is_on_the_list_and_still_means_the_same() -> None:
    listed = {parts(line) for line in LINES if not line.endswith(" retired")}
    declared = {parts(line): line for line in current()}
    new = [line for place, line in declared.items() if place not in listed]
    assert new == [], f"{HISTORY.name}: a new field gets a new tag, and these lines"
    gone = sorted(listed - declared.keys())
    assert gone == [], f"{HISTORY.name}: a field that went away is `retired`, its tag is used up"


def test_the_list_is_one_line_a_tag() -> None:
    line = re.compile(r"attractor\.\w+ \d+ \d+ \w+ [\w<>]+( retired)?")
    assert [each for each in LINES if not line.fullmatch(each)] == []


def test_the_bundle_file_is_what_the_code_says() -> None:
    stored = resources.files("attractorc.schemas").joinpath("registry.json")
    assert stored.read_text("utf-8") == registry_bundle_text(), "make schemas"


def test_a_bundle_is_one_that_a_server_takes() -> None:
    """The form of CXDB's registry: digit strings, known types, an id that a path can hold."""
    bundle = json.loads(registry_bundle_text())
    assert set(bundle) == {"registry_version", "bundle_id", "types", "enums"}
    assert bundle["registry_version"] == 1
    assert re.fullmatch(r"[A-Za-z0-9._-]+", bundle["bundle_id"])
    for declared in bundle["types"].values():
        for version, descriptor in declared["versions"].items():
            assert version.isdigit()
            for tag, field in descriptor["fields"].items():
                assert tag.isdigit()
                assert field["type"] in SERVER_TYPES
                assert field.get("items", "string") in SERVER_TYPES
    assert set(bundle["types"]) == {family.TYPE for family in FAMILIES}


def test_another_declaration_has_another_id(monkeypatch: pytest.MonkeyPatch) -> None:
    before = registry_bundle()
    assert registry_bundle()["bundle_id"] == before["bundle_id"]
    monkeypatch.setattr("attractorc.interpreter.records.registry.FAMILIES", FAMILIES[1:])
    assert registry_bundle()["bundle_id"] != before["bundle_id"]


# --- what was released under a version stays


def descriptors() -> dict[tuple[str, str], str]:
    """A digest of the fields of each type and version, as servers are told of them now."""
    types = json.loads(registry_bundle_text())["types"]
    return {
        (name, version): hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:12]
        for name, declared in types.items()
        for version, told in declared["versions"].items()
    }


def changed(released: list[str], now: dict[tuple[str, str], str]) -> list[str]:
    """Types that have other fields now than were released under their version."""
    frozen = {(line.split()[0], line.split()[1]): line.split()[2] for line in released}
    return [
        f"{name} has other fields than its version {version}: raise TYPE_VERSION"
        for (name, version), digest in frozen.items()
        if now.get((name, version), digest) != digest
    ]


def test_no_released_type_has_other_fields_under_its_version() -> None:
    assert changed(RELEASED.read_text("utf-8").splitlines(), descriptors()) == []


def test_a_type_that_changes_without_another_version_is_found() -> None:
    now = descriptors()
    released = [f"{name} {version} {digest}" for (name, version), digest in now.items()]
    assert changed(released, now) == []
    place, digest = next(iter(now.items()))
    assert changed(released, {**now, place: "another"}) == [
        f"{place[0]} has other fields than its version 1: raise TYPE_VERSION"
    ]
    raised = {key: value for key, value in now.items() if key != place}
    assert changed(released, {**raised, (place[0], "2"): digest}) == []


def test_a_release_writes_its_types_down() -> None:
    changelog = (Path(__file__).parents[2] / "CHANGELOG.md").read_text("utf-8")
    releases = re.findall(r"^## \[\d+\.\d+\.\d+\]", changelog, re.M)
    listed = RELEASED.read_text("utf-8").split()[::3]
    missing = sorted({family.TYPE for family in FAMILIES} - set(listed)) if releases else []
    assert missing == [], f"{RELEASED.name}: what {releases[:1]} has published"
