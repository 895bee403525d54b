"""What `attractorc explain` says: one page for every rule name that can be printed.

A rule that looks at a graph carries its page as its docstring; what the front ends and
elaboration find has its page in the tables beside this file. Apart from the rules because
`check` needs no pages. It must not know how a page is printed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from ..diagnostic import Severity
from . import RULES
from .pages_files import FILES
from .pages_languages import LANGUAGES
from .pages_suppressions import SUPPRESSIONS
from .pages_values import VALUES

_EXAMPLE = re.compile(r"^```(bad|good)(?: (dot|yaml))?\n(.*?)^```$", re.M | re.S)
_ABOUT = """
What `attractorc check` looks for. `attractorc explain RULE` prints one page; this file is what
`attractorc explain --all` prints, and the test suite runs every example. An error is what
`exec` refuses to run, a warning what is hardly ever meant, an info a note.
[Checking pipelines](checking.md) says how to choose rules, mend findings and hide them.
"""


@dataclass(frozen=True, slots=True)
class Example:
    """A pipeline that shows a rule: a bad one breaks it once, a good one not at all."""

    kind: Literal["bad", "good"]
    language: Literal["dot", "yaml"]
    text: str


@dataclass(frozen=True, slots=True)
class Page:
    """One rule's page. `text` opens with one sentence; examples are fenced by ``` lines."""

    rule: str
    severity: Severity
    text: str

    @property
    def title(self) -> str:
        """The first sentence."""
        return self.text.partition("\n")[0]

    @property
    def examples(self) -> tuple[Example, ...]:
        """The examples, in the order of the page."""
        return tuple(
            Example("bad" if kind == "bad" else "good", "yaml" if tag == "yaml" else "dot", text)
            for kind, tag, text in _EXAMPLE.findall(self.text)
        )

    def as_text(self) -> str:
        """The page as people read it, examples indented under a heading."""
        body = _EXAMPLE.sub(_indented, self.text.strip())
        return f"{self.rule} ({self.severity})\n\n{body}\n"

    def as_markdown(self) -> str:
        """The page in Markdown, without a heading."""
        return _EXAMPLE.sub(_fenced, self.text.strip()) + "\n"


def _indented(match: re.Match[str]) -> str:
    heading = "Bad:" if match[1] == "bad" else "Good:"
    lines = (f"    {line}".rstrip() for line in match[3].splitlines())
    return "\n".join((heading, "", *lines))


def _fenced(match: re.Match[str]) -> str:
    # Behind the language, so that whoever tries the examples can tell what is meant to fail.
    heading, mark = ("Bad:", " bad") if match[1] == "bad" else ("Good:", "")
    return f"{heading}\n\n```{match[2] or 'dot'}{mark}\n{match[3]}```"


def pages() -> tuple[Page, ...]:
    """All pages, sorted by rule name."""
    found = [Page(rule.RULE, rule.SEVERITY, (rule.__doc__ or "").strip()) for rule in RULES]
    for table in (FILES, VALUES, LANGUAGES, SUPPRESSIONS):
        found += [Page(name, severity, text.strip()) for name, severity, text in table]
    return tuple(sorted(found, key=lambda page: page.rule))


def catalogue() -> str:
    """All pages as one Markdown document: a table of the rules, then the page of each."""
    listed = pages()
    counted = ", ".join(
        f"{sum(page.severity is severity for page in listed)} {severity}" for severity in Severity
    )
    rows = (f"| [{page.rule}](#{page.rule}) | {page.severity} | {page.title} |" for page in listed)
    parts = (f"## {page.rule}\n\n*{page.severity}*\n\n{page.as_markdown()}" for page in listed)
    head = f"# Rules\n\n{_ABOUT.strip()}\n\n{len(listed)} rules by their usual severity: {counted}."
    table = "\n".join(("| rule | severity | finds |", "|---|---|---|", *rows))
    return "\n".join((f"{head}\n\n{table}\n", *parts))


def page(rule: str) -> Page | None:
    """The page of one rule, or None."""
    return next((found for found in pages() if found.rule == rule), None)
