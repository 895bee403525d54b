"""What may be a key of a YAML mapping: text, and nothing else.

Other readers take numbers, lists or nothing as keys, and merge mappings under `<<`; here each
of these is a finding. It must not know where a mapping stands.
"""

from __future__ import annotations

from ..diagnostic import Diagnostic, Edit, Fix, Severity
from ..source import Source, Span
from ..syntax import Scalar, Sequence, Value
from .yaml_scalars import scalar_type

_IN_WORDS = {"int": "a number", "float": "a number", "bool": "a truth value"}


def wrong_key(text: str, span: Span, quoted: bool) -> tuple[Diagnostic | None, bool]:
    """The finding about a scalar as a key, if it cannot be one, and whether it can still serve."""
    kind = "str" if quoted else scalar_type(text)
    if text == "<<" and not quoted:
        message = "merge keys ('<<') are refused"
        mend = "write the entries out; what all nodes share belongs under 'defaults'"
        return Diagnostic("syntax", Severity.ERROR, span, message, help=mend), False
    if kind == "str":
        return None, True
    if kind == "null":
        message = "a key must be text, and here is none"
        return Diagnostic("wrong_type", Severity.ERROR, span, message), False
    edits = (Edit(span.start, span.start, '"'), Edit(span.end, span.end, '"'))
    fix = Fix("put it in quotes", edits, safe=False)
    message = f"a key must be text, and {text} is {_IN_WORDS[kind]}; put it in quotes"
    return Diagnostic("wrong_type", Severity.ERROR, span, message, fix=fix), True


def no_key(value: Value, span: Span, source: Source) -> Diagnostic:
    """The finding about a list or a mapping as a key, as in `{{name}}`."""
    assert not isinstance(value, Scalar)
    what = "a list" if isinstance(value, Sequence) else "a mapping"
    mend = None
    before = source.text[max(span.start - 1, 0) : span.start]
    if before in ("{", "["):
        mend = f"put a text that begins with '{before}' in quotes"
    message = f"a key must be text, not {what}"
    return Diagnostic("wrong_type", Severity.ERROR, span, message, help=mend)
