# Generated from _async/store.py by tools/sync.py. Do not edit.
"""The store: opened once per application, shared by all its threads or tasks."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Literal, Self, TypeVar, overload

from sqlalchemy import URL, Connection, Engine

from telemed_store._sync.bound_store import BoundStore
from telemed_store._sync.cache.backends import CacheBackend
from telemed_store._sync.cache.cache import Cache
from telemed_store._sync.cache.choosing import chosen_cache, opened_redis
from telemed_store._sync.core import Core, When
from telemed_store._sync.ephemeral.backends import EphemeralBackends
from telemed_store._sync.ephemeral.counters import Counters
from telemed_store._sync.ephemeral.locks import Locks
from telemed_store._sync.ephemeral.presence import Presence
from telemed_store._sync.ephemeral.queues import Queues
from telemed_store._sync.ephemeral.rate_limits import RateLimits
from telemed_store._sync.ephemeral.sessions import Sessions
from telemed_store._sync.joining import JoinedUnitOfWork
from telemed_store._sync.migrator import Migrator
from telemed_store._sync.pools import Pools
from telemed_store._sync.reader import Reader, Snapshot
from telemed_store._sync.unit_of_work import UnitOfWork
from telemed_store.audit.actor import Actor
from telemed_store.cache.codec import Codec
from telemed_store.crypto.box import Box
from telemed_store.crypto.key_store import KeyStore
from telemed_store.database.arguments import checked_argument
from telemed_store.database.clock import Clock, SystemClock
from telemed_store.database.paging import CursorCodec
from telemed_store.events.models import DomainEvent
from telemed_store.events.observing import check_observer
from telemed_store.opening import Opening, check_plugged_in, open_settings
from telemed_store.settings import Settings

__all__ = ["Store"]

EventT = TypeVar("EventT", bound=DomainEvent)


class Store:
    """Everything the package stores, behind one object. Make it with `open`, share it, close it at the end.

    Example:
        >>> def upcoming(store: Store, doctor_id: UUID) -> Page[Appointment]:
        ...     mine = store.acting_as(Actor.system("example"))
        ...     return mine.appointments.list(ForDoctor(doctor_id) & Upcoming())
    """

    def __init__(self, core: Core, opening: Opening) -> None:
        self._core = core
        self._opening = opening
        self._ephemeral = EphemeralBackends(core)

    @classmethod
    def open(
        cls,
        database_url: str | URL | None = None,
        *,
        settings: Settings | None = None,
        clock: Clock | None = None,
        engine: Engine | None = None,
        cache: CacheBackend | None = None,
        keys: KeyStore | None = None,
    ) -> Self:
        """Open a store. Does no I/O with the database: the first verb connects.

        Args:
            database_url: Where the data are; by default ``TELEMED_STORE_DATABASE_URL``, and without that a local SQLite file.
            settings: All settings at once, instead of the environment's.
            clock: Tells the time, instead of the machine's clock.
            engine: The host's own engine, instead of pools of ours. The store does not close it.
            cache: Keeps what is read often, instead of what the settings say.
            keys: Keeps data keys, instead of the table ``subject_keys``.

        Raises:
            SettingsError: A setting is missing or wrong, or an argument is not what it has to be; the message names it.
        """
        check_plugged_in(
            database_url=(database_url, str, URL),
            settings=(settings, Settings),
            clock=(clock, Clock),
            engine=(engine, Engine),
            cache=(cache, CacheBackend),
            keys=(keys, KeyStore),
        )
        opening = open_settings(database_url, settings, keys, engine_url=engine.url if engine is not None else None)
        pools = Pools(opening.url, opening.replica_url, opening.settings, engine)
        cursors = CursorCodec(opening.keys.derived_key("cursor").reveal())
        time = clock or SystemClock()
        redis = opened_redis(opening)
        backend = chosen_cache(opening, time, redis) if cache is None else cache
        codec = Codec(Box(opening.keys.derived_key("cache")), opening.keys.derived_key("cache-installation").reveal())
        kept = Cache(backend, codec, pools, opening.settings, time)
        return cls(Core(opening.settings, time, opening.keys, cursors, pools, kept, redis), opening)

    @property
    def settings(self) -> Settings:
        """The settings in effect."""
        return self._core.settings

    @property
    def cache(self) -> Cache:
        """What is kept of reads."""
        return self._core.cache

    @property
    def locks(self) -> Locks:
        """Locks by name, with an owner, an end and a fence.

        Raises:
            SettingsError: They have to be kept in Redis, and there is none.
        """
        return self._ephemeral.locks

    @property
    def queues(self) -> Queues:
        """Queues of jobs, by name.

        Raises:
            SettingsError: They have to be kept in Redis, and there is none.
        """
        return self._ephemeral.queues

    @property
    def migrator(self) -> Migrator:
        """Brings the database's schema up to date."""
        return Migrator(self._opening)

    @property
    def counters(self) -> Counters:
        """Numbers that mirror rows.

        Raises:
            SettingsError: They have to be kept in Redis, and there is none.
        """
        return self._ephemeral.counters

    @property
    def presence(self) -> Presence:
        """Who is in a room, online, or typing.

        Raises:
            SettingsError: It has to be kept in Redis, and there is none.
        """
        return self._ephemeral.presence

    @property
    def rate_limits(self) -> RateLimits:
        """How often something may happen.

        Raises:
            SettingsError: It has to be kept in Redis, and there is none.
        """
        return self._ephemeral.rate_limits

    @property
    def sessions(self) -> Sessions:
        """Who is logged in.

        Raises:
            SettingsError: It has to be kept in Redis, and there is none.
        """
        return self._ephemeral.sessions

    def acting_as(self, actor: Actor, *, cached: bool = True) -> BoundStore:
        """The store on behalf of an actor.

        Args:
            actor: Who acts and who looks.
            cached: Whether reads may be answered from the cache.

        Raises:
            ValidationFailed: ``actor`` is none.
        """
        return BoundStore(self._core, checked_argument("actor", Actor, actor), cached=cached)

    def unit_of_work(self, actor: Actor) -> UnitOfWork:
        """Short for ``acting_as(actor).unit_of_work()``."""
        return self.acting_as(actor).unit_of_work()

    def reader(self, actor: Actor) -> Reader:
        """Short for ``acting_as(actor).reader()``."""
        return self.acting_as(actor).reader()

    def snapshot(self, actor: Actor) -> Snapshot:
        """Short for ``acting_as(actor).snapshot()``."""
        return self.acting_as(actor).snapshot()

    def join(self, connection: Connection, actor: Actor) -> JoinedUnitOfWork:
        """Short for ``acting_as(actor).join(connection)``."""
        return self.acting_as(actor).join(connection)

    @overload
    def on(
        self,
        event: type[EventT],
        function: Callable[[EventT], object],
        *,
        when: Literal["after_commit"] = "after_commit",
    ) -> None: ...

    @overload
    def on(
        self,
        event: type[EventT],
        function: Callable[[EventT, UnitOfWork], object],
        *,
        when: Literal["in_transaction"],
    ) -> None: ...

    def on(self, event: type[EventT], function: Callable[..., object], *, when: When = "after_commit") -> None:
        """Be told of domain events of a class (and its subclasses).

        Args:
            event: Which events.
            function: Called with the event, and with the unit of work too if ``when`` is ``in_transaction``.
            when: ``in_transaction``: within the transaction; raising undoes it. ``after_commit``: after it; a failure is logged.

        Raises:
            ValidationFailed: ``event`` is no class of domain events, ``function`` cannot be called, or ``when`` is neither.
        """
        check_observer(event, function, when)
        self._core.observers[when].append((event, function))

    def close(self) -> None:
        """Close all connections, and remove a private temporary database."""
        self._ephemeral.close()
        self._core.cache.close()
        if self._core.redis is not None:
            self._core.redis.close()
        self._core.pools.close()
        self._opening.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
