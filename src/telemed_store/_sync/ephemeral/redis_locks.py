# Generated from _async/ephemeral/redis_locks.py by tools/sync.py. Do not edit.
"""Locks in Redis, for all processes that name it."""

from __future__ import annotations

import datetime as dt

from typing_extensions import override

from telemed_store._sync.ephemeral.locks import AskingLocks
from telemed_store._sync.redis_connections import RedisConnections
from telemed_store.ephemeral.lock_scripts import ACQUIRE, EXTEND, RELEASE
from telemed_store.ephemeral.locks import FENCE_KEPT, Lock
from telemed_store.ephemeral.ownership import instant, microseconds, new_owner
from telemed_store.redis_client.keys import Keyspace

__all__ = ["RedisLocks"]

_FENCE_KEPT = microseconds(FENCE_KEPT)


class RedisLocks(AskingLocks):
    """Locks in Redis, by its clock. A Redis that comes back empty has lost who holds them; their fences still grow."""

    def __init__(self, connections: RedisConnections, keyspace: Keyspace) -> None:
        self._connections = connections
        self._keyspace = keyspace

    @override
    def _acquire(self, name: str, ttl: dt.timedelta) -> Lock | None:
        owner = new_owner()
        acquired = self._connections.script(ACQUIRE, self._keys(name), (owner, microseconds(ttl), _FENCE_KEPT))
        if acquired is None:
            return None
        fence, expires = map(int, acquired)
        return Lock(name=name, owner=owner, fence=fence, expires_at=instant(expires))

    @override
    def _extend(self, lock: Lock, ttl: dt.timedelta) -> dt.datetime | None:
        arguments = (lock.owner, microseconds(ttl), _FENCE_KEPT)
        expires = self._connections.script(EXTEND, self._keys(lock.name), arguments)
        return None if expires is None else instant(int(expires))

    @override
    def _release(self, lock: Lock) -> bool:
        return bool(self._connections.script(RELEASE, self._keys(lock.name), (lock.owner,)))

    def _keys(self, name: str) -> tuple[str]:
        return (self._keyspace.key("lock", name),)
