"""What a child pipeline has written to the keys that its stage lets out.

Apart from `children`, because a supervisor sees the same keys while the child runs. It must
not know what becomes of them.
"""

from __future__ import annotations

from fnmatch import fnmatchcase

from attractorc.compiler.plan.model import Step
from attractorc.compiler.value import Json

from ..state import Walker
from .terminals import spoken_writes
from .writing import glob, is_reserved


def declared_writes(step: Step, child: Walker) -> dict[str, Json]:
    """The values by key, sorted; none where the stage declares no `writes`."""
    patterns = [glob(pattern) for pattern in step.writes or ()]
    return {
        key: written.value
        for key, written in sorted(spoken_writes(child).items())
        if not is_reserved(key) and any(fnmatchcase(key, pattern) for pattern in patterns)
    }
