# Generated from _async/ephemeral/backends.py by tools/sync.py. Do not edit.
"""Which backend each mechanism of one store has: chosen and made on first use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from telemed_store._sync.core import Core
from telemed_store._sync.ephemeral.counters import Counters, InProcessCounters, RedisCounters
from telemed_store._sync.ephemeral.in_process_locks import InProcessLocks
from telemed_store._sync.ephemeral.in_process_queues import InProcessQueues
from telemed_store._sync.ephemeral.locks import Locks
from telemed_store._sync.ephemeral.presence import InProcessPresence, Presence, RedisPresence
from telemed_store._sync.ephemeral.queues import Queues
from telemed_store._sync.ephemeral.rate_limits import (
    InProcessRateLimits,
    RateLimits,
    RedisRateLimits,
)
from telemed_store._sync.ephemeral.redis_locks import RedisLocks
from telemed_store._sync.ephemeral.redis_queues import RedisQueues
from telemed_store._sync.ephemeral.sessions import InProcessSessions, RedisSessions, Sessions
from telemed_store._sync.redis_connections import RedisConnections
from telemed_store.ephemeral.choice import place_of
from telemed_store.ephemeral.counters import CounterTimes
from telemed_store.ephemeral.presence import PresenceTimes
from telemed_store.errors import StoreError
from telemed_store.redis_client.keys import Keyspace

__all__ = ["EphemeralBackends"]


class EphemeralBackends:
    """The backends behind ``store.sessions`` and its neighbours."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._made: dict[str, Any] = {}
        self._closed = False

    @property
    def locks(self) -> Locks:
        """See `Store.locks`."""
        backend: Locks = self._one("locks", RedisLocks, lambda: InProcessLocks(self._core.clock))
        return backend

    @property
    def queues(self) -> Queues:
        """See `Store.queues`."""
        clock, visibility = self._core.clock, self._core.settings.queue_visibility
        backend: Queues = self._one(
            "queues",
            lambda redis, keyspace: RedisQueues(redis, keyspace, visibility),
            lambda: InProcessQueues(clock, visibility),
        )
        return backend

    @property
    def counters(self) -> Counters:
        """See `Store.counters`."""
        core, times = self._core, CounterTimes(lifetime=self._core.settings.counter_lifetime)
        backend: Counters = self._one(
            "counters",
            lambda redis, keyspace: RedisCounters(redis, keyspace, times),
            lambda: InProcessCounters(core.clock, times),
        )
        return backend

    @property
    def presence(self) -> Presence:
        """See `Store.presence`."""
        core, settings = self._core, self._core.settings
        times = PresenceTimes(lease=settings.presence_lease, heartbeat=settings.presence_heartbeat)
        backend: Presence = self._one(
            "presence",
            lambda redis, keyspace: RedisPresence(redis, keyspace, times),
            lambda: InProcessPresence(core.clock, times),
        )
        return backend

    @property
    def rate_limits(self) -> RateLimits:
        """See `Store.rate_limits`."""
        core = self._core
        backend: RateLimits = self._one(
            "rate_limits",
            lambda redis, keyspace: RedisRateLimits(redis, keyspace, core.keys),
            lambda: InProcessRateLimits(core.clock, core.keys),
        )
        return backend

    @property
    def sessions(self) -> Sessions:
        """See `Store.sessions`."""
        core, lifetime = self._core, self._core.settings.session_lifetime
        backend: Sessions = self._one(
            "sessions",
            lambda redis, keyspace: RedisSessions(redis, keyspace, core.keys, lifetime),
            lambda: InProcessSessions(core.clock, core.keys, lifetime),
        )
        return backend

    def close(self) -> None:
        """Hand out nothing more; the connections are the core's to close."""
        self._closed = True

    def _one(
        self, what: str, in_redis: Callable[[RedisConnections, Keyspace], Any], in_process: Callable[[], Any]
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
