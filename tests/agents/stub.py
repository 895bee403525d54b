"""Stub programs that behave like the well-known agents: own flags, own output, own failures.

Run as `stub.py NAME ARGUMENTS`; what it does is said by `STUB_MODE`. Flags are parsed strictly,
as the real programs parse them; the answer shows all that was understood.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn

SESSION = "0b1c-session"
USAGE = {"input_tokens": 11, "output_tokens": 7}
ERRORS = {
    "refused": "Invalid API key · Please run /login",
    "busy": "429 Too Many Requests: rate limit reached",
    "error": "the model gave up",
}


def parser(name: str) -> argparse.ArgumentParser:
    return argparse.ArgumentParser(name, allow_abbrev=False)


def claude(argv: list[str]) -> dict[str, Any]:
    flags = parser("claude")
    flags.add_argument("-p", "--print", action="store_true", required=True)
    flags.add_argument("--output-format", choices=["text", "json", "stream-json"], required=True)
    flags.add_argument("--model")
    flags.add_argument("--effort", choices=["low", "medium", "high", "max"])
    flags.add_argument("--resume", "-r")
    flags.add_argument("--permission-mode", choices=["acceptEdits", "plan", "bypassPermissions"])
    flags.add_argument("prompt", nargs="?")
    return vars(flags.parse_args(argv)) | {"stdin": True}


def codex(argv: list[str]) -> dict[str, Any]:
    flags = parser("codex")
    flags.add_argument("command", choices=["exec"])
    flags.add_argument("--json", action="store_true", required=True)
    flags.add_argument("--skip-git-repo-check", action="store_true")
    flags.add_argument("--model", "-m")
    flags.add_argument("--config", "-c")
    flags.add_argument("--sandbox", choices=["read-only", "workspace-write"])
    flags.add_argument("rest", nargs="+")
    found = vars(flags.parse_args(argv))
    rest = found["rest"]
    if rest[0] == "resume" and len(rest) == 3:
        found["resume"], rest = rest[1], rest[2:]
    if rest != ["-"]:
        flags.error(f"unexpected arguments {rest}")
    name, _, effort = (found["config"] or "=").partition("=")
    if name not in ("", "model_reasoning_effort"):
        flags.error(f"unknown setting {name}")
    return found | {"stdin": True, "effort": effort or None}


def gemini(argv: list[str], edits: str = "auto_edit") -> dict[str, Any]:
    flags = parser("gemini")
    flags.add_argument("--output-format", "-o", choices=["text", "json"], required=True)
    flags.add_argument("--model", "-m")
    flags.add_argument("--resume", "-r")
    flags.add_argument("--approval-mode", choices=["default", edits, "yolo", "plan"])
    return vars(flags.parse_args(argv)) | {"stdin": True}


def qwen(argv: list[str]) -> dict[str, Any]:
    return gemini(argv, "auto-edit")


def opencode(argv: list[str]) -> dict[str, Any]:
    flags = parser("opencode")
    flags.add_argument("command", choices=["run"])
    flags.add_argument("--format", choices=["default", "json"], required=True)
    flags.add_argument("--model", "-m")
    flags.add_argument("--variant")
    flags.add_argument("--session", "-s")
    found = vars(flags.parse_args(argv))
    if found["model"] is not None and "/" not in found["model"]:
        flags.error("the model is provider/model")
    return found | {"stdin": True, "effort": found["variant"], "resume": found["session"]}


def amp(argv: list[str]) -> dict[str, Any]:
    resumed = None
    if argv[:2] == ["threads", "continue"]:
        resumed, argv = argv[2], argv[3:]
    flags = parser("amp")
    flags.add_argument("--dangerously-allow-all", action="store_true")
    flags.add_argument("--execute", "-x", action="store_true", required=True)
    flags.add_argument("--stream-json", action="store_true", required=True)
    return vars(flags.parse_args(argv)) | {"stdin": True, "resume": resumed}


def cursor(argv: list[str]) -> dict[str, Any]:
    flags = parser("cursor-agent")
    flags.add_argument("-p", "--print", action="store_true", required=True)
    flags.add_argument("--output-format", choices=["text", "json"], required=True)
    flags.add_argument("--model")
    flags.add_argument("--resume")
    flags.add_argument("--trust", action="store_true")
    flags.add_argument("--force", action="store_true")
    flags.add_argument("prompt")
    return vars(flags.parse_args(argv))


def copilot(argv: list[str]) -> dict[str, Any]:
    if "-p" not in argv[:-1]:
        parser("copilot").error("-p PROMPT is missing")
    place = argv.index("-p")
    prompt, argv = argv[place + 1], argv[:place] + argv[place + 2 :]
    flags = parser("copilot")
    flags.add_argument("--silent", "-s", action="store_true", required=True)
    flags.add_argument("--model")
    flags.add_argument("--allow-all-tools", action="store_true")
    return vars(flags.parse_args(argv)) | {"prompt": prompt}


def aider(argv: list[str]) -> dict[str, Any]:
    flags = parser("aider")
    for name in ("--yes-always", "--no-pretty", "--no-stream"):
        flags.add_argument(name, action="store_true", required=True)
    flags.add_argument("--model")
    flags.add_argument("--reasoning-effort", dest="effort")
    flags.add_argument("--message-file", "-f", required=True)
    found = vars(flags.parse_args(argv))
    return found | {"prompt": Path(found["message_file"]).read_text("utf-8")}


def as_result(text: str, error: str | None, session: str) -> list[Any]:
    """One object, as claude prints it."""
    said: dict[str, Any] = {
        "type": "result",
        "subtype": "success" if error is None else "error_during_execution",
        "is_error": error is not None,
        "result": text if error is None else error,
        "session_id": session,
        "total_cost_usd": 0.25,
        "usage": {**USAGE, "cache_read_input_tokens": 3, "service_tier": "standard"},
    }
    return [said]


def as_list(text: str, error: str | None, session: str) -> list[Any]:
    """All messages in one list, as qwen prints them."""
    ended: dict[str, Any] = {"type": "result", "is_error": error is not None}
    ended |= {"session_id": session, "usage": USAGE}
    ended |= {"result": text} if error is None else {"error": {"message": error}}
    return [[{"type": "system", "session_id": session}, {"type": "assistant"}, ended]]


def as_lines(text: str, error: str | None, session: str) -> list[Any]:
    """A line for each message, as amp prints them."""
    started = {"type": "system", "subtype": "init", "session_id": session}
    return [started, {"type": "assistant", "message": {}}, *as_result(text, error, session)]


def as_cursor(text: str, error: str | None, session: str) -> list[Any]:
    if error is not None:
        print(error, file=sys.stderr)
        sys.exit(1)
    return as_result(text, None, session)


def as_response(text: str, error: str | None, session: str) -> list[Any]:
    tokens = {"prompt": 11, "candidates": 7, "cached": 3, "thoughts": 2, "total": 20}
    said: dict[str, Any] = {"session_id": session, "stats": {"models": {"m": {"tokens": tokens}}}}
    ended = {"error": {"type": "ApiError", "message": error, "code": 1}}
    return [said | ({"response": text} if error is None else ended)]


def as_thread(text: str, error: str | None, session: str) -> list[Any]:
    events: list[Any] = [
        {"type": "thread.started", "thread_id": session},
        {"type": "turn.started"},
        {"type": "error", "message": "stream disconnected; reconnecting"},
        {"type": "item.completed", "item": {"type": "reasoning", "text": "hm"}},
        {"type": "item.completed", "item": {"type": "agent_message", "text": "first thoughts"}},
    ]
    if error is not None:
        return [*events, {"type": "turn.failed", "error": {"message": error}}]
    return [
        *events,
        {"type": "item.completed", "item": {"type": "agent_message", "text": text}},
        {"type": "turn.completed", "usage": {**USAGE, "cached_input_tokens": 3}},
    ]


def as_parts(text: str, error: str | None, session: str) -> list[Any]:
    def event(kind: str, **more: Any) -> dict[str, Any]:
        return {"type": kind, "timestamp": 1, "sessionID": session, **more}

    if error is not None:
        return [event("error", error={"name": "APIError", "data": {"message": error}})]
    half = {"input": 5, "output": 3, "reasoning": 1, "cache": {"read": 1, "write": 0}}
    rest = {"input": 6, "output": 4, "reasoning": 1, "cache": {"read": 2, "write": 0}}
    return [
        event("step_start", part={}),
        event("step_finish", part={"tokens": half, "cost": 0.125}),
        event("text", part={"text": text}),
        event("step_finish", part={"tokens": rest, "cost": 0.125}),
    ]


Printed = Callable[[str, str | None, str], list[Any]]
AGENTS: Mapping[str, tuple[Callable[[list[str]], dict[str, Any]], Printed | None]] = {
    "aider": (aider, None),
    "amp": (amp, as_lines),
    "claude": (claude, as_result),
    "codex": (codex, as_thread),
    "copilot": (copilot, None),
    "cursor-agent": (cursor, as_cursor),
    "gemini": (gemini, as_response),
    "opencode": (opencode, as_parts),
    "qwen": (qwen, as_list),
}


def main(name: str, argv: list[str]) -> None:
    understand, printed = AGENTS[name]
    found = understand(argv)
    prompt = sys.stdin.read() if found.get("stdin") else found["prompt"]
    kept = ("model", "effort", "resume", "permission_mode", "sandbox", "approval_mode")
    kept += ("dangerously_allow_all", "trust", "force", "allow_all_tools")
    seen = {key: found[key] for key in kept if found.get(key)}
    text = json.dumps({"prompt": prompt, **seen}, sort_keys=True)
    mode = os.environ.get("STUB_MODE", "answer")
    misbehave(mode, printed)
    lines = [text] if printed is None else []
    if printed is not None:
        session = found.get("resume") or SESSION
        lines = [json.dumps(each) for each in printed(text, ERRORS.get(mode), session)]
    elif mode in ERRORS:
        print(ERRORS[mode], file=sys.stderr)
        sys.exit(1)
    print("starting up", file=sys.stderr)
    print("\n".join(lines))
    sys.exit(1 if mode in ERRORS and mode != "error" else 0)


def misbehave(mode: str, printed: Printed | None) -> None:
    """What agents do that do not answer."""
    if mode == "garbage":
        end("Segmentation fault in module 7")
    if mode == "cut" and printed is not None:
        whole = "\n".join(json.dumps(each) for each in printed("x" * 50, None, SESSION))
        end(whole[: len(whole) // 2])
    if mode == "killed":
        os.kill(os.getpid(), 9)
    if mode == "hang":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # deaf, and so is what it has started
        subprocess.Popen(["sh", "-c", "trap '' TERM; sleep 600 & wait"])
        Path("hanging").write_text(str(os.getpid()))
        time.sleep(600)
    if mode == "flood":
        for _ in range(100):
            sys.stdout.write("x" * (1 << 20))
        sys.exit(0)


def end(text: str) -> NoReturn:
    sys.stdout.write(text)
    sys.exit(0)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
