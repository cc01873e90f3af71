"""A backend whose every call is a step of the actor that makes it, and a store that uses it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from contextvars import ContextVar
from typing import Any

from turns import AsyncTurns

from telemed_store._async.cache.backends import AsyncCacheBackend
from telemed_store._async.store import AsyncStore
from telemed_store.cache.flights import Flights
from telemed_store.cache.keys import CacheKey, Stale, Tag
from telemed_store.cache.looking import Looked, Ticket


class CrashError(BaseException):
    """The process is gone: nothing more of it happens."""


dying: ContextVar[bool] = ContextVar("dying", default=False)
"""Whether the actor's process ends before it drops anything."""


class StepwiseCache:
    """Stops after a look, before a fill and before a drop."""

    def __init__(self, turns: AsyncTurns, backend: AsyncCacheBackend) -> None:
        self.turns = turns
        self.backend = backend
        self.filled = 0
        self.refused = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.backend, name)

    async def look(self, key: CacheKey, tags: Sequence[Tag]) -> Looked | None:
        looked = await self.backend.look(key, tags)
        await self.turns.stop()
        return looked

    async def fill(self, key: CacheKey, tags: Sequence[Tag], ticket: Ticket, **given: Any) -> bool:
        await self.turns.stop()
        filled = await self.backend.fill(key, tags, ticket, **given)
        self.filled += filled
        self.refused += not filled
        return filled

    async def drop(self, stale: Sequence[Stale], *, hold: dt.timedelta) -> None:
        await self.turns.stop()
        if dying.get():
            raise CrashError
        await self.backend.drop(stale, hold=hold)


class TurnLock:
    """The lock of those who wait for a load: waiting is a step, again and again."""

    def __init__(self, turns: AsyncTurns) -> None:
        self._turns = turns
        self._is_held = False

    async def acquire(self, timeout: float) -> bool:
        while self._is_held:
            await self._turns.stop()
        self._is_held = True
        return True

    def release(self) -> None:
        self._is_held = False


def make_stepwise(store: AsyncStore, turns: AsyncTurns) -> StepwiseCache:
    """Let a store's cache stop at each step."""
    cache: Any = store.cache
    cache._backend = stepwise = StepwiseCache(turns, cache._backend)
    cache._flights = Flights(lambda: TurnLock(turns))
    return stepwise
