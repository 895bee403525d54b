"""Who is asked: the interviewer that `--interviewer` names, with its files.

A file of answers has one a line: a text, or a JSON object as a recording has them. Whatever is
wrong with a name or a file is one sentence before anything runs. It must not know what is
asked.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .exits import Refused

if TYPE_CHECKING:
    from attractorc.interpreter.ports import Answer, Interviewer, Question
    from attractorc.interpreter.redaction import Secrets

NAMES = "auto, console, park, queue:FILE and record:FILE"
METAVAR = "auto|console|park|queue:FILE|record:FILE"
_KINDS = ("chosen", "timeout", "skipped", "parked")
_PLAIN = ("auto", "console", "park")
_QUEUE, _RECORD = "queue:", "record:"


def interviewer(name: str | None, secrets: Secrets) -> Interviewer:
    """Who is asked: the person at the terminal, everybody's yes, a file's answers, or nobody.

    `record:FILE` adds what the default one is asked and answers to a file, without `secrets`,
    `record:FILE+auto` what another one does. Raises `Refused`.
    """
    from attractorc.interpreter.handlers.interviewers import AutoApprove, Console, Park

    if name is None:
        name = "console" if sys.stdin.isatty() and sys.stderr.isatty() else "park"
    for kind in (_QUEUE, _RECORD):
        if name == kind:
            raise Refused(f"--interviewer {kind} names no file, as in {kind}answers.jsonl")
    if name.startswith(_RECORD):
        return _recording(name.removeprefix(_RECORD), secrets)
    if name.startswith(_QUEUE):
        return _queue(Path(name.removeprefix(_QUEUE)))
    match name:
        case "auto":
            return AutoApprove()
        case "console":
            return _console(Console)
        case "park":
            return Park()
    raise Refused(f"there is no interviewer '{name}'; there are {NAMES}")


def _console(make: type) -> Interviewer:
    try:
        made: Interviewer = make(sys.stdin.fileno(), sys.stderr)
    except (OSError, ValueError, AttributeError) as error:
        raise Refused(
            "--interviewer console: standard input is closed, so that nobody can answer"
        ) from error
    return made


def _recording(text: str, secrets: Secrets) -> Interviewer:
    from attractorc.compiler.value import nearest
    from attractorc.interpreter.handlers.interviewers import Recording

    file, plus, other = text.rpartition("+")
    known = other in _PLAIN or other.startswith(_QUEUE)
    if plus and not known and (meant := nearest(other, _PLAIN)):
        raise Refused(
            f"--interviewer {_RECORD}{text}: there is no interviewer '{other}'; did you mean "
            f"'{meant}'?"
        )
    path = Path(file if plus and known else text)
    inner = interviewer(other if plus and known else None, secrets)
    try:
        handle = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
    except OSError as error:
        raise Refused(f"{path}: answers cannot be recorded: {error.strerror}") from error
    os.close(handle)

    def heard(question: Question, answer: Answer) -> None:
        kept = {
            "question": question.id,
            "node": question.node_id,
            "text": secrets.text(question.text),
            "kind": answer.kind,
            "answer": secrets.text(answer.text),
            "source": secrets.text(answer.source),
        }
        try:
            # Half a surrogate pair, which is no text, is written as JSON spells it.
            with path.open("a", encoding="utf-8", errors="backslashreplace") as file:
                file.write(json.dumps(kept, ensure_ascii=False) + "\n")
        except OSError as error:
            # What somebody answered counts all the same.
            reason = (error.strerror or str(error)).lower()
            click.echo(
                f"attractorc: {path}: the answer of {question.id} is not recorded: {reason}",
                err=True,
            )

    return Recording(inner, heard)


def _queue(path: Path) -> Interviewer:
    from attractorc.interpreter.handlers.interviewers import Queue

    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise Refused(f"{path}: the answers cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise Refused(f"{path}: the answers cannot be read: they are no UTF-8") from error
    free: list[Answer | str] = []
    bound: dict[str, list[Answer | str]] = {}
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if text.startswith("{"):
            name, answer = _object(f"{path}:{number}", text)
            (bound.setdefault(name, []) if name else free).append(answer)
        elif text:
            free.append(_usable(f"{path}:{number}", text))
    return Queue(free, bound)


def _object(place: str, text: str) -> tuple[str, Answer]:
    """The question that an answer is bound to, '' if to none, and the answer."""
    from attractorc.interpreter.ports import Answer

    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Refused(f"{place}: begins with a brace and is no JSON: {error}") from error
    kind, answer = found.get("kind", "chosen"), found.get("answer", "")
    if kind not in _KINDS:
        raise Refused(f"{place}: 'kind' is {kind!r}; there are {', '.join(_KINDS)}")
    if not isinstance(answer, str) or (kind == "chosen" and not answer.strip()):
        raise Refused(f"{place}: has no 'answer', which is a text")
    name = found.get("question") or found.get("node") or ""
    if not isinstance(name, str):
        raise Refused(f"{place}: 'question' and 'node' name a question each, by a text")
    return name, Answer(kind, _usable(place, answer), "queue")


def _usable(place: str, answer: str) -> str:
    """An answer, unless it was recorded without the secret that it held."""
    from attractorc.interpreter.redaction import has_marker

    if has_marker(answer):
        raise Refused(
            f"{place}: this answer held a secret, which was not recorded; write another one here"
        )
    return answer
