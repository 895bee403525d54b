"""Pipelines that stages name: which file that is, what is wrong in it, and what the plan holds."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from attractorc.compiler.driver import Compiled, compile_bytes
from attractorc.compiler.plan.codec import PlanError, from_json, from_text, to_json
from attractorc.compiler.plan.digest import digest_of
from attractorc.compiler.plan.model import Agent, Child, Given, Manager
from attractorc.compiler.plan.template import ContextRef
from attractorc.compiler.render.dot_text import to_dot
from attractorc.compiler.render.plan_tree import plan_tree
from attractorc.compiler.render.yaml_text import to_yaml
from attractorc.compiler.source import Unreadable
from attractorc.compiler.value import canonical

INNER = (
    'digraph inner { inputs="n: int; who = bob" start -> a -> exit\na [prompt="Do $n for $who"] }'
)


def outer(node: str, name: str = "outer") -> str:
    return f"digraph {name} {{ start -> call -> exit\ncall [{node}] }}"


def compiled(files: Mapping[str, str], name: str = "outer.dot", **more: object) -> Compiled:
    """The last part of `name` compiled, with the other files beside it."""
    root = name.rpartition("/")[2]

    def read(path: str) -> bytes:
        if path not in files:
            raise Unreadable("does not exist")
        return files[path].encode()

    return compile_bytes(files[root].encode(), name, files=read, **more)  # type: ignore[arg-type]


def found(made: Compiled) -> list[str]:
    return [
        f"{one.span.file}:{one.span.line}:{one.span.column} {one.rule}: {one.message}"
        for one in made.diagnostics
        if one.severity == "error"
    ]


def test_a_plan_holds_its_children_by_digest() -> None:
    made = compiled({"outer.dot": outer('pipeline="inner.dot", with="n=3"'), "inner.dot": INNER})
    assert made.plan is not None, made.diagnostics
    work = made.plan.steps["call"].work
    alone = compile_bytes(INNER.encode(), "inner.dot").plan
    assert alone is not None
    assert work == Child(alone.digest, (Given("n", 3),))
    assert dict(made.plan.children) == {alone.digest: alone}
    assert from_text(canonical(to_json(made.plan))) == made.plan
    assert "(pipeline)" in plan_tree(made.plan)
    assert "with n=3" in plan_tree(made.plan)


def test_the_digest_of_a_plan_covers_what_its_children_do() -> None:
    files = {"outer.dot": outer('pipeline="inner.dot", with="n=3"'), "inner.dot": INNER}
    one, two = compiled(files), compiled({**files, "inner.dot": INNER.replace("Do", "Undo")})
    other = compiled({**files, "inner.dot": INNER.replace("start", "/* first */ start")})
    assert one.plan is not None
    assert two.plan is not None
    assert other.plan is not None
    assert one.plan.digest != two.plan.digest
    assert one.plan.digest == other.plan.digest


def test_a_file_that_is_named_twice_is_one_child_and_grandchildren_are_in_the_same_table() -> None:
    files = {
        "outer.dot": 'digraph outer { start -> a -> b -> exit\na [pipeline="m.dot"]\n'
        'b [pipeline="m.dot"] }',
        "m.dot": outer('pipeline="inner.dot", with="n=1"', "m"),
        "inner.dot": INNER,
    }
    made = compiled(files)
    assert made.plan is not None, made.diagnostics
    assert sorted(one.name for one in made.plan.children.values()) == ["inner", "m"]
    assert all(not one.children for one in made.plan.children.values())
    assert [source.name for source in made.below] == ["inner.dot", "m.dot"]


def test_paths_start_at_the_file_that_names_them_and_prompts_of_a_child_too() -> None:
    files = {
        "outer.dot": outer('pipeline="sub/m.dot"'),
        "sub/m.dot": outer('pipeline="../other/./inner.dot"', "m"),
        "other/inner.dot": 'digraph inner { start -> a -> exit\na [prompt="@texts/a.md"] }',
        "other/texts/a.md": "Look at it",
    }
    made = compiled(files, "some/where/outer.dot")
    assert made.plan is not None, made.diagnostics
    inner = next(one for one in made.plan.children.values() if one.name == "inner")
    assert inner.steps["a"].work == Agent(("Look at it",))
    place = inner.steps["a"].place
    assert place is not None
    assert place.file == "some/where/other/inner.dot"


FAULTS: dict[str, tuple[dict[str, str], str]] = {
    "a file that is not there": (
        {"outer.dot": outer('pipeline="inner.dot"')},
        "outer.dot:2:16 missing_pipeline: 'call' names the pipeline file 'inner.dot', which does "
        "not exist",
    ),
    "a path out of the folder": (
        {"outer.dot": outer('pipeline="sub/../../inner.dot"')},
        "outer.dot:2:16 missing_pipeline: 'call' names the pipeline file 'sub/../../inner.dot', "
        "which is outside the pipeline's folder",
    ),
    "a path out of the root folder, from below": (
        {
            "outer.dot": outer('pipeline="sub/m.dot"'),
            "sub/m.dot": outer('pipeline="../../m.dot"', "m"),
        },
        "sub/m.dot:2:16 missing_pipeline: 'call' names the pipeline file '../../m.dot', which is "
        "outside the pipeline's folder",
    ),
    "an absolute path": (
        {"outer.dot": outer('pipeline="/etc/passwd"')},
        "outer.dot:2:16 missing_pipeline: 'call' names the pipeline file '/etc/passwd', which is "
        "outside the pipeline's folder: its path is absolute",
    ),
    "no name": (
        {"outer.dot": outer("type=pipeline")},
        "outer.dot:2:1 missing_pipeline: 'call' names no pipeline file",
    ),
    "a circle": (
        {
            "outer.dot": outer('pipeline="m.dot"'),
            "m.dot": outer('pipeline="outer.dot"', "m"),
        },
        "m.dot:2:16 missing_pipeline: 'call' runs a pipeline that this one already runs in: "
        "outer.dot -> m.dot -> outer.dot",
    ),
    "a child without an exit": (
        {
            "outer.dot": outer('pipeline="m.dot"'),
            "m.dot": "digraph m {\n start -> a [label=x]\na [prompt=x]\n}",
        },
        "m.dot:1:9 terminal_node: the pipeline has no exit node",
    ),
    "a syntax error in a child": (
        {"outer.dot": outer('pipeline="m.dot"'), "m.dot": "digraph m {\n start -> \n}"},
        "m.dot:3:1 syntax: ",
    ),
    "an unknown input": (
        {"outer.dot": outer('pipeline="inner.dot", with="n=1, whom=x"'), "inner.dot": INNER},
        "outer.dot:2:40 child_inputs: the pipeline 'inner' has no input 'whom'; it has n, who",
    ),
    "an input without a value": (
        {"outer.dot": outer('pipeline="inner.dot"'), "inner.dot": INNER},
        "outer.dot:2:16 child_inputs: 'call' gives the input 'n' of 'inner' no value, and it has "
        "no default",
    ),
    "a value of another type": (
        {"outer.dot": outer('pipeline="inner.dot", with="n=many"'), "inner.dot": INNER},
        "outer.dot:2:35 child_inputs: the input 'n' of 'inner' is of type int, and 'many' is not "
        "one",
    ),
    "an input that is given twice": (
        {"outer.dot": outer('pipeline="inner.dot", with="n=1; n=2"'), "inner.dot": INNER},
        "outer.dot:2:40 inputs_syntax: 'n' is given twice",
    ),
    "a type where a value is given": (
        {"outer.dot": outer('pipeline="inner.dot", with="n: int = 1"'), "inner.dot": INNER},
        "outer.dot:2:35 inputs_syntax: 'n' is given a value here; its type is declared by the "
        "child",
    ),
    "one that cannot end": (
        {"outer.dot": outer('pipeline="outer.dot"')},
        "outer.dot:2:16 endless_recursion: 'call' runs this pipeline inside itself, and every way "
        "to the exit leads through such a stage: no run can end",
    ),
}


@pytest.mark.parametrize(("files", "said"), FAULTS.values(), ids=FAULTS)
def test_what_is_wrong_is_said_where_it_stands(files: dict[str, str], said: str) -> None:
    made = compiled(files)
    assert [one.startswith(said) for one in found(made)] == [True], found(made)
    assert made.plan is None
    assert {one.span.file for one in made.diagnostics} <= made.sources.keys()


def test_at_most_sixteen_pipelines_lie_in_one_another() -> None:
    files = {f"p{n}.dot": outer(f'pipeline="p{n + 1}.dot"', f"p{n}") for n in range(20)}
    files |= {"p15.dot": "digraph p15 { start -> exit }"}
    assert compiled(files, "p0.dot").plan is not None
    deeper = {**files, "p15.dot": outer('pipeline="p16.dot"', "p15")}
    deeper["p16.dot"] = "digraph p16 { start -> exit }"
    (told,) = found(compiled(deeper, "p0.dot"))
    assert told.endswith("'call' is nested too deep: at most 16 pipelines lie in one another")


def test_at_most_a_hundred_files_lie_below_one_pipeline() -> None:
    many = "\n".join(f'n{n} [pipeline="c{n}.dot"]' for n in range(101))
    chain = " -> ".join(f"n{n}" for n in range(101))
    files = {f"c{n}.dot": f"digraph c{n} {{ start -> exit }}" for n in range(101)}
    files["outer.dot"] = f"digraph outer {{ start -> {chain} -> exit\n{many} }}"
    (told,) = found(compiled(files))
    assert told.endswith("'n100' names one file too many: a pipeline has at most 100 below it")


def test_warnings_of_a_child_are_told_once_and_leave_the_plan() -> None:
    files = {
        "outer.dot": 'digraph outer { start -> a -> b -> exit\na [pipeline="m.dot"]\n'
        'b [pipeline="m.dot"] }',
        "m.dot": "digraph m { start -> a -> exit\na [colour=red] }",
    }
    made = compiled(files)
    assert [
        (one.span.file, one.rule) for one in made.diagnostics if one.rule != "prompt_on_llm_nodes"
    ] == [("m.dot", "unknown_attribute")]
    assert made.plan is not None


def test_a_pipeline_that_names_itself_is_no_child_of_itself() -> None:
    text = (
        'digraph outer { inputs="n: int = 3" start -> a\n'
        'a [pipeline="outer.dot", with="n=${context.n}"]\n'
        'start -> b [weight=1]\nb [shape=parallelogram, tool_command="x"]\n'
        "b -> exit\na -> exit }"
    )
    made = compiled({"outer.dot": text}, "here/outer.dot")
    assert made.plan is not None, made.diagnostics
    assert made.plan.children == {}
    assert made.plan.steps["a"].work == Child(
        "", (Given("n", template=(ContextRef("context.n"),)),)
    )


YAML = """pipeline: outer
start: call
nodes:
  call:
    pipeline: inner.dot
    with: {n: 3, who: "the ${context.name}"}
    writes: [found]
    next: exit
"""


def test_both_languages_say_the_same() -> None:
    dot = outer('pipeline="inner.dot", with="n=3; who=\'the ${context.name}\'", writes=found')
    files = {"outer.dot": dot, "outer.yaml": YAML, "inner.dot": INNER}
    one, two = compiled(files), compiled(files, "outer.yaml")
    assert one.plan is not None, one.diagnostics
    assert two.plan is not None, two.diagnostics
    assert one.plan.digest == two.plan.digest
    for made, write, name in ((one, to_yaml, "outer.yaml"), (two, to_dot, "outer.dot")):
        assert made.document is not None
        assert made.graph is not None
        written = write(made.document, made.graph).text  # type: ignore[operator]
        again = compiled({**files, name: written}, name)
        assert again.plan is not None, (written, again.diagnostics)
        assert again.plan.digest == one.plan.digest, written


def test_a_list_or_a_mapping_is_given_as_it_stands() -> None:
    inner = 'digraph inner { inputs="n: json" start -> a -> exit\na [prompt="Do $n"] }'
    text = YAML.replace('{n: 3, who: "the ${context.name}"}', "{n: {a: [1, true]}}")
    made = compiled({"outer.yaml": text, "inner.dot": inner}, "outer.yaml")
    assert made.plan is not None, made.diagnostics
    assert made.plan.steps["call"].work.given == (Given("n", {"a": [1, True]}),)  # type: ignore[union-attr]


def broken(change: str) -> str:
    made = compiled({"outer.dot": outer('pipeline="inner.dot", with="n=3"'), "inner.dot": INNER})
    assert made.plan is not None
    data = to_json(made.plan)
    (digest,) = made.plan.children
    match change:
        case "gone":
            data["children"] = {}
        case "changed":
            data["children"][digest]["goal"] = "another"  # type: ignore[index,call-overload]
        case "renamed":
            data["children"] = {"sha256:0": data["children"][digest]}  # type: ignore[index,call-overload]
        case "given":
            data["steps"]["call"]["work"]["given"][0]["name"] = "x"  # type: ignore[index,call-overload]
        case "missing":
            data["steps"]["call"]["work"]["given"] = []  # type: ignore[index,call-overload]
    with pytest.raises(PlanError) as refused:
        from_json(data)
    return str(refused.value).replace(digest, "D")


BROKEN = {
    "gone": "steps.call.work.plan: there is no child 'D'",
    "changed": "children.D: this child was changed after it was compiled: its content has ",
    "renamed": "children.sha256:0.digest: expected 'sha256:0', found 'D'",
    "given": "steps.call.work.given: the child has no input 'x'",
    "missing": "steps.call.work.given: the child's input 'n' has no value",
}


@pytest.mark.parametrize(("change", "said"), BROKEN.items(), ids=BROKEN)
def test_a_plan_that_was_edited_is_refused_where_a_child_does_not_fit(
    change: str, said: str
) -> None:
    assert broken(change).startswith(said)


def test_a_child_has_the_digest_that_it_has_alone() -> None:
    files = {"outer.dot": outer('pipeline="inner.dot", with="n=3"'), "inner.dot": INNER}
    made = compiled(files)
    assert made.plan is not None
    ((digest, child),) = made.plan.children.items()
    assert digest_of(child) == digest


SUPERVISED = """pipeline: outer
start: call
nodes:
  call:
    supervise:
      pipeline: inner.dot
      poll_interval: 5s
      max_cycles: 7
      stop_condition: found>2
      steer_prompt: Help with $goal
      workdir: sub
    with: {n: 3}
    next: exit
"""


def test_a_supervisor_is_lowered_the_same_in_both_languages() -> None:
    dot = outer(
        'shape=house, stack.child_dotfile="inner.dot", with="n=3", manager.poll_interval=5s, '
        'manager.max_cycles=7, manager.stop_condition="found>2", stack.child_workdir=sub, '
        'manager.steer_prompt="Help with $goal"'
    )
    files = {"outer.dot": dot, "outer.yaml": SUPERVISED, "inner.dot": INNER}
    one, two = compiled(files), compiled(files, "outer.yaml")
    assert one.plan is not None, one.diagnostics
    assert two.plan is not None, two.diagnostics
    assert one.plan.digest == two.plan.digest
    work = one.plan.steps["call"].work
    assert isinstance(work, Manager)
    assert (work.poll_interval_ms, work.max_cycles, work.workdir) == (5_000, 7, "sub")
    assert work.actions == ("observe", "steer", "wait")
    assert work.steer == Agent(("Help with ",))
    assert from_text(canonical(to_json(one.plan))) == one.plan
    shown = plan_tree(one.plan)
    assert "looks at it every 5s, at most 7 times" in shown
    assert "stops it when found>2" in " ".join(shown.split())


SETUPS = {
    "no pipeline": ("shape=house", "missing_pipeline: 'call' names no pipeline file"),
    "not started": (
        'stack.child_autostart=false, stack.child_dotfile="inner.dot"',
        "missing_pipeline: 'call' starts no pipeline (stack.child_autostart=false), and there is "
        "no other to watch",
    ),
    "an unknown action": (
        'stack.child_dotfile="inner.dot", manager.actions="observe, dance"',
        "supervisor_setup: a supervisor does not 'dance'; its actions are observe, steer, wait",
    ),
    "nothing that steers": (
        'stack.child_dotfile="inner.dot", manager.actions="observe, steer"',
        "supervisor_setup: 'call' is to steer its pipeline, and nothing says how",
    ),
    "steered twice": (
        'stack.child_dotfile="inner.dot", manager.steer_prompt=a, manager.steer_command=b',
        "supervisor_setup: 'call' is steered by an agent or by a command, not by both",
    ),
    "a folder outside": (
        'stack.child_dotfile="inner.dot", stack.child_workdir="../x"',
        "supervisor_setup: the folder that the pipeline of 'call' is to work in is outside the "
        "folder of the stage",
    ),
    "an input without a value": (
        'stack.child_dotfile="inner.dot", with=""',
        "child_inputs: 'call' gives the input 'n' of 'inner' no value, and it has no default",
    ),
}


@pytest.mark.parametrize(("settings", "said"), SETUPS.values(), ids=SETUPS)
def test_what_a_supervisor_lacks_is_said(settings: str, said: str) -> None:
    given = settings if "with=" in settings else f'{settings}, with="n=3"'
    made = compiled({"outer.dot": outer(f"shape=house, {given}"), "inner.dot": INNER})
    assert [one.partition(" ")[2] for one in found(made)] == [said]
    assert made.plan is None


TIMINGS = {
    "only looks": ("manager.poll_interval=5s", []),
    "stops": ("manager.stop_condition=done", ["when 'call' stops its pipeline"]),
    "asks an agent": ("manager.steer_prompt=Hurry", ["when 'call' steers its pipeline"]),
    "both": (
        'manager.steer_command="echo x", manager.stop_condition=done',
        ["when 'call' stops and steers its pipeline"],
    ),
    "is told not to steer": ("manager.steer_prompt=Hurry, manager.actions=observe", []),
}


@pytest.mark.parametrize(("settings", "said"), TIMINGS.values(), ids=TIMINGS)
def test_it_is_noted_where_a_supervisor_makes_a_run_depend_on_the_clock(
    settings: str, said: list[str]
) -> None:
    given = f'shape=house, stack.child_dotfile="inner.dot", with="n=3", {settings}'
    made = compiled({"outer.dot": outer(given), "inner.dot": INNER})
    assert made.plan is not None, made.diagnostics
    noted = [one.message for one in made.diagnostics if one.rule == "supervisor_timing"]
    assert noted == [f"{one} depends on the clock; another run may go otherwise" for one in said]


def test_the_graph_may_name_the_pipeline_of_its_supervisor() -> None:
    text = outer('shape=house, with="n=3"').replace("{", '{ stack.child_dotfile="inner.dot" ', 1)
    made = compiled({"outer.dot": text, "inner.dot": INNER})
    assert made.plan is not None, made.diagnostics
    assert len(made.plan.children) == 1
