"""Frames that only read: a reader (single statements, no transaction, a replica if there is one) and a snapshot (one point in time)."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Concatenate, ParamSpec, Self, TypeVar

from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncConnection

from telemed_store._async._synchronization import run_on, shielded
from telemed_store._async.core import AsyncCore
from telemed_store._async.repositories import AsyncReadRepositories
from telemed_store.audit.actor import Actor
from telemed_store.audit.context import Context, Journal
from telemed_store.database.engines import BEGIN_SNAPSHOT
from telemed_store.database.native import family
from telemed_store.database.translation import DRIVER_ERRORS, is_disconnect, translate
from telemed_store.errors import StoreError

__all__ = ["AsyncReader", "AsyncSnapshot"]

P = ParamSpec("P")
T = TypeVar("T")


class AsyncReader(AsyncReadRepositories):
    """Reads, each in its own right, as fresh as its database is. Get it from ``reader()`` and use it as a context manager."""

    def __init__(self, core: AsyncCore, actor: Actor) -> None:
        super().__init__(self)
        self._core = core
        self._actor = actor
        self._journal = Journal()

    async def read(
        self, operation: Callable[Concatenate[Connection, Context, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run one statement; if the connection turns out to be lost, once more on another."""
        context = self._core.context(self._actor, self._journal)
        for last_try in (False, True):
            connection = await self._core.pools.acquire_read()
            try:
                result = await run_on(connection, operation, context, *args, **kwargs)
            except DRIVER_ERRORS as failure:
                error = translate(failure, connection.dialect.name)
                repeat = is_disconnect(failure) and not last_try
            else:
                await self._write_accesses()
                return result
            finally:
                await shielded(connection.close())
            if not repeat:
                raise error
        raise AssertionError("the second try returns or raises")

    async def read_consistent(
        self, operation: Callable[Concatenate[Connection, Context, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run several statements in a snapshot of their own."""
        async with AsyncSnapshot(self._core, self._actor, self._journal) as snapshot:
            return await snapshot.read(operation, *args, **kwargs)

    async def _write_accesses(self) -> None:
        # Committed before the rows are handed out: audited and then maybe not shown, never shown and not audited (design §3.16).
        accesses, self._journal.accesses = self._journal.accesses, []
        await self._core.write_notes(self._actor, accesses)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._core.write_notes(self._actor, [], self._journal)


class AsyncSnapshot(AsyncReader):
    """Reads that all see one point in time. Get it from ``snapshot()`` and use it as a context manager."""

    def __init__(self, core: AsyncCore, actor: Actor, journal: Journal | None = None) -> None:
        super().__init__(core, actor)
        self._owns_journal = journal is None
        self._journal = journal or self._journal
        self._connection: AsyncConnection | None = None

    async def read(
        self, operation: Callable[Concatenate[Connection, Context, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a reading operation at the snapshot's point in time."""
        if self._connection is None:
            raise StoreError("This snapshot is not open: use it in a with statement.")
        context = self._core.context(self._actor, self._journal)
        try:
            result = await run_on(self._connection, operation, context, *args, **kwargs)
        except DRIVER_ERRORS as failure:
            error = translate(failure, self._connection.dialect.name)
        else:
            await self._write_accesses()
            return result
        raise error

    read_consistent = read

    async def __aenter__(self) -> Self:
        connection = await self._core.pools.acquire_read()
        try:
            await connection.exec_driver_sql(BEGIN_SNAPSHOT[family(connection.dialect)])
        except DRIVER_ERRORS as failure:
            error = translate(failure, connection.dialect.name)
        except BaseException:
            await shielded(_discard(connection))
            raise
        else:
            self._connection = connection
            return self
        await shielded(_discard(connection))
        raise error

    async def __aexit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, traceback: TracebackType | None
    ) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await shielded(_end(connection))
        if self._owns_journal:
            await super().__aexit__(kind, failure, traceback)


async def _end(connection: AsyncConnection) -> None:
    """End the snapshot; a connection on which that fails is thrown away, and with it its transaction."""
    try:
        await connection.exec_driver_sql("ROLLBACK")
    except DRIVER_ERRORS:
        await connection.invalidate()
    finally:
        await connection.close()


async def _discard(connection: AsyncConnection) -> None:
    await connection.invalidate()
    await connection.close()


