"""Every fix that is offered is held to its promise: what it mends, and what it leaves alone.

Over all bad examples of the pages, the faulty pipelines of other tests, real pipelines from
elsewhere, and slips made here because no page shows them.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attractorc.commands.examining import Examined, Mend, Task, examine
from attractorc.commands.files import Input
from attractorc.commands.settings import Settings
from attractorc.compiler.diagnostic import Diagnostic, Edit, Fix, Severity
from attractorc.compiler.driver import Compiled, compile_bytes
from attractorc.compiler.fixes import applied
from attractorc.compiler.rules.pages import pages

from ..conftest import CORPUS
from .test_expectations import MARK

HERE = Path(__file__).parent
ENDINGS = {".dot", ".gv", ".fabro", ".yaml", ".yml"}
FRAME = """digraph g {{
  // a comment that stays
  start [shape=Mdiamond]; exit [shape=Msquare]
  plan [prompt="x"]  // another
  start -> plan -> exit
  {}
}}
"""
SLIPS = {
    "a colon for an equals sign": FRAME.format("plan [max_retries:3]"),
    "an id with a hyphen": FRAME.format("plan -> fix-it -> exit; fix-it [prompt=y]"),
    "a path without quotes": FRAME.format("plan [tool_command=./run.sh]"),
    "a graph without directions": "graph g { start -- plan -- exit\n plan [prompt=x] }",
    "another's name for a prompt": FRAME.format('plan [llm_prompt="y"]'),
    "a comment that hides nothing": FRAME.format("// attractorc: ignore[self_loop]"),
    "two comments that hide nothing": FRAME.format(
        "/* attractorc: ignore[self_loop] */ /* attractorc: ignore[unused_input] */"
    ),
    "a comment that hides one thing of two": FRAME.format(
        "more [shape=box]  // attractorc: ignore[self_loop, prompt_on_llm_nodes]\n plan -> more"
    ),
    "a prompt file by the name of another implementation": FRAME.format(
        'plan [prompt_file="a.md"]'
    ),
    "a tab in YAML": "pipeline: g\nstart: plan\nnodes:\n\tplan: {prompt: x, next: exit}\n",
    "a number as a YAML key": "pipeline: g\nstart: 1\nnodes:\n  1: {prompt: x, next: exit}\n",
    "an unused comment in YAML": (
        "pipeline: g  # stays\nstart: plan\nnodes:\n"
        "  # attractorc: ignore[self_loop] -- goes\n  plan: {prompt: x, next: exit}\n"
    ),
}


def texts() -> dict[str, bytes]:
    """Every file of which it is known, or likely, that something in it can be mended."""
    found = {
        f"{each.rule}-{number}.{example.language}": example.text.encode()
        for each in pages()
        for number, example in enumerate(each.examples)
        if example.kind == "bad"
    }
    found |= {
        f"{name}.{'yaml' if 'YAML' in name else 'dot'}": text.encode()
        for name, text in SLIPS.items()
    }
    real = sorted(path for path in CORPUS.glob("*/*") if path.suffix in ENDINGS)
    found |= {path.name: path.read_bytes() for path in real}
    found |= {
        path.name: MARK.sub("", path.read_text("utf-8")).encode()
        for path in sorted((HERE / "expectations").glob("*"))
    }
    return found


def beside(path: str) -> bytes:
    return path.encode()


def compiled_from(data: bytes, name: str) -> Compiled:
    return compile_bytes(data, name, files=beside)


TEXTS = texts()
FIXABLE = {
    name: compiled
    for name, data in TEXTS.items()
    for compiled in [compiled_from(data, name)]
    if any(found.fix for found in compiled.diagnostics)
}


def errors(compiled: Compiled) -> Counter[tuple[str, str]]:
    return Counter(
        (found.rule, found.message)
        for found in compiled.diagnostics
        if found.severity is Severity.ERROR
    )


def unbroken(compiled: Compiled, found: Diagnostic, fix: Fix) -> list[str]:
    """What is wrong with one fix of one finding: empty if it keeps its promise."""
    before = compiled.source.text
    text, _count = applied(before, [fix])
    after = compiled_from(text.encode(), compiled.source.name)
    wrong = []
    if text == before:
        wrong.append("changes nothing")
    same = Counter((each.rule, each.message) for each in compiled.diagnostics)
    left = Counter((each.rule, each.message) for each in after.diagnostics)
    key = (found.rule, found.message)
    if left[key] >= same[key]:
        wrong.append("does not mend what it is for")
    # What could not be read may hide what is found only now.
    if "syntax" not in {rule for rule, _message in errors(compiled)}:
        new = errors(after) - errors(compiled)
        if new:
            wrong.append(f"brings {sorted(new)}")
    elif found.rule == "syntax" and sum(errors(after).values()) > sum(errors(compiled).values()):
        wrong.append(f"brings more errors: {sorted(errors(after))}")
    if fix.safe and compiled.plan is not None:
        if after.plan is None or after.plan.digest != compiled.plan.digest:
            wrong.append("is called safe and changes the plan")
    elif fix.safe and found.severity is not Severity.ERROR and after.document is None:
        wrong.append("is called safe and breaks the file")
    return wrong


def test_there_are_fixes_to_be_tried() -> None:
    offered = {
        (found.rule, found.fix.safe)
        for compiled in FIXABLE.values()
        for found in compiled.diagnostics
        if found.fix
    }
    assert {("deprecated_spelling", True), ("unused_suppression", True)} <= offered
    assert ("syntax", False) in offered
    slips = {f"{name}.{'yaml' if 'YAML' in name else 'dot'}" for name in SLIPS}
    assert slips - set(FIXABLE) == set()


@pytest.mark.parametrize("name", FIXABLE)
def test_every_fix_mends_its_finding_and_a_safe_one_keeps_the_plan(name: str) -> None:
    compiled = FIXABLE[name]
    wrong = [
        f"{found.rule} at {found.span.line}:{found.span.column}: {found.fix.title}: {said}"
        for found in compiled.diagnostics
        if found.fix
        for said in unbroken(compiled, found, found.fix)
    ]
    assert wrong == []


def mended(data: bytes, name: str, mend: Mend) -> Examined:
    return examine(Task(Input(name, data), Settings(), mend))


@pytest.mark.parametrize("mend", ["safe", "all"])
@pytest.mark.parametrize("name", FIXABLE)
def test_mending_again_changes_nothing(name: str, mend: Mend) -> None:
    first = mended(TEXTS[name], name, mend)
    data = TEXTS[name] if first.data is None else first.data
    again = mended(data, name, mend)
    assert again.data is None
    assert again.findings == first.findings


@pytest.mark.parametrize("name", FIXABLE)
def test_all_safe_fixes_together_keep_the_plan_and_the_comments(name: str) -> None:
    compiled = FIXABLE[name]
    done = mended(TEXTS[name], name, "safe")
    after = compiled_from(TEXTS[name] if done.data is None else done.data, name)
    if compiled.plan is not None:
        assert after.plan is not None
        assert after.plan.digest == compiled.plan.digest
    assert compiled.document is None or after.document is not None
    if compiled.document is not None and after.document is not None:
        assert comments(after) == comments(compiled)


def comments(compiled: Compiled) -> list[str]:
    assert compiled.document is not None
    return [
        comment.text for comment in compiled.document.comments if "attractorc:" not in comment.text
    ]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "BOM"])
@pytest.mark.parametrize("ends", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
def test_line_ends_and_a_byte_order_mark_stay(mark: bytes, ends: bytes) -> None:
    text = FRAME.format('plan [llm_prompt="y"]').encode()
    done = mended(mark + text.replace(b"\n", ends), "g.dot", "safe")
    mended_text = text.replace(b"llm_prompt", b"prompt")
    assert done.data == mark + mended_text.replace(b"\n", ends)
    assert done.mended == 1


def test_a_fix_that_brings_an_error_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    from attractorc.compiler import driver

    def bad(data: bytes, name: str, *_: object, **__: object) -> Compiled:
        compiled = compile_bytes(data, name)
        worse = Fix("break it", (Edit(0, 7, "digraf"),), safe=True)
        span = compiled.source.span(0, 7)
        found = Diagnostic("self_loop", Severity.INFO, span, "m", fix=worse)
        return Compiled(compiled.source, (*compiled.diagnostics, found))

    monkeypatch.setattr(driver, "compile_bytes", bad)
    done = mended(FRAME.format("").encode(), "g.dot", "safe")
    assert (done.data, done.mended) == (None, 0)


def test_what_never_settles_ends_after_some_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    from attractorc.compiler import driver

    def restless(data: bytes, name: str, *_: object, **__: object) -> Compiled:
        compiled = compile_bytes(data, name)
        more = Fix("a blank more", (Edit(0, 0, " "),), safe=True)
        found = Diagnostic("self_loop", Severity.INFO, compiled.source.span(0, 1), "m", fix=more)
        return Compiled(compiled.source, (found,))

    monkeypatch.setattr(driver, "compile_bytes", restless)
    done = mended(b"digraph g {}", "g.dot", "safe")
    assert done.data == b" " * 10 + b"digraph g {}"


@pytest.mark.parametrize(
    ("fixes", "text", "count"),
    [
        pytest.param([[(0, 1, "A")], [(2, 3, "C")]], "AbCd", 2, id="apart"),
        pytest.param([[(0, 2, "AB")], [(2, 3, "C")]], "ABCd", 2, id="side by side"),
        pytest.param(
            [[(0, 2, "AB")], [(1, 3, "X")]], "ABcd", 1, id="the first of two that overlap"
        ),
        pytest.param([[(1, 1, "x")], [(1, 1, "y")]], "axbcd", 1, id="two at one place"),
        pytest.param([[(0, 1, "A")], [(0, 1, "A")]], "Abcd", 2, id="the same twice is done once"),
        pytest.param(
            [[(0, 1, "A"), (3, 4, "D")], [(3, 4, "X"), (1, 2, "B")]],
            "AbcD",
            1,
            id="a fix that is in the way is left whole",
        ),
        pytest.param([[(0, 0, "("), (4, 4, ")")], [(1, 3, "")]], "(ad)", 2, id="around another"),
    ],
)
def test_fixes_that_go_together_are_put_in(
    fixes: list[list[tuple[int, int, str]]], text: str, count: int
) -> None:
    made = [Fix("", tuple(Edit(*edit) for edit in each), safe=True) for each in fixes]
    assert applied("abcd", made) == (text, count)


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 5), st.text("xy", max_size=2))))
def test_no_character_is_touched_twice(edits: list[tuple[int, int, str]]) -> None:
    text = "".join(chr(0x100 + n) for n in range(36))
    fixes = [Fix("", (Edit(start, start + size, new),), safe=True) for start, size, new in edits]
    after, count = applied(text, fixes)
    kept = [char for char in after if char in text]
    assert kept == sorted(set(kept))
    assert len(after) - len(kept) <= sum(len(new) for _start, _size, new in edits)
    assert count <= len(fixes)
    assert bool(count) == bool(fixes)
