"""Everything that tasks do differently from threads. The synchronous twin of this file is written by hand."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from telemed_store.database.engines import EnginePlan, World, configure

__all__ = ["WORLD", "FifoLock", "call", "is_gone", "open_engine", "pool_owner", "run_on", "shielded", "sleep"]

P = ParamSpec("P")
T = TypeVar("T")

WORLD: World = "async"

sleep = asyncio.sleep


def open_engine(plan: EnginePlan) -> AsyncEngine:
    """The engine that a plan describes."""
    engine = create_async_engine(plan.url, execution_options=plan.execution_options, **plan.options)
    configure(engine.sync_engine, plan)
    return engine


async def run_on(
    connection: AsyncConnection, script: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
) -> T:
    """Run a plain function over the connection; on cancellation a statement that still runs on SQLite is interrupted."""
    deadline = None if connection.closed else connection.sync_connection.info.get("deadline")  # type: ignore[union-attr]
    try:
        return await connection.run_sync(script, *args, **kwargs)
    except asyncio.CancelledError:
        if deadline is not None:
            deadline.at = 0.0
        raise


async def shielded(work: Coroutine[Any, Any, T]) -> T:
    """Do the work to its end even if the caller is cancelled meanwhile; the cancellation is raised after it.

    A COMMIT, a ROLLBACK or the return of a connection that is cut in the middle would leave nobody knowing what happened.
    """
    task = asyncio.ensure_future(work)
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

    async def acquire(self, timeout: float) -> bool:  # noqa: ASYNC109 - the same words as in the synchronous twin
        """Wait at most ``timeout`` seconds; False if that was not enough."""
        try:
            async with asyncio.timeout(timeout):
                return await self._lock.acquire()
        except TimeoutError:
            return False

    def release(self) -> None:
        """Let the next one in."""
        self._lock.release()
