# Generated from _async/ephemeral/backends.py by tools/sync.py. Do not edit.
"""Which backend each mechanism of one store has: chosen and made on first use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from telemed_store._sync.core import Core
from telemed_store._sync.ephemeral.in_process_locks import InProcessLocks
from telemed_store._sync.ephemeral.in_process_queues import InProcessQueues
from telemed_store._sync.ephemeral.locks import Locks
from telemed_store._sync.ephemeral.queues import Queues
from telemed_store._sync.ephemeral.redis_locks import RedisLocks
from telemed_store._sync.ephemeral.redis_queues import RedisQueues
from telemed_store._sync.redis_connections import RedisConnections
from telemed_store.ephemeral.choice import place_of
from telemed_store.errors import StoreError
from telemed_store.redis_client.keys import Keyspace

__all__ = ["EphemeralBackends"]

T = TypeVar("T")


class EphemeralBackends:
    """The backends behind ``store.sessions`` and its neighbours."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._made: dict[str, Any] = {}
        self._closed = False

    @property
    def locks(self) -> Locks:
        """Locks by name."""
        return self._one("locks", RedisLocks, lambda: InProcessLocks(self._core.clock))

    @property
    def queues(self) -> Queues:
        """Queues by name."""
        visibility = self._core.settings.queue_visibility

        def in_redis(redis: RedisConnections, keyspace: Keyspace) -> Queues:
            return RedisQueues(redis, keyspace, visibility)

        return self._one("queues", in_redis, lambda: InProcessQueues(self._core.clock, visibility))

    def close(self) -> None:
        """Hand out nothing more; the connections are the core's to close."""
        self._closed = True
        self._made.clear()

    def _one(self, what: str, in_redis: Callable[[RedisConnections, Keyspace], T], in_process: Callable[[], T]) -> T:
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
