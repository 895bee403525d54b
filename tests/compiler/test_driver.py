"""From bytes to a plan: what comes out for good, faulty and hostile files."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

import attractorc
from attractorc.compiler.diagnostic import Diagnostic, Severity
from attractorc.compiler.driver import Unsound, compile_bytes, compile_source
from attractorc.compiler.rules import RULES
from attractorc.compiler.source import Source

GOOD = (
    "digraph g { start [shape=Mdiamond]; a [prompt=x]; exit [shape=Msquare]; start -> a -> exit }"
)
TWIN = "pipeline: g\nstart: a\nnodes:\n  a: {prompt: x, next: exit}\n"


def test_a_good_file_has_a_plan_and_no_findings() -> None:
    compiled = compile_bytes(GOOD.encode(), "g.dot")
    assert compiled.diagnostics == ()
    assert compiled.plan is not None
    assert sorted(compiled.plan.steps) == ["a", "exit", "start"]
    assert compiled.plan.digest.startswith("sha256:")


def test_twins_in_two_languages_have_one_digest() -> None:
    dot, yaml = compile_source(Source("g.dot", GOOD)), compile_source(Source("g.yaml", TWIN))
    assert yaml.diagnostics == ()
    assert dot.plan is not None
    assert yaml.plan is not None
    assert dot.plan.digest == yaml.plan.digest


def test_a_file_with_a_warning_still_has_a_plan() -> None:
    compiled = compile_source(Source("g.dot", GOOD.replace("[prompt=x]", "[shape=box]")))
    assert [found.severity for found in compiled.diagnostics] == [Severity.WARNING]
    assert compiled.plan is not None


def test_a_file_with_an_error_has_none() -> None:
    compiled = compile_source(Source("g.dot", GOOD.replace("-> exit", "-> exitt")))
    assert any(found.severity is Severity.ERROR for found in compiled.diagnostics)
    assert compiled.plan is None
    assert compiled.graph is not None


def test_a_host_that_needs_a_plan_is_told_every_error_where_there_is_none() -> None:
    assert compile_bytes(GOOD.encode(), "g.dot").plan_or_raise().digest.startswith("sha256:")
    text = "digraph g {\nstart -> a -> exit; a [shape=parallelogram]\nexit -> a; b [shape=box] }"
    with pytest.raises(Unsound) as refused:
        compile_source(Source("g.dot", text)).plan_or_raise()
    assert [found.rule for found in refused.value.diagnostics] == [
        "missing_command",
        "exit_no_outgoing",
    ]
    assert str(refused.value).splitlines()[0] == (
        "g.dot:2:21: error[missing_command] the tool stage 'a' has no command to run"
    )


def test_findings_of_all_parts_come_together_in_the_order_of_the_file() -> None:
    text = (
        "digraph g {\n"
        "start [shape=Mdiamond]\n"
        "a [promt=x, shape=parallelogram]\n"
        "exit [shape=Msquare]\n"
        "start -> a -> exit\n"
        'a -> exit [condition="outcome="]\n'
        "}\n"
    )
    found = compile_source(Source("g.dot", text)).diagnostics
    assert [(item.rule, item.span.line) for item in found] == [
        ("missing_command", 3),
        ("unknown_attribute", 3),
        ("condition_syntax", 6),
    ]


def test_what_a_syntax_error_may_have_hidden_is_not_called_missing() -> None:
    text = GOOD.replace("[prompt=x]", "[prompt=]").replace("-> exit }", "-> exit -> a }")
    found = compile_source(Source("g.dot", text)).diagnostics
    assert [item.rule for item in found] == ["syntax", "exit_no_outgoing"]


def test_a_node_that_is_an_error_itself_gets_no_warning_on_top() -> None:
    text = TWIN.replace("prompt: x", "promt: x").replace("next: exit", "next: exitt")
    found = compile_source(Source("g.yaml", text)).diagnostics
    assert [item.rule for item in found if item.rule != "unknown_attribute"] == [
        "node_kind",
        "edge_target_exists",
    ]


def test_rules_can_be_added_from_outside() -> None:
    def no_agents(graph: object) -> list[Diagnostic]:
        nodes = graph.nodes.values()  # type: ignore[attr-defined]
        agents = [node for node in nodes if node.kind == "codergen"]
        return [Diagnostic("mine", Severity.ERROR, node.span, "an agent") for node in agents]

    mine = SimpleNamespace(RULE="mine", SEVERITY=Severity.ERROR, check=no_agents)
    compiled = compile_source(Source("g.dot", GOOD), rules=(*RULES, mine))  # type: ignore[arg-type]
    assert [found.rule for found in compiled.diagnostics] == ["mine"]
    assert compiled.plan is None


@pytest.mark.parametrize("name", ["x.dot", "x.yaml", "x", "<stdin>"])
@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b" \n\n", id="blank"),
        pytest.param(b"\xef\xbb\xbf", id="only a byte order mark"),
        pytest.param(b"\x7fELF\x02\x01\x01\x00\xff\xfe", id="binary"),
        pytest.param(b"\x00" * 1000, id="zeros"),
        pytest.param(GOOD.encode("utf-16"), id="UTF-16"),
        pytest.param(GOOD.encode()[: len(GOOD) // 2], id="half of DOT"),
        pytest.param(TWIN.encode()[: len(TWIN) // 2 + 9], id="half of YAML"),
        pytest.param(b"graph g { a -- b }", id="an undirected graph"),
        pytest.param(b"digraph g {} digraph h {}", id="two graphs"),
        pytest.param(b"}" * 2000, id="nothing but closing braces"),
        pytest.param(b"{" * 20000, id="nothing but opening braces"),
        pytest.param(b"digraph g {" + b"subgraph {" * 20000, id="deep subgraphs"),
        pytest.param(b"[" * 20000, id="nothing but opening brackets"),
        pytest.param(b"pipeline: [1, 2\n", id="an open list"),
        pytest.param(b"pipeline: g\nnodes: 3\n", id="nodes that are none"),
        pytest.param(b'digraph g { a [label="' + b"x" * 100_000, id="an open string"),
        pytest.param(b"just some words\n", id="prose"),
        pytest.param(b'{"version": 1}', id="JSON"),
    ],
)
def test_no_file_is_too_bad_for_a_finding(data: bytes, name: str) -> None:
    compiled = compile_bytes(data, name)
    assert compiled.plan is None
    assert compiled.diagnostics
    assert len(compiled.diagnostics) < 200
    for found in compiled.diagnostics:
        assert found.span.file == name
        assert 0 <= found.span.start <= found.span.end <= len(compiled.source.text)
        assert found.message


def test_a_line_of_ten_megabytes_is_one_finding_or_two() -> None:
    data = b"digraph g { " + b"a" * 10_000_000
    compiled = compile_bytes(data, "g.dot")
    assert 1 <= len(compiled.diagnostics) <= 5


@pytest.mark.parametrize(
    "cut", [pytest.param(cut, id=f"after {cut} characters") for cut in range(0, len(GOOD), 7)]
)
def test_every_beginning_of_a_file_is_read_without_an_exception(cut: int) -> None:
    compile_source(Source("g.dot", GOOD[:cut]))
    compile_source(Source("g.yaml", TWIN[:cut]))


def test_the_package_offers_check_and_compile() -> None:
    assert attractorc.check(GOOD) == ()
    assert attractorc.compile(GOOD.encode()).plan == attractorc.compile(GOOD).plan
    assert [found.rule for found in attractorc.check("", "g.yaml")] != []
