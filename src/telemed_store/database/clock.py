"""Where "now" comes from: injected, so that callers and tests can fix it."""

from __future__ import annotations

import datetime as dt
from typing import Protocol

__all__ = ["Clock", "SystemClock"]


class Clock(Protocol):
    """Tells the present instant. Implement it to control time; `telemed_store.testing` has a frozen, steppable one."""

    def now(self) -> dt.datetime:
        """The present instant: aware, UTC, microseconds."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> dt.datetime:
        """The present instant."""
        return dt.datetime.now(dt.UTC)
