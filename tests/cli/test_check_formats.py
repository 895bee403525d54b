"""`check` in every output format: the same exit code, the same bytes, matched by the matcher."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest

from attractorc.commands.reporting import FORMATS

from .inside import attractorc_inside
from .test_check import BAD, GOOD, WARNED, YAML, attractorc

ROOT = Path(__file__).parents[2]
INFO = GOOD.replace("prompt", "llm_prompt")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in {"good": GOOD, "warned": WARNED, "bad": BAD, "info": INFO}.items():
        (tmp_path / f"{name}.dot").write_text(text, "utf-8")
    return tmp_path


@pytest.mark.parametrize("layout", FORMATS)
@pytest.mark.parametrize(
    ("file", "fail_on", "code"),
    [
        ("good.dot", "info", 0),
        ("info.dot", "warning", 0),
        ("info.dot", "info", 1),
        ("warned.dot", "error", 0),
        ("bad.dot", "error", 1),
        ("gone.dot", "error", 2),
    ],
)
def test_the_exit_code_is_the_same_in_every_format(
    layout: str, file: str, fail_on: str, code: int, folder: Path
) -> None:
    arguments = ("check", file, "--format", layout, "--fail-on", fail_on)
    done = attractorc_inside(*arguments, cwd=folder)
    assert done.returncode == code
    assert "Traceback" not in done.stderr


def test_every_format_is_tried_here_and_described() -> None:
    assert set(FORMATS) == {"text", "concise", "json", "sarif", "github", "junit"}
    described = (ROOT / "docs" / "checking.md").read_text("utf-8")
    assert all(f"| `{layout}` |" in described for layout in FORMATS)


def test_the_formats_for_programs_can_be_read_and_name_the_same_findings(folder: Path) -> None:
    def printed(layout: str) -> str:
        return attractorc_inside("check", "--format", layout, cwd=folder).stdout

    told = [item["rule"] for item in json.loads(printed("json"))["findings"]]
    assert told == ["edge_target_exists", "deprecated_spelling", "prompt_on_llm_nodes"]
    (run,) = json.loads(printed("sarif"))["runs"]
    assert [result["ruleId"] for result in run["results"]] == told
    titles = re.findall(r"title=attractorc (\w+)::", printed("github"))
    assert titles == told
    suites = ElementTree.fromstring(printed("junit"))
    assert [suite.get("name") for suite in suites] == [
        "bad.dot",
        "good.dot",
        "info.dot",
        "warned.dot",
    ]
    assert suites.get("failures") == "1"


def test_the_problem_matcher_reads_every_finding(folder: Path) -> None:
    matchers = json.loads((ROOT / ".github-problem-matcher.json").read_text("utf-8"))
    owners = {each["owner"]: each for each in matchers["problemMatcher"]}
    assert len(owners) == len(matchers["problemMatcher"])
    lines = attractorc("check", "--format", "concise", cwd=folder).stdout.splitlines()
    assert len(lines) == 3
    seen = []
    for line in lines:
        found = []
        for matcher in owners.values():
            (pattern,) = matcher["pattern"]
            match = re.fullmatch(pattern["regexp"], line)
            if match:
                part = {name: match[at] for name, at in pattern.items() if name != "regexp"}
                found.append({"severity": matcher.get("severity"), **part})
        (only,) = found
        seen.append(only)
    assert [(each["severity"], each["code"]) for each in seen] == [
        ("error", "edge_target_exists"),
        ("notice", "deprecated_spelling"),
        ("warning", "prompt_on_llm_nodes"),
    ]
    assert seen[0]["file"] == "bad.dot"
    assert (seen[0]["line"], seen[0]["column"]) == ("2", "20")
    assert seen[0]["message"].startswith("the edge from 'plan' leads to 'exti'")


def many(folder: Path) -> list[str]:
    texts = (GOOD, WARNED, BAD, INFO)
    names = [f"p{number:03}.dot" for number in range(60)]
    for number, name in enumerate(names):
        (folder / name).write_text(texts[number % 4], "utf-8")
    (folder / "z.yaml").write_text(YAML.replace("exit", "日本"), "utf-8")
    return [*names, "z.yaml"]


def test_the_bytes_do_not_depend_on_jobs_order_or_hash_seed(tmp_path: Path) -> None:
    names = many(tmp_path)
    for layout in FORMATS:
        outputs = {
            attractorc(
                "check", *files, "--format", layout, "--jobs", jobs, cwd=tmp_path, **environment
            ).stdout
            for jobs, files, environment in (
                ("1", names, {"PYTHONHASHSEED": "1"}),
                (
                    "3",
                    names[::-1],
                    {"PYTHONHASHSEED": "2", "LC_ALL": "C", "PYTHONIOENCODING": "latin-1"},
                ),
            )
        }
        assert len(outputs) == 1
        assert outputs != {""}


def test_many_files_are_mended_by_many_processes(tmp_path: Path) -> None:
    many(tmp_path)
    done = attractorc("check", ".", "--fix", "--jobs", "2", cwd=tmp_path)
    assert done.stderr.startswith("15 fixes put in\n")
    assert not any("llm_prompt" in file.read_text() for file in tmp_path.glob("*.dot"))


def test_pipelines_only_leaves_out_what_a_folder_would(tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text("name: something else\n")
    (tmp_path / "one.test.yaml").write_text("pipeline: one\ncases: []\n")
    (tmp_path / "bad.dot").write_text(BAD)
    names = ("other.yaml", "one.test.yaml", "bad.dot")
    done = attractorc("check", *names, "--pipelines-only", cwd=tmp_path)
    assert done.stderr == "1 error in 1 file\n"
    done = attractorc("check", "other.yaml", "--pipelines-only", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    done = attractorc("check", "gone.dot", "--pipelines-only", cwd=tmp_path)
    assert done.returncode == 2


def test_two_hundred_real_files_take_less_than_three_seconds(corpus: Path) -> None:
    endings = (".dot", ".gv", ".fabro", ".yaml", ".yml")
    files = [str(path) for path in sorted(corpus.glob("*/*")) if path.suffix in endings][:200]
    assert len(files) == 200
    command = [sys.executable, "-m", "attractorc", "check", "--format", "concise", *files]
    seconds = []
    for _attempt in range(3):
        before = os.times()
        begin = time.perf_counter()
        done = subprocess.run(command, capture_output=True, check=False)
        elapsed = time.perf_counter() - begin
        after = os.times()
        assert done.returncode == 1
        busy = after.children_user + after.children_system
        busy -= before.children_user + before.children_system
        # A machine that does other things is no failure: what counts is what it took itself.
        seconds.append(min(elapsed, busy))
        if seconds[-1] < 3:
            break
    assert min(seconds) < 3


def test_explain_prints_the_document_of_all_rules(tmp_path: Path) -> None:
    done = attractorc_inside("explain", "--all", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith("# Rules\n")
    assert "\n## start_node\n\n*error*\n" in done.stdout
    done = attractorc_inside("explain", "--all", "start_node", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "leave out the name" in done.stderr
