"""What the conformance classes have in common: how a lifetime passes."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar

import pytest

from telemed_store._async._synchronization import sleep
from telemed_store.testing.clock import FrozenClock

__all__ = ["AsyncConformance"]

_MARGIN = dt.timedelta(milliseconds=20)


@pytest.mark.asyncio
class AsyncConformance:
    """The base of every conformance class. Derive from one of those, name it ``Test...`` and write the fixture that it asks for.

    Attributes:
        BRIEF: A lifetime that is waited for. What has to live through a test gets `LONG`.
        LONG: A lifetime that no test waits for.
        clock: The clock that the backend was given, if it takes one: it is moved, where another backend is waited for.
    """

    BRIEF: ClassVar[dt.timedelta] = dt.timedelta(milliseconds=40)
    LONG: ClassVar[dt.timedelta] = dt.timedelta(hours=1)

    clock: FrozenClock | None = None

    async def outlast(self, lifetime: dt.timedelta) -> None:
        """Return when a lifetime that began before this call is over."""
        if self.clock is not None:
            self.clock.step(lifetime + _MARGIN)
        else:
            await sleep((lifetime + _MARGIN).total_seconds())
