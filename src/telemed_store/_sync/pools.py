# Generated from _async/pools.py by tools/sync.py. Do not edit.
"""The pools of one store: made on first use, for this process and this event loop, and closed with the store."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from sqlalchemy import URL, Connection, Engine

from telemed_store._sync._synchronization import (
    WORLD,
    FifoLock,
    adopt,
    connected,
    dispose,
    is_gone,
    open_engine,
    pool_owner,
    run_on,
    shielded,
)
from telemed_store.database.compatibility import check_compatibility
from telemed_store.database.engines import Role, engine_plan
from telemed_store.database.health import TransactionHealth
from telemed_store.database.translation import DRIVER_ERRORS, translate
from telemed_store.database.writing import begun, ended
from telemed_store.errors import StoreError, Unavailable
from telemed_store.settings import Settings

__all__ = ["Lease", "Pools", "give_back"]

T = TypeVar("T")


class Lease:
    """A connection for a unit of work, and with it the turn in the writers' queue.

    Attributes:
        connection: The connection, on which a transaction has begun.
    """

    def __init__(self, connection: Connection, queue: FifoLock | None) -> None:
        self.connection = connection
        self._queue = queue

    def end(self, *, commit: bool) -> StoreError | None:
        """End the transaction and return the connection to its pool, then let the next writer in; the error if a commit failed."""
        try:
            return run_on(self.connection, ended, commit=commit)
        finally:
            if self._queue is not None:
                self._queue.release()


def give_back(connection: Connection) -> None:
    """Return a connection to its pool, which throws away one that cannot even be rolled back."""
    with contextlib.suppress(*DRIVER_ERRORS):
        connection.close()


class _OwnedPools:
    """The engines of one owner (the process, or one event loop of it)."""

    def __init__(self, write: Engine, read: Engine, fresh: Engine, *, ours: bool) -> None:
        self.write = write
        self.read = read
        self.fresh = fresh
        self.ours = ours
        self.writer_queue = FifoLock() if write.dialect.name == "sqlite" else None
        self.checked = False

    def close(self, owner: object) -> None:
        """Close what is idle; an engine of the host's stays open."""
        if self.ours:
            dispose(self.write, owner)
            dispose(self.read, owner)
            if self.fresh is not self.read:
                dispose(self.fresh, owner)


# A forked child must not touch its parent's connections, not even to close them: it keeps its copies here, unused, for ever.
_INHERITED: list[_OwnedPools] = []


class Pools:
    """Hands out connections. Threads, forks and event loops are safe: each process and each loop gets its own pools."""

    def __init__(self, url: URL, replica_url: URL | None, settings: Settings, engine: Engine | None = None) -> None:
        self._url = url
        self._replica_url = replica_url or url
        self._settings = settings
        self._given = engine
        self._process = os.getpid()
        self._by_owner: dict[object, _OwnedPools] = {}
        self._closed = False

    @property
    def dialect_name(self) -> str:
        """The engine family's name in SQLAlchemy: postgresql, mysql, mariadb or sqlite."""
        return self._url.get_backend_name()

    def _owned(self) -> _OwnedPools:
        if self._closed:
            raise StoreError("This store is closed: open a new one.")
        self._forget_parents()
        owner = pool_owner()
        owned = self._by_owner.get(owner)
        if owned is None:
            # Each step on the dictionary is one of its own methods: threads may come here at once.
            for other in [other for other in list(self._by_owner) if is_gone(other)]:
                self._by_owner.pop(other, None)
            owned = self._by_owner.setdefault(owner, self._open())
        return owned

    def _forget_parents(self) -> None:
        if os.getpid() != self._process:
            _INHERITED.extend(self._by_owner.values())
            self._by_owner = {}
            self._process = os.getpid()

    def _open(self) -> _OwnedPools:
        if self._given is not None:
            write = adopt(self._given, self._settings, Role.WRITE)
            read = adopt(self._given, self._settings, Role.READ)
            return _OwnedPools(write, read, read, ours=False)
        write = open_engine(engine_plan(self._url, self._settings, Role.WRITE, WORLD))
        read = open_engine(engine_plan(self._replica_url, self._settings, Role.READ, WORLD))
        # Connects when it is first used.
        fresh = (
            read
            if self._replica_url == self._url
            else open_engine(engine_plan(self._url, self._settings, Role.READ, WORLD))
        )
        return _OwnedPools(write, read, fresh, ours=True)

    def acquire_write(self, health: TransactionHealth) -> Lease:
        """A connection for a unit of work, at its turn, in a transaction whose failures ``health`` is told."""
        owned = self._owned()
        queue = owned.writer_queue
        if queue is not None and not queue.acquire(self._settings.sqlite_lock_timeout.total_seconds()):
            raise Unavailable("The database's single writer is busy: repeat this later.")
        try:
            self._check(owned, owned.write)
            connection = _translated(lambda: connected(owned.write, partial(begun, health=health)), owned.write)
            return Lease(connection, queue)
        except BaseException:
            if queue is not None:
                queue.release()
            raise

    def in_a_transaction(self, script: Callable[[Connection], T]) -> T:
        """Run a script in a short transaction of its own on the primary.

        Raises:
            StoreError: The database refused it, or did not answer.
        """
        lease = self.acquire_write(TransactionHealth())
        try:
            result = run_on(lease.connection, script)
        except DRIVER_ERRORS as failure:
            error = translate(failure, self.dialect_name)
        except BaseException:
            shielded(lease.end, commit=False)
            raise
        else:
            uncommitted = shielded(lease.end, commit=True)
            if uncommitted is not None:
                raise uncommitted
            return result
        shielded(lease.end, commit=False)
        raise error

    def acquire_read(self) -> Connection:
        """An AUTOCOMMIT connection, to a replica if there is one; `give_back` returns it."""
        owned = self._owned()
        return self._connect(owned, owned.read)

    def reading_engine(self, *, fresh: bool = False) -> Engine:
        """The pool of AUTOCOMMIT connections, once it is known that the schema is one for this code.

        Args:
            fresh: To the primary even if there is a replica.
        """
        owned = self._owned()
        engine = owned.fresh if fresh else owned.read
        self._check(owned, engine)
        return engine

    def _check(self, owned: _OwnedPools, engine: Engine) -> None:
        """Make sure, once, that the schema is one for this code."""
        if not owned.checked:
            shielded(give_back, self._connect(owned, engine))

    def _connect(self, owned: _OwnedPools, engine: Engine) -> Connection:
        connection = _translated(engine.connect, engine)
        if owned.checked:
            return connection
        try:
            run_on(connection, check_compatibility)
        except DRIVER_ERRORS as failure:
            error = translate(failure, engine.dialect.name)
        except BaseException:
            give_back(connection)
            raise
        else:
            owned.checked = True
            return connection
        give_back(connection)
        raise error

    def close(self) -> None:
        """Close all connections of this process; those of other event loops on their own loops, as far as these still run."""
        self._closed = True
        self._forget_parents()
        while self._by_owner:
            owner, owned = self._by_owner.popitem()
            owned.close(owner)


def _translated(step: Callable[[], T], engine: Engine) -> T:
    try:
        return step()
    except DRIVER_ERRORS as failure:
        error = translate(failure, engine.dialect.name)
    raise error
