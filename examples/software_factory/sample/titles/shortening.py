"""Titles that fit into a line."""


def shorten(title: str, width: int) -> str:
    """The title, cut between two words so that it fits into `width` characters with its `...`."""
    if len(title) <= width:
        return title
    kept = ""
    for word in title.split():
        longer = f"{kept} {word}".strip()
        if len(longer) + 3 > width:
            break
        kept = longer
    return kept + "..."
