"""What titles of articles become elsewhere."""

from titles.shortening import shorten

__all__ = ["shorten"]
