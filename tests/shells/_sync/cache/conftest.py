# Generated from _async/cache/conftest.py by tools/sync.py. Do not edit.
from __future__ import annotations

from collections.abc import Iterator

import cached_reads
import pytest

from telemed_store._sync.cache.in_process import InProcessCache
from telemed_store._sync.store import Store
from telemed_store.settings import Settings
from telemed_store.testing.clock import FrozenClock


@pytest.fixture(autouse=True)
def counted() -> Iterator[None]:
    cached_reads.loads.clear()
    yield
    cached_reads.while_loading.clear()


@pytest.fixture
def store(telemed_engine: str, telemed_settings: Settings, telemed_clock: FrozenClock) -> Iterator[Store]:
    """A store that keeps what it reads: on SQLite as it does by itself, on servers as their only process."""
    cache = None if telemed_engine == "sqlite" else InProcessCache(telemed_clock)
    with Store.open(settings=telemed_settings, clock=telemed_clock, cache=cache) as store:
        yield store
