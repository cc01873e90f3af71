# Generated from _async/reader.py by tools/sync.py. Do not edit.
"""Frames that only read: a reader (single statements, no transaction, a replica if there is one) and a snapshot (one point in time)."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import Concatenate, ParamSpec, Self, TypeVar

from sqlalchemy import Connection

from telemed_store._sync._synchronization import run_on, run_pooled, shielded
from telemed_store._sync.core import Core
from telemed_store._sync.pools import give_back
from telemed_store._sync.repositories import ReadRepositories
from telemed_store.audit.actor import Actor
from telemed_store.audit.context import Context, Denial, Journal
from telemed_store.cache.reading import Cached
from telemed_store.database.arguments import checked
from telemed_store.database.engines import BEGIN_SNAPSHOT
from telemed_store.database.native import family
from telemed_store.database.reading import in_a_snapshot, on_a_connection
from telemed_store.database.translation import DRIVER_ERRORS, is_disconnect, translate
from telemed_store.errors import StoreError

__all__ = ["Reader", "Snapshot"]

P = ParamSpec("P")
T = TypeVar("T")
V = TypeVar("V")


_TRIES = 2


class _LostConnection(Exception):
    """The connection broke under a read, which may be repeated on another."""

    def __init__(self, error: StoreError) -> None:
        self.error = error


class Reader(ReadRepositories):
    """Reads, each in its own right, as fresh as its database is. Get it from ``reader()`` and use it as a context manager."""

    def __init__(self, core: Core, actor: Actor, *, cached: bool = True) -> None:
        super().__init__(self)
        self._core = core
        self._actor = actor
        self._may_use_cache = cached
        self._denials: list[Denial] = []

    def read(self, operation: Callable[Concatenate[Connection, Context, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run one statement; if the connection turns out at once to be lost, once more on another."""
        return self._audited(False, checked(operation, *args, **kwargs))

    def read_consistent(
        self, operation: Callable[Concatenate[Connection, Context, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run several statements in a snapshot of their own; if the connection turns out at once to be lost, once more on another."""
        return self._audited(True, checked(operation, *args, **kwargs))

    def read_cached(self, cached: Cached[P, V, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Show what the cache keeps, or what the primary answers, which is kept then; recorded like any other read (C13)."""
        wanted = cached.call(*args, **kwargs)
        if not self._may_use_cache or self._core.cache.keeps_nothing:
            return self._audited(cached.consistent, wanted.read)
        journal = Journal()
        context = self._core.context(self._actor, journal)
        key = wanted.key(context)
        if key is None:
            return self._audited(cached.consistent, wanted.read)

        def load() -> V | None:
            # Not from a replica: what it has not heard of yet would be kept as if it were new.
            return self._tried(cached.consistent, wanted.load, fresh=True)[0]

        value = self._core.cache.value(wanted, key, load)
        try:
            result = wanted.show(context, value)
        finally:
            self._denials += journal.denials
        self._core.write_notes(self._actor, journal.accesses, [])
        return result

    def _audited(self, consistent: bool, script: Callable[[Connection, Context], T]) -> T:  # noqa: FBT001 - private
        result, journal = self._tried(consistent, script)
        # Committed before the rows are handed out: audited and then maybe not shown, never shown and not audited (design §3.16).
        self._core.write_notes(self._actor, journal.accesses, [])
        return result

    def _tried(
        self,
        consistent: bool,  # noqa: FBT001 - private
        script: Callable[[Connection, Context], T],
        *,
        fresh: bool = False,
    ) -> tuple[T, Journal]:
        """The result and what the operation noted, on another connection if the first turns out at once to be lost."""
        lost: StoreError | None = None
        began = time.monotonic()
        for _ in range(_TRIES):
            journal = Journal()
            try:
                return self._attempt(consistent, journal, script, fresh=fresh), journal
            except _LostConnection as failure:
                lost = failure.error
                if self._has_waited_since(began):
                    break
                continue
            finally:
                self._denials += journal.denials
        raise lost or AssertionError("an attempt returns or raises")

    def _has_waited_since(self, began: float) -> bool:
        """Whether a try that failed has waited for a server that says nothing: with another the caller would wait twice."""
        return time.monotonic() - began > self._core.settings.connect_timeout.total_seconds()

    def _attempt(
        self,
        consistent: bool,  # noqa: FBT001 - private
        journal: Journal,
        script: Callable[[Connection, Context], T],
        *,
        fresh: bool,
    ) -> T:
        """One try on a connection of its own, which is back in its pool before anything is written elsewhere."""
        context = self._core.context(self._actor, journal)
        engine = self._core.pools.reading_engine(fresh=fresh)

        def operation(connection: Connection) -> T:
            return script(connection, context)

        try:
            return run_pooled(engine, in_a_snapshot if consistent else on_a_connection, operation)
        except DRIVER_ERRORS as failure:
            error = translate(failure, engine.dialect.name)
            lost = is_disconnect(failure)
        raise _LostConnection(error) if lost else error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, traceback: TracebackType | None
    ) -> None:
        denials, self._denials = self._denials, []
        unwritten = shielded(self._core.write_late_notes, self._actor, [], denials)
        # An exception of the host's own goes its way; one of ours yields to the news that its denial is not recorded.
        if unwritten is not None and (failure is None or isinstance(failure, StoreError)):
            raise unwritten


class Snapshot(Reader):
    """Reads that all see one point in time. Get it from ``snapshot()`` and use it as a context manager."""

    def __init__(self, core: Core, actor: Actor) -> None:
        super().__init__(core, actor, cached=False)
        self._connection: Connection | None = None

    def read(self, operation: Callable[Concatenate[Connection, Context, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a reading operation at the snapshot's point in time."""
        script = checked(operation, *args, **kwargs)
        connection = self._connection
        if connection is None:
            raise StoreError("This snapshot is not open: use it in a with statement.")
        journal = Journal()
        try:
            result = run_on(connection, script, self._core.context(self._actor, journal))
        except DRIVER_ERRORS as failure:
            error = translate(failure, connection.dialect.name)
        else:
            self._core.write_notes(self._actor, journal.accesses, [])
            return result
        finally:
            self._denials += journal.denials
        raise error

    def read_consistent(
        self, operation: Callable[Concatenate[Connection, Context, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a reading operation of several statements at the snapshot's point in time, as `read` does."""
        return self.read(operation, *args, **kwargs)

    def read_cached(self, cached: Cached[P, V, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run the read at the snapshot's point in time, which the cache knows nothing of."""
        return self.read(cached.call(*args, **kwargs).read)

    def __enter__(self) -> Self:
        if self._connection is not None:
            raise StoreError("This snapshot is open already: ask for a new one.")
        lost: StoreError | None = None
        began = time.monotonic()
        for _ in range(_TRIES):
            try:
                self._connection = self._begin()
            except _LostConnection as failure:
                lost = failure.error
                if self._has_waited_since(began):
                    break
            else:
                return self
        raise lost or AssertionError("an attempt returns or raises")

    def _begin(self) -> Connection:
        connection = self._core.pools.acquire_read()
        try:
            connection.exec_driver_sql(BEGIN_SNAPSHOT[family(connection.dialect)])
        except DRIVER_ERRORS as failure:
            error = translate(failure, connection.dialect.name)
            lost = is_disconnect(failure)
        except BaseException:
            shielded(_end, connection, began=True)
            raise
        else:
            return connection
        shielded(_end, connection, began=True)
        raise _LostConnection(error) if lost else error

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, traceback: TracebackType | None
    ) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            shielded(_end, connection, began=True)
        super().__exit__(kind, failure, traceback)


def _end(connection: Connection, *, began: bool) -> None:
    """Give the connection back; one on which a snapshot cannot be ended is thrown away, and with it its transaction."""
    try:
        if began:
            connection.exec_driver_sql("ROLLBACK")
    except DRIVER_ERRORS:
        connection.invalidate()
    finally:
        give_back(connection)
