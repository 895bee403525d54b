"""Pages of what elaboration finds about the small languages inside values.

Data for `pages`: name, severity, text. Apart from elaboration so that reading a file does
not load what only `explain` needs.
"""

from __future__ import annotations

from typing import Final

from ..diagnostic import Severity

LANGUAGES: Final[tuple[tuple[str, Severity, str], ...]] = (
    (
        "condition_syntax",
        Severity.ERROR,
        """
A condition that cannot be read.

Conditions compare keys with texts (`=`, `!=`, `<`, `<=`, `>`, `>=`, `contains`) or ask whether
a key is true, and are joined by `&&`, `||`, `!` and parentheses. They are read here once, and
never while a pipeline runs.

```bad
digraph review {
  start [shape=Mdiamond]
  plan [prompt="Plan the change"]
  exit [shape=Msquare]
  start -> plan -> exit
  plan -> plan [condition="outcome=="]
}
```

```good
digraph review {
  start [shape=Mdiamond]
  plan [prompt="Plan the change"]
  exit [shape=Msquare]
  start -> plan -> exit
  plan -> plan [condition="outcome=fail"]
}
```
""",
    ),
    (
        "stylesheet_syntax",
        Severity.ERROR,
        """
A model stylesheet that cannot be read.

It holds rules such as `* { llm_model: small; }`, `.code { reasoning_effort: high; }` or
`#plan { llm_provider: local; }`: a selector, and properties in braces.

```bad
digraph review {
  start [shape=Mdiamond]
  graph [model_stylesheet="* { llm_model }"]
  plan [prompt="Plan the change"]
  exit [shape=Msquare]
  start -> plan -> exit
}
```

```good
digraph review {
  start [shape=Mdiamond]
  graph [model_stylesheet="* { llm_model: small; }"]
  plan [prompt="Plan the change"]
  exit [shape=Msquare]
  start -> plan -> exit
}
```
""",
    ),
    (
        "inputs_syntax",
        Severity.ERROR,
        """
A declaration of inputs that cannot be read.

It is a list such as `base: string = main; depth: int`: a name, a type (`string`, `int`,
`float`, `bool`, `json`) and a default, without which a value must be given at the start.

```bad
digraph review {
  start [shape=Mdiamond]
  graph [inputs="depth: colour"]
  plan [prompt="Plan $depth changes"]
  exit [shape=Msquare]
  start -> plan -> exit
}
```

```good
digraph review {
  start [shape=Mdiamond]
  graph [inputs="depth: int"]
  plan [prompt="Plan $depth changes"]
  exit [shape=Msquare]
  start -> plan -> exit
}
```
""",
    ),
    (
        "join_syntax",
        Severity.ERROR,
        """
A join that cannot be read.

A join is the name of a policy, such as `wait_all`, `first_success`, `k_of_n(2)` or
`quorum(2/3)`, or a formula over branch ids, such as `unit && 1 of (lint, types)`. A policy
that is not known is never taken for another.

```bad
digraph review {
  start [shape=Mdiamond]
  checks [shape=component, join="first_sucess"]
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
  checks [shape=component, join="first_success", decide=declared]
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
        "merge_syntax",
        Severity.ERROR,
        """
Merge rules that cannot be read.

A merge is a list of rules `key: strategy`, separated by semicolons. A key may hold `*`; the
finding lists the strategies that there are.

```bad
digraph review {
  start [shape=Mdiamond]
  checks [shape=component]
  unit [shape=parallelogram, tool_command="pytest -q"]
  lint [shape=parallelogram, tool_command="ruff check ."]
  verdict [shape=tripleoctagon, merge="findings: appendd"]
  exit [shape=Msquare]
  start -> checks -> {unit lint} -> verdict -> exit
}
```

```good
digraph review {
  start [shape=Mdiamond]
  checks [shape=component]
  unit [shape=parallelogram, tool_command="pytest -q"]
  lint [shape=parallelogram, tool_command="ruff check ."]
  verdict [shape=tripleoctagon, merge="findings: append"]
  exit [shape=Msquare]
  start -> checks -> {unit lint} -> verdict -> exit
}
```
""",
    ),
    (
        "winner_syntax",
        Severity.ERROR,
        """
A winner rule that cannot be read.

It is a list of keys that are compared in turn, such as `status, max(coverage), first`.

```bad
digraph review {
  start [shape=Mdiamond]
  checks [shape=component]
  unit [shape=parallelogram, tool_command="pytest -q"]
  lint [shape=parallelogram, tool_command="ruff check ."]
  verdict [shape=tripleoctagon, winner="max coverage"]
  exit [shape=Msquare]
  start -> checks -> {unit lint} -> verdict -> exit
}
```

```good
digraph review {
  start [shape=Mdiamond]
  checks [shape=component]
  unit [shape=parallelogram, tool_command="pytest -q"]
  lint [shape=parallelogram, tool_command="ruff check ."]
  verdict [shape=tripleoctagon, winner="max(coverage), first"]
  exit [shape=Msquare]
  start -> checks -> {unit lint} -> verdict -> exit
}
```
""",
    ),
)
