from __future__ import annotations

import pytest

from telemed_store import AsyncStore
from telemed_store.testing.clock import FrozenClock

from .clinic import Clinic


@pytest.fixture
async def clinic(async_telemed: AsyncStore, telemed_clock: FrozenClock) -> Clinic:
    opened = Clinic(async_telemed, telemed_clock)
    await opened.open()
    return opened
