# Generated from _async/conformance/base.py by tools/sync.py. Do not edit.
"""What the conformance classes have in common: how a lifetime passes."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar

from telemed_store._sync._synchronization import sleep
from telemed_store.testing.clock import FrozenClock

__all__ = ["Conformance"]

_MARGIN = dt.timedelta(milliseconds=20)


class Conformance:
    """The base of every conformance class. Derive from one of those, name it ``Test...`` and write the fixture that it asks for.

    Attributes:
        BRIEF: A lifetime that is waited for. What has to live through a test gets `LONG`.
        LONG: A lifetime that no test waits for.
        clock: The clock that the backend was given, if it takes one: it is moved, where another backend is waited for.
    """

    BRIEF: ClassVar[dt.timedelta] = dt.timedelta(milliseconds=40)
    LONG: ClassVar[dt.timedelta] = dt.timedelta(hours=1)

    clock: FrozenClock | None = None

    def outlast(self, lifetime: dt.timedelta) -> None:
        """Return when a lifetime that began before this call is over."""
        if self.clock is not None:
            self.clock.step(lifetime + _MARGIN)
        else:
            sleep((lifetime + _MARGIN).total_seconds())
