"""What stands between the scalars of a YAML file: comments, and tabs, which are refused.

Neither is in the parser's events, so they are looked for where no scalar is. Tabs, because
one parser takes more of them than the other, and YAML's own rules about them are known to
few. It must not know what a document means.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field

from ..diagnostic import Diagnostic, Edit, Fix, Severity
from ..source import Source
from ..syntax import Comment

_COMMENT = re.compile(r"(?<![^\s\[\]{},'\"])#[^\r\n]*")
_TAB_OR_COMMENT = re.compile(r"\t+|(?<![^\s\[\]{},'\"])#[^\r\n]*")


@dataclass(slots=True)
class Layout:
    """Where the scalars are, in the order of the file: filled while a file is composed.

    Of a block scalar the lines below its `|`. `plain` tells scalars without quotes.
    """

    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    plain: list[bool] = field(default_factory=list)

    def add(self, start: int, end: int, plain: bool) -> None:
        """Notes the place of one scalar, behind those noted before."""
        self.starts.append(start)
        self.ends.append(end)
        self.plain.append(plain)

    def scalar_around(self, offset: int) -> int | None:
        """The index of the scalar that an offset lies in."""
        index = bisect_right(self.starts, offset) - 1
        return index if index >= 0 and offset < self.ends[index] else None

    def comments(self, source: Source) -> tuple[Comment, ...]:
        """All comments of a file."""
        found: list[Comment] = []
        at = source.text.find("#")
        while at >= 0 and (match := _COMMENT.search(source.text, at)):
            inside = self.scalar_around(match.start())
            if inside is None:
                found.append(Comment(match[0].rstrip(), source.span(match.start(), match.end())))
                at = match.end()
            else:
                at = self.ends[inside]
        return tuple(found)

    def first_tab(self, source: Source, end: int) -> Diagnostic | None:
        """The finding about the first tab before an offset that is not in quotes."""
        at = source.text.find("\t", 0, end)
        if at < 0:
            return None
        at = 0
        while match := _TAB_OR_COMMENT.search(source.text, at, end):
            inside = self.scalar_around(match.start())
            if match[0][0] == "\t" and (inside is None or self.plain[inside]):
                return tab(source, match.start())
            at = match.end() if inside is None else self.ends[inside]
        return None


def tab(source: Source, start: int) -> Diagnostic:
    """The finding about the tab at an offset."""
    end = start
    while source.text[end : end + 1] == "\t":
        end += 1
    fix = Fix("write spaces", (Edit(start, end, "  " * (end - start)),), safe=False)
    message = "a tab stands here; write spaces, or put a text with tabs in quotes"
    return Diagnostic("syntax", Severity.ERROR, source.span(start, end), message, fix=fix)
