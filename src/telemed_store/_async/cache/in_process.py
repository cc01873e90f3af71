"""Backends without a server: the memory of this process, and nothing at all."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from telemed_store.cache.data_version import DataVersion
from telemed_store.cache.kept_values import KeptValues
from telemed_store.cache.keys import CacheKey, Stale, Tag
from telemed_store.cache.looking import Looked, Ticket
from telemed_store.database.clock import Clock

__all__ = ["AsyncInProcessCache", "AsyncNullCache"]


class AsyncInProcessCache:
    """Keeps values in the memory of this process: right where no other process writes, or where ``data_version`` tells that one did."""

    def __init__(self, clock: Clock, *, size: int = 10_000, data_version: DataVersion | None = None) -> None:
        """Make an empty cache.

        Args:
            clock: Tells when values expire.
            size: How many values are kept; those not used for the longest time go first.
            data_version: Tells whether anybody wrote to the SQLite file.
        """
        self._data_version = data_version
        self._values = KeptValues(clock, size=size, watch=None if data_version is None else data_version.read)

    def is_shared(self) -> bool:
        """No other process sees it."""
        return False

    async def look(self, key: CacheKey, tags: Sequence[Tag]) -> Looked | None:
        """See ``AsyncCacheBackend.look``."""
        return self._values.look(key, tags)

    async def fill(
        self,
        key: CacheKey,
        tags: Sequence[Tag],
        ticket: Ticket,
        *,
        version: int,
        payload: bytes,
        lifetime: dt.timedelta,
    ) -> bool:
        """See ``AsyncCacheBackend.fill``."""
        return self._values.fill(key, tags, ticket, version=version, payload=payload, lifetime=lifetime)

    async def drop(self, stale: Sequence[Stale], *, hold: dt.timedelta) -> None:
        """See ``AsyncCacheBackend.drop``."""
        self._values.drop(stale, hold)

    async def clear(self) -> None:
        """See ``AsyncCacheBackend.clear``."""
        self._values.clear()

    async def position(self) -> str | None:
        """Not shared: never asked."""
        return None

    async def reached(self, position: str) -> None:
        """Not shared: never told."""

    async def close(self) -> None:
        """Let go of the file."""
        if self._data_version is not None:
            self._data_version.close()


class AsyncNullCache:
    """Keeps nothing: every read asks the database."""

    def is_shared(self) -> bool:
        """There is nothing to share."""
        return False

    async def look(self, key: CacheKey, tags: Sequence[Tag]) -> Looked | None:
        """Nothing, and nothing may be filled in."""
        return None

    async def fill(
        self,
        key: CacheKey,
        tags: Sequence[Tag],
        ticket: Ticket,
        *,
        version: int,
        payload: bytes,
        lifetime: dt.timedelta,
    ) -> bool:
        """Refused."""
        return False

    async def drop(self, stale: Sequence[Stale], *, hold: dt.timedelta) -> None:
        """There is nothing to drop."""

    async def clear(self) -> None:
        """There is nothing to drop."""

    async def position(self) -> str | None:
        """Not shared: never asked."""
        return None

    async def reached(self, position: str) -> None:
        """Not shared: never told."""

    async def close(self) -> None:
        """There is nothing to give back."""
