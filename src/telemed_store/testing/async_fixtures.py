"""The asynchronous fixtures, registered where pytest-asyncio is installed."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from telemed_store.testing.fixtures import ready_to_fail

if TYPE_CHECKING:
    from telemed_store import AsyncStore
    from telemed_store.settings import Settings
    from telemed_store.testing._async.make import AsyncMake
    from telemed_store.testing.clock import FrozenClock
    from telemed_store.testing.factories import PersonalData


@pytest_asyncio.fixture
async def async_telemed(
    request: pytest.FixtureRequest, telemed_settings: Settings, telemed_clock: FrozenClock
) -> AsyncGenerator[AsyncStore]:
    """A store on a database of this test alone (the same as `telemed`'s), at the time of `telemed_clock`."""
    from telemed_store import AsyncStore

    ready_to_fail(request)
    async with AsyncStore.open(settings=telemed_settings, clock=telemed_clock) as store:
        yield store


@pytest.fixture
def async_telemed_make(async_telemed: AsyncStore, telemed_data: PersonalData, telemed_clock: FrozenClock) -> AsyncMake:
    """Makes valid inputs (``make.new_doctor()``) and stored rows (``await make.doctor()``) of every model."""
    from telemed_store.testing._async.make import AsyncMake

    return AsyncMake(async_telemed, telemed_data, telemed_clock)
