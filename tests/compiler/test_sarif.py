"""Findings for other programs: SARIF, GitHub's log, JUnit, and diffs of fixes."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from attractorc.compiler.diagnostic import Diagnostic, Edit, Fix, Related, Severity, ordered
from attractorc.compiler.driver import compile_source
from attractorc.compiler.render.diff import as_diff
from attractorc.compiler.render.github import as_commands
from attractorc.compiler.render.junit import as_junit
from attractorc.compiler.render.sarif import RuleHelp, as_sarif
from attractorc.compiler.rules.pages import pages
from attractorc.compiler.source import Source

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("ATTRACTORC_DATA", ROOT.parent / "shared" / "data"))
RULES = [
    RuleHelp(each.rule, each.severity, each.title, each.as_text(), each.as_markdown())
    for each in pages()
]
TEXT = 'digraph g {\n  日本 -> plam [label="x"]\r\n}\n'
SOURCE = Source("a folder/review.dot", TEXT)


def found_at(word: str, severity: Severity = Severity.ERROR, **more: Any) -> Diagnostic:
    start = TEXT.index(word)
    span = SOURCE.span(start, start + len(word))
    return Diagnostic("edge_target_exists", severity, span, "what is wrong", **more)


def run_of(*findings: Diagnostic, source: Source = SOURCE) -> dict[str, Any]:
    log = json.loads(as_sarif(findings, {source.name: source}, RULES, "1.2.3"))
    run: dict[str, Any] = log["runs"][0]
    return run


@pytest.fixture(scope="session")
def schema() -> dict[str, Any]:
    """The published schema of SARIF 2.1.0, which is not part of the project."""
    path = DATA / "sarif-schema-2.1.0.json"
    if not path.is_file():
        pytest.skip(f"the schema of SARIF is not at {path} (ATTRACTORC_DATA)")
    loaded: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return loaded


def test_sarif_of_every_bad_example_fits_the_published_schema(schema: dict[str, Any]) -> None:
    from jsonschema.validators import validator_for

    compiled = [
        compile_source(Source(f"{each.rule}.{example.language}", example.text))
        for each in pages()
        for example in each.examples
        if example.kind == "bad"
    ]
    findings = ordered([found for each in compiled for found in each.diagnostics])
    sources = {each.source.name: each.source for each in compiled}
    log = json.loads(as_sarif(findings, sources, RULES, "1.2.3"))
    validator_for(schema)(schema).validate(log)
    results = log["runs"][0]["results"]
    assert len(results) == len(findings) > 50
    assert any("fixes" in each for each in results)
    assert any("relatedLocations" in each for each in results)
    prints = {each["partialFingerprints"]["attractorc/v1"] for each in results}
    assert len(prints) == len(results)
    rules = log["runs"][0]["tool"]["driver"]["rules"]
    assert {each["ruleId"] for each in results} == {
        rules[each["ruleIndex"]]["id"] for each in results
    }


def test_a_published_schema_refuses_what_is_no_sarif(schema: dict[str, Any]) -> None:
    from jsonschema.validators import validator_for

    log = json.loads(as_sarif([found_at("plam")], {}, RULES, "1"))
    log["runs"][0]["columnKind"] = "bytes"
    assert not validator_for(schema)(schema).is_valid(log)


def test_sarif_counts_code_points_and_escapes_file_names() -> None:
    run = run_of(found_at("plam", help="h", edge=("日本", "plam")))
    assert run["columnKind"] == "unicodeCodePoints"
    (result,) = run["results"]
    assert result["message"]["text"] == "what is wrong; h"
    assert result["level"] == "error"
    (place,) = result["locations"]
    assert place["physicalLocation"] == {
        "artifactLocation": {"uri": "a%20folder/review.dot"},
        "region": {"startLine": 2, "startColumn": 9, "endLine": 2, "endColumn": 13},
    }
    assert place["logicalLocations"] == [{"name": "日本 -> plam", "kind": "edge"}]


@pytest.mark.parametrize(
    ("name", "uri"),
    [
        ("/x/a b.dot", "file:///x/a%20b.dot"),
        ("C:/x/a.dot", "file:///C:/x/a.dot"),
        ("a:b.dot", "a%3Ab.dot"),
        ("<stdin>", "%3Cstdin%3E"),
    ],
)
def test_a_file_is_named_by_a_uri(name: str, uri: str) -> None:
    span = Source(name, TEXT).span(0, 1)
    (result,) = run_of(Diagnostic("syntax", Severity.INFO, span, "m"))["results"]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": uri}
    assert result["level"] == "note"


def test_sarif_carries_fixes_notes_and_the_pages_of_rules() -> None:
    fix = Fix("write plan", (Edit(TEXT.index("plam"), TEXT.index("plam") + 4, "plan"),), safe=False)
    related = (Related("declared", SOURCE.span(0, 7)),)
    run = run_of(found_at("plam", fix=fix, related=related))
    (result,) = run["results"]
    (change,) = result["fixes"][0]["artifactChanges"]
    assert change["replacements"] == [
        {
            "deletedRegion": {"startLine": 2, "startColumn": 9, "endLine": 2, "endColumn": 13},
            "insertedContent": {"text": "plan"},
        }
    ]
    assert "may change what the pipeline does" in result["fixes"][0]["description"]["text"]
    assert result["relatedLocations"][0]["message"] == {"text": "declared"}
    driver = run["tool"]["driver"]
    assert (driver["name"], driver["version"]) == ("attractorc", "1.2.3")
    assert [each["id"] for each in driver["rules"]] == [each.rule for each in pages()]
    assert all(each["help"]["text"] and each["help"]["markdown"] for each in driver["rules"])


def test_a_fingerprint_holds_when_lines_move_and_not_when_the_finding_is_another() -> None:
    def printed(text: str, word: str, message: str = "m") -> str:
        source = Source("g.dot", text)
        span = source.span(text.index(word), text.index(word) + len(word))
        run = run_of(Diagnostic("self_loop", Severity.WARNING, span, message), source=source)
        result: str = run["results"][0]["partialFingerprints"]["attractorc/v1"]
        return result

    here = printed("a -> b\nc -> c\n", "c -> c")
    assert here == printed("a -> b\n\n# more\n    c -> c\n", "c -> c", "said otherwise")
    assert here != printed("a -> b\nd -> d\n", "d -> d")


def test_two_equal_findings_have_two_fingerprints() -> None:
    run = run_of(found_at("plam"), found_at("plam"))
    one, other = (each["partialFingerprints"]["attractorc/v1"] for each in run["results"])
    assert one != other


def test_a_command_of_githubs_log_is_one_line_whatever_it_says() -> None:
    span = Source("a,b:c%.dot", TEXT).span(0, 7)
    found = Diagnostic("syntax", Severity.INFO, span, "100%\nof: a, b\r", help="do it")
    assert as_commands([found]) == (
        "::notice file=a%2Cb%3Ac%25.dot,line=1,col=1,endLine=1,endColumn=8,"
        "title=attractorc syntax::100%25%0Aof: a, b%0D; do it\n"
    )
    severities = [as_commands([found_at("plam", each)]).partition(" ")[0] for each in Severity]
    assert severities == ["::error", "::warning", "::notice"]


def test_junit_has_a_suite_for_every_file_and_fails_what_fails_the_check() -> None:
    findings = [found_at("plam"), found_at("日本", Severity.INFO, help="<&>\x1b")]
    report = as_junit(
        findings, ["clean & <well>.dot", SOURCE.name], lambda found: found.severity == "error"
    )
    top = ElementTree.fromstring(report)
    assert top.attrib == {"name": "attractorc check", "tests": "3", "failures": "1"}
    clean, faulty = top
    assert (clean.get("name"), clean.get("failures")) == ("clean & <well>.dot", "0")
    assert [case.get("name") for case in clean] == ["no findings"]
    first, second = faulty
    assert first.find("failure") is not None
    assert first.get("name") == "edge_target_exists at 2:9"
    assert second.find("failure") is None
    assert second.findtext("system-out") == (
        "a folder/review.dot:2:3: info[edge_target_exists] what is wrong; <&>\\x1b"
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("a\nb\nc\n", "a\nx\nc\n", id="a line"),
        pytest.param("a\r\nb\r\n", "a\r\nx\r\n", id="CRLF"),
        pytest.param("a\nb", "a\nx", id="without a line end"),
        pytest.param("a\u2028b\n", "a\u2028x\n", id="a separator that is no line end"),
        pytest.param("a\n", "", id="nothing left"),
    ],
)
def test_a_diff_can_be_applied(before: str, after: str, tmp_path: Path) -> None:
    file = tmp_path / "g.dot"
    file.write_bytes(before.encode())
    diff = as_diff("g.dot", before, after)
    subprocess.run(
        ["git", "apply", "--whitespace=nowarn", "-"],
        cwd=tmp_path,
        input=diff.encode(),
        check=True,
        env={**os.environ, "GIT_CEILING_DIRECTORIES": str(tmp_path.parent)},
    )
    assert (file.read_bytes().decode() if file.exists() else "") == after


def test_without_a_change_there_is_no_diff() -> None:
    assert as_diff("g.dot", TEXT, TEXT) == ""
