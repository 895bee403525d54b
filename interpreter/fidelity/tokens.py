"""How long a text is for a model, estimated without any model's own tokens; and pages of lines.

Four characters of ASCII are taken as one token, and any other character as one of its own: near
enough for English and code, and rather too many than too few for other scripts. Counted in
quarters of a token, so that lines add up. It must not know what is written.
"""

from __future__ import annotations

from dataclasses import dataclass, field

QUARTERS = 4
ELLIPSIS = "..."


def estimated_tokens(text: str) -> int:
    """How many tokens a text has, rounded up."""
    return -(-quarters(text) // QUARTERS)


def quarters(text: str) -> int:
    """The estimate in quarters of a token; that of two texts is the sum of theirs."""
    if text.isascii():
        return len(text)
    return sum(1 if char < "\x80" else QUARTERS for char in text)


def cut(text: str, limit: int) -> str:
    """The text, or as much of its beginning as fits in `limit` quarters with an ellipsis."""
    if len(text) <= limit and quarters(text) <= limit:
        return text
    room = max(0, limit - len(ELLIPSIS))
    kept = text[:room]
    if not kept.isascii():
        taken = 0
        for index, char in enumerate(kept):
            taken += 1 if char < "\x80" else QUARTERS
            if taken > room:
                kept = kept[:index]
                break
    return kept.rstrip() + ELLIPSIS[:limit]


@dataclass(slots=True)
class Page:
    """Lines under a budget of tokens, which they never exceed."""

    tokens: int
    lines: list[str] = field(default_factory=list)
    used: int = 0

    @property
    def left(self) -> int:
        """How many quarters of a token another line may have."""
        return self.tokens * QUARTERS - self.used - 1

    def add(self, line: str) -> bool:
        """Whether the line fits; it is then on the page."""
        size = quarters(line)
        if size > self.left:
            return False
        self.lines.append(line)
        self.used += size + 1
        return True

    def text(self) -> str:
        """All lines."""
        return "\n".join(self.lines)
