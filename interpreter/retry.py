"""Whether an attempt is tried again, how long to wait, and what its outcome ends as.

Pure: the random factor of a delay is drawn by the attempt's id, and the delay is journaled. It
must not know walkers, handlers or clocks.
"""

from __future__ import annotations

from hashlib import sha256

from attractorc.compiler.plan.model import Step
from attractorc.compiler.policy import Retry

from .outcome import Outcome, Status


def tries_again(policy: Retry, outcome: Outcome, attempt: int) -> bool:
    """Whether attempt number `attempt` (from 1) is followed by another (semantics 7)."""
    if attempt >= policy.max_attempts:
        return False
    if outcome.status is Status.RETRY:
        return True
    return outcome.status is Status.FAIL and policy.covers_fail and not outcome.permanent


def delay_ms(policy: Retry, attempt: int, factor: float) -> int:
    """Milliseconds before the try after `attempt`; `factor` in [0.5, 1.5] is its jitter."""
    delay = float(policy.initial_delay_ms)
    for _ in range(attempt - 1):
        delay *= policy.backoff_factor
        if delay >= policy.max_delay_ms:
            break
    delay = min(delay, float(policy.max_delay_ms))
    return round(delay * factor) if policy.jitter else round(delay)


def jitter(attempt_id: str) -> float:
    """The random factor of the delay after an attempt, in [0.5, 1.5): drawn by the attempt's id.

    So it is the same whoever draws it, and the attempts of a run wait differently.
    """
    drawn = int.from_bytes(sha256(attempt_id.encode("utf-8", "replace")).digest()[:8])
    return 0.5 + drawn / 2**64


def final(step: Step, outcome: Outcome, attempt: int) -> Outcome:
    """The outcome of a stage whose last attempt this was: RETRY cannot stand."""
    exhausted = outcome.status is Status.RETRY or (
        outcome.status is Status.FAIL
        and step.retry.covers_fail
        and step.retry.max_attempts > 1
        and not outcome.permanent
    )
    if exhausted and step.allow_partial:
        return outcome._replace(
            status=Status.PARTIAL_SUCCESS,
            notes=outcome.notes or "retries exhausted, partial result accepted",
            failure_reason="",
        )
    if outcome.status is Status.RETRY:
        tries = "1 try" if attempt == 1 else f"{attempt} tries"
        reason = outcome.failure_reason or "the stage asked for another try"
        return outcome._replace(
            status=Status.FAIL, failure_reason=f"gave up after {tries}: {reason}"
        )
    return outcome
