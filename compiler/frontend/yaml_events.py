"""Cuts YAML into events, by ruamel.yaml's C parser or, where that is missing, its Python one.

Both give the same events for what is accepted here; where they differ is smoothed out in
the composer. Apart so that one place knows the library. It must not know what events mean.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final, TypeAlias

Event: TypeAlias = Any
"""One of `ruamel.yaml.events`; its marks' `index` is an offset in code points."""

UNACCEPTABLE: Final = re.compile(
    "[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd"
    "\U00010000-\U0010ffff]|\r(?!\n)"
)
"""What no YAML file may hold: control characters, half surrogates, a byte order mark inside,
and the line ends that only some readers know."""

_DIRECTIVES = re.compile(
    r"(?:[ ]*(?:#[^\r\n]*)?(?:\r\n?|\n)|%YAML 1\.[0-9][ ]*(?:#[^\r\n]*)?(?:\r\n?|\n))*(?P<other>%)?"
)


class Broken(Exception):
    """The text is no YAML. `problem` and `context` are the parser's own words.

    `index` is where it noticed, `context_index` where what it was reading began.
    """

    def __init__(
        self, problem: str, index: int, context: str = "", context_index: int | None = None
    ) -> None:
        super().__init__(problem)
        self.problem = problem
        self.index = index
        self.context = context
        self.context_index = context_index


def events(text: str, *, pure: bool = False) -> Iterator[Event]:
    """The events of a text, lazily; raises `Broken` where it is no YAML.

    `pure` asks for the Python parser, which is thirty times slower.
    """
    head = _DIRECTIVES.match(text)
    if head and head["other"]:
        raise Broken("unknown directive", head.start("other"))
    parser = None if pure else _c_parser()
    return _python_events(text) if parser is None else _c_events(parser, text)


def _c_parser() -> Any:
    try:
        from _ruamel_yaml import CParser
    except ImportError:
        try:
            from _ruamel_yaml_clibz import CParser
        except ImportError:
            return None
    return CParser


def _c_events(parser: Any, text: str) -> Iterator[Event]:
    from ruamel.yaml.error import MarkedYAMLError

    parsing = parser(text)
    while True:
        try:
            if not parsing.check_event():
                return
            event = parsing.get_event()
        except MarkedYAMLError as error:
            raise _broken(error) from error
        yield event


def _python_events(text: str) -> Iterator[Event]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError

    parsing = YAML(typ="safe", pure=True).parse(text)
    last = 0
    while True:
        try:
            event = next(parsing, None)
        except MarkedYAMLError as error:
            raise _broken(error) from error
        except (ValueError, OverflowError) as error:
            # An escape beyond Unicode; the parser says nothing about its place.
            raise Broken("invalid Unicode character escape code", last) from error
        if event is None:
            return
        last = event.end_mark.index
        yield event


def _broken(error: Any) -> Broken:
    context, problem = error.context_mark, error.problem_mark
    index = problem.index if problem else context.index if context else 0
    return Broken(
        error.problem or "", index, error.context or "", context.index if context else None
    )
