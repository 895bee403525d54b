"""`make mutants`: break a copy of the code in each way of the table; report who survives.

Prints one line each; exits with 1 if a breakage is noticed by no test. MUTANTS=text tries
only those whose name or law holds the text. About three seconds each.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from .breakage import Copy
from .table import MUTANTS


def main() -> int:
    """Try them; 0 if all are noticed, else 1."""
    wanted = os.environ.get("MUTANTS", "")
    chosen = [one for one in MUTANTS if wanted in one.name or wanted in one.law]
    survivors = 0
    with tempfile.TemporaryDirectory() as folder:
        copy = Copy(Path(folder))
        whole = copy.run(sorted({test for one in chosen for test in one.tests}))
        if whole.noticed or whole.trouble:
            print(f"the tests do not pass over the code as it is\n{whole.output}")
            return 1
        for one in chosen:
            verdict = copy.judge(one)
            survivors += not verdict.noticed
            word = "noticed " if verdict.noticed else "SURVIVES"
            print(f"{word} [{one.law}] {one.name}", flush=True)
            if not verdict.noticed:
                print(f"         {one.file}: {verdict.trouble or 'every test passes'}")
    print(f"{len(chosen) - survivors} of {len(chosen)} breakages are noticed")
    return 1 if survivors or not chosen else 0


if __name__ == "__main__":
    sys.exit(main())
