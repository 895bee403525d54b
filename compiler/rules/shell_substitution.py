"""A command should not hold references that only prompts know.

A tool's command is given to `sh -c` as it is written, and nothing is ever put into it: text from
a model or a person must not become part of a command. The shell calls `${context.key}` a bad
substitution, and reads `$context.key` as an empty variable and `.key`. Inputs and the goal are
variables of the environment (`$name`, `$goal`); everything else is in the JSON file that
`$ATTRACTOR_CONTEXT_FILE` names.

```bad
digraph review {
  start [shape=Mdiamond]
  report [shape=parallelogram, tool_command="echo ${context.summary} > report.txt"]
  exit [shape=Msquare]
  start -> report -> exit
}
```

```good
digraph review {
  start [shape=Mdiamond]
  report [shape=parallelogram, tool_command="jq -r .summary $ATTRACTOR_CONTEXT_FILE > report.txt"]
  exit [shape=Msquare]
  start -> report -> exit
}
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..diagnostic import Diagnostic, Severity
from ..graph.model import Graph
from ..graph.places import word_in

RULE = "shell_substitution"
SEVERITY = Severity.WARNING

_PIECES = re.compile(
    r"\\."  # an escaped character
    r"|'[^']*'"  # nothing is a variable in here, unless the quote stands inside another
    r"|\"(?:\\.|[^\"\\])*\""
    r"|(?P<braced>\$\{(?P<key>[A-Za-z_]\w*(?:\.[\w-]+)+)\})"
    r"|(?P<plain>\$context\.\w+)",
    re.S,
)
_INSIDE = re.compile(r"\\.|(?P<braced>\$\{[A-Za-z_]\w*(?:\.[\w-]+)+\})|(?P<plain>\$context\.\w+)")


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One finding for each reference that the shell cannot read."""
    for node in graph.nodes.values():
        attr = node.attrs.get("tool_command")
        if attr is None or node.kind != "tool" or "$" not in attr.value:
            continue
        for reference in dict.fromkeys(_references(attr.value)):
            key = reference.strip("${}").removeprefix("context.")
            yield Diagnostic(
                RULE,
                SEVERITY,
                word_in(graph.source, attr, reference),
                f"the command of '{node.id}' holds '{reference}', but nothing is put into commands",
                help=_mend(key),
                node=node.id,
            )


def _mend(key: str) -> str:
    if key.startswith("inputs."):
        return f"write ${key.removeprefix('inputs.')}; the shell knows the inputs"
    if key == "graph.goal":
        return "write $goal; the shell knows it"
    return f"read '{key}' from the JSON file $ATTRACTOR_CONTEXT_FILE"


def _references(command: str) -> Iterator[str]:
    if re.search(r"<<-?\s*['\"\\]", command) or re.search(r"\bcontext=", command):
        # A quoted here-document, or a variable of the script's own.
        return
    for piece in _PIECES.finditer(command):
        if piece["braced"] or piece["plain"]:
            yield piece[0]
        elif piece[0].startswith('"'):
            for found in _INSIDE.finditer(piece[0]):
                if found["braced"] or found["plain"]:
                    yield found[0]
