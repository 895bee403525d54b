"""Inputs that are meant to hurt: deep nesting, endless repetition, growth out of proportion.

Each entry of `SHAPES` builds an input of about a given number of bytes, so that the same
shape is tried small (where time must be short) and as large as a file may be. The texts are
right as far as possible: what stops at the first sign never reaches the passes and rules.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

_HEAD = "digraph g { start [shape=Mdiamond]; exit [shape=Msquare]; start -> a -> exit; "
_TREE = "pipeline: g\nstart: a\nnodes:\n  a: {run: x, next: exit}\n"
_WAY_IN = "pipeline: g\nstart: a\nnodes:\n  a: {run: x, next: [{to: exit}, {to: p}]}\n"


def _times(piece: str, size: int) -> str:
    return piece * max(1, size // len(piece.encode()))


def _numbered(form: str, size: int) -> str:
    """`form` with its `{i}` counted up, to about `size` bytes."""
    count = max(1, size // len(form.format(i=size // len(form), n=size // len(form) + 1)))
    return "".join(form.format(i=i, n=i + 1) for i in range(count))


def _dot(text: str) -> tuple[str, bytes]:
    return "x.dot", f"{_HEAD}{text}}}".encode()


def _yaml(text: str) -> tuple[str, bytes]:
    return "x.yaml", text.encode()


def _on_edge(text: str) -> tuple[str, bytes]:
    return _dot(f'a -> b -> exit [condition="{text}"]')


def _on_fan(text: str) -> tuple[str, bytes]:
    return _dot(f"f [shape=component, {text}] start -> f -> {{b c}} -> exit")


def _both(opening: str, middle: str, closing: str, size: int) -> str:
    count = size // (len(opening) + len(closing))
    return opening * count + middle + closing * count


def _groups(size: int) -> str:
    """Every node of one group to every node of another: edges are the square of the text."""
    left, right = _numbered("l{i} ", size // 2), _numbered("r{i} ", size // 2)
    return f"a -> {{{left}}} -> {{{right}}} -> exit"


def _regions_in_regions(size: int) -> str:
    form = (
        "f{i}[shape=component];f{i}->{{f{n} x{i}}};{{x{i} j{n}}}->j{i};j{i}[shape=tripleoctagon];"
    )
    regions = _numbered(form, size)
    last = regions.rpartition("{f")[2].partition(" ")[0]
    return f"start -> f0; {regions} f{last} -> j{last}; j0 -> exit"


def _regions_that_overlap(size: int) -> str:
    """Regions in regions whose fan-outs also have an edge to their own fan-in."""
    form = "f{i}[shape=component];f{i}->{{f{n} x{i}}}->j{i};j{i}[shape=tripleoctagon];j{n}->j{i};"
    return f"start -> f0; {_numbered(form, size)}"


def _regions_in_a_row(size: int) -> str:
    form = "f{i}[shape=component];j{i}[shape=tripleoctagon];f{i}->{{x{i} y{i}}}->j{i}->f{n};"
    regions = _numbered(form, size)
    return f"start -> f0; {regions} f{regions.rpartition('f')[2][:-1]} -> exit"


def _tree_chain(size: int) -> str:
    """YAML nodes, each of which leads to the next one and the last to the exit."""
    nodes = _numbered("  n{i}: {{run: x, next: n{n}}}\n", size)
    last = nodes.rpartition("next: ")[2][:-2]
    return f"{_WAY_IN}  p: {{run: x, next: n0}}\n{nodes}  {last}: {{run: x, next: exit}}\n"


def _stairs(size: int) -> str:
    """YAML whose every line is one step further in."""
    depth = int((2 * size) ** 0.5)
    return "pipeline: g\nnodes:\n" + "".join(f"{' ' * i}a:\n" for i in range(1, depth))


def _aliases(size: int) -> str:
    """Lists of lists of lists, each ten times the one before: the "billion laughs"."""
    form = "a{n}: &a{n} [*a{i}, *a{i}, *a{i}, *a{i}, *a{i}, *a{i}, *a{i}, *a{i}, *a{i}, *a{i}]\n"
    return "a0: &a0 [x]\n" + _numbered(form, size)


Shape = Callable[[int], tuple[str, bytes]]
"""From a number of bytes to a file's name, whose ending tells the language, and its bytes."""

SHAPES: Mapping[str, Shape] = {
    "dot: an edge chain of one node": lambda n: _dot("a" + _times(" -> a", n)),
    "dot: an edge chain of many nodes": lambda n: _dot("a" + _numbered("->b{i}", n) + "->exit"),
    "dot: one node many times": lambda n: _dot(_times("a;", n)),
    "dot: many nodes": lambda n: _dot(_numbered("a->n{i}->exit;", n)),
    "dot: many edges between two nodes": lambda n: _dot(_times("a->b;", n) + "b->exit"),
    "dot: many choices": lambda n: _dot(_numbered('a->exit[condition="x={i}"];', n)),
    "dot: one attribute many times": lambda n: _dot(f"a[{_times('b=c,', n)}d=e]"),
    "dot: many unknown attributes": lambda n: _dot(f"a[{_numbered('b{i}=c,', n)}d=e]"),
    "dot: many misspelled attributes": lambda n: _dot(
        _numbered("a->n{i}->exit;n{i}[max_retry_s=1];", n)
    ),
    "dot: a group to a group": lambda n: _dot(_groups(n)),
    "dot: open braces": lambda n: _dot(_times("{", n)),
    "dot: braces": lambda n: _dot(_both("{", "a", "}", n)),
    "dot: groups in groups": lambda n: _dot(_both("subgraph s {", "a", "}", n)),
    "dot: groups side by side": lambda n: _dot(
        _numbered("a->subgraph s{i} {{ a{i} }} -> exit;", n)
    ),
    "dot: open brackets": lambda n: _dot(_times("[", n)),
    "dot: empty brackets": lambda n: _dot(f"a {_times('[]', n)}"),
    "dot: quotes": lambda n: _dot(_times('"', n)),
    "dot: backslashes": lambda n: _dot('a [label="' + _times("\\", n) + '"]'),
    "dot: semicolons": lambda n: _dot(_times(";", n)),
    "dot: signs out of place": lambda n: _dot(_times("@ ", n)),
    "dot: arrows": lambda n: _dot(_times("->", n)),
    "dot: open comments": lambda n: _dot(_times("/*", n)),
    "dot: line comments": lambda n: _dot(_times("// x\n", n)),
    "dot: joined strings": lambda n: _dot('a [label="x"' + _times('+"x"', n) + "]"),
    "dot: a long name": lambda n: _dot("a" * n),
    "dot: a long line of blanks": lambda n: _dot(" " * n),
    "dot: a long prompt": lambda n: _dot('a [prompt="' + _times("word ", n) + '"]'),
    "dot: unknown references": lambda n: _dot('a [prompt="' + _times("$b ", n) + '"]'),
    "dot: open references": lambda n: _dot('a [prompt="' + _times("${", n) + '"]'),
    "dot: many declared inputs": lambda n: _dot('graph [inputs="' + _numbered("i{i};", n) + '"]'),
    "dot: a stylesheet of many rules": lambda n: _dot(
        f'model_stylesheet="{_numbered(".c{i} {{ llm_model: x; }} ", n)}"'
    ),
    "dot: many classes": lambda n: _dot(f'a [class="{_numbered("c{i},", n)}"]'),
    "dot: nested parentheses in a condition": lambda n: _on_edge(_both("(", "a=b", ")", n)),
    "dot: nots in a condition": lambda n: _on_edge(_times("!", n) + "a"),
    "dot: a long condition": lambda n: _on_edge(_times("a=b && ", n) + "a=b"),
    "dot: a condition of many keys": lambda n: _on_edge(_numbered("k{i} || ", n) + "a=b"),
    "dot: a long join formula": lambda n: _on_fan(f'join="{_times("b && ", n)}c"'),
    "dot: a nested join formula": lambda n: _on_fan(f'join="{_both("(", "b", ")", n)}"'),
    "dot: many merge rules": lambda n: _on_fan(f'merge="{_numbered("k{i}*: append; ", n)}"'),
    "dot: many branches": lambda n: _dot(
        f"f [shape=component] start -> f -> {{{_numbered('b{i} ', n)}}} -> exit"
    ),
    "dot: regions in regions": lambda n: _dot(_regions_in_regions(n)),
    "dot: regions that overlap": lambda n: _dot(_regions_that_overlap(n)),
    "dot: regions in a row": lambda n: _dot(_regions_in_a_row(n)),
    "yaml: open brackets": lambda n: _yaml("nodes: " + _times("[", n)),
    "yaml: open braces": lambda n: _yaml("nodes: " + _times("{a: ", n)),
    "yaml: lists in lists": lambda n: _yaml("nodes:\n " + _times("- ", n)),
    "yaml: stairs": lambda n: _yaml(_stairs(n)),
    "yaml: complex keys": lambda n: _yaml(_times("? ", n)),
    "yaml: colons": lambda n: _yaml(_times("a: ", n)),
    "yaml: quotes": lambda n: _yaml("pipeline: " + _times('"', n)),
    "yaml: anchors": lambda n: _yaml("pipeline: " + _times("&a ", n)),
    "yaml: tabs": lambda n: _yaml(_times("\t", n) + "a"),
    "yaml: aliases": lambda n: _yaml(_aliases(n)),
    "yaml: many unknown keys": lambda n: _yaml(_numbered("k{i}: 1\n", n)),
    "yaml: one key many times": lambda n: _yaml(_times("a: 1\n", n)),
    "yaml: many documents": lambda n: _yaml(_times("--- a\n", n)),
    "yaml: a long block": lambda n: _yaml(f"{_TREE}goal: |\n{_times(' word' + chr(10), n)}"),
    "yaml: a long plain line": lambda n: _yaml(f"{_TREE}goal: {_times('word ', n)}"),
    "yaml: comments": lambda n: _yaml(_TREE + _times("# x\n", n)),
    "yaml: many nodes": lambda n: _yaml(_tree_chain(n)),
    "yaml: many edges": lambda n: _yaml(
        f"{_WAY_IN}  p: {{run: x, next: [{_numbered('{{to: a, when: x={i}}},', n)}]}}\n"
    ),
    "yaml: many inline branches": lambda n: _yaml(
        f"{_WAY_IN}  p: {{parallel: {{{_numbered('b{i}: {{run: x}}, ', n)}}}, next: exit}}\n"
    ),
    "yaml: inline branches in branches": lambda n: _yaml(
        f"{_WAY_IN}  p: {{parallel: {{b: {_both('{parallel: {b: ', '{run: x}', '}}', n)}}}, "
        "next: exit}\n"
    ),
}
