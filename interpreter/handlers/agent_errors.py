"""What an agent's error means, going by its words: refused for good, or busy for now.

Agent programs say in sentences what an endpoint says in numbers. Only words that cannot mean
much else count; all other errors are failures that a stage's retry policy decides about. It
must not know which program spoke.
"""

from __future__ import annotations

import re

from ..outcome import Status

_REFUSED = re.compile(
    r"""invalid[ _-]api[ _-]key | incorrect\ api\ key | api\ key\ not\ (valid|found)
    | authentication[ _](error|failed) | not\ (logged\ in|authenticated) | please\ run\ /login
    | unauthori[sz]ed | permission[ _]denied[ _]error | insufficient[ _]quota
    | credit\ balance\ is\ too\ low | workspace\ trust\ required | model[ _]not[ _]found""",
    re.IGNORECASE | re.VERBOSE,
)
_BUSY = re.compile(
    r"""rate[ _-]?limit | too\ many\ requests | overloaded | \b(429|502|503|504|529)\b
    | temporarily\ unavailable | connection\ (reset|refused|error|timed\ out)
    | stream\ disconnected | server\ had\ an\ error""",
    re.IGNORECASE | re.VERBOSE,
)


def judged(error: str) -> tuple[Status, bool]:
    """The status that an error gives, and whether trying again is pointless.

    Refused credentials and the like are permanent; a busy or unreachable service asks for a
    retry (specification, Appendix D).
    """
    if _REFUSED.search(error):
        return Status.FAIL, True
    return (Status.RETRY, False) if _BUSY.search(error) else (Status.FAIL, False)
