# Generated from _async/cache/stepwise.py by tools/sync.py. Do not edit.
"""A backend whose every call is a step of the actor that makes it, and a store that uses it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from contextvars import ContextVar
from typing import Any

from turns import Turns

from telemed_store._sync.cache.backends import CacheBackend
from telemed_store._sync.store import Store
from telemed_store.cache.flights import Flights
from telemed_store.cache.keys import CacheKey, Stale, Tag
from telemed_store.cache.looking import Looked, Ticket


class CrashError(BaseException):
    """The process is gone: nothing more of it happens."""


dying: ContextVar[bool] = ContextVar("dying", default=False)
"""Whether the actor's process ends before it drops anything."""


class StepwiseCache:
    """Stops after a look, before a fill and before a drop."""

    def __init__(self, turns: Turns, backend: CacheBackend) -> None:
        self.turns = turns
        self.backend = backend
        self.filled = 0
        self.refused = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.backend, name)

    def look(self, key: CacheKey, tags: Sequence[Tag]) -> Looked | None:
        looked = self.backend.look(key, tags)
        self.turns.stop()
        return looked

    def fill(self, key: CacheKey, tags: Sequence[Tag], ticket: Ticket, **given: Any) -> bool:
        self.turns.stop()
        filled = self.backend.fill(key, tags, ticket, **given)
        self.filled += filled
        self.refused += not filled
        return filled

    def drop(self, stale: Sequence[Stale], *, hold: dt.timedelta) -> None:
        self.turns.stop()
        if dying.get():
            raise CrashError
        self.backend.drop(stale, hold=hold)


class TurnLock:
    """The lock of those who wait for a load: waiting is a step, again and again."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._is_held = False

    def acquire(self, timeout: float) -> bool:
        while self._is_held:
            self._turns.stop()
        self._is_held = True
        return True

    def release(self) -> None:
        self._is_held = False


def make_stepwise(store: Store, turns: Turns) -> StepwiseCache:
    """Let a store's cache stop at each step."""
    cache: Any = store.cache
    cache._backend = stepwise = StepwiseCache(turns, cache._backend)
    cache._flights = Flights(lambda: TurnLock(turns))
    return stepwise
