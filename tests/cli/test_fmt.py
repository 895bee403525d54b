"""`attractorc fmt` and `attractorc convert` as processes: what they write, how they end."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from .. import forked

WILD = "digraph g{start->plan->exit // on\n  plan[prompt=x];}"
TIDY = "digraph g {\n  start -> plan -> exit  // on\n  plan [prompt=x]\n}\n"
BROKEN = "digraph g { start -> }\n"
YAML = "pipeline: g\nstart: plan\n\nnodes:\n  # on\n  plan: {prompt: x, next: exit}\n"


def attractorc(
    *arguments: str, cwd: Path, stdin: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    return forked.run(
        [sys.executable, "-m", "attractorc", *arguments],
        cwd=cwd,
        input=stdin,
        capture_output=True,
        check=False,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in {
        "wild.dot": WILD,
        "sub/tidy.dot": TIDY,
        "sub/broken.dot": BROKEN,
        "sub/x.yaml": "pipeline:   g\nstart: plan\nnodes:\n    plan: {prompt: x,next: exit}\n",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text.encode())
    return tmp_path


# fmt


def test_files_are_laid_out_in_place(folder: Path) -> None:
    done = attractorc("fmt", "wild.dot", "sub/tidy.dot", "sub/x.yaml", cwd=folder)
    assert (done.returncode, done.stdout) == (0, b"")
    assert done.stderr == b"2 files laid out anew, 1 unchanged\n"
    assert (folder / "wild.dot").read_text("utf-8") == TIDY
    assert (folder / "sub/x.yaml").read_text("utf-8") == (
        "pipeline: g\nstart: plan\nnodes:\n  plan: {prompt: x, next: exit}\n"
    )
    again = attractorc("fmt", "wild.dot", "sub/x.yaml", cwd=folder)
    assert again.stderr == b"0 files laid out anew, 2 unchanged\n"


def test_a_file_that_is_laid_out_already_is_not_written(folder: Path) -> None:
    path = folder / "sub/tidy.dot"
    os.utime(path, (1, 1))
    assert attractorc("fmt", "sub/tidy.dot", cwd=folder).returncode == 0
    assert path.stat().st_mtime == 1


def test_check_lists_files_and_writes_nothing(folder: Path) -> None:
    done = attractorc("fmt", "--check", "wild.dot", "sub/tidy.dot", cwd=folder)
    assert (done.returncode, done.stdout) == (1, b"wild.dot\n")
    assert done.stderr == b"1 file would be laid out anew, 1 unchanged\n"
    assert (folder / "wild.dot").read_text("utf-8") == WILD
    assert attractorc("fmt", "--check", "sub/tidy.dot", cwd=folder).returncode == 0


def test_diff_shows_what_would_change_and_writes_nothing(folder: Path) -> None:
    done = attractorc("fmt", "--diff", "wild.dot", cwd=folder)
    assert done.returncode == 0
    assert done.stdout.decode() == (
        "--- a/wild.dot\n+++ b/wild.dot\n@@ -1,2 +1,4 @@\n"
        "-digraph g{start->plan->exit // on\n-  plan[prompt=x];}\n"
        "\\ No newline at end of file\n"
        "+digraph g {\n+  start -> plan -> exit  // on\n+  plan [prompt=x]\n+}\n"
    )
    assert (folder / "wild.dot").read_text("utf-8") == WILD
    both = attractorc("fmt", "--diff", "--check", "wild.dot", cwd=folder)
    assert (both.returncode, both.stdout) == (1, done.stdout)


def test_a_broken_file_is_left_alone_and_hides_no_other(folder: Path) -> None:
    done = attractorc("fmt", ".", cwd=folder)
    assert done.returncode == 1
    assert b"sub/broken.dot:1:22: error[syntax]" in done.stderr
    assert b"2 files laid out anew, 1 unchanged, 1 left alone because of errors" in done.stderr
    assert (folder / "sub/broken.dot").read_text("utf-8") == BROKEN
    assert (folder / "wild.dot").read_text("utf-8") == TIDY


def test_other_errors_do_not_keep_a_file_from_being_laid_out(folder: Path) -> None:
    done = attractorc("fmt", "-", cwd=folder, stdin=b"digraph g {a->b}")
    assert (done.returncode, done.stdout) == (0, b"digraph g {\n  a -> b\n}\n")


def test_standard_input_goes_to_standard_output(folder: Path) -> None:
    stdin = b"\xef\xbb\xbfpipeline:  g\r\nstart: a\r\nnodes: {a: {prompt: x}}\r\n"
    done = attractorc("fmt", "-", "--stdin-filename", "x.yaml", cwd=folder, stdin=stdin)
    assert (done.returncode, done.stdout) == (
        0,
        b"pipeline: g\nstart: a\nnodes: {a: {prompt: x}}\n",
    )
    tidy = attractorc("fmt", "-", cwd=folder, stdin=TIDY.encode())
    assert tidy.stdout == TIDY.encode()


def test_what_is_not_laid_out_is_said(folder: Path) -> None:
    text = "pipeline: g\nlabel: |+\n  x\n\nstart: a\nnodes: {a: {prompt: x, next: exit}}\n"
    (folder / "kept.yaml").write_text(text, "utf-8")
    done = attractorc("fmt", "kept.yaml", cwd=folder)
    assert done.returncode == 0
    assert b"kept.yaml: is left as it is: a text that keeps its last line ends" in done.stderr
    assert (folder / "kept.yaml").read_text("utf-8") == text


def test_a_missing_file_is_named(folder: Path) -> None:
    done = attractorc("fmt", "none.dot", "wild.dot", cwd=folder)
    assert done.returncode == 2
    assert b"none.dot: cannot be read" in done.stderr
    assert (folder / "wild.dot").read_text("utf-8") == TIDY


# convert


def test_dot_becomes_yaml_on_standard_output(folder: Path) -> None:
    done = attractorc("convert", "wild.dot", "--to", "yaml", cwd=folder)
    assert (done.returncode, done.stdout.decode(), done.stderr) == (
        0,
        "# on\npipeline: g\nstart: plan\n\nnodes:\n  plan: {prompt: x, next: exit}\n",
        b"",
    )


def test_both_have_one_digest(folder: Path) -> None:
    names = {"yaml": "there.yaml", "dot": "back.dot"}
    source = "wild.dot"
    for language, name in names.items():
        done = attractorc("convert", source, "--to", language, "-o", name, cwd=folder)
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
        source = name
    digests = {
        attractorc("plan", "--digest", name, cwd=folder).stdout
        for name in ("wild.dot", *names.values())
    }
    assert len(digests) == 1
    assert digests.pop().startswith(b"sha256:")


def test_yaml_becomes_dot(folder: Path) -> None:
    done = attractorc(
        "convert", "-", "--to", "dot", "--stdin-filename", "x.yaml", cwd=folder, stdin=YAML.encode()
    )
    assert done.returncode == 0
    assert done.stdout.decode() == (
        "digraph g {\n  start [shape=Mdiamond]\n\n  // on\n"
        '  plan [prompt="x"]\n  exit [shape=Msquare]\n\n  start -> plan -> exit\n}\n'
    )


def test_what_is_left_out_is_named_on_standard_error(folder: Path) -> None:
    (folder / "drawn.dot").write_text(TIDY.replace("prompt=x", "prompt=x, color=red"), "utf-8")
    done = attractorc("convert", "drawn.dot", "--to", "yaml", cwd=folder)
    assert done.returncode == 0
    said = b"attractorc: drawn.dot: left out, because it only draws: color\n"
    assert done.stderr == said


def test_a_file_with_errors_is_refused(folder: Path) -> None:
    done = attractorc("convert", "sub/broken.dot", "--to", "yaml", "-o", "out.yaml", cwd=folder)
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"error[syntax]" in done.stderr
    assert b"sub/broken.dot is not converted: 1 error" in done.stderr
    assert not (folder / "out.yaml").exists()


def test_a_file_in_that_language_already_is_refused(folder: Path) -> None:
    done = attractorc("convert", "wild.dot", "--to", "dot", cwd=folder)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr == b"attractorc: wild.dot: is DOT already; attractorc fmt lays it out anew\n"


def test_what_dot_cannot_say_is_refused(folder: Path) -> None:
    text = YAML.replace("start:", "inputs: {x: {enum: [a, b]}}\nstart:")
    (folder / "x.yaml").write_text(text, "utf-8")
    done = attractorc("convert", "x.yaml", "--to", "dot", cwd=folder)
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"attractorc: x.yaml: DOT has no 'enum' for inputs, and 'x' has one\n" in done.stderr


# The plan


def test_a_conversion_to_another_plan_is_kept_back(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from attractorc.commands import convert
    from attractorc.commands.exits import Exit, Refused
    from attractorc.commands.files import read_one
    from attractorc.compiler.render import yaml_text
    from attractorc.compiler.render.carried import Rendered

    other = Rendered(YAML.replace("prompt: x", "prompt: z"))
    monkeypatch.setattr(yaml_text, "to_yaml", lambda *_, explicit: other)
    with pytest.raises(
        Refused, match="in YAML would have another plan; nothing is written"
    ) as told:
        convert.command.callback(  # type: ignore[misc]
            str(folder / "wild.dot"), "yaml", folder / "out.yaml", None, "never"
        )
    assert told.value.code is Exit.INTERNAL
    assert not (folder / "out.yaml").exists()
    assert read_one(str(folder / "wild.dot")).data == WILD.encode()


def test_a_layout_with_another_plan_is_kept_back(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from attractorc.commands import fmt
    from attractorc.commands.exits import Exit, Refused
    from attractorc.compiler.render import layout

    other = layout.LaidOut(TIDY.replace("prompt=x", "prompt=z"))
    monkeypatch.setattr(layout, "laid_out", lambda source: other)
    path = folder / "wild.dot"
    with pytest.raises(Refused, match="would have another plan; it is left as it is") as told:
        fmt.command.callback((str(path),), False, False, None, "never")  # type: ignore[misc]
    assert told.value.code is Exit.INTERNAL
    assert path.read_bytes() == WILD.encode()
