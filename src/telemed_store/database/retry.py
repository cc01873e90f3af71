"""How long and how often a conflicting unit of work is run again: exponential back-off, full jitter, until a deadline.

Full jitter (each pause drawn between zero and the present bound) spreads contenders best; the deadline, not a number of tries,
decides the end, so that retries outlast contention (incident `retry_backoff_outlasts_contention`).
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator

__all__ = ["pauses"]

FIRST_BOUND = 0.010
LARGEST_BOUND = 1.0

_random = random.SystemRandom()


def pauses(
    deadline: float,
    *,
    largest_bound: float = LARGEST_BOUND,
    monotonic: Callable[[], float] = time.monotonic,
    uniform: Callable[[float, float], float] = _random.uniform,
) -> Iterator[float]:
    """The pauses, in seconds, before each further attempt, until ``deadline`` seconds from this call; none is above ``largest_bound``.

    Call it when the first attempt begins: one that waited long for a lock has used up its part of the time.
    """
    return _pauses(monotonic() + deadline, largest_bound, monotonic, uniform)


def _pauses(
    ends_at: float, largest: float, monotonic: Callable[[], float], uniform: Callable[[float, float], float]
) -> Iterator[float]:
    bound = min(FIRST_BOUND, largest)
    while (left := ends_at - monotonic()) > 0:
        yield min(uniform(0.0, bound), left)
        bound = min(bound * 2, largest)
