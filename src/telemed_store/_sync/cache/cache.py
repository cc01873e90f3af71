# Generated from _async/cache/cache.py by tools/sync.py. Do not edit.
"""The cache of one store: reads that go through it, and what is dropped after commits. It makes reads faster, never wrong, never fail."""

from __future__ import annotations

import datetime as dt
import logging
import random
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final, TypeVar

from sqlalchemy import Connection

from telemed_store._sync._synchronization import FifoLock, pool_owner, run_pooled
from telemed_store._sync.cache.backends import CacheBackend
from telemed_store._sync.cache.in_process import NullCache
from telemed_store._sync.pools import Pools
from telemed_store.cache import invalidations
from telemed_store.cache.codec import Codec, Unreadable
from telemed_store.cache.flights import Flights
from telemed_store.cache.healing import KEPT, LOOKBACK, Healing, read_position, written_position
from telemed_store.cache.keys import CacheKey, Stale, Tag
from telemed_store.cache.looking import Looked, Ticket
from telemed_store.cache.reading import Cached, Call
from telemed_store.database.clock import Clock
from telemed_store.database.reading import on_a_connection
from telemed_store.database.translation import DRIVER_ERRORS, translate
from telemed_store.settings import Settings

__all__ = ["Cache"]

T = TypeVar("T")
V = TypeVar("V")

_JITTER: Final = 0.1
_NONE: Final = dt.timedelta(0)
_SAID_SECONDS: Final = 10.0
"""A cache that is away fails at every read, and says so no more often than this."""

logger: Final = logging.getLogger("telemed_store")


class Cache:
    """What a store keeps of reads. Get it from ``store.cache``; reads go through it by themselves.

    Example:
        >>> def after_a_restored_backup(store: Store) -> None:
        ...     store.cache.clear()  # the rows have changed behind its back
    """

    def __init__(self, backend: CacheBackend, codec: Codec, pools: Pools, settings: Settings, clock: Clock) -> None:
        self._backend = backend
        self._clock = clock
        self._codec = codec
        self._pools = pools
        self._settings = settings
        self._flights = Flights(FifoLock)
        self._healing = Healing()
        self._said_at = -_SAID_SECONDS

    @property
    def is_shared(self) -> bool:
        """Whether other processes see the same values."""
        return self._backend.is_shared()

    @property
    def keeps_nothing(self) -> bool:
        """Whether every read asks the database."""
        return isinstance(self._backend, NullCache)

    def value(self, call: Call[V, Any], key: CacheKey, load: Callable[[], V | None]) -> V | None:
        """The value that is kept, or else what ``load`` returns, which is kept then."""
        cached, tags = call.cached, call.tags
        looked = self._look(key, tags)
        if looked is None:
            return load()
        if looked.kept is not None:
            try:
                return self._codec.decode(cached.entry, key, looked.kept)
            except Unreadable:
                pass
        with self._flights.aboard((pool_owner(), key, looked.ticket)) as flight:
            # Whoever waits here for too long, or whose predecessor failed, loads it for themselves.
            if not flight.turn.acquire(self._settings.read_statement_timeout.total_seconds()):
                return load()
            try:
                if not flight.landed:
                    flight.value = load()
                    flight.landed = True
                    self._fill(cached, key, tags, looked.ticket, flight.value)
                value: V | None = flight.value
                return value
            finally:
                flight.turn.release()

    def drop(self, stale: Sequence[Stale], *, uncertain: bool = False) -> None:
        """Drop what a unit of work made stale, after its commit; never fails.

        Args:
            stale: Keys and tags.
            uncertain: Whether it is not known if the unit is committed: then nothing is filled in while it may still be.
        """
        if not stale:
            return
        hold = self._uncertainty() if uncertain else _NONE
        # A version that was perhaps not committed must not become a floor: the row would be kept out for long.
        what = [Stale(each.what) for each in stale] if uncertain else stale
        try:
            self._backend.drop(what, hold=hold)
        except Exception as failure:  # noqa: BLE001 - whatever a backend raises, the transaction is committed
            self._failed("dropping", failure)
        except BaseException:
            self._healing.lost()
            raise

    def heal(self) -> None:
        """Make up for invalidations that were committed but never reached a shared cache; any number of times, at any moment.

        Happens by itself before the cache is first used, after every failure of it, and every ten seconds while it is used.

        Raises:
            Unavailable: The cache or the database does not answer.
        """
        if not self.is_shared and self._healing.is_done():
            return
        loss = self._healing.begin()
        if loss is None:
            return
        applied: list[Stale] | None = None
        try:
            applied = self._heal(loss)
        finally:
            self._healing.end(loss, applied)

    def _heal(self, loss: object) -> list[Stale]:
        if not self.is_shared:
            # Nothing is written down for it: what it did not take, nobody knows.
            self._backend.clear()
            return []
        position = read_position(self._backend.position())
        found = self._on_the_primary(partial(invalidations.lost_since, position=position, lookback=LOOKBACK))
        if found.everything:
            self._backend.clear()
        else:
            self._backend.drop(self._healing.unseen(loss, found.stale), hold=_NONE)
        self._backend.reached(written_position(found.position))
        return found.stale

    def _on_the_primary(self, script: Callable[[Connection], T]) -> T:
        engine = self._pools.reading_engine(fresh=True)
        try:
            return run_pooled(engine, on_a_connection, script)
        except DRIVER_ERRORS as failure:
            error = translate(failure, engine.dialect.name)
        raise error

    def clear(self) -> None:
        """Drop everything that is kept, for all processes that share it.

        Raises:
            Unavailable: The cache does not answer.
        """
        self._backend.clear()

    def purge_invalidations(self) -> int:
        """Delete what was written down so long ago that nothing kept then can still be there; how many rows.

        A job for once a day: ``telemed-store maintenance purge-cache-invalidations``.
        """
        before, purged = self._clock.now() - KEPT, 0
        while True:
            count = self._pools.in_a_transaction(partial(invalidations.purge, before=before))
            purged += count
            if count < invalidations.BATCH:
                return purged

    def close(self) -> None:
        """Give back what the backend holds."""
        self._backend.close()

    def _look(self, key: CacheKey, tags: Sequence[Tag]) -> Looked | None:
        try:
            if self._healing.is_due():
                self.heal()
            if not self._healing.is_done():
                # Somebody else is at it: meanwhile the database is asked.
                return None
            return self._backend.look(key, tags)
        except Exception as failure:  # noqa: BLE001 - whatever a backend raises, the database knows the answer
            self._failed("looking", failure)
            return None

    def _fill(
        self, cached: Cached[..., V, Any], key: CacheKey, tags: Sequence[Tag], ticket: Ticket, value: V | None
    ) -> None:
        if value is None and not cached.entry.negative:
            return
        version = 0 if value is None else cached.version(value)
        # What was kept together does not expire together.
        lifetime = cached.entry.lifetime * (1 - random.random() * _JITTER)  # noqa: S311 - no secret
        try:
            payload = self._codec.encode(cached.entry, key, value)
            self._backend.fill(key, tags, ticket, version=version, payload=payload, lifetime=lifetime)
        except Exception as failure:  # noqa: BLE001 - the value is there, kept or not
            self._failed("filling", failure)

    def _uncertainty(self) -> dt.timedelta:
        """How long a server may take to end a transaction whose client is gone."""
        return self._settings.idle_transaction_timeout + self._settings.write_statement_timeout

    def _failed(self, doing: str, failure: Exception) -> None:
        self._healing.lost()
        now = time.monotonic()
        if now - self._said_at < _SAID_SECONDS:
            return
        self._said_at = now
        # The text of the failure is not ours and may quote values: the log names its class only.
        logger.warning("the cache failed at %s with %s; reads ask the database", doing, type(failure).__name__)
