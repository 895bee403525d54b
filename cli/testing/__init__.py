"""Testing pipelines: scripts and cases read from YAML, run on virtual time, and judged.

What `attractorc test` and `exec --simulate` stand on, free of any command line, so that
Python programs can use it, too.
"""

from __future__ import annotations

from .cases import Case, Cases, read_cases
from .judging import Miss, judged
from .observing import Observed, observed
from .reading import Faulty
from .scripts import read_script
from .suite import CaseResult, run_case

__all__ = [
    "Case",
    "CaseResult",
    "Cases",
    "Faulty",
    "Miss",
    "Observed",
    "judged",
    "observed",
    "read_cases",
    "read_script",
    "run_case",
]
