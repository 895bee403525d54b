"""Stage ids as authors write them, static and dynamic, and what is wrong with others."""

from __future__ import annotations

import pytest

from attractorc.compiler.driver import compile_bytes
from attractorc.compiler.plan.model import Plan
from attractorc.testing import read_cases, run_case
from attractorc.testing.stage_ids import NoStage, node_of, normal

EACH = b"""
pipeline: each
start: list
nodes:
  list: {run: ls, output: lines, writes: [files], next: each}
  each:
    parallel: {file: look}
    for_each: files
    max_parallel: 2
    branch_timeout: 10s
    join: all_done
    next: gate
  look: {run: cat, writes: [size], retry: {max: 1, backoff: linear}, next: deep}
  deep: {parallel: {left: left, right: right}, next: meet}
  left: {run: wc, writes: [words]}
  right: {run: wc, writes: [words]}
  meet: {fan_in: {merge: {words: sum}}, next: gate}
  gate: {fan_in: {merge: {size: sum, words: sum}}, next: exit}
"""
CASES = b"""
cases:
  - name: instances have turns of their own
    script:
      stages:
        list: {output: "a\\nb\\nc\\n"}
        look: [{status: fail, after: 1s}, {writes: {size: 2}}]
        "/each.1/file[1]/look.1": {status: fail, after: 3s}
        "/each.1/file[2]/deep.1/left/left.1": {hang: true}
        right: {writes: {words: 5}}
    expect:
      outcome: success
      path: [list, each, gate, exit]
      ends:
        each: {"file[0]": success, "file[1]": fail, "file[2]": timed_out}
        "/each.1/file[0]/deep.1": {left: success, right: success}
        "/each.1/file[2]/deep.1": {left: cancelled}
      branches: {each: {"file[0]": [look, deep, meet], "file[1]": [look]}}
      winner: {"/each.1/file[0]/deep.1": left}
      context: {size: 2, words: 5}
      ran: {look: 6}
      took: 11500ms
"""


@pytest.fixture(scope="module")
def each() -> Plan:
    plan = compile_bytes(EACH, "each.yaml").plan
    assert plan is not None
    return plan


def test_dynamic_and_nested_branches_are_named_as_they_are_read(each: Plan) -> None:
    (case,) = read_cases(CASES, "each.test.yaml", each).cases
    assert run_case(each, case).misses == ()


@pytest.mark.parametrize("written", ["/each.1/file[0]/look.1", "/each.1/file%5B0%5D/look.1"])
def test_an_id_may_be_written_as_it_is_read_or_as_runs_do(written: str, each: Plan) -> None:
    assert normal(written, each) == "/each.1/file%5B0%5D/look.1"


NODES = {
    "/list.1": "list",
    "/each.12": "each",
    "/each.1/file[a b]/deep.2": "deep",
    "/each.1/file[0]/deep.1/left/left.1": "left",
}


@pytest.mark.parametrize(("written", "node"), NODES.items(), ids=NODES)
def test_the_node_of_an_id(each: Plan, written: str, node: str) -> None:
    assert node_of(written, each) == node


FORM = "write /<node>.<visit> or /<fan-out>.<visit>/<branch>/<node>.<visit>"
WRONG = {
    "/list": f"'/list' is no stage id; {FORM}",
    "/list.0": f"'/list.0' is no stage id; {FORM}",
    "list.1": f"'list.1' is no stage id; {FORM}",
    "/each.1/file[0]": f"'/each.1/file[0]' is no stage id; {FORM}",
    "/lisst.1": "the pipeline has no node 'lisst'; did you mean 'list'?",
    "/list.1/x/look.1": "'/list.1/x/look.1': 'list' is no fan-out",
    "/each.1/file/look.1": "'each' has branches such as 'file[0]', and no 'file'",
    "/each.1/file[0]/list.1": "'list' does not stand in the branches of 'each'",
    "/look.1": "'look' does not stand on the trunk",
    "/each.1/file[0]/deep.1/lefft/left.1": "the fan-out 'deep' has no branch 'lefft'; "
    "did you mean 'left'?",
}


@pytest.mark.parametrize(("written", "said"), WRONG.items(), ids=WRONG)
def test_what_is_wrong_with_an_id(each: Plan, written: str, said: str) -> None:
    with pytest.raises(NoStage) as caught:
        node_of(written, each)
    assert str(caught.value) == said
