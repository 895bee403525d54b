"""`--handlers MODULE`: what can be wrong with a module, and that a resume needs it again."""

from __future__ import annotations

from pathlib import Path

import pytest

from .inside import attractorc_inside

PIPELINE = """digraph own {
  start [shape=Mdiamond] exit [shape=Msquare]
  work [type=mine, writes=made]
  ok [shape=hexagon, label="Good?"]
  start -> work -> ok -> exit
}
"""
GOOD = "def work(call):\n    return 'by hand'\n\nHANDLERS = {'mine': work}\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / ".attractor").mkdir()
    (tmp_path / "own.dot").write_text(PIPELINE)
    return tmp_path


def test_a_module_is_given_by_its_file_or_by_its_name(project: Path) -> None:
    (project / "given_by_name.py").write_text(GOOD)
    for given in ("given_by_name.py", "./given_by_name.py", "given_by_name"):
        ran = attractorc_inside(
            *("exec", "own.dot", "--handlers", given, "--interviewer", "auto"), cwd=project
        )
        assert ran.returncode == 0, ran.stderr


def test_an_async_function_and_an_object_are_handlers_too(project: Path) -> None:
    (project / "h.py").write_text(
        "from attractorc.interpreter.outcome import Outcome, Status\n"
        "async def work(call):\n    return {'made': 1}\n"
        "class Tool:\n    async def run(self, call):\n        return Outcome(Status.SUCCESS)\n"
        "HANDLERS = {'mine': work, 'tool': Tool()}\n"
    )
    ran = attractorc_inside(
        *("exec", "own.dot", "--handlers", "h.py", "--interviewer", "auto"), cwd=project
    )
    assert ran.returncode == 0, ran.stderr


WRONG = {
    "no such file": (None, "there is no such file"),
    "an error while it is imported": (
        "import os\nraise ValueError('no key')\n",
        "cannot be imported: ValueError: no key (bad.py:2)",
    ),
    "a module that ends the program": (
        "raise SystemExit(3)\n",
        "cannot be imported: SystemExit: 3",
    ),
    "a syntax error": ("def work(:\n", "cannot be imported: SyntaxError: invalid syntax"),
    "a missing import of its own": (
        "import not_there_at_all\n",
        "cannot be imported: ModuleNotFoundError: No module named 'not_there_at_all'",
    ),
    "no table": (
        "x = 1\n",
        "has no HANDLERS; it should map node types to functions, as in "
        'HANDLERS = {"my_type": my_function}',
    ),
    "a table that is none": ("HANDLERS = [1]\n", "HANDLERS is a list, not a mapping"),
    "a handler that is none": (
        "HANDLERS = {'mine': 3}\n",
        "HANDLERS['mine'] is a int; a function of a call can be used, or an object with an async "
        "method 'run'",
    ),
    "a class instead of its object": (
        "class Mine:\n    async def run(self, call): ...\nHANDLERS = {'mine': Mine}\n",
        "HANDLERS['mine'] is the class Mine; give an object of it: Mine()",
    ),
    "a key that is no type": (
        "HANDLERS = {1: print}\n",
        "HANDLERS has the key 1, which is no node type",
    ),
    "a type of attractorc's own": (
        "HANDLERS = {'wait.human': print}\n",
        "'wait.human' is a type of attractorc's own; of those only 'tool' and 'agent' can be "
        "given another handler",
    ),
}


@pytest.mark.parametrize(("text", "told"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_with_a_module_is_one_sentence_before_anything_runs(
    text: str | None, told: str, project: Path
) -> None:
    if text is not None:
        (project / "bad.py").write_text(text)
    ran = attractorc_inside("exec", "own.dot", "--handlers", "bad.py", cwd=project)
    assert ran.returncode == 2
    assert f"--handlers bad.py: {told}" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert attractorc_inside("runs", cwd=project).stdout in ("", "no runs\n")


def test_a_name_that_is_no_module_is_told_how_a_file_is_named(project: Path) -> None:
    ran = attractorc_inside("exec", "own.dot", "--handlers", "no_such", cwd=project)
    assert ran.stderr.endswith(
        "--handlers no_such: there is no such module; a file is named by its path, such as "
        "./no_such.py\n"
    )


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("", "'': is neither the path of a file nor a module's name"),
        (".own", "'.own': is neither the path of a file nor a module's name"),
        ("./", "./: is a folder; name the file in it that has HANDLERS"),
    ],
)
def test_what_names_no_module_is_told_so(name: str, told: str, project: Path) -> None:
    ran = attractorc_inside("exec", "own.dot", "--handlers", name, cwd=project)
    assert ran.returncode == 2
    assert ran.stderr.endswith(f"attractorc: --handlers {told}\n")


def test_a_type_without_a_handler_is_refused_before_anything_runs(project: Path) -> None:
    ran = attractorc_inside("exec", "own.dot", cwd=project)
    assert ran.returncode == 2
    assert "node 'work' has the type 'mine', and no handler is given for it" in ran.stderr


def test_a_resume_needs_the_module_again_and_says_so(project: Path) -> None:
    (project / "h.py").write_text(GOOD)
    parked = attractorc_inside(
        *("exec", "own.dot", "--handlers", "h.py", "--run-id", "r"), cwd=project
    )
    assert parked.returncode == 3
    attractorc_inside("answer", "r", "ok", "1", cwd=project)
    refused = attractorc_inside("resume", "r", cwd=project)
    assert refused.returncode == 2
    assert refused.stderr.endswith(
        "the run 'r' was started with handlers of its own, which are not kept with it; give them "
        "again: --handlers h.py\n"
    )
    assert attractorc_inside("resume", "r", "--handlers", "h.py", cwd=project).returncode == 0


def test_handlers_and_a_script_exclude_each_other(project: Path) -> None:
    (project / "h.py").write_text(GOOD)
    (project / "s.yaml").write_text("default: success\n")
    ran = attractorc_inside(
        *("exec", "own.dot", "--handlers", "h.py", "--simulate", "s.yaml"), cwd=project
    )
    assert "--handlers and --simulate exclude each other" in ran.stderr
