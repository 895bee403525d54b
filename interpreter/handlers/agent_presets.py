"""The well-known agent programs: how each takes a prompt and prints what came of it.

Data, from the programs' own documentation; `docs/agents.md` shows it as a table. Nothing here
allows an agent more than it allows itself: permissions are the user's to give, as options.
It must not run anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

OPTIONS = "{options}"


@dataclass(frozen=True, slots=True)
class Preset:
    """`starts` are the arguments of a fresh session, `goes_on` of one that goes on, () if none can.

    `{options}` stands for the user's own, other placeholders are those of commands. `output` is
    a form of `agent_output.FORMS`. `source` is where it is documented, `permits` an example of
    the options with which it may change files unasked.
    """

    name: str
    program: str
    starts: tuple[str, ...]
    goes_on: tuple[str, ...]
    output: str
    source: str
    permits: str

    def commands(
        self, program: str | None = None, options: Sequence[str] = ()
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The whole command lines of a fresh session and of one that goes on."""
        first = program or self.program
        starts, goes_on = (_filled(each, options) for each in (self.starts, self.goes_on))
        return (first, *starts), (first, *goes_on) if goes_on else ()


def _filled(arguments: tuple[str, ...], options: Sequence[str]) -> tuple[str, ...]:
    found: list[str] = []
    for each in arguments:
        found.extend(options if each == OPTIONS else (each,))
    return tuple(found)


_CLAUDE = ("-p", "--output-format", "json", "--model", "{model}", "--effort", "{effort}")
_CODEX = (
    *("exec", "--json", "--skip-git-repo-check"),
    *("--model", "{model}", "--config=model_reasoning_effort={effort}", OPTIONS),
)
_GEMINI = ("--output-format", "json", "--model", "{model}", "--resume", "{session}", OPTIONS)
_OPENCODE = (
    *("run", "--format", "json", "--model", "{provider_model}"),
    *("--variant", "{effort}", "--session", "{session}", OPTIONS),
)
_CURSOR = ("-p", "--output-format", "json", "--model", "{model}")

_ALL = (
    Preset(
        "aider",
        "aider",
        (
            *("--yes-always", "--no-pretty", "--no-stream", "--model", "{model}"),
            *("--reasoning-effort", "{effort}", OPTIONS, "--message-file", "{prompt_file}"),
        ),
        (),
        "plain",
        "https://aider.chat/docs/config/options.html",
        "",
    ),
    Preset(
        "amp",
        "amp",
        (OPTIONS, "--execute", "--stream-json"),
        ("threads", "continue", "{session}", OPTIONS, "--execute", "--stream-json"),
        "result",
        "https://ampcode.com/manual",
        "--dangerously-allow-all",
    ),
    Preset(
        "claude",
        "claude",
        (*_CLAUDE, OPTIONS),
        (*_CLAUDE, OPTIONS, "--resume", "{session}"),
        "result",
        "https://docs.claude.com/en/docs/claude-code/headless",
        "--permission-mode acceptEdits",
    ),
    Preset(
        "codex",
        "codex",
        (*_CODEX, "-"),
        (*_CODEX, "resume", "{session}", "-"),
        "thread-events",
        "https://github.com/openai/codex/blob/main/docs/exec.md",
        "--sandbox workspace-write",
    ),
    Preset(
        "copilot",
        "copilot",
        ("--silent", "--model", "{model}", OPTIONS, "-p", "{prompt}"),
        (),
        "plain",
        "https://docs.github.com/en/copilot/reference/copilot-cli-reference",
        "--allow-all-tools",
    ),
    Preset(
        "cursor-agent",
        "cursor-agent",
        (*_CURSOR, OPTIONS, "--", "{prompt}"),
        (*_CURSOR, OPTIONS, "--resume", "{session}", "--", "{prompt}"),
        "result",
        "https://cursor.com/docs/cli/reference/output-format",
        "--trust --force",
    ),
    Preset(
        "gemini",
        "gemini",
        _GEMINI,
        _GEMINI,
        "response",
        "https://geminicli.com/docs/cli/headless",
        "--approval-mode auto_edit",
    ),
    Preset(
        "opencode",
        "opencode",
        _OPENCODE,
        _OPENCODE,
        "part-events",
        "https://opencode.ai/docs/cli",
        "",
    ),
    Preset(
        "qwen",
        "qwen",
        ("--output-format", "json", "--model", "{model}", OPTIONS),
        ("--output-format", "json", "--model", "{model}", OPTIONS, "--resume", "{session}"),
        "result",
        "https://qwenlm.github.io/qwen-code-docs/en/users/features/headless",
        "--approval-mode auto-edit",
    ),
)
PRESETS: Mapping[str, Preset] = {preset.name: preset for preset in _ALL}
