"""Towns whose store has a cache."""

from __future__ import annotations

from collections.abc import Callable, Generator

import pytest

from telemed_store import Store
from telemed_store._sync.cache.in_process import InProcessCache
from telemed_store.settings import Settings
from telemed_store.testing import Make
from telemed_store.testing.clock import FrozenClock
from telemed_store.testing.factories import PersonalData

from .town import Committed, Town


@pytest.fixture
def store(telemed_settings: Settings, telemed_clock: FrozenClock) -> Generator[Store]:
    """A store whose cache hears of nothing but the notes: by default a SQLite file tells that anybody wrote, and all is dropped."""
    with Store.open(settings=telemed_settings, clock=telemed_clock, cache=InProcessCache(telemed_clock)) as opened:
        yield opened


@pytest.fixture
def new_town(
    store: Store, telemed_data: PersonalData, telemed_clock: FrozenClock, telemed_database_url: str
) -> Generator[Callable[[], Town]]:
    committed = Committed(telemed_database_url)
    yield lambda: Town(store, Make(store, telemed_data, telemed_clock), committed)
    committed.close()
