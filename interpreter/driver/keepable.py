"""What cannot be kept without its secrets: a plan, an id, a folder's name.

Nothing can be taken out of a plan without making it another one, so a run with a secret there
does not begin. It must not know which values are secret.
"""

from __future__ import annotations

from collections.abc import Mapping

from attractorc.compiler.value import Json

from ..ports import Unkeepable
from ..redaction import Secrets


def refuse_held(secrets: Secrets, places: Mapping[str, Json]) -> None:
    """Raise `Unkeepable` where a secret stands in one of these values, by what they are."""
    for place, value in places.items():
        for name in secrets.names(value):
            raise Unkeepable(
                f"{secrets.text(place)} holds the value of {name}, and would be kept with the "
                f"run: let the stage read ${name} instead, or, if it is no secret, say so with "
                f"--no-redact {name}"
            )
