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
def store(
    request: pytest.FixtureRequest, telemed_engine: str, telemed_settings: Settings, telemed_clock: FrozenClock
) -> Generator[Store]:
    """A store with a cache: in the memory of its process on SQLite, in Redis on a server."""
    settings, cache = telemed_settings, None
    if telemed_engine == "sqlite":
        # One that hears of nothing but the notes: by default the file tells that anybody wrote, and all is dropped.
        cache = InProcessCache(telemed_clock)
    else:
        url, namespace = map(request.getfixturevalue, ("telemed_redis_url", "telemed_redis_namespace"))
        overrides = {"redis_url": url, "redis_namespace": namespace, "redis_timeout": 5}
        settings = Settings(**{**telemed_settings.model_dump(), **overrides})
    with Store.open(settings=settings, clock=telemed_clock, cache=cache) as opened:
        yield opened


@pytest.fixture
def new_town(
    store: Store, telemed_data: PersonalData, telemed_clock: FrozenClock, telemed_database_url: str
) -> Generator[Callable[[], Town]]:
    committed = Committed(telemed_database_url)
    yield lambda: Town(store, Make(store, telemed_data, telemed_clock), committed)
    committed.close()
