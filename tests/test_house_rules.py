"""The house rules, held to by every file: sizes, docstrings, names, imports, tables.

Each rule about one file is a function from its text to complaints, in `RULES`; each is shown
a file that breaks it, so that no rule can fall silent.
"""

from __future__ import annotations

import ast
import io
import os
import re
import subprocess
import sys
import tokenize
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import get_args

import pytest

ROOT = Path(__file__).parents[1]
HOUSES = ("cli", "compiler", "interpreter", "grammar", "schemas")
CODE = sorted(path for house in HOUSES for path in (ROOT / house).rglob("*.py"))
LINE_LIMIT, FUNCTION_LIMIT, MODULE_LIMIT = 100, 60, 300
EMPTY_NAMES = {"util", "utils", "helper", "helpers", "common", "misc", "base", "manager"}
NETWORK_AND_CLOCK = (
    *("asyncio", "datetime", "ftplib", "http", "multiprocessing", "random", "requests"),
    *("secrets", "select", "smtplib", "socket", "sqlite3", "ssl", "subprocess", "threading"),
    *("time", "urllib", "uuid", "xmlrpc"),
)
FILES = ("glob", "io", "os", "pathlib", "shutil", "signal", "sys", "tempfile")
PURE = ("decide", "state", "routing", "joins", "merges", "retry", "evaluate")

Complaints = Iterator[str]
Rule = Callable[[str, str], Complaints]
"""From a file's path inside the project and its text to what is wrong with it."""


def short_enough(path: str, text: str) -> Complaints:
    """Modules, functions and lines have limits."""
    lines = text.splitlines()
    if len(lines) > MODULE_LIMIT:
        yield f"{len(lines)} lines"
    for number, line in enumerate(lines, 1):
        # What a checker is told at the end of a line cannot be broken off.
        if len(re.sub(r"  # (?:noqa|type: ignore).*", "", line)) > LINE_LIMIT:
            yield f"line {number} has {len(line)} characters"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            size = (node.end_lineno or node.lineno) - node.lineno + 1
            if size > FUNCTION_LIMIT:
                yield f"{node.name} has {size} lines"


def opened_by_a_docstring(path: str, text: str) -> Complaints:
    """Three to ten lines say what a module is; packages may be brief, rules are whole pages."""
    if not text.strip():
        return
    lines = (ast.get_docstring(ast.parse(text)) or "").splitlines()
    brief = Path(path).name in ("__init__.py", "__main__.py")
    page = path.startswith("compiler/rules/")
    if len(lines) < (1 if brief else 3):
        yield f"its docstring has {len(lines)} lines"
    if len(lines) > 10 and not (page or brief):
        yield f"its docstring has {len(lines)} lines"


def named_for_what_it_holds(path: str, text: str) -> Complaints:
    """No file or folder is named after nothing."""
    for part in Path(path).with_suffix("").parts:
        if EMPTY_NAMES & set(part.lower().split("_")):
            yield f"'{part}' says nothing about what is in it"


def imported(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and dotted name of each absolute import, wherever it stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.lineno, node.module


def imported_by_its_own_name(path: str, text: str) -> Complaints:
    """`attractorc.…` between houses and in tests, relative inside a house, never a folder."""
    house = {"cli": None}.get(path.partition("/")[0], path.partition("/")[0])
    for line, name in imported(ast.parse(text)):
        if name.partition(".")[0] in HOUSES:
            yield f"line {line} imports the folder '{name}'"
        if house in HOUSES and f"{name}.".startswith(f"attractorc.{house}."):
            yield f"line {line} imports '{name}' from inside"


def free_of_numbers_of_tickets(path: str, text: str) -> Complaints:
    """Code does not cite requirements or issues by number."""
    pattern = re.compile(r"\b(?:issue|requirement|req|ticket|task)s?[ #-]*\d+|\bGH-\d+", re.I)
    for match in pattern.finditer(text):
        yield f"'{match[0]}'"
    if not re.search(r"#\d", text):
        return
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT and re.search(r"[^&\w]#\d+\b", token.string):
            yield f"'{token.string}'"


def pure_where_it_must_be(path: str, text: str) -> Complaints:
    """The core knows no clock, file or chance; the compiler no network, clock or process."""
    house, _, rest = path.partition("/")
    room = rest.partition("/")[0].removesuffix(".py")
    forbidden: tuple[str, ...] = ()
    if house == "interpreter" and room in PURE:
        forbidden = (*NETWORK_AND_CLOCK, *FILES)
    elif house == "compiler":
        forbidden = NETWORK_AND_CLOCK
    for line, name in imported(ast.parse(text)):
        if name.partition(".")[0] in forbidden:
            yield f"line {line} imports '{name}'"


RULES: tuple[Rule, ...] = (
    short_enough,
    opened_by_a_docstring,
    named_for_what_it_holds,
    imported_by_its_own_name,
    free_of_numbers_of_tickets,
    pure_where_it_must_be,
)

DOCSTRING = '"""One.\n\nThree.\n"""\n'
BROKEN: Mapping[str, tuple[Rule, str, str]] = {
    "a line of 101 characters": (short_enough, "cli/a.py", f"x = '{'y' * 95}'\n"),
    "a function of 61 lines": (short_enough, "cli/a.py", "def f():\n" + " pass\n" * 60),
    "a module of 301 lines": (short_enough, "cli/a.py", "x = 1\n" * 301),
    "no docstring": (opened_by_a_docstring, "cli/a.py", "x = 1\n"),
    "a package without a word": (opened_by_a_docstring, "cli/__init__.py", "x = 1\n"),
    "a docstring of eleven lines": (opened_by_a_docstring, "cli/a.py", '"""' + "a\n" * 11 + '"""'),
    "a drawer for everything": (named_for_what_it_holds, "cli/text_utils.py", DOCSTRING),
    "a folder of helpers": (named_for_what_it_holds, "cli/helpers/text.py", DOCSTRING),
    "the folder is imported": (imported_by_its_own_name, "tests/a.py", "import compiler.value\n"),
    "a house imports itself by name": (
        imported_by_its_own_name,
        "compiler/a.py",
        "def f():\n    from attractorc.compiler.value import Json\n",
    ),
    "an issue by its number": (free_of_numbers_of_tickets, "cli/a.py", "# see issue 12\n"),
    "a number sign": (free_of_numbers_of_tickets, "cli/a.py", "x = 1  # fixes #12\n"),
    "the core looks at a clock": (pure_where_it_must_be, "interpreter/retry.py", "import time\n"),
    "the core opens files": (
        pure_where_it_must_be,
        "interpreter/decide/stages.py",
        "from pathlib import Path\n",
    ),
    "the compiler calls somebody": (
        pure_where_it_must_be,
        "compiler/rules/a.py",
        "from urllib.request import urlopen\n",
    ),
}


@pytest.mark.parametrize(("rule", "path", "text"), BROKEN.values(), ids=BROKEN)
def test_rule_notices(rule: Rule, path: str, text: str) -> None:
    assert list(rule(path, text))


def test_every_rule_is_shown_a_file_that_breaks_it() -> None:
    assert {rule for rule, _path, _text in BROKEN.values()} == set(RULES)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_all_code_is(rule: Rule) -> None:
    assert len(CODE) > 100
    complaints = [
        f"{name}: {said}"
        for path in CODE
        for name in [path.relative_to(ROOT).as_posix()]
        for said in rule(name, path.read_text("utf-8"))
    ]
    assert not complaints, "\n".join(complaints)


def test_tests_import_the_houses_by_their_own_name() -> None:
    complaints = [
        f"{path.name}: {said}"
        for path in sorted((ROOT / "tests").rglob("*.py"))
        for said in imported_by_its_own_name(f"tests/{path.name}", path.read_text("utf-8"))
    ]
    assert not complaints, "\n".join(complaints)


def test_no_file_names_a_folder_of_somebodys_machine_or_a_package_index(
    project_files: tuple[Path, ...],
) -> None:
    machine = re.compile(rb"/(?:work|root)/[a-z.]|/(?:home|Users)/[a-z][\w.-]*/")
    index = re.compile(
        rb"pypi\.org|pythonhosted\.org|npmjs\.(?:org|com)|crates\.io|index[-]url", re.I
    )
    found = [
        f"{path.relative_to(ROOT)}: {match[0].decode()}"
        for path in project_files
        for pattern in (machine, index)
        for match in pattern.finditer(path.read_bytes())
    ]
    assert not found, "\n".join(found)


def modules_with(folder: str, name: str) -> set[str]:
    """The modules of a folder that define `name` at their top level."""
    found = set()
    for path in (ROOT / folder).glob("*.py"):
        for node in ast.parse(path.read_text("utf-8")).body:
            targets = node.targets if isinstance(node, ast.Assign) else ()
            names = {target.id for target in targets if isinstance(target, ast.Name)}
            if isinstance(node, ast.FunctionDef):
                names.add(node.name)
            if name in names:
                found.add(path.stem)
    return found


def test_every_rule_module_is_in_the_table_of_rules() -> None:
    table = import_module("attractorc.compiler.rules").RULES
    assert sorted(rule.__name__.rpartition(".")[2] for rule in table) == sorted(
        modules_with("compiler/rules", "RULE")
    )


def test_a_rule_has_the_name_of_its_module() -> None:
    table = import_module("attractorc.compiler.rules").RULES
    assert [rule.RULE for rule in table] == [rule.__name__.rpartition(".")[2] for rule in table]


def test_every_command_module_is_in_the_table_of_commands() -> None:
    table = import_module("attractorc.commands").COMMANDS
    modules = [name.replace("-", "_") for name in table]
    assert sorted(modules) == sorted(modules_with("cli/commands", "command"))


def test_every_record_is_in_the_table_of_families() -> None:
    table = import_module("attractorc.interpreter.records").FAMILIES
    record = import_module("attractorc.interpreter.records.record").Record
    defined = {
        value
        for name in ("children", "families", "links", "plan_change", "ways")
        for value in vars(import_module(f"attractorc.interpreter.records.{name}")).values()
        if isinstance(value, type) and issubclass(value, record)
    }
    assert set(table) == defined - {record}
    assert len({family.TYPE for family in table}) == len(table)


def test_every_strategy_that_can_be_written_can_be_carried_out() -> None:
    policy = import_module("attractorc.compiler.policy")
    strategies = import_module("attractorc.interpreter.merges").STRATEGIES
    assert set(strategies) == set(get_args(policy.StrategyName))


def test_every_module_of_passes_is_in_the_table_of_passes() -> None:
    table = import_module("attractorc.compiler.passes").PASSES
    modules = {path.stem for path in (ROOT / "compiler/passes").glob("*.py")} - {"__init__"}
    assert {function.__module__.rpartition(".")[2] for function in table} == modules


def test_every_grammar_is_loaded_by_a_front_end() -> None:
    names = {path.name for path in (ROOT / "grammar").glob("*.lark")}
    loaded = "".join(path.read_text("utf-8") for path in (ROOT / "compiler/frontend").glob("*.py"))
    assert [name for name in sorted(names) if name.removesuffix(".lark") not in loaded] == []


def test_snapshots_are_not_updated_where_ci_is_set() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "--snapshot-update", __file__],
        cwd=ROOT,
        env={**os.environ, "CI": "true"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "snapshots are not updated where CI is set" in done.stderr
