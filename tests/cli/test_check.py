"""`attractorc check` as a process: what it reads, what it prints where, how it ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

import pytest

from .. import forked

GOOD = "digraph g {\n  start -> plan -> exit\n  plan [prompt=x]\n}\n"
WARNED = GOOD.replace("[prompt=x]", "[shape=box]")
BAD = GOOD.replace("-> exit", "-> exti\n  plan -> exit")
YAML = "pipeline: g\nstart: a\nnodes:\n  a: {prompt: x, next: exit}\n"


def attractorc(
    *arguments: str, cwd: Path, stdin: str | bytes = "", **environment: str
) -> subprocess.CompletedProcess[str]:
    data = stdin.encode() if isinstance(stdin, str) else stdin
    env = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "TERM")}
    done = forked.run(
        [sys.executable, "-m", "attractorc", *arguments],
        cwd=cwd,
        input=data,
        capture_output=True,
        env={**env, **environment},
        check=False,
    )
    return subprocess.CompletedProcess(
        done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = {
        "good.dot": GOOD,
        "warned.gv": WARNED,
        "sub/bad.dot": BAD,
        "sub/pipeline.yaml": YAML,
        "sub/pipeline.test.yaml": "pipeline: g\ncases: []\n",
        "sub/other.yaml": "name: something else\nsteps:\n  pipeline: no\n",
        "sub/notes.txt": "no pipeline",
        ".git/hidden.dot": "}",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
    return tmp_path


def test_a_clean_file_says_so_on_standard_error_and_ends_with_0(folder: Path) -> None:
    done = attractorc("check", "good.dot", cwd=folder)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "no findings in 1 file\n")


def test_a_finding_is_printed_with_its_line_and_ends_with_1(folder: Path) -> None:
    done = attractorc("check", "sub/bad.dot", cwd=folder)
    assert done.stdout == (
        "sub/bad.dot:2:20: error[edge_target_exists] "
        "the edge from 'plan' leads to 'exti', which is declared nowhere\n"
        "   |\n"
        " 2 |   start -> plan -> exti\n"
        "   |                    ^^^^\n"
        "   = help: did you mean 'exit'?\n"
        "\n"
    )
    assert done.stderr == "1 error in 1 file\n"
    assert done.returncode == 1


@pytest.mark.parametrize(
    ("arguments", "files"),
    [
        pytest.param((".",), ["sub/bad.dot", "warned.gv"], id="a folder"),
        pytest.param((), ["sub/bad.dot", "warned.gv"], id="no name means the current folder"),
        pytest.param(("sub",), ["sub/bad.dot"], id="a folder below"),
        pytest.param(("*.gv", "sub/*.dot"), ["sub/bad.dot", "warned.gv"], id="patterns"),
        pytest.param(("**/*.dot",), ["sub/bad.dot"], id="a deep pattern"),
        pytest.param(
            ("sub/notes.txt",), ["sub/notes.txt"], id="a named file is read, whatever its ending"
        ),
        pytest.param((".git",), [".git/hidden.dot"], id="a hidden folder, if it is named"),
        pytest.param(
            ("warned.gv", "./warned.gv", "."), ["sub/bad.dot", "warned.gv"], id="each file once"
        ),
    ],
)
def test_what_is_checked(arguments: Sequence[str], files: list[str], folder: Path) -> None:
    done = attractorc("check", "--format", "concise", *arguments, cwd=folder)
    assert sorted({line.partition(":")[0] for line in done.stdout.splitlines()}) == files


def test_a_folder_has_dot_and_yaml_pipelines_and_no_other_files(folder: Path) -> None:
    done = attractorc("check", cwd=folder)
    assert done.stderr == "1 error, 1 warning in 4 files\n"


@pytest.mark.parametrize(("fail_on", "code"), [("error", 0), ("warning", 1), ("info", 1)], ids=str)
def test_fail_on_says_which_findings_matter(fail_on: str, code: int, folder: Path) -> None:
    for layout in ("text", "concise", "json"):
        done = attractorc(
            "check", "warned.gv", "--fail-on", fail_on, "--format", layout, cwd=folder
        )
        assert done.returncode == code, layout


def test_json_fits_its_schema_and_is_the_same_every_time(folder: Path) -> None:
    from jsonschema import Draft202012Validator

    schema = resources.files("attractorc.schemas").joinpath("diagnostic.schema.json")
    first = attractorc("check", "--format", "json", cwd=folder, PYTHONHASHSEED="1")
    again = attractorc("check", "--format", "json", cwd=folder, PYTHONHASHSEED="2")
    assert first.stdout == again.stdout
    assert first.stderr == ""
    report = json.loads(first.stdout)
    Draft202012Validator(json.loads(schema.read_text("utf-8"))).validate(report)
    assert report["summary"] == {"error": 1, "warning": 1, "info": 0}
    assert [item["file"] for item in report["findings"]] == ["sub/bad.dot", "warned.gv"]


def test_standard_input_is_a_file_with_a_name(folder: Path) -> None:
    named = ("--stdin-filename", "some/name.yaml", "--format", "concise")
    done = attractorc("check", "-", *named, stdin="pipeline: [", cwd=folder)
    assert done.returncode == 1
    assert done.stdout.startswith("some/name.yaml:")
    done = attractorc("check", "-", stdin=GOOD, cwd=folder)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(("gone.dot",), "gone.dot: cannot be read: no such file", id="no such file"),
        pytest.param(("*.none",), "*.none: no file matches", id="a pattern without files"),
        pytest.param(("empty",), "empty: no pipeline in this folder", id="a folder without files"),
        pytest.param(("good.dot", "--format", "xml"), "Invalid value for '--format'", id="layout"),
        pytest.param(("good.dot", "--stdin-filename", "x"), "--stdin-filename", id="no stdin"),
    ],
)
def test_what_cannot_be_read_is_a_sentence_and_ends_with_2(
    arguments: Sequence[str], said: str, folder: Path
) -> None:
    (folder / "empty").mkdir()
    done = attractorc("check", *arguments, cwd=folder)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_an_unreadable_file_hides_no_finding_of_another(folder: Path) -> None:
    done = attractorc("check", "gone.dot", "sub/bad.dot", cwd=folder)
    assert done.returncode == 2
    assert "edge_target_exists" in done.stdout
    assert "attractorc: gone.dot: cannot be read: no such file or directory\n" in done.stderr


def test_a_binary_file_is_a_finding(folder: Path) -> None:
    (folder / "x.dot").write_bytes(b"\x7fELF\x00\xff\xfe")
    done = attractorc("check", "x.dot", cwd=folder)
    assert done.returncode == 1
    assert "error[encoding]" in done.stdout


def test_a_strange_file_name_is_shown_and_harmless(folder: Path) -> None:
    name = os.fsencode(str(folder)) + b"/\x1b[31m\xff.dot"
    with open(name, "w") as file:  # noqa: PTH123  (a name that is not UTF-8)
        file.write(BAD)
    for layout in ("text", "concise", "json"):
        done = attractorc("check", "--format", layout, cwd=folder)
        assert done.returncode == 1
        assert "\x1b" not in done.stdout


@pytest.mark.parametrize(
    ("options", "environment", "coloured"),
    [
        pytest.param((), {}, False, id="not a terminal"),
        pytest.param(("--color", "always"), {}, True, id="asked for"),
        pytest.param(("--color", "always"), {"NO_COLOR": "1"}, True, id="asked for explicitly"),
        pytest.param(("--color", "never"), {}, False, id="refused"),
    ],
)
def test_colour(
    options: Sequence[str], environment: dict[str, str], coloured: bool, folder: Path
) -> None:
    done = attractorc("check", *options, cwd=folder, **environment)
    assert ("\x1b[" in done.stdout) is coloured


@pytest.mark.parametrize(
    ("environment", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)]
)
def test_colour_on_a_terminal(environment: dict[str, str], coloured: bool, folder: Path) -> None:
    import pty

    ours, theirs = pty.openpty()
    env = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
    process = forked.Process(
        [sys.executable, "-m", "attractorc", "check", "sub/bad.dot"],
        cwd=folder,
        stdout=theirs,
        stderr=subprocess.DEVNULL,
        env={**env, "TERM": "xterm", **environment},
    )
    process.wait(timeout=60)
    os.close(theirs)
    output = os.read(ours, 10_000)
    os.close(ours)
    assert b"edge_target_exists" in output
    assert (b"\x1b[" in output) is coloured


def test_a_reader_that_leaves_early_is_no_error(folder: Path) -> None:
    lines = "".join(f"a{i} -> b{i}\n" for i in range(3_000))
    (folder / "many.dot").write_text(f"digraph g {{ start -> exit\n{lines}}}", "utf-8")
    process = forked.Process(
        [sys.executable, "-m", "attractorc", "check", "--format", "concise", "many.dot"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read().decode() in ("", "3000 errors, 3000 warnings in 1 file\n")
    process.stderr.close()
    process.wait(timeout=60)
