"""Pages of what elaboration finds about attributes and their values.

Data for `pages`: name, severity, text. Apart from elaboration so that reading a file does
not load what only `explain` needs.
"""

from __future__ import annotations

from typing import Final

from ..diagnostic import Severity

VALUES: Final[tuple[tuple[str, Severity, str], ...]] = (
    (
        "unknown_attribute",
        Severity.WARNING,
        """
An attribute that attractorc does not know.

It is kept in the plan under `extra`, where a handler of your own can read it, but nothing
else does. Usually it is a slip: the finding gives the nearest known name. Each name is
reported once a file. Graphviz's own drawing attributes are known.

```bad
digraph review {
  start [shape=Mdiamond]
  plan [promt="Plan the change", label="Plan"]
  exit [shape=Msquare]
  start -> plan -> exit
}
```

```good
digraph review {
  start [shape=Mdiamond]
  plan [prompt="Plan the change", label="Plan"]
  exit [shape=Msquare]
  start -> plan -> exit
}
```
""",
    ),
    (
        "ignored_attribute",
        Severity.WARNING,
        """
An attribute that means nothing where it stands.

It is one that attractorc knows, but not for this kind of node, or not for an edge or for
the graph. Nothing reads it there, so what it was written for does not happen.

```bad
digraph review {
  start [shape=Mdiamond]
  plan [prompt="Plan the change", max_parallel=3]
  exit [shape=Msquare]
  start -> plan -> exit
}
```

```good
digraph review {
  start [shape=Mdiamond]
  plan [prompt="Plan the change", max_retries=3]
  exit [shape=Msquare]
  start -> plan -> exit
}
```
""",
    ),
    (
        "wrong_type",
        Severity.ERROR,
        """
A value that is not of the type that its attribute has.

A number of retries must be a whole number, a time a number with `ms`, `s`, `m`, `h` or `d`,
a flag `true` or `false`. Nothing is guessed from a value that is something else.

```bad
digraph review {
  start [shape=Mdiamond]
  plan [prompt="Plan the change", max_retries=often]
  exit [shape=Msquare]
  start -> plan -> exit
}
```

```good
digraph review {
  start [shape=Mdiamond]
  plan [prompt="Plan the change", max_retries=3]
  exit [shape=Msquare]
  start -> plan -> exit
}
```
""",
    ),
    (
        "out_of_range",
        Severity.ERROR,
        """
A number that is too small or too large for its attribute.

The finding says the bounds.

```bad
digraph review {
  start [shape=Mdiamond]
  plan [prompt="Plan the change", max_visits=0]
  exit [shape=Msquare]
  start -> plan -> exit
}
```

```good
digraph review {
  start [shape=Mdiamond]
  plan [prompt="Plan the change", max_visits=1]
  exit [shape=Msquare]
  start -> plan -> exit
}
```
""",
    ),
    (
        "fidelity_valid",
        Severity.WARNING,
        """
A fidelity is one of six modes.

They are `full`, `truncate`, `compact`, `summary:low`, `summary:medium` and `summary:high`:
how much of what went before an agent is told. With any other the default is used.

```bad
digraph review {
  start [shape=Mdiamond]
  plan [prompt="Plan the change", fidelity=everything]
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
        "unknown_value",
        Severity.ERROR,
        """
A value that is not one of those that its attribute can have.

The finding lists them, or names the nearest. Nothing is taken for another value in silence,
because a default that nobody chose decides what a run does.

```bad
digraph review {
  start [shape=Mdiamond]
  checks [shape=component, error_policy=fail_first]
  unit [shape=parallelogram, tool_command="pytest -q"]
  lint [shape=parallelogram, tool_command="ruff check ."]
  verdict [shape=tripleoctagon]
  exit [shape=Msquare]
  start -> checks -> {unit lint} -> verdict -> exit
}
```

```good
digraph review {
  start [shape=Mdiamond]
  checks [shape=component, error_policy=fail_fast, decide=declared]
  unit [shape=parallelogram, tool_command="pytest -q"]
  lint [shape=parallelogram, tool_command="ruff check ."]
  verdict [shape=tripleoctagon]
  exit [shape=Msquare]
  start -> checks -> {unit lint} -> verdict -> exit
}
```
""",
    ),
    (
        "unknown_shape",
        Severity.WARNING,
        """
A shape that says nothing about the kind of the node.

The node becomes an agent stage, as one without a shape does. If it only decorates the drawing,
it does not belong to the pipeline; if it is an agent stage, `shape=box` says so.

```bad
digraph review {
  start [shape=Mdiamond]
  plan [shape=pentagon, prompt="Plan the change"]
  exit [shape=Msquare]
  start -> plan -> exit
}
```

```good
digraph review {
  start [shape=Mdiamond]
  plan [shape=box, prompt="Plan the change"]
  exit [shape=Msquare]
  start -> plan -> exit
}
```
""",
    ),
    (
        "duplicate_attribute",
        Severity.WARNING,
        """
An attribute is given twice to one node, edge or graph in one place.

The last one counts. The finding says where the first stands.

```bad
digraph review {
  start [shape=Mdiamond]
  plan [prompt="Plan the change", prompt="Plan it better"]
  exit [shape=Msquare]
  start -> plan -> exit
}
```

```good
digraph review {
  start [shape=Mdiamond]
  plan [prompt="Plan it better"]
  exit [shape=Msquare]
  start -> plan -> exit
}
```
""",
    ),
    (
        "deprecated_spelling",
        Severity.INFO,
        """
A name that another implementation uses for an attribute.

It is accepted and means the same, so this is only a note; the name that the Attractor
specification or attractorc has for it is understood everywhere.

```bad
digraph review {
  start [shape=Mdiamond]
  plan [llm_prompt="Plan the change"]
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
