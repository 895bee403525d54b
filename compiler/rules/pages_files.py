"""Pages of what is found while a file is read, before there is a graph.

Data for `pages`: name, severity, text. Apart from the front ends so that reading a file
does not load what only `explain` needs.
"""

from __future__ import annotations

from typing import Final

from ..diagnostic import Severity

FILES: Final[tuple[tuple[str, Severity, str], ...]] = (
    (
        "syntax",
        Severity.ERROR,
        """
The file is not written in the language that it should be in.

The finding says what stands there and what was expected. Reading goes on behind it, so that
one slip does not hide the others; but a file with a syntax error is never run.

```bad
digraph review {
  start [shape=Mdiamond]
  plan [prompt=]
  exit [shape=Msquare]
  start -> plan -> exit
}
```

```good
digraph review {
  start [shape=Mdiamond]
  plan [prompt="Plan the change"]
  exit [shape=Msquare]
  start -> plan -> exit
}
```
""",
    ),
    (
        "duplicate_key",
        Severity.ERROR,
        """
A key stands twice in one YAML mapping.

YAML forbids it, and most readers keep the last value in silence. A node that is declared
twice, for example, would lose its first declaration.

```bad yaml
pipeline: review
start: plan
nodes:
  plan: {prompt: Plan the change, next: exit}
  plan: {prompt: Plan it better, next: exit}
```

```good yaml
pipeline: review
start: plan
nodes:
  plan: {prompt: Plan the change, next: exit}
```
""",
    ),
    (
        "yaml_tag",
        Severity.ERROR,
        """
A YAML tag asks for something other than plain data.

Tags such as `!!python/object` build objects in some readers. A pipeline is plain data:
text, numbers, lists and mappings.

```bad yaml
pipeline: review
start: plan
nodes:
  plan: {prompt: !secret Plan the change, next: exit}
```

```good yaml
pipeline: review
start: plan
nodes:
  plan: {prompt: Plan the change, next: exit}
```
""",
    ),
    (
        "alias_bomb",
        Severity.ERROR,
        """
The aliases of a YAML file expand to far more than anybody wrote.

An alias stands for everything that its anchor holds, and aliases of aliases multiply. A
file that would grow beyond the bound is refused, not expanded.
""",
    ),
    (
        "too_large",
        Severity.ERROR,
        """
The file, or something in it, is larger than any pipeline needs to be.

The bound protects the one who checks a file that somebody else has written. The finding says
which bound it is.
""",
    ),
    (
        "encoding",
        Severity.ERROR,
        """
The file is not UTF-8 text.

Pipelines are read as UTF-8, with or without a byte order mark. The finding shows the first
byte that is none. Often the file is no text at all, or was saved by an old editor in
another encoding: save it as UTF-8.
""",
    ),
    (
        "ignored_port",
        Severity.INFO,
        """
A port on the end of an edge, such as `plan:s`, is left out.

Ports say where Graphviz draws the end of an arrow. A pipeline has no use for them.

```bad
digraph review {
  start [shape=Mdiamond]
  plan [prompt="Plan the change"]
  exit [shape=Msquare]
  start -> plan:s -> exit
}
```

```good
digraph review {
  start [shape=Mdiamond]
  plan [prompt="Plan the change"]
  exit [shape=Msquare]
  start -> plan -> exit
}
```
""",
    ),
    (
        "node_kind",
        Severity.ERROR,
        """
A node in YAML says what it is by one key.

Exactly one of `prompt` (agent), `run` (tool), `ask` (human), `parallel`, `fan_in`, `route`
(conditional), `supervise`, `pipeline` and `uses` (a handler of your own). With none of them
nobody knows what to run, with two of them nobody knows which.

```bad yaml
pipeline: review
start: plan
nodes:
  plan: {prompt: Plan the change, run: make plan, next: exit}
```

```good yaml
pipeline: review
start: plan
nodes:
  plan: {prompt: Plan the change, next: exit}
```
""",
    ),
    (
        "missing_pipeline",
        Severity.ERROR,
        """
A stage that runs another pipeline needs its file.

`pipeline="checks/lint.dot"` runs a whole pipeline as one stage. The path starts at the folder
of the file that names it, and never leaves the folder of the pipeline that is run, not by `..`
and not by a link. At most 100 files lie below one pipeline, at most 16 in one another. What is
wrong in a child is found where it stands, in its own file.

```bad
digraph review {
  start [shape=Mdiamond]
  lint [pipeline="/etc/lint.dot"]
  exit [shape=Msquare]
  start -> lint -> exit
}
```

```good
digraph review {
  start [shape=Mdiamond]
  lint [prompt="Run the linters"]
  exit [shape=Msquare]
  start -> lint -> exit
}
```
""",
    ),
    (
        "missing_prompt_file",
        Severity.ERROR,
        """
A prompt that comes from a file needs that file.

`prompt="@prompts/plan.md"` takes a whole prompt from a file. The path starts at the folder of
the pipeline and never leaves it, not by `..` and not by a link. The file holds UTF-8 text of at
most 1 MiB, with `$goal`, inputs and `${context.key}` as in any prompt; the plan holds its text. A
pipeline that comes by standard input has no folder; name one with `--stdin-filename`.

```bad
digraph review {
  start [shape=Mdiamond]
  plan [prompt="@/etc/prompts/plan.md"]
  exit [shape=Msquare]
  start -> plan -> exit
}
```

```good
digraph review {
  start [shape=Mdiamond]
  plan [prompt="Plan the change"]
  exit [shape=Msquare]
  start -> plan -> exit
}
```
""",
    ),
)
