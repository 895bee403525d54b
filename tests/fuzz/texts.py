"""The texts that are broken and spliced: every form of both languages, and real pipelines.

Two files here say whatever DOT and YAML can; the corpus beside the project adds what people
write, where it is there. Apart from the mutations, which know nothing of files.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..corpus.survey import CORPUS, ROOT

_FOLDERS = (
    Path(__file__).with_name("seeds"),
    ROOT / "examples",
    ROOT / "tests" / "compiler" / "expectations",
)
_DOT = (".dot", ".gv", ".fabro")
_YAML = (".yaml", ".yml")


def seeds(corpus: Path = CORPUS) -> dict[str, tuple[bytes, ...]]:
    """All texts by the language that they are in: "dot" and "yaml"."""
    return {"dot": tuple(_texts(corpus, _DOT)), "yaml": tuple(_texts(corpus, _YAML))}


def _texts(corpus: Path, endings: tuple[str, ...]) -> Iterator[bytes]:
    for folder in (*_FOLDERS, corpus):
        for path in sorted(folder.rglob("*")):
            if path.suffix in endings and path.is_file():
                yield path.read_bytes()
