"""Everything that tasks do differently from threads. The synchronous twin of this file is written by hand."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.util import greenlet_spawn

from telemed_store.database.engines import (
    EnginePlan,
    Role,
    World,
    adopted_options,
    close_on_return,
    configure,
    configure_adopted,
)
from telemed_store.errors import StoreError
from telemed_store.settings import Settings

__all__ = [
    "WORLD",
    "FifoLock",
    "adopt",
    "call",
    "connected",
    "core_of",
    "dispose",
    "is_gone",
    "open_engine",
    "pool_owner",
    "run_on",
    "run_pooled",
    "shielded",
    "sleep",
]

P = ParamSpec("P")
T = TypeVar("T")

WORLD: World = "async"

sleep = asyncio.sleep

_DISPOSE_SECONDS = 5.0


def open_engine(plan: EnginePlan) -> AsyncEngine:
    """The engine that a plan describes."""
    engine = create_async_engine(plan.url, execution_options=plan.execution_options, **plan.options)
    configure(engine.sync_engine, plan)
    return engine


def adopt(engine: AsyncEngine, settings: Settings, role: Role) -> AsyncEngine:
    """A host's engine, in the role of one of our pools; the host's own use of it stays as it is."""
    adopted = engine.execution_options(**adopted_options(engine.dialect.name, settings, role))
    if role is Role.WRITE:
        configure_adopted(adopted.sync_engine, settings)
    return adopted


async def dispose(engine: AsyncEngine, owner: object) -> None:
    """Close the idle connections of a pool, on the event loop that they belong to if that still runs; the others on their return."""
    close_on_return(engine.sync_engine)
    if not isinstance(owner, asyncio.AbstractEventLoop) or owner is asyncio.get_running_loop():
        await engine.dispose()
    elif owner.is_running():
        elsewhere = asyncio.run_coroutine_threadsafe(engine.dispose(), owner)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.wrap_future(elsewhere), _DISPOSE_SECONDS)


def core_of(connection: AsyncConnection) -> Connection:
    """The connection that SQLAlchemy's events speak of."""
    if connection.sync_connection is None:
        raise StoreError("The connection is not started: await it, or use it in an async with statement.")
    return connection.sync_connection


async def run_on(
    connection: AsyncConnection, script: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
) -> T:
    """Run a plain function over the connection."""
    return await connection.run_sync(script, *args, **kwargs)


async def run_pooled(
    engine: AsyncEngine, way: Callable[[Engine, Callable[[Connection], T]], T], script: Callable[[Connection], T]
) -> T:
    """Run a plain function in a way that takes a connection of the pool and gives it back: one switch, where three would be."""
    return await greenlet_spawn(way, engine.sync_engine, script)


async def connected(engine: AsyncEngine, way: Callable[[Engine], Connection]) -> AsyncConnection:
    """A connection that a plain function takes from the pool and prepares: one switch for both."""
    return AsyncConnection(engine, await greenlet_spawn(way, engine.sync_engine))


async def shielded(work: Callable[P, Coroutine[Any, Any, T]], *args: P.args, **kwargs: P.kwargs) -> T:
    """Do the work to its end even if the caller is cancelled meanwhile; the cancellation is raised after it.

    A COMMIT, a ROLLBACK or the return of a connection that is cut in the middle would leave nobody knowing what happened.
    """
    task = asyncio.ensure_future(work(*args, **kwargs))
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError as cancellation:
            if task.cancelled():
                raise
            cancelled = cancellation
        except Exception:  # noqa: BLE001, S110 - the result is asked for below
            pass
    result = task.result()
    if cancelled is not None:
        raise cancelled
    return result


async def call(function: Callable[..., Awaitable[T] | T], *args: Any, **kwargs: Any) -> T:
    """Call a caller's function, which may be plain or a coroutine function."""
    result = function(*args, **kwargs)
    if inspect.isawaitable(result):
        return await result
    return result


def pool_owner() -> object:
    """What pools belong to: connections of one event loop cannot be used on another."""
    return asyncio.get_running_loop()


def is_gone(owner: object) -> bool:
    """Whether an owner of pools has ended."""
    return isinstance(owner, asyncio.AbstractEventLoop) and owner.is_closed()


class FifoLock:
    """A lock whose waiters get it in the order in which they came."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()

    async def acquire(self, timeout: float) -> bool:
        """Wait at most ``timeout`` seconds; False if that was not enough."""
        try:
            async with asyncio.timeout(timeout):
                return await self._lock.acquire()
        except TimeoutError:
            return False

    def release(self) -> None:
        """Let the next one in."""
        self._lock.release()
