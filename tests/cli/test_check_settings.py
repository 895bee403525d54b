"""Which findings count: options, configuration files, and what can never be hidden."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from .inside import attractorc_inside as attractorc

TWO = "digraph g {\n  start -> plan -> exit\n  plan [shape=box, colour=red]\n}\n"
ERROR = TWO.replace("-> exit", "-> exti\n  plan -> exit")
RULES = {"prompt_on_llm_nodes", "unknown_attribute"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "two.dot").write_text(TWO, "utf-8")
    (tmp_path / "error.dot").write_text(ERROR, "utf-8")
    return tmp_path


def rules(folder: Path, *arguments: str) -> set[str]:
    done = attractorc("check", "two.dot", "--format", "concise", *arguments, cwd=folder)
    assert done.returncode in (0, 1), done.stderr
    return {line.partition("[")[2].partition("]")[0] for line in done.stdout.splitlines()}


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        pytest.param((), RULES, id="all"),
        pytest.param(("--select", "unknown_attribute"), {"unknown_attribute"}, id="only one"),
        pytest.param(("--select", "self_loop,unknown_attribute"), {"unknown_attribute"}, id="list"),
        pytest.param(("--ignore", "unknown_attribute"), {"prompt_on_llm_nodes"}, id="without one"),
        pytest.param(
            ("--ignore", "unknown_attribute", "--ignore", "prompt_on_llm_nodes"), set(), id="twice"
        ),
    ],
)
def test_rules_are_chosen(arguments: Sequence[str], shown: set[str], folder: Path) -> None:
    assert rules(folder, *arguments) == shown


def test_errors_are_shown_whatever_is_chosen(folder: Path) -> None:
    done = attractorc("check", "error.dot", "--select", "self_loop", cwd=folder)
    assert "error[edge_target_exists]" in done.stdout
    assert "unknown_attribute" not in done.stdout
    assert done.returncode == 1


def test_severity_changes_what_a_rule_counts_as(folder: Path) -> None:
    done = attractorc(
        *("check", "two.dot", "--format", "concise", "--severity", "unknown_attribute=error"),
        *("--severity", "prompt_on_llm_nodes=info"),
        cwd=folder,
    )
    assert "error[unknown_attribute]" in done.stdout
    assert "info[prompt_on_llm_nodes]" in done.stdout
    assert done.returncode == 1


CONFIGURED = '[tool.attractorc]\nignore = ["unknown_attribute"]\nfail-on = "warning"\n'


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param("pyproject.toml", CONFIGURED, id="pyproject.toml"),
        pytest.param("pyproject.toml", "\ufeff" + CONFIGURED, id="with a byte order mark"),
        pytest.param(
            "attractorc.toml", CONFIGURED.removeprefix("[tool.attractorc]\n"), id="attractorc.toml"
        ),
    ],
)
def test_configuration_stands_in_the_folder_or_above(name: str, text: str, folder: Path) -> None:
    below = folder / "a" / "b"
    below.mkdir(parents=True)
    (below / "two.dot").write_text(TWO, "utf-8")
    (folder / name).write_text(text, "utf-8")
    (folder / "a" / "pyproject.toml").write_text("[tool.other]\nname = 'attractorc'\n", "utf-8")
    for cwd, file in ((below, "two.dot"), (folder, "a/b/two.dot"), (below.parent, "b")):
        done = attractorc("check", file, "--format", "concise", cwd=cwd)
        assert "prompt_on_llm_nodes" in done.stdout
        assert "unknown_attribute" not in done.stdout
        assert done.returncode == 1
    done = attractorc("check", "a/b/two.dot", "--isolated", cwd=folder)
    assert "unknown_attribute" in done.stdout
    assert done.returncode == 0


def test_every_file_has_the_configuration_of_its_own_folder(folder: Path) -> None:
    strict = folder / "strict"
    strict.mkdir()
    (strict / "two.dot").write_text(TWO, "utf-8")
    (strict / "attractorc.toml").write_text('fail-on = "warning"\nselect = ["self_loop"]\n')
    done = attractorc("check", ".", "--format", "concise", cwd=folder)
    assert "strict/" not in done.stdout
    (strict / "attractorc.toml").write_text('fail-on = "warning"\n')
    (folder / "error.dot").unlink()
    assert attractorc("check", "two.dot", cwd=folder).returncode == 0
    assert attractorc("check", ".", cwd=folder).returncode == 1


def test_the_nearest_configuration_counts_alone(folder: Path) -> None:
    (folder / "pyproject.toml").write_text(CONFIGURED)
    (folder / "attractorc.toml").write_text('ignore = ["prompt_on_llm_nodes"]\n')
    assert rules(folder) == {"unknown_attribute"}


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        pytest.param((), {"prompt_on_llm_nodes"}, id="the file"),
        pytest.param(("--select", "unknown_attribute"), {"unknown_attribute"}, id="select wins"),
        pytest.param(("--ignore", "prompt_on_llm_nodes"), {"unknown_attribute"}, id="ignore wins"),
        pytest.param(("--config", "own.toml"), set(), id="a file that was named"),
    ],
)
def test_the_command_line_wins(arguments: Sequence[str], shown: set[str], folder: Path) -> None:
    (folder / "pyproject.toml").write_text(CONFIGURED)
    (folder / "own.toml").write_text('select = ["self_loop"]\n')
    assert rules(folder, *arguments) == shown


def test_fail_on_of_the_command_line_wins(folder: Path) -> None:
    (folder / "pyproject.toml").write_text(CONFIGURED)
    assert attractorc("check", "two.dot", cwd=folder).returncode == 1
    assert attractorc("check", "two.dot", "--fail-on", "error", cwd=folder).returncode == 0


def test_the_name_of_the_standard_input_says_which_configuration(folder: Path) -> None:
    below = folder / "below"
    below.mkdir()
    (below / "attractorc.toml").write_text('select = ["self_loop"]\n')
    here = attractorc("check", "-", stdin=TWO, cwd=folder)
    there = attractorc("check", "-", "--stdin-filename", "below/x.dot", stdin=TWO, cwd=folder)
    assert "unknown_attribute" in here.stdout
    assert there.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(
            ("--select", "unknown_atribute"),
            "--select: there is no rule 'unknown_atribute'; did you mean 'unknown_attribute'?",
            id="a rule that is none",
        ),
        pytest.param(
            ("--ignore", "start_node"),
            "--ignore: 'start_node' is an error, which `exec` refuses; it cannot be hidden",
            id="an error hidden",
        ),
        pytest.param(
            ("--severity", "start_node=info"),
            "--severity: 'start_node' is an error, which `exec` refuses; it cannot be lowered",
            id="an error lowered",
        ),
        pytest.param(
            ("--severity", "self_loop"),
            "--severity: 'self_loop' is not RULE=LEVEL, as in unused_input=info",
            id="no level",
        ),
        pytest.param(
            ("--severity", "self_loop=warn"),
            "--severity, self_loop: 'warn' is no severity; did you mean 'warning'?",
            id="a level that is none",
        ),
        pytest.param(("--config", "gone.toml"), "gone.toml: cannot be read", id="no such file"),
        pytest.param(("--config", "x", "--isolated"), "exclude each other", id="both"),
        pytest.param(("--unsafe-fixes",), "add --fix or --diff", id="fixes of no kind"),
        pytest.param(("--jobs", "0"), "Invalid value for '--jobs'", id="no process"),
    ],
)
def test_a_wrong_option_is_a_sentence(arguments: Sequence[str], said: str, folder: Path) -> None:
    done = attractorc("check", "two.dot", *arguments, cwd=folder)
    assert said in done.stderr
    assert (done.returncode, done.stdout) == (2, "")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("selct = []", "has no key 'selct'; did you mean 'select'?", id="a slip"),
        pytest.param("color = 1", "has no key 'color'; use 'select' or", id="an unknown key"),
        pytest.param("fail_on = 'info'", "did you mean 'fail-on'?", id="an underscore"),
        pytest.param('select = "self_loop"', "must be a list of rule names", id="no list"),
        pytest.param("select = [1]", "must be a list of rule names", id="no names"),
        pytest.param('ignore = ["x"]', "ignore: there is no rule 'x'", id="no rule"),
        pytest.param('ignore = ["syntax"]', "it cannot be hidden", id="an error hidden"),
        pytest.param("severity = 3", "severity: must be a table", id="no table"),
        pytest.param('severity = {syntax = "info"}', "cannot be lowered", id="an error lowered"),
        pytest.param("severity = {self_loop = 1}", "1 is no severity", id="no severity"),
        pytest.param('fail-on = "fatal"', "'fatal' is no severity", id="fail-on"),
        pytest.param("select = [", "is no TOML", id="no TOML"),
    ],
)
def test_a_wrong_configuration_is_a_sentence(text: str, said: str, folder: Path) -> None:
    for name, head in (("pyproject.toml", "[tool.attractorc]\n"), ("attractorc.toml", "")):
        file = folder / name
        file.write_text(head + text)
        done = attractorc("check", "two.dot", cwd=folder)
        assert said in done.stderr
        assert name in done.stderr
        assert "Traceback" not in done.stderr
        assert (done.returncode, done.stdout) == (2, "")


def test_a_pyproject_that_was_named_must_say_something(folder: Path) -> None:
    (folder / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    done = attractorc("check", "two.dot", "--config", "pyproject.toml", cwd=folder)
    assert "pyproject.toml: has no [tool.attractorc]" in done.stderr
    assert done.returncode == 2
