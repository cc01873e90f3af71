"""A circuit breaker: who has just failed is left alone for a while, so that a dead server costs its time limit once and not per call."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

__all__ = ["Circuit"]


class Circuit:
    """Closed: all may call. Open: nobody, until the pause is over; then one call tries, and its outcome decides. Safe in threads.

    Args:
        pause: Seconds for which a failure keeps callers away.
        now: Tells monotonic seconds.
    """

    def __init__(self, pause: float, now: Callable[[], float] = time.monotonic) -> None:
        self._pause = pause
        self._now = now
        self._lock = threading.Lock()
        self._is_open = False
        self._next_try = 0.0

    def allows(self) -> bool:
        """Whether this caller may call; it then says how it went, with `succeeded` or `failed`."""
        if not self._is_open:
            return True
        with self._lock:
            now = self._now()
            if now < self._next_try:
                return False
            # This caller tries; the others wait for what it finds, at most for another pause.
            self._next_try = now + self._pause
            return True

    def succeeded(self) -> None:
        """The server answered."""
        self._is_open = False

    def failed(self) -> None:
        """The server did not answer."""
        with self._lock:
            self._next_try = self._now() + self._pause
            self._is_open = True
