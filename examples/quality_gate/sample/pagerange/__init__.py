"""Page ranges as people write them: `1-3, 7, 10-` to page numbers and back."""

from .algebra import common, complement, span
from .parsing import PageRangeError, parse
from .writing import compress

__all__ = ["PageRangeError", "common", "complement", "compress", "parse", "span"]
