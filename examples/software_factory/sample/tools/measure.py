"""Tests the project, and measures what it makes of titles; prints one JSON object.

`failures` are the tests that failed: then the exit status is 1. `score` is how much of what is
wanted is met, in percent. `behaviour` is what becomes of titles of which nobody has said
anything: what most of several programs make of them is probably meant.
"""

import io
import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path.cwd()))

WANTED = {
    "Hello": "hello",
    "Notes on cutting": "notes-on-cutting",
    "  Two   spaces ": "two-spaces",
    "What, now?": "what-now",
    "Version 2.0": "version-2-0",
    "?!": "untitled",
    "": "untitled",
}
OPEN = ("Crème brûlée", "snake_case", "Don't", "Ⅳ. Teil")


def slugs(titles):
    """What the project makes of each title; None where it makes nothing of it."""
    try:
        from titles import slug
    except ImportError:
        return [None for _ in titles]
    return [slug(title) for title in titles]


def failures():
    """The names of the tests that failed."""
    tests = unittest.defaultTestLoader.discover("tests", top_level_dir=".")
    result = unittest.TextTestRunner(io.StringIO()).run(tests)
    return sorted(str(test).split()[0] for test, _ in result.failures + result.errors)


failed = failures()
met = sum(made == wanted for made, wanted in zip(slugs(WANTED), WANTED.values(), strict=True))
measured = {
    "failures": failed,
    "score": 100 * met // len(WANTED),
    "behaviour": slugs(OPEN),
}
print(json.dumps(measured, ensure_ascii=False))
if failed:
    sys.exit(f"{len(failed)} test{'s' * (len(failed) > 1)} failed: {', '.join(failed)}")
