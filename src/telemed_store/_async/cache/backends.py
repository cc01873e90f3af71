"""What a backend of the cache has to do. Implement it to keep values elsewhere; `telemed_store.testing.conformance` tells if it is right."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Protocol

from telemed_store.cache.keys import CacheKey, Stale, Tag
from telemed_store.cache.looking import Looked, Ticket

__all__ = ["AsyncCacheBackend"]


class AsyncCacheBackend(Protocol):
    """Keeps values so that none is shown that is older than what was dropped.

    Every key has a random token and a floor, every tag a random generation. What is missing is made anew at random, never read as a
    constant. Any error that a method raises means "slower": readers ask the database, and what could not be dropped is dropped later.
    """

    def is_shared(self) -> bool:
        """Whether other processes see the same values.

        Then invalidations are written down in the database too: those of a process that dies before it drops anything are made up for.
        """
        ...

    async def look(self, key: CacheKey, tags: Sequence[Tag]) -> Looked | None:
        """What is kept under a key, and a ticket to fill it with; None: nothing may be trusted or filled in just now.

        A value that was filled under another generation of any of its tags is as good as nothing.
        """
        ...

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
        """Keep a value, or refuse it.

        Args:
            key: Its key.
            tags: The tags that were looked at, in the same order.
            ticket: What the look before gave. Refused: the key's token is another, or a tag's generation.
            version: The row's version, 0 for none. Refused: it is below the key's floor or below what is kept.
            payload: The value.
            lifetime: How long it is kept at most.

        Returns:
            Whether it was kept. What is refused is never shown.
        """
        ...

    async def drop(self, stale: Sequence[Stale], *, hold: dt.timedelta) -> None:
        """Drop keys (floor = the larger of floor and version, token anew) and tags (generation anew).

        Args:
            stale: What is stale; the same may come again, and late.
            hold: For so long nothing is filled in: it is not known whether the change is committed, or will be. Usually none.
        """
        ...

    async def clear(self) -> None:
        """Drop everything there is, the position too."""
        ...

    async def position(self) -> str | None:
        """How far invalidations written down in the database were made up for; None: nothing is known, as in an empty cache.

        A cache that is not shared is never asked.
        """
        ...

    async def reached(self, position: str) -> None:
        """Keep a position, unless a later one is kept: positions are texts that sort."""
        ...

    async def close(self) -> None:
        """Give back what the backend holds in this process."""
        ...
