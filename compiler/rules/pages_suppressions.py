"""Pages of what is found about comments that hide findings.

Data for `pages`: name, severity, text. Apart from the suppressions themselves so that
reading a file does not load what only `explain` needs.
"""

from __future__ import annotations

from typing import Final

from ..diagnostic import Severity

SUPPRESSIONS: Final[tuple[tuple[str, Severity, str], ...]] = (
    (
        "invalid_suppression",
        Severity.WARNING,
        """
A comment that should hide a finding cannot do so.

Such a comment names the rules that it hides, as in `// attractorc: ignore[rule] -- reason`,
with `#` in YAML. It stands on the line of the finding or on a line of its own above it. A comment
without names would hide what nobody has seen yet, and a name that no rule has hides nothing. An
error cannot be hidden at all, because `exec` refuses it.

```bad
digraph review {
  start [shape=Mdiamond]
  plan [prompt="Plan the change"]  // attractorc: ignore
  exit [shape=Msquare]
  start -> plan -> exit
}
```

```good
digraph review {
  start [shape=Mdiamond]
  // attractorc: ignore[prompt_on_llm_nodes] -- the backend knows what to do
  plan [shape=box]
  exit [shape=Msquare]
  start -> plan -> exit
}
```
""",
    ),
    (
        "unused_suppression",
        Severity.WARNING,
        """
A comment hides a finding that is not there.

What it once hid is mended, or has moved to another line. Left behind, it would hide the next
mistake on that line. The fix removes it. In a file with errors nothing is said, because an error
may silence just what the comment is there for.

```bad
digraph review {
  start [shape=Mdiamond]
  plan [prompt="Plan the change"]  // attractorc: ignore[prompt_on_llm_nodes]
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
