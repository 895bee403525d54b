"""Lays out the parts of a DOT file: the one canonical text of these tokens and comments.

A statement a line, two spaces a level, aligned lists of attributes, at most one empty line
where there was one. Only the order of tokens decides, never the layout that was, so that
laying out twice changes nothing. It must not know what any attribute means.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

from .layout_dot_parts import Block, Entry, Remark, Statement, parts_of

WIDTH = 100
_STEP = "  "
_BULKY_WIDTH = 72
_BULKY_LINES = 3
_UNEVEN = 12


def layout_dot(text: str) -> str:
    """The canonical text of a DOT file that has line ends `\\n`; raises `NotDot`."""
    statements, tail = parts_of(text)
    lines = _block(statements, tail, "")
    return "\n".join(lines) + "\n"


def _block(statements: list[Statement], tail: list[Remark], indent: str) -> list[str]:
    """The lines of what stands between two braces."""
    lines: list[str] = []
    widths = _aligned(statements)
    for statement, width in zip(statements, widths, strict=True):
        _remarks(lines, statement.above, indent)
        if statement.blank and lines:
            lines.append("")
        lines.extend(indent + text for text in statement.inner)
        lines.extend(_beside(_statement(statement, indent, width), statement.beside, indent))
    _remarks(lines, tail, indent)
    return lines


def _remarks(lines: list[str], remarks: Iterable[Remark], indent: str) -> None:
    for remark in remarks:
        if remark.blank and lines:
            lines.append("")
        lines.append(indent + remark.text)


def _beside(lines: list[str], remarks: list[str], indent: str) -> list[str]:
    """The lines with comments behind the last one; what follows a line comment stands below."""
    whole = list(lines)
    ended = False
    for remark in remarks:
        if ended:
            whole.append(indent + remark)
        else:
            whole[-1] += f"  {remark}"
        ended = ended or not remark.startswith("/*")
    return whole


def _aligned(statements: list[Statement]) -> list[int]:
    """The width of each statement's head, so that the lists of neighbours stand in a column."""
    widths = [0] * len(statements)
    run: list[int] = []
    for index, statement in enumerate(statements):
        if run and (statement.blank or statement.above or statement.inner):
            _align(statements, run, widths)
            run = []
        if _is_node(statement):
            run.append(index)
        else:
            _align(statements, run, widths)
            run = []
    _align(statements, run, widths)
    return widths


def _align(statements: list[Statement], run: list[int], widths: list[int]) -> None:
    lengths = [len(str(statements[index].parts[0])) for index in run]
    if lengths and max(lengths) - min(lengths) <= _UNEVEN:
        for index in run:
            widths[index] = max(lengths)


def _is_node(statement: Statement) -> bool:
    """Whether a statement is one node with a list that can stand in a column with others."""
    return (
        not statement.is_default
        and bool(statement.entries)
        and len(statement.parts) == 1
        and isinstance(statement.parts[0], str)
        and "\n" not in statement.parts[0]
        and not _is_bulky(statement)
    )


def _is_bulky(statement: Statement) -> bool:
    """Whether its attributes need a line each, if they do not fit on one line together."""
    return bool(statement.ending) or any(
        entry.above
        or entry.beside
        or entry.text.count("\n") >= _BULKY_LINES
        or max(map(len, entry.text.split("\n"))) > _BULKY_WIDTH
        for entry in statement.entries
    )


def _statement(statement: Statement, indent: str, width: int) -> list[str]:
    lines = _ends(statement.parts, indent)
    if statement.value is not None:
        pieces = statement.value.pieces
        return [*lines[:-1], *_joined(f"{lines[-1]} = ", pieces, indent + _STEP)]
    if not statement.entries and not statement.ending:
        return [*lines[:-1], f"{lines[-1]} []"] if statement.is_default else lines
    head = lines[-1].ljust(len(indent) + width) + " "
    return [*lines[:-1], *_list(head, statement, indent)]


# Chains


def _ends(parts: list[str | Block], indent: str) -> list[str]:
    """The ends of a chain with arrows between them, groups with braces."""
    lines = [indent]
    for index, part in enumerate(parts):
        arrow = "-> " if index else ""
        short = part if isinstance(part, str) else _short(part)
        space = " " if index else ""
        alone = index == 0 and isinstance(part, Block) and part.head and part.statements
        if short is not None and not alone:
            wide = len(lines[-1]) + len(space) + len(arrow) + len(short) > WIDTH
            if wide and index:
                lines.append(indent + 2 * _STEP + arrow + short)
            else:
                lines[-1] += space + arrow + short
        else:
            assert isinstance(part, Block)
            lines[-1] += space + arrow + part.head + (" {" if part.head else "{")
            lines[-1:] = _beside(lines[-1:], part.opening, indent + _STEP)
            lines.extend(_block(part.statements, part.tail, indent + _STEP))
            lines.append(indent + "}")
    return lines


def _short(block: Block) -> str | None:
    """A group on one line, if it holds only names and single settings, and no comments."""
    if block.opening or block.tail or not block.statements:
        return None if block.opening or block.tail else f"{block.head} {{}}".strip()
    written: list[str] = []
    for each in block.statements:
        name = each.parts[0]
        bare = not each.entries and not each.ending and not each.is_default
        plain = len(each.parts) == 1 and bare
        if not plain or not isinstance(name, str) or each.above or each.inner or each.beside:
            return None
        written.append(name if each.value is None else f"{name}={each.value.text}")
    settings = any(each.value is not None for each in block.statements)
    inside = ("; " if settings else " ").join(written)
    text = f"{block.head} {{{inside}}}".strip()
    return text if "\n" not in text and len(text) <= WIDTH // 2 else None


# Attribute lists


def _list(head: str, statement: Statement, indent: str) -> list[str]:
    """The attributes behind `head`: on one line, filled into lines, or a line each."""
    entries = statement.entries
    bulky = _is_bulky(statement)
    commented = bool(statement.ending) or any(each.above or each.beside for each in entries)
    if not commented:
        line = f"{head}[{', '.join(each.text for each in entries)}]"
        if "\n" not in line and len(line) <= WIDTH:
            return [line]
    if bulky:
        return _a_line_each(head, statement, indent)
    return list(_filled(head + "[", entries))


def _filled(line: str, entries: list[Entry]) -> Iterator[str]:
    """As many attributes a line as fit, below each other; one over several lines stands alone."""
    margin = " " * len(line)
    texts = [entry.text for entry in entries]
    ends = ["," for _ in texts[1:]] + ["]"]
    gap = ""
    previous = ""
    for text, end in zip(texts, ends, strict=True):
        first, _, rest = text.partition("\n")
        alone = bool(rest) or "\n" in previous
        room = len(line) + len(gap) + len(first) + len(end)
        if previous and (alone or room > WIDTH):
            yield line
            line, gap = margin, ""
        line += gap + text + end
        gap = " "
        previous = text
    yield line


def _a_line_each(head: str, statement: Statement, indent: str) -> list[str]:
    inner = indent + _STEP
    lines = [f"{head.rstrip()} ["]
    for entry, following in pairwise([*statement.entries, None]):
        assert entry is not None
        lines.extend(inner + text for text in entry.above)
        written = _joined(inner, entry.pieces, inner + _STEP)
        written[-1] += "," if following else ""
        lines.extend(_beside(written, entry.beside, inner))
    lines.extend(inner + text for text in statement.ending)
    lines.append(f"{indent}]")
    return lines


def _joined(line: str, pieces: list[str], indent: str) -> list[str]:
    """Texts joined by `+`, on one line if they fit, else one below the other."""
    whole = line + " + ".join(pieces)
    if len(pieces) == 1 or ("\n" not in whole and len(whole) <= WIDTH):
        return [whole]
    first, *rest = pieces
    return [f"{line}{first} +", *(f"{indent}{each} +" for each in rest[:-1]), indent + rest[-1]]
