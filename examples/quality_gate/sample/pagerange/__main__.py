"""`python -m pagerange '1-3, 7, 10-' 12` prints the page numbers, one a line."""

from __future__ import annotations

import sys

from .parsing import PageRangeError, parse


def main(arguments: list[str]) -> int:
    """Print the pages of a range; 2 if the arguments are no range and number of pages."""
    try:
        text, last = arguments
        pages = parse(text, int(last))
    except (PageRangeError, ValueError) as error:
        sys.stderr.write(f"pagerange: {error}\n")
        return 2
    sys.stdout.write("".join(f"{page}\n" for page in pages))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
