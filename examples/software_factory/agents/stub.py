#!/usr/bin/env python3
"""A program in the place of an agent: it takes a prompt, edits files, and says what it did.

It knows one task only, so it needs no model. Like agents, some commit what they did and some
leave it lying there, and `quick` forgets a case at first and mends it when it is told.

Takes the node's id as its argument and the prompt as standard input; works where it is started.
"""

import json
import subprocess
import sys
from pathlib import Path

SLUGS = Path("titles/slugs.py")

PACKAGE = '''\
"""What titles of articles become elsewhere."""

from titles.shortening import shorten
from titles.slugs import slug

__all__ = ["shorten", "slug"]
'''

FUNCTION = '''\
"""Titles as parts of addresses."""
{imports}

def slug(title: str) -> str:
    """The words of a title in lower case, joined by hyphens; `untitled` without one."""
{body}
'''

TESTS = """\
import unittest

from titles import slug


class Slugs(unittest.TestCase):
    def test_words_are_joined(self) -> None:
        self.assertEqual(slug("Notes on cutting"), "notes-on-cutting")

    def test_a_title_without_words(self) -> None:
        self.assertEqual(slug("?!"), "untitled")
"""


def write(body: str, imports: str = "") -> None:
    """The function, its tests, and its name in the package."""
    SLUGS.write_text(FUNCTION.format(body=body, imports=imports))
    Path("titles/__init__.py").write_text(PACKAGE)
    Path("tests/test_slugs.py").write_text(TESTS)


def commit(message: str) -> None:
    """What changed, as a commit of the agent's own."""
    own = ("-c", "user.name=A stub", "-c", "user.email=stub@example.org")
    subprocess.run(["git", "add", "--all"], check=True)
    subprocess.run(["git", *own, "commit", "--quiet", "--message", message], check=True)


def plan() -> str:
    return "A module titles/slugs.py with one function, its tests, and its name in the package."


def simple() -> str:
    write(
        '    return "-".join(re.findall(r"[^\\W_]+", title.lower())) or "untitled"',
        "\nimport re\n",
    )
    commit("Add slugs")
    return "One regular expression, and it is committed."


def careful() -> str:
    write(
        '    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()\n'
        '    return "-".join(re.findall(r"[a-z0-9]+", plain.lower())) or "untitled"',
        "\nimport re\nimport unicodedata\n",
    )
    return "Accents are taken off. Nothing is committed."


def quick() -> str:
    if SLUGS.exists():
        text = SLUGS.read_text()
        SLUGS.write_text(text.replace(".split())", '.split()) or "untitled"'))
        return "A title without words has a slug now."
    write(
        '    letters = (one if one.isalnum() else " " for one in title.lower())\n'
        '    return "-".join("".join(letters).split())'
    )
    return "One pass over the characters."


def choose() -> str:
    """Who needs the fewest imports, of the candidates that the prompt lists with their files."""
    candidates = json.loads(prompt[prompt.index("\n[\n") : prompt.rindex("\n]") + 2])
    needs = {
        each["id"]: (Path(each["files"]["folder"]) / SLUGS).read_text().count("\nimport ")
        for each in candidates
    }
    return f"Imports needed: {needs}. " + json.dumps({"winner": min(needs, key=needs.__getitem__)})


prompt = sys.stdin.read()
ANSWERS = {"plan": plan, "simple": simple, "careful": careful, "quick": quick, "choose": choose}
print(ANSWERS[sys.argv[1]]())
