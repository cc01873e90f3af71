"""The store on behalf of one actor: one-shot verbs, and the frames for more."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Awaitable, Callable, Iterator
from typing import Concatenate, ParamSpec, TypeVar, cast

from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncConnection

from telemed_store._async._synchronization import call, sleep
from telemed_store._async.core import AsyncCore
from telemed_store._async.joining import AsyncJoinedUnitOfWork
from telemed_store._async.reader import AsyncReader, AsyncSnapshot
from telemed_store._async.repositories import AsyncRepositories
from telemed_store._async.unit_of_work import AsyncUnitOfWork
from telemed_store.audit.actor import Actor
from telemed_store.audit.context import Context
from telemed_store.cache.reading import Cached
from telemed_store.database.arguments import checked
from telemed_store.database.hooks import check_callable
from telemed_store.database.retry import pauses
from telemed_store.errors import TransactionConflict, ValidationFailed

__all__ = ["AsyncBoundStore"]

P = ParamSpec("P")
T = TypeVar("T")
V = TypeVar("V")


class AsyncBoundStore(AsyncRepositories):
    """What one actor sees and does. Cheap: make one per request with ``store.acting_as(actor)``.

    Each verb called on it is a unit of work of its own, repeated on a conflict; each read is a single statement on the reading pool.
    """

    def __init__(self, core: AsyncCore, actor: Actor, *, cached: bool = True) -> None:
        super().__init__(self)
        self._core = core
        self._actor = actor
        self._cached = cached

    @property
    def actor(self) -> Actor:
        """On whose behalf."""
        return self._actor

    def unit_of_work(self) -> AsyncUnitOfWork:
        """Several verbs, one transaction."""
        return AsyncUnitOfWork(self._core, self._actor)

    def reader(self, *, cached: bool | None = None) -> AsyncReader:
        """Several reads, each a single statement without a transaction.

        Args:
            cached: Whether reads may be answered from the cache; by default as this bound store does.
        """
        return AsyncReader(self._core, self._actor, cached=self._cached if cached is None else cached)

    def snapshot(self) -> AsyncSnapshot:
        """Several reads at one point in time."""
        return AsyncSnapshot(self._core, self._actor)

    def join(self, connection: AsyncConnection) -> AsyncJoinedUnitOfWork:
        """Our verbs in the host's transaction on ``connection``, which this never commits.

        Raises:
            ValidationFailed: ``connection`` is no connection of SQLAlchemy's in this world.
        """
        if not isinstance(cast("object", connection), AsyncConnection):
            raise ValidationFailed({"connection": f"must be of SQLAlchemy's class {AsyncConnection.__name__}"})
        return AsyncJoinedUnitOfWork(self._core, self._actor, connection)

    async def run(
        self, function: Callable[Concatenate[AsyncUnitOfWork, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run ``function(uow, ...)`` in a unit of work; on a conflict run it again from scratch in a fresh one.

        The function may therefore run more than once: it must not do anything outside the unit that cannot be repeated, and takes no
        generators, which a first run would use up.

        Raises:
            TransactionConflict: Conflicts went on until ``retry_deadline``.
            ValidationFailed: The function cannot be called, is a generator function, or is given a generator.
        """
        check_callable(function)
        _refuse_generators(_given(args, kwargs) | _captured(function))
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise ValidationFailed({"function": "is a generator function: pass one that does its work when called"})
        return await self._repeated(function, *args, **kwargs)

    async def _repeated(
        self, function: Callable[Concatenate[AsyncUnitOfWork, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        delays = pauses(self._core.settings.retry_deadline.total_seconds())
        while True:
            unit = self.unit_of_work()
            try:
                async with unit:
                    return await call(function, unit, *args, **kwargs)
            except TransactionConflict:
                delay = next(delays, None)
                if delay is None or not unit.may_be_repeated:
                    raise
            await sleep(delay)

    async def write(
        self, operation: Callable[Concatenate[Connection, Context, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run one verb in a unit of work of its own, repeated on a conflict."""
        script = checked(operation, *args, **kwargs)

        async def verb(unit: AsyncUnitOfWork) -> T:
            return await unit.write(script)

        return await self._repeated(verb)

    async def read(
        self, operation: Callable[Concatenate[Connection, Context, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run one reading statement."""
        async with self.reader() as reader:
            return await reader.read(operation, *args, **kwargs)

    async def read_consistent(
        self, operation: Callable[Concatenate[Connection, Context, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run several reading statements at one point in time."""
        async with self.reader() as reader:
            return await reader.read_consistent(operation, *args, **kwargs)

    async def read_cached(self, cached: Cached[P, V, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a read that may be answered from the cache."""
        async with self.reader() as reader:
            return await reader.read_cached(cached, *args, **kwargs)


def _refuse_generators(given: dict[str, object]) -> None:
    """A repeated run would find a generator used up by the first."""
    for name, value in given.items():
        if isinstance(value, Iterator) or inspect.isasyncgen(value):
            raise ValidationFailed(
                {name: "is a generator or iterator, which a repeated run finds used up: pass a list"}
            )


def _given(args: tuple[object, ...], kwargs: dict[str, object]) -> dict[str, object]:
    return {f"argument {name}": value for name, value in (*enumerate(args), *kwargs.items())}


def _captured(function: Callable[..., object]) -> dict[str, object]:
    """What the function takes from around it; a name that has no value yet is left out."""
    captured: dict[str, object] = {}
    code, cells = getattr(function, "__code__", None), getattr(function, "__closure__", None)
    for name, cell in zip(code.co_freevars if code else (), cells or (), strict=False):
        with contextlib.suppress(ValueError):
            captured[f"captured {name}"] = cell.cell_contents
    return captured
