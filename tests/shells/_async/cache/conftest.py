from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import cached_reads
import pytest

from telemed_store._async.cache.in_process import AsyncInProcessCache
from telemed_store._async.store import AsyncStore
from telemed_store.settings import Settings
from telemed_store.testing.clock import FrozenClock


@pytest.fixture(autouse=True)
def counted() -> Iterator[None]:
    cached_reads.loads.clear()
    yield
    cached_reads.while_loading.clear()


@pytest.fixture
async def store(
    telemed_engine: str, telemed_settings: Settings, telemed_clock: FrozenClock
) -> AsyncIterator[AsyncStore]:
    """A store that keeps what it reads: on SQLite as it does by itself, on servers as their only process."""
    cache = None if telemed_engine == "sqlite" else AsyncInProcessCache(telemed_clock)
    async with AsyncStore.open(settings=telemed_settings, clock=telemed_clock, cache=cache) as store:
        yield store
