"""YAML branches: a branch node that names no next one goes to its fan-out's fan-in."""

from __future__ import annotations

import textwrap

import pytest

from attractorc.compiler.frontend import read
from attractorc.compiler.source import Source

from .documents import outline

CASES = {
    "branch nodes go to the fan-in, and nothing leads there from the fan-out": (
        """
        p: {parallel: {a: x, b: y}, next: j}
        x: {run: x}
        y: {run: y, next: z}
        z: {run: z}
        j: {fan_in: true, next: exit}
        """,
        "p>x(a) p>y(b) x>j y>z z>j j>exit",
    ),
    "a route after the join is an edge of the fan-out": (
        """
        p: {parallel: {a: x}, next: [j, {to: k, when: outcome=fail}]}
        x: {run: x}
        j: {fan_in: true}
        k: {run: k}
        """,
        "p>x(a) p>k x>j",
    ),
    "inline nodes are named by their branch, and chained": (
        """
        p: {parallel: {a: {run: 1}, b: [{run: 2}, x, {run: 3}]}, next: j}
        x: {run: x}
        j: {fan_in: true}
        """,
        "p>a(a) p>b_1(b) a>j b_1>x b_3>j x>b_3",
    ),
    "inline names give way to written ones": (
        """
        p: {parallel: {x: {run: 1}, y: [{run: 2}, {run: 3}]}, next: j}
        x: {run: x}
        y_1: {run: y}
        j: {fan_in: true}
        """,
        "p>x_1(x) p>y_2(y) x_1>j y_2>y_3 y_3>j",
    ),
    "an inner region's nodes go to the inner fan-in, and it goes to the outer one": (
        """
        p: {parallel: {a: q, b: {run: b}}, next: j}
        q: {parallel: {c: {run: c}, d: x}, next: i}
        x: {run: x, next: y}
        y: {run: y}
        i: {fan_in: true, next: after}
        after: {run: after}
        j: {fan_in: true, next: exit}
        """,
        "p>q(a) p>b(b) b>j q>c(c) q>x(d) c>i x>y y>i i>after after>j j>exit",
    ),
    "an inner fan-out without next meets where the outer one does": (
        """
        p: {parallel: {a: {parallel: {c: {run: c}, d: {run: d}}}, b: {run: b}}, next: j}
        j: {fan_in: true}
        """,
        "p>a(a) p>b(b) a>c(c) a>d(d) c>j d>j b>j",
    ),
    "an inner branch that leaves its region changes nothing outside of it": (
        """
        p: {parallel: {a: q, b: {run: b}}, next: j}
        q: {parallel: {c: x, d: {run: d}}, next: i}
        x: {run: x, next: j}
        i: {fan_in: true}
        j: {fan_in: true}
        """,
        "p>q(a) p>b(b) b>j q>x(c) q>d(d) d>i x>j i>j",
    ),
    "in a chain, what follows an inner fan-out is its fan-in": (
        """
        p: {parallel: {a: [{parallel: {c: {run: c}}}, {fan_in: true}, {run: e}]}, next: j}
        j: {fan_in: true}
        """,
        "p>a_1(a) a_1>c(c) c>a_2 a_2>a_3 a_3>j",
    ),
    "branches that meet nowhere stay open": (
        """
        p: {parallel: {a: {run: a}}}
        """,
        "p>a(a)",
    ),
    "a loop in a branch is walked once": (
        """
        p: {parallel: {a: x}, next: j}
        x: {run: x, next: [y]}
        y: {run: y, next: [{to: x, when: again}, z]}
        z: {run: z}
        j: {fan_in: true, next: p}
        """,
        "p>x(a) x>y y>x y>z z>j j>p",
    ),
    "a branch that leads straight to the fan-in or the exit": (
        """
        p: {parallel: {a: j, b: exit}, next: j}
        j: {fan_in: true}
        """,
        "p>j(a) p>exit(b)",
    ),
    "a fan-out that nothing leads to is treated alike": (
        """
        s: {run: s}
        p: {parallel: {a: {run: a}}, next: j}
        j: {fan_in: true}
        """,
        "p>a(a) a>j",
    ),
}


def edges(text: str, start: str = "p") -> str:
    written = textwrap.indent(textwrap.dedent(text), "  ")
    document, findings = read(
        Source("x.yaml", f"pipeline: x\nstart: {start}\nnodes:\n{written}"), "yaml"
    )
    assert findings == ()
    found = []
    for line in outline(document):
        ends, _, attributes = line.partition(" [")
        source, arrow, target = ends.partition(" -> ")
        if arrow and source != "start":
            branch = attributes.partition("branch='")[2].partition("'")[0]
            found.append(f"{source}>{target}" + (f"({branch})" if branch else ""))
    return " ".join(found)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_branches(case: str) -> None:
    text, expected = CASES[case]
    assert edges(text) == expected


def test_a_region_of_ten_thousand_nodes_is_walked_without_recursion() -> None:
    count = 10_000
    chain = "\n".join(f"n{i}: {{run: x, next: n{i + 1}}}" for i in range(count))
    found = edges(
        f"p: {{parallel: {{a: n0}}, next: j}}\n{chain}\nn{count}: {{run: x}}\nj: {{fan_in: true}}"
    )
    assert found.endswith(f"n{count}>j")
