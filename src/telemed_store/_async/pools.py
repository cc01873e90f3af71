"""The pools of one store: made on first use, for this process and this event loop, and closed with the store."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from typing import TypeVar

from sqlalchemy import URL
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from telemed_store._async._synchronization import WORLD, FifoLock, is_gone, open_engine, pool_owner, run_on
from telemed_store.database.compatibility import check_compatibility
from telemed_store.database.engines import Role, engine_plan
from telemed_store.database.translation import DRIVER_ERRORS, translate
from telemed_store.errors import Unavailable
from telemed_store.settings import Settings

__all__ = ["AsyncPools"]

T = TypeVar("T")


class _OwnedPools:
    """The engines of one owner (the process, or one event loop of it)."""

    def __init__(self, write: AsyncEngine, read: AsyncEngine) -> None:
        self.write = write
        self.read = read
        self.writer_queue = FifoLock() if write.dialect.name == "sqlite" else None
        self.checked = False


# A forked child must not touch its parent's sockets, not even to close them: it keeps its copies here, unused, for ever.
_INHERITED: list[_OwnedPools] = []


class AsyncPools:
    """Hands out connections. Threads, forks and event loops are safe: each process and each loop gets its own pools."""

    def __init__(self, url: URL, replica_url: URL | str | None, settings: Settings, engine: AsyncEngine | None = None) -> None:
        self._url = url
        self._replica_url = replica_url or url
        self._settings = settings
        self._given = engine
        self._process = os.getpid()
        self._by_owner: dict[object, _OwnedPools] = {}

    @property
    def dialect_name(self) -> str:
        """The engine family's name in SQLAlchemy: postgresql, mysql, mariadb or sqlite."""
        return self._url.get_backend_name()

    def _owned(self) -> _OwnedPools:
        if os.getpid() != self._process:
            _INHERITED.extend(self._by_owner.values())
            self._by_owner = {}
            self._process = os.getpid()
        owner = pool_owner()
        owned = self._by_owner.get(owner)
        if owned is None:
            for other in [other for other in self._by_owner if is_gone(other)]:
                del self._by_owner[other]
            owned = self._by_owner.setdefault(owner, self._open())
        return owned

    def _open(self) -> _OwnedPools:
        if self._given is not None:
            return _OwnedPools(self._given, self._given.execution_options(isolation_level="AUTOCOMMIT"))
        write = open_engine(engine_plan(self._url, self._settings, Role.WRITE, WORLD))
        read = open_engine(engine_plan(self._replica_url, self._settings, Role.READ, WORLD))
        return _OwnedPools(write, read)

    async def acquire_write(self) -> AsyncConnection:
        """A connection for a unit of work, at its turn; `release_write` gives it back."""
        owned = self._owned()
        queue = owned.writer_queue
        if queue is not None and not await queue.acquire(self._settings.sqlite_lock_timeout.total_seconds()):
            raise Unavailable("The database's single writer is busy: repeat this later.")
        try:
            return await self._connect(owned, owned.write)
        except BaseException:
            if queue is not None:
                queue.release()
            raise

    async def release_write(self, connection: AsyncConnection) -> None:
        """Give back a connection got from `acquire_write`."""
        try:
            await connection.close()
        finally:
            queue = self._owned().writer_queue
            if queue is not None:
                queue.release()

    async def acquire_read(self) -> AsyncConnection:
        """An AUTOCOMMIT connection, to a replica if there is one."""
        owned = self._owned()
        return await self._connect(owned, owned.read)

    async def _connect(self, owned: _OwnedPools, engine: AsyncEngine) -> AsyncConnection:
        connection = await _translated(engine.connect, engine)
        if not owned.checked:
            try:
                await run_on(connection, check_compatibility)
            except BaseException:
                await connection.close()
                raise
            owned.checked = True
        return connection

    async def close(self) -> None:
        """Close the connections of this process and owner; other loops' pools are let go of."""
        owner = pool_owner()
        owned = self._by_owner.pop(owner, None)
        if owned is not None and os.getpid() == self._process and self._given is None:
            await owned.write.dispose()
            await owned.read.dispose()
        self._by_owner.clear()


async def _translated(step: Callable[[], Awaitable[T]], engine: AsyncEngine) -> T:
    try:
        return await step()
    except DRIVER_ERRORS as failure:
        error = translate(failure, engine.dialect.name)
    raise error
