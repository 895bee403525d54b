"""A check takes a time that grows with the file, also where there is a finding at every stage.

For each rule its bad example, again and again in one chain: what is counted are calls, which
are the same on every machine, busy or not. It must not know how a rule looks for anything.
"""

from __future__ import annotations

import cProfile
import re
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from attractorc.compiler import value
from attractorc.compiler.diagnostic import Diagnostic
from attractorc.compiler.driver import compile_source
from attractorc.compiler.graph import reach, slips
from attractorc.compiler.rules.pages import pages
from attractorc.compiler.source import Source

FEW, MANY = 30, 120
GROWS = {
    # The joins of regions with faults are looked for up to the end of the graph.
    "crossing_regions": 16.0,
    # The copies stand inside each other.
    "exit_in_branch": 16.0,
}
ALONE = {
    # One finding tells all of the file, or there can be no second one in a file.
    *("graphviz_incompatible", "start_node", "syntax", "terminal_node"),
    *("too_large", "type_known", "unknown_attribute", "unknown_class"),
    *("unused_input", "keyword_as_id", "start_no_incoming"),
    # What stands in front or behind in the chain takes the finding away.
    *("exit_no_outgoing", "undefined_read", "unused_write"),
}


def examples() -> Iterator[object]:
    for page in pages():
        bad = [each for each in page.examples if (each.kind, each.language) == ("bad", "dot")]
        if bad and chained(bad[0].text, 1) is not None:
            yield pytest.param(page.rule, bad[0].text, id=page.rule)


def chained(text: str, count: int) -> str | None:
    """So many copies of a pipeline, one behind the other; None if it has no two ends."""
    graph = compile_source(Source("x.dot", text)).graph
    if graph is None or graph.start is None or graph.exit is None:
        return None
    ends = rf"^ *({graph.start}|{graph.exit}) \[shape=M(diamond|square).*\]$"
    body, dropped = re.subn(
        ends, "", text[text.index("{") + 1 : text.rindex("}")], flags=re.MULTILINE
    )
    if dropped != 2:
        return None
    names = "|".join(map(re.escape, sorted(graph.nodes, key=len, reverse=True)))
    places = {graph.start: "s_{}", graph.exit: "s_{}"}

    def copy(number: int) -> str:
        def name(match: re.Match[str]) -> str:
            at = number + (match[0] == graph.exit)
            return places.get(match[0], match[0] + "_{}").format(at)

        return re.sub(rf"(?<![\w$])({names})(?![\w=])", name, body)

    joints = "".join(f'  s_{number} [prompt="go on"]\n' for number in range(count + 1))
    return (
        f"digraph g {{\n  start [shape=Mdiamond]\n  exit [shape=Msquare]\n{joints}"
        f"  start -> s_0\n  s_{count} -> exit\n{''.join(map(copy, range(count)))}\n}}\n"
    )


def calls(text: str) -> tuple[int, tuple[Diagnostic, ...]]:
    """How many calls a check makes, and what it finds."""
    source = Source("x.dot", text)
    with cProfile.Profile() as profile:
        found = compile_source(source).diagnostics
    return sum(entry.callcount for entry in profile.getstats()), found


@pytest.mark.parametrize(("rule", "text"), list(examples()))
def test_four_times_the_findings_take_four_times_the_calls(
    rule: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What is looked for among all names ends after a fixed number of names: here at once.
    for module in (value, slips, reach):
        monkeypatch.setattr(module, "_COMPARISONS_LIMIT", 0)
    few, many = chained(text, FEW), chained(text, MANY)
    assert few is not None
    assert many is not None
    (first, _), (second, found) = calls(few), calls(many)
    if rule not in ALONE | GROWS.keys():
        assert max(Counter(each.rule for each in found).values()) >= MANY
    assert second <= GROWS.get(rule, 5.0) * first, (first, second)


STAGES = {
    "a key that nobody writes": 's{n} [prompt="do", reads="missing{n}", writes="made{n}"]',
    "a key that all write and nobody sees": 's{n} [prompt="do", reads="x", writes="y"]',
    "a retry target that is no node": 's{n} [prompt="do", retry_target="nowhere{n}"]',
    "a name that is nowhere declared": "s{n} -> lost{n}\n s{n} [prompt=do]",
    "a stage without a prompt": "s{n} []",
}


@pytest.mark.parametrize("stage", list(STAGES.values()), ids=list(STAGES))
def test_two_thousand_stages_with_a_finding_each_take_a_time_of_that_size(stage: str) -> None:
    # More than twice what is proportional, for a machine that others use; a square is 16 times.
    limit = 10 * min(_seconds(stage, 500) for _ in range(3)) + 0.2
    assert any(_seconds(stage, 2000) <= limit for _ in range(3)), limit


def _seconds(stage: str, count: int) -> float:
    chain = " -> ".join(f"s{number}" for number in range(count))
    lines = "\n".join(stage.format(n=number) for number in range(count))
    text = f"digraph g {{ start [shape=Mdiamond]\n exit [shape=Msquare]\n{lines}\n"
    source = Source("x.dot", f"{text} start -> {chain} -> exit }}")
    begin = time.process_time()
    found = compile_source(source).diagnostics
    assert len(found) >= count or any(len(each.related) + 1 >= count for each in found)
    return time.process_time() - begin
