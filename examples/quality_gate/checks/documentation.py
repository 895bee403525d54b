"""Holds the documentation to the code: documented functions exist, examples are true.

Usage: documentation.py PROJECT. A reference is `package.name(parameters)` in docs/*.md; its
parameters must be the function's. Examples are doctests.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import re
import sys
from pathlib import Path

from project import Project, functions, project
from result import conclude, percent


def signatures(checked: Project) -> dict[str, list[str]]:
    """The parameters of every function of the package that is not inside another."""
    return {
        name: [argument.arg for argument in function.args.args]
        for module in checked.modules
        for name, function in functions(module.tree)
        if "." not in name
    }


def wrong_references(checked: Project, text: str) -> tuple[int, list[tuple[int, str]]]:
    """How many headings document a function, and what is wrong with which, by line."""
    known = signatures(checked)
    heading = re.compile(rf"^#+ `{re.escape(checked.package)}\.(\w+)\((.*)\)`", re.MULTILINE)
    wrong: list[tuple[int, str]] = []
    total = 0
    for match in heading.finditer(text):
        total += 1
        line = text.count("\n", 0, match.start()) + 1
        name, written = match[1], [part.strip() for part in match[2].split(",") if part.strip()]
        if name not in known:
            wrong.append((line, f"{checked.package}.{name} does not exist"))
        elif known[name] != written:
            takes = ", ".join(known[name])
            wrong.append((line, f"{checked.package}.{name} takes ({takes})"))
    return total, wrong


def wrong_examples(path: Path) -> tuple[int, list[tuple[int, str]]]:
    """How many examples a page has, and which of them do not give what they show."""
    wrong: list[tuple[int, str]] = []

    class Quiet(doctest.DocTestRunner):
        def report_failure(self, out, test, example, got):  # type: ignore[no-untyped-def]
            wrong.append((example.lineno + 1, f"the example gives {got.strip()}"))

        def report_unexpected_exception(self, out, test, example, exc_info):  # type: ignore[no-untyped-def]
            wrong.append((example.lineno + 1, f"the example raises {exc_info[0].__name__}"))

    test = doctest.DocTestParser().get_doctest(path.read_text("utf-8"), {}, path.name, None, 0)
    with contextlib.redirect_stdout(io.StringIO()):
        Quiet(verbose=False).run(test)
    return len(test.examples), wrong


def main(folder: str) -> None:
    """Check the documentation of the project in `folder`."""
    checked = project(folder)
    sys.path.insert(0, str(checked.root))
    findings: list[str] = []
    files: list[str] = []
    examined = 0
    for path in sorted(checked.root.glob("docs/*.md")):
        name = path.relative_to(checked.root).as_posix()
        references, wrong = wrong_references(checked, path.read_text("utf-8"))
        examples, untrue = wrong_examples(path)
        findings += [f"{name}:{line}: {text}" for line, text in sorted((*wrong, *untrue))]
        files.append(name)
        examined += references + examples
    conclude(findings, examined, percent(examined - len(findings), examined), files)


if __name__ == "__main__":
    main(sys.argv[1])
