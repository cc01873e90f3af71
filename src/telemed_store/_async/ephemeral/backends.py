"""Which backend each mechanism of one store has: chosen and made on first use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from telemed_store._async.core import AsyncCore
from telemed_store._async.ephemeral.counters import AsyncCounters, AsyncInProcessCounters, AsyncRedisCounters
from telemed_store._async.ephemeral.in_process_locks import AsyncInProcessLocks
from telemed_store._async.ephemeral.in_process_queues import AsyncInProcessQueues
from telemed_store._async.ephemeral.locks import AsyncLocks
from telemed_store._async.ephemeral.presence import AsyncInProcessPresence, AsyncPresence, AsyncRedisPresence
from telemed_store._async.ephemeral.queues import AsyncQueues
from telemed_store._async.ephemeral.rate_limits import (
    AsyncInProcessRateLimits,
    AsyncRateLimits,
    AsyncRedisRateLimits,
)
from telemed_store._async.ephemeral.redis_locks import AsyncRedisLocks
from telemed_store._async.ephemeral.redis_queues import AsyncRedisQueues
from telemed_store._async.ephemeral.sessions import AsyncInProcessSessions, AsyncRedisSessions, AsyncSessions
from telemed_store._async.redis_connections import AsyncRedisConnections
from telemed_store.ephemeral.choice import place_of
from telemed_store.ephemeral.counters import CounterTimes
from telemed_store.ephemeral.presence import PresenceTimes
from telemed_store.errors import StoreError
from telemed_store.redis_client.keys import Keyspace

__all__ = ["AsyncEphemeralBackends"]


class AsyncEphemeralBackends:
    """The backends behind ``store.sessions`` and its neighbours."""

    def __init__(self, core: AsyncCore) -> None:
        self._core = core
        self._made: dict[str, Any] = {}
        self._closed = False

    @property
    def locks(self) -> AsyncLocks:
        """See `AsyncStore.locks`."""
        backend: AsyncLocks = self._one("locks", AsyncRedisLocks, lambda: AsyncInProcessLocks(self._core.clock))
        return backend

    @property
    def queues(self) -> AsyncQueues:
        """See `AsyncStore.queues`."""
        clock, visibility = self._core.clock, self._core.settings.queue_visibility
        backend: AsyncQueues = self._one(
            "queues",
            lambda redis, keyspace: AsyncRedisQueues(redis, keyspace, visibility),
            lambda: AsyncInProcessQueues(clock, visibility),
        )
        return backend

    @property
    def counters(self) -> AsyncCounters:
        """See `AsyncStore.counters`."""
        core, times = self._core, CounterTimes(lifetime=self._core.settings.counter_lifetime)
        backend: AsyncCounters = self._one(
            "counters",
            lambda redis, keyspace: AsyncRedisCounters(redis, keyspace, times),
            lambda: AsyncInProcessCounters(core.clock, times),
        )
        return backend

    @property
    def presence(self) -> AsyncPresence:
        """See `AsyncStore.presence`."""
        core, settings = self._core, self._core.settings
        times = PresenceTimes(lease=settings.presence_lease, heartbeat=settings.presence_heartbeat)
        backend: AsyncPresence = self._one(
            "presence",
            lambda redis, keyspace: AsyncRedisPresence(redis, keyspace, times),
            lambda: AsyncInProcessPresence(core.clock, times),
        )
        return backend

    @property
    def rate_limits(self) -> AsyncRateLimits:
        """See `AsyncStore.rate_limits`."""
        core = self._core
        backend: AsyncRateLimits = self._one(
            "rate_limits",
            lambda redis, keyspace: AsyncRedisRateLimits(redis, keyspace, core.keys),
            lambda: AsyncInProcessRateLimits(core.clock, core.keys),
        )
        return backend

    @property
    def sessions(self) -> AsyncSessions:
        """See `AsyncStore.sessions`."""
        core, lifetime = self._core, self._core.settings.session_lifetime
        backend: AsyncSessions = self._one(
            "sessions",
            lambda redis, keyspace: AsyncRedisSessions(redis, keyspace, core.keys, lifetime),
            lambda: AsyncInProcessSessions(core.clock, core.keys, lifetime),
        )
        return backend

    def close(self) -> None:
        """Hand out nothing more; the connections are the core's to close."""
        self._closed = True

    def _one(
        self, what: str, in_redis: Callable[[AsyncRedisConnections, Keyspace], Any], in_process: Callable[[], Any]
    ) -> Any:
        """The backend of one mechanism.

        Raises:
            SettingsError: It has to be Redis, and there is none.
        """
        if self._closed:
            raise StoreError("This store is closed: open a new one.")
        if what in self._made:
            return self._made[what]
        settings, redis = self._core.settings, self._core.redis
        if place_of(what, settings, self._core.pools.dialect_name) == "redis" and redis is not None:
            made = in_redis(redis, Keyspace(settings.redis_namespace or settings.schema_name))
        else:
            made = in_process()
        # One method of the dictionary: threads may come here at once, and all get what one of them made.
        return self._made.setdefault(what, made)
