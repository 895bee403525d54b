"""Compilers with one fault each, for showing that the hunt would see it.

`python -m tests.fuzz.faulty` judges one good pipeline with each of them, under bounds that
are quickly reached, and prints what is said of it as JSON. It must not be used for anything
else.
"""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from attractorc.compiler.diagnostic import Diagnostic, Edit, Fix, Severity
from attractorc.compiler.driver import Compiled
from attractorc.compiler.source import Source, Span

from .cell import Bounds, judged
from .laws import broken_laws, compiled

GOOD = (
    b"digraph g { start [shape=Mdiamond]; exit [shape=Msquare]; start -> a -> exit; a [label=Do] }"
)

Change = Callable[[Compiled], Compiled]


def _raises(one: Compiled) -> Compiled:
    raise KeyError("a")


def _recurses(one: Compiled) -> Compiled:
    return _recurses(one)


def _spins(one: Compiled) -> Compiled:
    while True:
        pass


def _is_slow(one: Compiled) -> Compiled:
    began = time.process_time()
    while time.process_time() < began + 0.2:
        pass
    return one


def _eats(one: Compiled) -> Compiled:
    return replace(one, source=Source("x.dot", "x" * (1 << 30)))


def _dies(one: Compiled) -> Compiled:
    os.kill(os.getpid(), signal.SIGSEGV)
    return one


def _is_silent(one: Compiled) -> Compiled:
    os._exit(3)


def _with(one: Compiled, severity: Severity, message: str, **changes: int | str) -> Compiled:
    span = one.source.span(0, 7)
    places = {name: getattr(span, name) for name in Span.__annotations__}
    span = Span(**places | changes)
    return replace(one, diagnostics=(Diagnostic("made_up", severity, span, message),))


def _edits_outside(one: Compiled) -> Compiled:
    fix = Fix("Change it", (Edit(0, 10_000, ""),), safe=False)
    found = replace(_with(one, Severity.INFO, "Hm").diagnostics[0], fix=fix)
    return replace(one, diagnostics=(found,))


def _breaks_by_a_fix(one: Compiled) -> Compiled:
    fix = Fix("Change it", (Edit(8, 9, "{"),), safe=True)
    found = replace(_with(one, Severity.INFO, "Hm").diagnostics[0], fix=fix)
    return replace(one, diagnostics=(found,))


def _lies_about_its_digest(one: Compiled) -> Compiled:
    assert one.plan is not None
    return replace(one, plan=replace(one.plan, digest="0" * 64))


FAULTY: Mapping[str, tuple[Change, str]] = {
    "none": (lambda one: one, ""),
    "raises": (_raises, "KeyError"),
    "recurses": (_recurses, "RecursionError"),
    "spins": (_spins, "it takes more than"),
    "is slow": (_is_slow, "0.1 s are allowed"),
    "eats memory": (_eats, "it needs more than 300 MiB"),
    "dies": (_dies, "died of SIGSEGV"),
    "is silent": (_is_silent, "ended with 3 and said nothing"),
    "loses the plan": (lambda one: replace(one, plan=None), "neither errors nor a plan"),
    "keeps the plan": (lambda one: _with(one, Severity.ERROR, "No"), "errors and a plan"),
    "forgets": (lambda one: _with(one, Severity.INFO, "Hm"), "compiled again"),
    "points outside": (lambda one: _with(one, Severity.INFO, "Hm", end=999), "outside the file"),
    "miscounts": (lambda one: _with(one, Severity.INFO, "Hm", line=2), "are not those"),
    "mistakes the file": (lambda one: _with(one, Severity.INFO, "Hm", file="y"), "in the file 'y'"),
    "prints half a character": (lambda one: _with(one, Severity.INFO, "\ud800"), "surrogates"),
    "prints two lines": (lambda one: _with(one, Severity.INFO, "a\nb"), "not one line"),
    "says nothing": (lambda one: _with(one, Severity.INFO, ""), "not one line"),
    "edits outside": (_edits_outside, "outside the file"),
    "breaks by a fix": (_breaks_by_a_fix, "safe fixes, it has another plan"),
    "lies about its digest": (_lies_about_its_digest, "digest"),
}
"""A change to what the compiler gives, and words of what the hunt says of it."""


def main() -> None:
    """Print every fault that is found, by the name of the faulty compiler."""
    # Not on the account of the first of them.
    list(broken_laws(GOOD, compiled(GOOD, "x.dot")))
    bounds = Bounds(seconds=0.1, mebibytes=300)
    told = {}
    for name, (change, _) in FAULTY.items():
        verdict = judged(GOOD, "x.dot", partial(_changed, change), bounds)
        told[name] = verdict.faults
    print(json.dumps(told))


def _changed(change: Change, data: bytes, name: str) -> Compiled:
    return change(compiled(data, name))


if __name__ == "__main__":
    main()
