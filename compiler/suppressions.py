"""Suppressions: comments that hide findings, and what is wrong with such comments.

`# attractorc: ignore[rule, other] -- reason`, behind what it is about or on a line of its
own above it. Only what `exec` lets pass can be hidden. Apart from the rules because it
judges their findings and not the graph. It must not know what any rule means.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .diagnostic import Diagnostic, Edit, Fix, Related, Severity, has_errors, ordered
from .rules import RULES, Rule
from .source import Source, Span
from .syntax import Comment, Document, Mapping, Sequence, Subgraph, Value

_MARK = "attractorc:"
_FORM = "write 'attractorc: ignore[rule] -- reason', with the names of the rules"
_DIRECTIVE = re.compile(r"(?://+|#+|/\*+)\s*attractorc:\s*(?P<said>.*?)\s*(?:\*/)?", re.S)
_IGNORE = re.compile(r"ignore\s*\[(?P<names>[^\]]*)\]\s*(?:--.*)?", re.S)
_NAME = re.compile(r"[^\s,]+(?:[^,]*[^\s,])?")


@dataclass(frozen=True, slots=True)
class _Suppression:
    """One comment; `names` are the known rules that it names, each with its place.

    `line` is the line it is about; `listed` is what stands between the brackets.
    """

    comment: Comment
    line: int
    listed: Span
    names: tuple[tuple[str, Span], ...]


def suppressed(
    document: Document, found: tuple[Diagnostic, ...], rules: Iterable[Rule]
) -> tuple[Diagnostic, ...]:
    """The findings without those that comments hide, with what is wrong with the comments.

    `rules` are those that have looked at the graph; a host's own may be among them.
    """
    if _MARK not in document.source.text:
        return found
    looked = {rule.RULE for rule in rules}
    known = _known(looked)
    idle = {rule.RULE for rule in RULES} - looked
    wrong: list[Diagnostic] = []
    asked: list[_Suppression] = []
    for comment in document.comments:
        directive = _DIRECTIVE.fullmatch(comment.text)
        if directive is not None:
            asked += _read(document, comment, directive, known, wrong)
    texts = _long_texts(document) if asked else []
    hidden: set[Diagnostic] = set()
    for each in asked:
        meant = _meant(each, found, texts)
        hidden.update(one for one in meant if one.severity is not Severity.ERROR)
        wrong += _refused(each, meant)
        if not has_errors(found):
            # A fault may silence just what the comment is there for.
            wrong += _unused(document.source, each, idle | {one.rule for one in meant})
    return ordered([one for one in found if one not in hidden] + wrong)


def _known(rules: Iterable[str]) -> frozenset[str]:
    from .rules.pages import pages

    return frozenset((*rules, *(page.rule for page in pages())))


def _read(
    document: Document,
    comment: Comment,
    directive: re.Match[str],
    known: frozenset[str],
    wrong: list[Diagnostic],
) -> Iterator[_Suppression]:
    ignore = _IGNORE.fullmatch(directive["said"])
    if ignore is None:
        bare = directive["said"].startswith("ignore")
        message = (
            "a suppression must name the rules that it hides"
            if bare and "[" not in directive["said"]
            else "this comment is for attractorc, and says nothing that it knows"
        )
        wrong.append(_invalid(comment.span, message, _FORM))
        return
    source = document.source
    start = comment.span.start + directive.start("said") + ignore.start("names")
    named = []
    for match in _NAME.finditer(ignore["names"]):
        span = source.span(start + match.start(), start + match.end())
        named.append((match[0], span))
        if match[0] not in known:
            wrong.append(_unknown(match[0], span, known))
    if not named:
        wrong.append(
            _invalid(comment.span, "a suppression must name the rules that it hides", _FORM)
        )
        return
    listed = source.span(start, start + len(ignore["names"]))
    names = tuple(dict(item for item in reversed(named) if item[0] in known).items())[::-1]
    yield _Suppression(comment, _line_meant(document, comment), listed, names)


def _invalid(
    span: Span, message: str, mend: str | None, related: tuple[Related, ...] = ()
) -> Diagnostic:
    return Diagnostic("invalid_suppression", Severity.WARNING, span, message, related, mend)


def _unknown(name: str, span: Span, known: frozenset[str]) -> Diagnostic:
    from .value import nearest

    meant = nearest(name, known)
    mend = f"did you mean '{meant}'?" if meant else "`attractorc explain` lists all rules"
    return _invalid(span, f"there is no rule '{name}', so nothing is hidden", mend)


def _line_meant(document: Document, comment: Comment) -> int:
    """The line of the comment if anything else stands there, else the next line of content."""
    text, span = document.source.text, comment.span
    before, after = _around(document.source, span)
    if before or after:
        return span.line
    ends = {each.span.start: each.span.end for each in document.comments}
    at = span.end
    while at < len(text):
        if at in ends:
            at = ends[at]
        elif text[at].isspace():
            at += 1
        else:
            break
    return document.source.position(at)[0]


def _around(source: Source, span: Span) -> tuple[str, str]:
    """What else stands on the lines of a span, before and behind it, without blanks."""
    end = source.text.find("\n", span.end)
    after = source.text[span.end : end if end >= 0 else len(source.text)]
    return source.text[span.start - span.column + 1 : span.start].strip(), after.strip()


def _meant(
    asked: _Suppression, found: tuple[Diagnostic, ...], texts: list[Span]
) -> list[Diagnostic]:
    names = {name for name, _span in asked.names}
    return [
        one
        for one in found
        if one.rule in names and asked.line in (one.span.line, *_first_lines(one.span.start, texts))
    ]


def _first_lines(offset: int, texts: list[Span]) -> Iterator[int]:
    """The line where a text of several lines begins that an offset lies in."""
    return (text.line for text in texts if text.start <= offset < text.end)


def _refused(asked: _Suppression, meant: list[Diagnostic]) -> Iterator[Diagnostic]:
    for name, span in asked.names:
        errors = [one for one in meant if one.rule == name and one.severity is Severity.ERROR]
        if errors:
            related = (Related("the error stands", errors[0].span),)
            message = f"'{name}' is an error here: `exec` refuses it, so it cannot be hidden"
            yield _invalid(span, message, "mend the error and remove this", related)


def _unused(source: Source, asked: _Suppression, used: set[str]) -> Iterator[Diagnostic]:
    unused = {name: span for name, span in asked.names if name not in used}
    if not unused:
        return
    rules = " and ".join(f"'{name}'" for name in unused)
    message = f"nothing on line {asked.line} is found by {rules}: there is nothing to hide"
    written = _NAME.findall(source.text[asked.listed.start : asked.listed.end])
    kept = [name for name in written if name not in unused]
    if kept:
        edit = Edit(asked.listed.start, asked.listed.end, ", ".join(kept))
        fix = Fix(f"remove {rules}", (edit,), safe=True)
    else:
        fix = Fix("remove the comment", (_removal(source, asked.comment.span),), safe=True)
    places = sorted(unused.values())
    span = places[0].through(places[-1])
    yield Diagnostic("unused_suppression", Severity.WARNING, span, message, fix=fix)


def _removal(source: Source, span: Span) -> Edit:
    """Takes a comment out: with its line if nothing else is there, else with the blanks."""
    text = source.text
    before, after = _around(source, span)
    start, end = span.start, span.end
    if text[end - 1] == "\r":
        # A comment up to the line end holds half of a CRLF.
        end -= 1
    while start > 0 and text[start - 1] in " \t":
        start -= 1
    if after:
        return Edit(start, end, "" if text[end] in " \t" or not before else " ")
    while end < len(text) and text[end] in " \t":
        end += 1
    if not before:
        end += 2 if text.startswith("\r\n", end) else 1 if text.startswith("\n", end) else 0
    return Edit(start, end, "")


def _long_texts(document: Document) -> list[Span]:
    """The texts of several lines: no comment can stand inside them."""
    found: list[Span] = []
    pending: list[Value] = []
    for statement in document.walk():
        if not isinstance(statement, Subgraph):
            pending += [each.value for each in statement.attributes]
    while pending:
        value = pending.pop()
        if isinstance(value, Sequence):
            pending += value.items
        elif isinstance(value, Mapping):
            pending += [item for _key, item in value.entries]
        elif value.span.end_line > value.span.line:
            found.append(value.span)
    return found
