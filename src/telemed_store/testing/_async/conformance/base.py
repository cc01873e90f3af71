"""What the conformance classes have in common: how a lifetime passes."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar

import pytest

from telemed_store._async._synchronization import sleep

__all__ = ["AsyncConformance"]


@pytest.mark.asyncio
class AsyncConformance:
    """The base of every conformance class. Derive from one of those, name it ``Test...`` and write the fixture that it asks for.

    Attributes:
        BRIEF: A lifetime that is waited for. What must live through a test gets `LONG`.
        LONG: A lifetime that no test waits for.
    """

    BRIEF: ClassVar[dt.timedelta] = dt.timedelta(milliseconds=30)
    LONG: ClassVar[dt.timedelta] = dt.timedelta(hours=1)

    async def outlast(self, lifetime: dt.timedelta) -> None:
        """Return when a lifetime that began before this call is over.

        A backend with a clock of its own is waited for; one that is given a clock overrides this and moves it.
        """
        await sleep(lifetime.total_seconds() + 0.02)
