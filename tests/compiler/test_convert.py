"""From one language to the other and back: the plan stays, and so does what people wrote."""

from __future__ import annotations

import os
import textwrap
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from attractorc.commands.beside import files_in
from attractorc.compiler.driver import Compiled, compile_source
from attractorc.compiler.elaborate import elaborate
from attractorc.compiler.frontend import decode
from attractorc.compiler.frontend.dot_text import quote
from attractorc.compiler.render.carried import Rendered, lines
from attractorc.compiler.render.dot_text import NotSayable, to_dot
from attractorc.compiler.render.layout import laid_out
from attractorc.compiler.render.yaml_text import to_yaml
from attractorc.compiler.source import Files, Source

from .blocks import Blocks, Writer, pipelines

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted(
    path
    for path in (ROOT / "examples").rglob("*")
    if path.suffix in (".dot", ".yaml") and not path.name.endswith(".test.yaml")
)


def compiled(text: str, name: str, files: Files | None = None) -> Compiled:
    found = compile_source(Source(name, text), files=files)
    assert found.plan is not None, (text, found.diagnostics)
    return found


def converted(file: Compiled, language: str, files: Files | None = None) -> Rendered:
    """The file in a language; fails if the plan is another one then."""
    assert file.document is not None
    assert file.plan is not None
    graph, _ = elaborate(file.document)
    render = to_dot if language == "dot" else to_yaml
    written = render(file.document, graph)
    again = compile_source(Source(f"x.{language}", written.text), files=files)
    if language == "yaml" and (again.plan is None or again.plan.digest != file.plan.digest):
        written = to_yaml(file.document, graph, explicit=True)
        again = compile_source(Source(f"x.{language}", written.text), files=files)
    assert again.plan is not None, (written.text, again.diagnostics)
    assert again.plan.digest == file.plan.digest, written.text
    assert laid_out(Source(f"x.{language}", written.text)).text == written.text
    return written


def dot(body: str) -> Compiled:
    head = "digraph g { start [shape=Mdiamond] exit [shape=Msquare]"
    return compiled(f"{head}\n{textwrap.dedent(body)}\n}}", "x.dot")


def nodes_of(text: str) -> str:
    """What stands under `nodes:`, without its indentation."""
    return textwrap.dedent(text.partition("nodes:\n")[2])


STAGES = {
    "an agent": ("a [prompt=x]", "a: {prompt: x, next: exit}\n"),
    "an agent that only has a label": (
        "a [label=Plan]",
        "a: {type: codergen, label: Plan, next: exit}\n",
    ),
    "an agent with a model": (
        'a [prompt="Do it", llm_model="m-1", reasoning_effort=low, goal_gate=true]',
        "a:\n  prompt: Do it\n  model: m-1\n  effort: low\n  gate: true\n  next: exit\n",
    ),
    "a shape that only a stylesheet can ask for": (
        "a [shape=tab, prompt=x]",
        "a: {prompt: x, shape: tab, next: exit}\n",
    ),
    "a tool": (
        'a [shape=parallelogram, tool_command="make all", timeout=15m, writes="b, c"]',
        "a: {run: make all, timeout: 15m, writes: [b, c], next: exit}\n",
    ),
    "a tool by its type, in another shape": (
        "a [type=tool, shape=box, tool_command=x]",
        "a: {run: x, shape: box, next: exit}\n",
    ),
    "a tool with a prompt that it never reads": (
        "a [shape=parallelogram, tool_command=x, prompt=z]",
        "a: {type: tool, tool_command: x, prompt: z, next: exit}\n",
    ),
    "retries": (
        "a [prompt=x, max_retries=2, retry_policy=linear]",
        "a:\n  prompt: x\n  retry: {max: 2, backoff: linear}\n  next: exit\n",
    ),
    "a number of retries": (
        "a [prompt=x, max_retries=2]",
        "a: {prompt: x, retry: 2, next: exit}\n",
    ),
    "a handler of one's own": (
        'a [type="my.handler", depth=3]',
        "a: {uses: my.handler, depth: 3, next: exit}\n",
    ),
    "a handler of one's own with a prompt": (
        'a [type="my.handler", prompt=x]',
        "a: {type: my.handler, prompt: x, next: exit}\n",
    ),
    "a text over several lines": (
        'a [prompt="one\n  two\n\nthree\n"]',
        "a:\n  prompt: |\n    one\n      two\n\n    three\n  next: exit\n",
    ),
    "a text that begins with a space": (
        'a [prompt=" one\ntwo"]',
        "a:\n  prompt: |2-\n     one\n    two\n  next: exit\n",
    ),
    "texts that YAML would take for something else": (
        'a [prompt="true", label="12", thread_id="x: y"]',
        'a: {prompt: "true", label: "12", thread: "x: y", next: exit}\n',
    ),
    "classes of groups": (
        'subgraph { label="The Loop" a [prompt=x, class=fast] }',
        "a: {prompt: x, class: [fast, the-loop], next: exit}\n",
    ),
    "the thread that a group's label gives, where it counts": (
        'subgraph { label="The Loop" a [prompt=x, fidelity=full] }',
        "a:\n  prompt: x\n  fidelity: full\n  thread: the-loop\n"
        "  class: [the-loop]\n  next: exit\n",
    ),
    "defaults": (
        "node [prompt=x, tool_command=y, timeout=5m] a",
        "a: {prompt: x, timeout: 5m, next: exit}\n",
    ),
}

WAYS = {
    "a human gate": (
        """
        start -> a
        a [shape=hexagon, label="Ship it?", "human.default_choice"=exit]
        a -> exit [label="[Y] Yes"]
        a -> a [label="[N] No", weight=2]
        """,
        """
        a:
          ask: Ship it?
          default: exit
          choices: {"[Y] Yes": exit, "[N] No": {to: a, weight: 2}}
        """,
    ),
    "a human gate with two equal labels": (
        """
        start -> a a [shape=hexagon, label="Ship it?"]
        a -> exit [label=Yes] a -> b [label=Yes] b [prompt=x] b -> exit
        """,
        """
        a:
          ask: Ship it?
          next:
            - {to: exit, label: "Yes"}
            - {to: b, label: "Yes"}

        b: {prompt: x, next: exit}
        """,
    ),
    "a conditional node": (
        """
        start -> a a [shape=diamond]
        a -> exit [condition="outcome=success", label=go]
        a -> a
        """,
        """
        a:
          route: true
          next:
            - {to: exit, when: outcome=success, label: go}
            - a
        """,
    ),
    "a fan-out whose branches leave their next to it": (
        """
        f [shape=component, join="quorum(1/2)"]
        m [shape=tripleoctagon, winner="max(score), first", merge="a: append; *: isolate"]
        node [shape=parallelogram, tool_command=x]
        start -> f -> {a b} -> m -> exit
        """,
        """
        f:
          parallel: {a: a, b: b}
          join: {quorum: 1/2}
          next: m

        m:
          fan_in:
            winner: [max(score), first]
            merge: {a: append, "*": isolate}
          next: exit

        a: {run: x}
        b: {run: x}
        """,
    ),
    "a fan-out whose branches have labels and conditions": (
        """
        f [shape=component] m [shape=tripleoctagon]
        a [prompt=x] b [prompt=y] c [prompt=z]
        start -> f
        f -> a [branch=one]
        f -> b [label="Second way", condition="deep"]
        a -> c -> m b -> m -> exit
        f -> exit [condition="outcome=fail"]
        """,
        """
        f:
          parallel: {one: a, second-way: {to: b, when: deep, label: Second way}}
          next:
            - m
            - {to: exit, when: outcome=fail}

        m: {fan_in: true, next: exit}
        a: {prompt: x, next: c}
        b: {prompt: "y"}
        c: {prompt: z}
        """,
    ),
    "a branch node that leads nowhere, so that each says where it leads": (
        """
        f [shape=component] m [shape=tripleoctagon]
        node [shape=parallelogram, tool_command=x]
        start -> f -> {a b} -> m -> exit
        a -> d
        """,
        """
        f:
          parallel: {a: a, b: b}

        m: {fan_in: true, next: exit}

        a:
          run: x
          next:
            - m
            - d

        b: {run: x, next: m}
        d: {run: x}
        """,
    ),
}


@pytest.mark.parametrize(("written", "expected"), STAGES.values(), ids=STAGES)
def test_a_stage_in_yaml(written: str, expected: str) -> None:
    file = dot(f"{written}\nstart -> a -> exit")
    assert nodes_of(converted(file, "yaml").text) == expected


@pytest.mark.parametrize(("written", "expected"), WAYS.values(), ids=WAYS)
def test_ways_on_in_yaml(written: str, expected: str) -> None:
    yaml = converted(dot(written), "yaml").text
    assert nodes_of(yaml) == textwrap.dedent(expected).lstrip()
    assert converted(compiled(yaml, "x.yaml"), "dot")


GRAPHS = {
    "settings and inputs": (
        """
        goal="Do it" default_max_retries=2 thread_id=t label="A: b"
        inputs="base: string = main; depth: int; deep: bool = true; rest: json = '[1, \\"x\\"]'"
        start -> exit
        """,
        """
        pipeline: g
        goal: Do it
        max_retries: 2
        thread: t
        label: "A: b"
        inputs:
          base: {type: string, default: main}
          depth: {type: int}
          deep: {type: bool, default: true}
          rest: {type: json, default: [1, x]}
        start: exit
        """,
    ),
    "a stylesheet": (
        """
        model_stylesheet="
            * { llm_model: m; }
            .hard { llm_model: n; }
        "
        start -> exit
        """,
        """
        pipeline: g
        stylesheet: |-
          * { llm_model: m; }
          .hard { llm_model: n; }
        start: exit
        """,
    ),
}


@pytest.mark.parametrize(("written", "expected"), GRAPHS.values(), ids=GRAPHS)
def test_the_graph_in_yaml(written: str, expected: str) -> None:
    top = converted(dot(written), "yaml").text.partition("\nnodes:")[0]
    assert top == textwrap.dedent(expected).lstrip()


BACK = {
    "chains and groups": (
        """
        f: {parallel: {a: a, b: b}, next: m}
        a: {prompt: x}
        b: {prompt: x}
        m: {fan_in: true, next: c}
        c: {route: true, next: [{to: f, when: again}, exit]}
        """,
        """
        start -> f -> {a b} -> m -> c
        c -> f [condition="again"]
        c -> exit
        """,
    ),
    "a branch that is named otherwise": (
        """
        f: {parallel: {one: a, b: b}, next: m}
        a: {prompt: x}
        b: {prompt: x}
        m: {fan_in: true, next: exit}
        """,
        """
        start -> f
        f -> a [branch=one]
        f -> b
        {a b} -> m -> exit
        """,
    ),
    "the order of a node's ways": (
        """
        f: {route: true, next: [b, {to: a, label: x}, exit]}
        a: {prompt: x, next: exit}
        b: {prompt: x, next: exit}
        """,
        """
        start -> f
        f -> b
        f -> a [label="x"]
        f -> exit
        {a b} -> exit
        """,
    ),
    "names that need quotes": (
        """
        f: {prompt: x, next: "1 a"}
        "1 a": {prompt: x, next: node}
        node: {prompt: x, next: exit}
        """,
        """
        start -> f -> "1 a" -> "node" -> exit
        """,
    ),
}


@pytest.mark.parametrize(("written", "expected"), BACK.values(), ids=BACK)
def test_edges_in_dot(written: str, expected: str) -> None:
    head = "pipeline: g\nstart: f\nnodes:\n"
    file = compiled(head + textwrap.indent(textwrap.dedent(written).lstrip(), "  "), "x.yaml")
    text = converted(file, "dot").text
    edges = text.rpartition("\n\n")[2].removesuffix("}\n")
    assert textwrap.dedent(edges) == textwrap.dedent(expected).lstrip()


def test_nodes_in_dot() -> None:
    text = """
    pipeline: g
    goal: Do it
    start: a
    nodes:
      a: {run: make, timeout: 15m, writes: [x, "y z"], next: b}
      b: {ask: "Ship it?", choices: {"[Y] Yes": c, "[N] No": a}}
      c: {prompt: "say \\"hi\\"", label: C, class: [d, e], next: exit}
    """
    written = converted(compiled(textwrap.dedent(text), "x.yaml"), "dot").text
    assert written == textwrap.dedent("""\
        digraph g {
          graph [goal="Do it"]

          start [shape=Mdiamond]
          a     [shape=parallelogram, tool_command="make", timeout=15m, writes="x, y z"]
          b     [shape=hexagon, label="Ship it?"]
          c     [label="C", prompt="say \\"hi\\"", class="d, e"]
          exit  [shape=Msquare]

          start -> a -> b
          b -> c [label="[Y] Yes"]
          b -> a [label="[N] No"]
          c -> exit
        }
        """)


def test_what_is_left_out_is_named() -> None:
    file = dot("""
        rankdir=LR
        subgraph cluster_x { label=Loop color=red a [prompt=x, fillcolor=blue] }
        a [gate=yes, odd=1]
        f [shape=component, prompt="never read"]
        start -> a -> f -> b -> exit b [prompt=x]
        """)
    written = converted(file, "yaml")
    assert written.notes == (
        "'gate' of the node 'a' is left out: DOT never reads it, YAML would",
        "'prompt' of the node 'f' is left out: nothing reads it there",
        "left out, because it only draws: rankdir, color, fillcolor",
        "left out, because only their labels mean something, as classes: 'cluster_x'",
    )
    assert "odd: 1" in written.text


def test_comments_go_to_the_node_that_they_are_about() -> None:
    file = dot("""
        // about all
        goal=x
        // about a
        a [prompt=x] // beside a
        /* about
         * b */
        b [ // inside b
          prompt=x ]
        start -> a
        # leaves a
        a -> b
        b -> exit // leaves b
        // last
        """)
    yaml = converted(file, "yaml").text
    assert yaml.splitlines()[:2] == ["# about all", "# last"]
    assert nodes_of(yaml) == textwrap.dedent("""\
        # about a
        # beside a
        # leaves a
        a: {prompt: x, next: b}

        # about
        # b
        # inside b
        # leaves b
        b: {prompt: x, next: exit}
        """)


@pytest.mark.parametrize(
    ("yaml", "sentence"),
    [
        ("inputs: {x: {type: string, default: a, enum: [a, b]}}", "DOT has no 'enum' for inputs"),
        ('goal: "a\\rb"', "a text of DOT holds no carriage return"),
    ],
    ids=["choices of an input", "a carriage return"],
)
def test_what_dot_cannot_say_is_refused(yaml: str, sentence: str) -> None:
    text = f"pipeline: g\n{yaml}\nstart: a\nnodes:\n  a: {{prompt: x, next: exit}}\n"
    with pytest.raises(NotSayable, match=sentence):
        converted(compiled(text, "x.yaml"), "dot")


# Laws

_TEXTS = st.text(
    st.characters(blacklist_categories=["Cs"], blacklist_characters="\0\r")
    | st.sampled_from("\n \\\"'#:{}$-"),
    max_size=30,
)


@given(_TEXTS, _TEXTS, _TEXTS.filter(lambda text: bool(text.strip())))
@settings(max_examples=40, deadline=None)
def test_any_text_goes_over_and_back(prompt: str, label: str, node: str) -> None:
    written = quote(node)
    found = compile_source(
        Source(
            "x.dot",
            "digraph g { start [shape=Mdiamond] exit [shape=Msquare]\n"
            f"{written} [prompt={quote('p' + prompt)}, label={quote(label)}]\n"
            f"start -> {written} -> exit }}",
        )
    )
    if found.plan is None:
        return
    yaml = converted(found, "yaml").text
    there = compiled(yaml, "x.yaml")
    assert there.plan is not None
    assert there.plan.digest == found.plan.digest
    back = compiled(converted(there, "dot").text, "x.dot")
    assert back.plan is not None
    assert back.plan.digest == found.plan.digest


def dot_of(blocks: Blocks) -> str:
    """A pipeline of blocks in DOT."""
    writer = Writer().pipeline(blocks)
    kinds = {"f": "shape=component", "j": "shape=tripleoctagon"}
    nodes = [f"{name} [{kinds.get(name[0], 'prompt=x')}]" for name in writer.nodes]
    edges = [line.replace("if=outcome", 'condition="outcome=fail"') for line in writer.lines]
    body = "\n".join((*nodes, *edges))
    return f"digraph g {{ start [shape=Mdiamond] exit [shape=Msquare]\n{body}\n}}"


@given(pipelines())
@settings(max_examples=30, deadline=None)
def test_any_regions_go_over_and_back(blocks: Blocks) -> None:
    file = compile_source(Source("x.dot", dot_of(blocks)))
    event("compiles" if file.plan is not None else "has errors")
    if file.plan is not None:
        there = compiled(converted(file, "yaml").text, "x.yaml")
        converted(there, "dot")


# Real files


def stand_in(path: str) -> bytes:
    """A pipeline for any pipeline, a text for any prompt."""
    if path.endswith((".dot", ".fabro")):
        return b"digraph { start -> exit }"
    return f"The text of {path}".encode()


def there_and_back(name: str, data: bytes, any_file: Files = stand_in) -> bool:
    """Convert a file twice, if it has a plan; whether it has one."""
    source, _ = decode(data, name)
    file = compile_source(source, files=any_file)
    if file.plan is None or file.document is None:
        return False
    other = "dot" if file.document.language == "yaml" else "yaml"
    there = converted(file, other, any_file)
    middle = compiled(there.text, f"x.{other}", any_file)
    back = converted(middle, file.document.language, any_file)
    last = compiled(back.text, f"x.{file.document.language}", any_file)
    assert remarks(file) == remarks(middle) == remarks(last), name
    return True


def remarks(file: Compiled) -> Counter[str]:
    assert file.document is not None
    found = (line for comment in file.document.comments for line in lines(comment.text))
    return Counter(line for line in found if not line.startswith("yaml-language-server:"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_examples_go_over_and_back(path: Path) -> None:
    assert there_and_back(path.name, path.read_bytes(), files_in(path.parent) or stand_in)


def test_real_pipelines_go_over_and_back(corpus: Path) -> None:
    files = sorted(path for path in corpus.glob("*/*") if path.is_file())
    step = 1 if os.environ.get("ATTRACTORC_WHOLE_CORPUS") else 8
    done = [there_and_back(path.name, path.read_bytes()) for path in files[::step]]
    assert sum(done) > len(done) / 2
