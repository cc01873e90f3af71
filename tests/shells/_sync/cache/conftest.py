# Generated from _async/cache/conftest.py by tools/sync.py. Do not edit.
from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import cached_reads
import pytest

from telemed_store._sync.cache.in_process import InProcessCache
from telemed_store._sync.store import Store
from telemed_store.settings import Settings
from telemed_store.testing.clock import FrozenClock


@pytest.fixture(autouse=True)
def counted(request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    cached_reads.loads.clear()
    yield
    cached_reads.while_loading.clear()
    # Failures of the cache are nobody's errors: without this, no test would see them.
    if request.node.get_closest_marker("failing_cache") is None:
        assert "the cache failed" not in caplog.text


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Two servers do not make two memories: one of them is enough."""
    items[:] = [
        item
        for item in items
        if (params := getattr(getattr(item, "callspec", None), "params", {})).get("kind") != "memory"
        or params.get("telemed_engine") != "mariadb"
    ]


@pytest.fixture(params=["memory", "redis"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def opened(
    request: pytest.FixtureRequest,
    kind: str,
    telemed_engine: str,
    telemed_settings: Settings,
    telemed_clock: FrozenClock,
) -> Callable[..., Store]:
    """Opens stores on one database that share one cache, or have each its own memory where that is no Redis."""
    overrides: dict[str, Any] = {}
    if kind == "redis":
        # The tests' machine may be busy: what is proved here is not how fast Redis answers.
        names = ("telemed_redis_url", "telemed_redis_namespace")
        url, namespace = map(request.getfixturevalue, names)
        overrides = {"redis_url": url, "redis_namespace": namespace, "redis_timeout": 5}

    def open_store(**more: Any) -> Store:
        settings = Settings(**{**telemed_settings.model_dump(), **overrides, **more})
        # On a server, memory is right only in a single process.
        alone = kind == "memory" and telemed_engine != "sqlite"
        cache = InProcessCache(telemed_clock) if alone else None
        return Store.open(settings=settings, clock=telemed_clock, cache=cache)

    return open_store


@pytest.fixture
def store(opened: Callable[..., Store]) -> Iterator[Store]:
    """A store that keeps what it reads: in Redis, or in the memory of its process."""
    with opened() as store:
        yield store
