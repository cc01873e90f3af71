"""Which backend each mechanism of one store has: chosen and made on first use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from telemed_store._async.core import AsyncCore
from telemed_store._async.ephemeral.in_process_locks import AsyncInProcessLocks
from telemed_store._async.ephemeral.in_process_queues import AsyncInProcessQueues
from telemed_store._async.ephemeral.locks import AsyncLocks
from telemed_store._async.ephemeral.queues import AsyncQueues
from telemed_store._async.ephemeral.redis_locks import AsyncRedisLocks
from telemed_store._async.ephemeral.redis_queues import AsyncRedisQueues
from telemed_store._async.redis_connections import AsyncRedisConnections
from telemed_store.ephemeral.choice import place_of
from telemed_store.errors import StoreError
from telemed_store.redis_client.keys import Keyspace

__all__ = ["AsyncEphemeralBackends"]

T = TypeVar("T")


class AsyncEphemeralBackends:
    """The backends behind ``store.sessions`` and its neighbours."""

    def __init__(self, core: AsyncCore) -> None:
        self._core = core
        self._made: dict[str, Any] = {}
        self._closed = False

    @property
    def locks(self) -> AsyncLocks:
        """Locks by name."""
        return self._one("locks", AsyncRedisLocks, lambda: AsyncInProcessLocks(self._core.clock))

    @property
    def queues(self) -> AsyncQueues:
        """Queues by name."""
        visibility = self._core.settings.queue_visibility

        def in_redis(redis: AsyncRedisConnections, keyspace: Keyspace) -> AsyncQueues:
            return AsyncRedisQueues(redis, keyspace, visibility)

        return self._one("queues", in_redis, lambda: AsyncInProcessQueues(self._core.clock, visibility))

    def close(self) -> None:
        """Hand out nothing more; the connections are the core's to close."""
        self._closed = True
        self._made.clear()

    def _one(
        self, what: str, in_redis: Callable[[AsyncRedisConnections, Keyspace], T], in_process: Callable[[], T]
    ) -> T:
        """The backend of one mechanism.

        Raises:
            SettingsError: It has to be Redis, and there is none.
        """
        if self._closed:
            raise StoreError("This store is closed: open a new one.")
        found: T | None = self._made.get(what)
        if found is not None:
            return found
        settings, redis = self._core.settings, self._core.redis
        made: T
        if place_of(what, settings, self._core.pools.dialect_name) == "redis" and redis is not None:
            made = in_redis(redis, Keyspace(settings.redis_namespace or settings.schema_name))
        else:
            made = in_process()
        # One method of the dictionary: threads may come here at once, and all get what one of them made.
        kept: T = self._made.setdefault(what, made)
        return kept
