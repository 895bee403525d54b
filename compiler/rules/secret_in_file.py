"""A pipeline file should not hold a password or an API key.

Pipelines are shared, committed and journaled. What looks like a key of a well-known service, or
a private key, is noted wherever it stands, in comments too. Keep it in an environment variable
of the machine that runs the pipeline, and withdraw one that was committed.

```bad
digraph review {
  start [shape=Mdiamond]
  fetch [shape=parallelogram, tool_command="AWS_ACCESS_KEY_ID=AKIAQ3EGRZ7TV5WXNB2M aws s3 ls"]
  exit [shape=Msquare]
  start -> fetch -> exit
}
```

```good
digraph review {
  start [shape=Mdiamond]
  fetch [shape=parallelogram, tool_command="aws s3 ls"]
  exit [shape=Msquare]
  start -> fetch -> exit
}
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ..diagnostic import Diagnostic, Severity
from ..graph.model import Graph

RULE = "secret_in_file"
SEVERITY = Severity.WARNING

_KINDS: Final = (
    ("an AWS access key", r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    ("an Anthropic API key", r"\bsk-ant-[A-Za-z0-9_-]{24,}"),
    ("an OpenAI API key", r"\bsk-(?!ant-)(?:proj-)?[A-Za-z0-9_-]{32,}"),
    ("a GitHub token", r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{40,})"),
    ("a GitLab token", r"\bglpat-[A-Za-z0-9_-]{20,}"),
    ("a Google API key", r"\bAIza[0-9A-Za-z_-]{35}"),
    ("a Slack token", r"\bxox[abprs]-[0-9A-Za-z-]{16,}"),
    ("a Hugging Face token", r"\bhf_[A-Za-z0-9]{30,}"),
    ("a private key", r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----"),
)
_ANY: Final = re.compile("|".join(f"(?P<k{i}>{kind[1]})" for i, kind in enumerate(_KINDS)))
_MARKS: Final = (
    *("AKIA", "ASIA", "sk-", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-"),
    *("AIza", "xox", "hf_", "PRIVATE KEY"),
)
"""One of these is in every secret; to look for them first is much quicker in a large file."""
_FEWEST_CHARACTERS: Final = 8


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One finding for each text that looks like a secret; the message does not repeat it."""
    if not any(mark in graph.source.text for mark in _MARKS):
        return
    for found in _ANY.finditer(graph.source.text):
        if len(set(found[0])) < _FEWEST_CHARACTERS or "EXAMPLE" in found[0].upper():
            # A placeholder: sk-xxxx, or the one from a manual.
            continue
        name = _KINDS[int((found.lastgroup or "k0")[1:])][0]
        yield Diagnostic(
            RULE,
            SEVERITY,
            graph.source.span(*found.span()),
            f"this looks like {name}",
            help="keep it in an environment variable, and withdraw it if others could read it",
        )
