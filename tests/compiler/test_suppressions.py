"""Comments that hide findings: what they reach, what they cannot hide, what is left over."""

from __future__ import annotations

import pytest

from attractorc.compiler.diagnostic import Diagnostic
from attractorc.compiler.driver import compile_source
from attractorc.compiler.fixes import applied
from attractorc.compiler.source import Source

DOT = """digraph g {{
  start [shape=Mdiamond]
  exit [shape=Msquare]
{}
  start -> plan -> exit
}}
"""
YAML = """pipeline: g
start: plan
nodes:
{}
"""


def found_in(text: str, name: str) -> tuple[Diagnostic, ...]:
    return compile_source(Source(name, text)).diagnostics


def dot(lines: str) -> list[str]:
    return [found.rule for found in found_in(DOT.format(lines), "g.dot")]


def yaml(lines: str) -> list[str]:
    return [found.rule for found in found_in(YAML.format(lines), "g.yaml")]


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(
            "plan [shape=box]  // attractorc: ignore[prompt_on_llm_nodes]", id="on the line"
        ),
        pytest.param(
            "// attractorc: ignore[prompt_on_llm_nodes] -- said elsewhere\nplan [shape=box]",
            id="above the line, with a reason",
        ),
        pytest.param("# attractorc: ignore[prompt_on_llm_nodes]\nplan [shape=box]", id="by a #"),
        pytest.param(
            "/* attractorc: ignore[prompt_on_llm_nodes] */ plan [shape=box]",
            id="in a comment with two ends, before it",
        ),
        pytest.param(
            "//attractorc:ignore[ prompt_on_llm_nodes ]\nplan [shape=box]", id="spaced otherwise"
        ),
        pytest.param(
            "// attractorc: ignore[prompt_on_llm_nodes]\n\n// more words\nplan [shape=box]",
            id="above other comments",
        ),
        pytest.param(
            "// attractorc: ignore[prompt_on_llm_nodes, unknown_attribute]\n"
            "plan [shape=box, colour=red]",
            id="two rules",
        ),
        pytest.param(
            "// attractorc: ignore[prompt_on_llm_nodes]\n"
            "// attractorc: ignore[unknown_attribute]\n"
            "plan [shape=box, colour=red]",
            id="two comments",
        ),
    ],
)
def test_a_comment_hides_what_it_names_in_dot(lines: str) -> None:
    assert dot(lines) == []


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(
            "  plan: {prompt: x, next: exit, colour: red}  "
            "# attractorc: ignore[unknown_attribute] -- for the drawing",
            id="on the line",
        ),
        pytest.param(
            "  # attractorc: ignore[unknown_attribute]\n"
            "  plan: {prompt: x, next: exit, colour: red}",
            id="above the line",
        ),
        pytest.param(
            "  plan:\n    prompt: x\n    next: exit\n"
            "    colour: red  # attractorc: ignore[unknown_attribute]",
            id="on a line of its own key",
        ),
    ],
)
def test_a_comment_hides_what_it_names_in_yaml(lines: str) -> None:
    assert yaml(lines) == []


def test_a_comment_reaches_its_own_line_only() -> None:
    lines = "// attractorc: ignore[unknown_attribute]\nplan [prompt=x]\nplan [colour=red]"
    assert dot(lines) == ["unused_suppression", "unknown_attribute"]


def test_a_text_in_quotes_is_no_comment() -> None:
    lines = 'plan [shape=box, colour="// attractorc: ignore[unknown_attribute]"]'
    assert dot(lines) == ["prompt_on_llm_nodes", "unknown_attribute"]


def test_a_finding_inside_a_long_text_is_hidden_where_the_text_begins() -> None:
    text = DOT.format('// attractorc: ignore[unknown_input]\nplan [prompt="a\nb"]')
    source = Source("g.dot", text)
    document = compile_source(source).document
    assert document is not None
    from attractorc.compiler.diagnostic import Severity
    from attractorc.compiler.suppressions import suppressed

    at = text.index('b"]')
    inside = Diagnostic("unknown_input", Severity.WARNING, source.span(at, at + 1), "m")
    assert suppressed(document, (inside,), ()) == ()


@pytest.mark.parametrize(
    ("comment", "said", "at"),
    [
        pytest.param(
            "// attractorc: ignore",
            "a suppression must name the rules that it hides",
            "// attractorc: ignore",
            id="no names",
        ),
        pytest.param(
            "// attractorc: ignore[ , ]",
            "a suppression must name the rules that it hides",
            "// attractorc: ignore[ , ]",
            id="empty brackets",
        ),
        pytest.param(
            "// attractorc: ignore[unknown_atribute]",
            "there is no rule 'unknown_atribute', so nothing is hidden",
            "unknown_atribute",
            id="a rule that is none",
        ),
        pytest.param(
            "// attractorc: skip[unknown_attribute]",
            "this comment is for attractorc, and says nothing that it knows",
            "// attractorc: skip[unknown_attribute]",
            id="another word",
        ),
        pytest.param(
            "// attractorc: ignore[unknown_attribute] for the drawing",
            "this comment is for attractorc, and says nothing that it knows",
            "// attractorc: ignore[unknown_attribute] for the drawing",
            id="a reason without its sign",
        ),
    ],
)
def test_a_comment_that_hides_nothing_is_told(comment: str, said: str, at: str) -> None:
    text = DOT.format(f"plan [prompt=x, colour=red]  {comment}")
    told, hidden = sorted(found_in(text, "g.dot"), key=lambda found: found.rule)
    assert (told.rule, hidden.rule) == ("invalid_suppression", "unknown_attribute")
    assert told.message == said
    assert text[told.span.start : told.span.end] == at


def test_a_slip_gets_the_nearest_rule() -> None:
    text = DOT.format("plan [prompt=x]  // attractorc: ignore[unknown_atribute]")
    (told,) = found_in(text, "g.dot")
    assert told.help == "did you mean 'unknown_attribute'?"


def test_an_error_cannot_be_hidden() -> None:
    text = DOT.format("plan [prompt=x]\nstray [prompt=x]  // attractorc: ignore[reachability]")
    error, told = found_in(text, "g.dot")
    assert (error.rule, told.rule) == ("reachability", "invalid_suppression")
    assert (
        told.message == "'reachability' is an error here: `exec` refuses it, so it cannot be hidden"
    )
    assert told.related[0].span == error.span


def test_in_a_file_with_an_error_nothing_is_called_unused() -> None:
    text = DOT.format("plan [prompt=x]  // attractorc: ignore[unknown_attribute]\nstray [prompt=x]")
    assert [found.rule for found in found_in(text, "g.dot")] == ["reachability"]


def test_a_host_names_its_own_rules() -> None:
    from types import SimpleNamespace

    from attractorc.compiler.diagnostic import Severity
    from attractorc.compiler.rules import RULES, Rule

    def check(graph: object) -> list[Diagnostic]:
        return [Diagnostic("house_style", Severity.INFO, source.span(0, 1), "m")]

    mine: Rule = SimpleNamespace(RULE="house_style", SEVERITY=Severity.INFO, check=check)  # type: ignore[assignment]
    source = Source(
        "g.dot", "/* attractorc: ignore[house_style] */ " + DOT.format("plan [prompt=x]")
    )
    assert compile_source(source, rules=(*RULES, mine)).diagnostics == ()
    (told,) = compile_source(source).diagnostics
    assert told.message == "there is no rule 'house_style', so nothing is hidden"


def test_a_rule_that_was_not_asked_is_not_said_to_find_nothing() -> None:
    text = DOT.format("// attractorc: ignore[prompt_on_llm_nodes]\nplan [shape=box]")
    assert compile_source(Source("g.dot", text), rules=()).diagnostics == ()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            "  // attractorc: ignore[unknown_attribute]\n  plan [prompt=x]",
            "  plan [prompt=x]",
            id="a line of its own goes whole",
        ),
        pytest.param(
            "  plan [prompt=x]  // attractorc: ignore[unknown_attribute] -- why",
            "  plan [prompt=x]",
            id="behind something, with the blanks before it",
        ),
        pytest.param(
            "  plan/* attractorc: ignore[unknown_attribute] */[prompt=x]",
            "  plan [prompt=x]",
            id="between two words, a blank stays",
        ),
        pytest.param(
            "  // attractorc: ignore[unknown_attribute, prompt_on_llm_nodes] -- why\n"
            "  plan [shape=box]",
            "  // attractorc: ignore[prompt_on_llm_nodes] -- why\n  plan [shape=box]",
            id="only the name that hides nothing",
        ),
        pytest.param(
            "  // attractorc: ignore[self_loop, self_loop, unused_input]\n  plan [prompt=x]",
            "  plan [prompt=x]",
            id="all of several names",
        ),
    ],
)
@pytest.mark.parametrize("ends", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_what_hides_nothing_can_be_removed(before: str, after: str, ends: str) -> None:
    text = DOT.format(before).replace("\n", ends)
    (told,) = found_in(text, "g.dot")
    assert told.rule == "unused_suppression"
    assert told.fix is not None
    assert told.fix.safe
    mended, _count = applied(text, [told.fix])
    assert mended == DOT.format(after).replace("\n", ends)
    assert found_in(mended, "g.dot") == ()
