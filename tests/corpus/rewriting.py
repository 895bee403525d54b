"""What must hold when a file is laid out anew or written in the other language.

The plan stays the same, and a second time nothing changes. Shared by the survey of real
pipelines and the fuzzer; it must not know where a file comes from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from attractorc.compiler.driver import Compiled, compile_source
from attractorc.compiler.elaborate import elaborate
from attractorc.compiler.frontend import Language
from attractorc.compiler.render.dot_text import NotSayable, to_dot
from attractorc.compiler.render.layout import laid_out
from attractorc.compiler.render.yaml_text import to_yaml
from attractorc.compiler.source import Source

Again = Callable[[str, Language], Compiled]
"""Compiles a text in a language, with the same files beside it as the first time."""


def again_with(files: Callable[[str], bytes]) -> Again:
    """Compile with these prompt files beside it, under a name that findings can show."""

    def compiled(text: str, language: Language) -> Compiled:
        return compile_source(Source(f"again.{language}", text), language, files=files)

    return compiled


def language(one: Compiled) -> Language:
    """The language of a file that could be read."""
    assert one.document is not None
    return one.document.language


def digest(one: Compiled) -> str | None:
    """The digest of a file's plan, None if it has none."""
    return None if one.plan is None else one.plan.digest


def broken_layout(one: Compiled, again: Again) -> Iterator[str]:
    """What is wrong with the canonical layout of a file that has a document."""
    result = laid_out(one.source, language(one))
    if result.text is None:
        if one.plan is not None:
            yield f"it cannot be laid out: {result.reason}"
        return
    twice = laid_out(Source(one.source.name, result.text), language(one))
    if twice.text != result.text:
        yield "laid out twice, it changes again"
    if one.plan is not None and digest(again(result.text, language(one))) != digest(one):
        yield "laid out, it has another plan"


def broken_conversion(one: Compiled, again: Again) -> Iterator[str]:
    """What is wrong with a file that has a plan in the other language, and back in its own."""
    there: Language = "yaml" if language(one) == "dot" else "dot"
    try:
        other = written(one, there, again)
        if other is None:
            yield f"in {there.upper()}, it has another plan"
        elif written(other, language(one), again) is None:
            yield f"in {there.upper()} and back, it has another plan"
    except NotSayable as refused:
        if there == "yaml":
            yield f"YAML cannot say it: {refused}"


def written(one: Compiled, to: Language, again: Again) -> Compiled | None:
    """The file in a language, compiled; None if no way of writing it keeps its plan."""
    assert one.document is not None
    graph, _ = elaborate(one.document)
    for explicit in (False, True):
        if to == "yaml":
            text = to_yaml(one.document, graph, explicit=explicit).text
        else:
            text = to_dot(one.document, graph).text
        other = again(text, to)
        if digest(other) == digest(one):
            return other
    return None
