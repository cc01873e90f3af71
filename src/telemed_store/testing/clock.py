"""A clock that stands still until a test moves it."""

from __future__ import annotations

import datetime as dt
import threading
from typing import Final

__all__ = ["PRESENT", "FrozenClock"]

PRESENT: Final = dt.datetime(2030, 1, 7, 12, 0, tzinfo=dt.UTC)
"""When tests happen: a Monday, noon in UTC, nine in the morning in São Paulo."""


class FrozenClock:
    """A `telemed_store.database.clock.Clock` that shows the same instant until it is told another. Threads may share it.

    Example:
        >>> clock = FrozenClock()
        >>> clock.step(dt.timedelta(minutes=5)).minute
        5
    """

    def __init__(self, instant: dt.datetime = PRESENT) -> None:
        self._lock = threading.Lock()
        self._instant = _in_utc(instant)

    def now(self) -> dt.datetime:
        """The instant it shows: aware, UTC."""
        return self._instant

    def step(self, duration: dt.timedelta) -> dt.datetime:
        """Move by a duration, back too; returns the new instant."""
        with self._lock:
            self._instant += duration
            return self._instant

    def set(self, instant: dt.datetime) -> None:
        """Show another instant.

        Raises:
            ValueError: The instant has no zone.
        """
        with self._lock:
            self._instant = _in_utc(instant)


def _in_utc(instant: dt.datetime) -> dt.datetime:
    if instant.tzinfo is None:
        raise ValueError("the clock needs an aware instant: give it a tzinfo, such as datetime.UTC")
    return instant.astimezone(dt.UTC)
