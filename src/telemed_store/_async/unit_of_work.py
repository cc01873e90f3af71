"""The unit of work: several verbs, one transaction. A clean exit commits, an exception undoes all, hooks included."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncTransaction

from telemed_store._async._synchronization import call, run_on, shielded
from telemed_store._async.core import AsyncCore
from telemed_store._async.repositories import AsyncRepositories
from telemed_store.audit.actor import Actor
from telemed_store.audit.context import Access, Context, Journal
from telemed_store.audit.operations import write_accesses
from telemed_store.database.engines import translate_map
from telemed_store.database.hooks import Hook, HookStack
from telemed_store.database.translation import DRIVER_ERRORS, translate
from telemed_store.errors import CommitUncertain, StoreError, TransactionConflict

__all__ = ["AsyncJoinedUnitOfWork", "AsyncSavepoint", "AsyncUnitOfWork"]

P = ParamSpec("P")
T = TypeVar("T")


class AsyncUnitOfWork(AsyncRepositories):
    """One transaction. Get it from ``unit_of_work()`` and use it as a context manager, once."""

    def __init__(self, core: AsyncCore, actor: Actor) -> None:
        super().__init__(self)
        self._core = core
        self._actor = actor
        self._journal = Journal()
        self._hooks = HookStack()
        self._accesses: list[Access] = []
        self._undone_accesses: list[Access] = []
        self._connection: AsyncConnection | None = None
        self._doomed = False

    @property
    def connection(self) -> AsyncConnection:
        """SQLAlchemy's connection, for the host's own statements in the same transaction."""
        if self._connection is None:
            raise StoreError("This unit of work is not open: use it in a with statement.")
        return self._connection

    def after_commit(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """Call ``function`` after the commit, never after a rollback. If it fails that is logged, nothing more."""
        self._hooks.after_commit(Hook(function, args, kwargs))

    def after_rollback(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """Call ``function`` after everything was undone, never after a commit."""
        self._hooks.after_rollback(Hook(function, args, kwargs))

    def savepoint(self) -> AsyncSavepoint:
        """A part of this unit that can be undone alone: use it as a context manager."""
        return AsyncSavepoint(self)

    async def write(
        self, operation: Callable[Concatenate[Connection, Context, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run an operation in this transaction, then the observers that asked to be told in it."""
        first = len(self._journal.events)
        result = await self._perform(operation, *args, **kwargs)
        for event in self._journal.events[first:]:
            for observer in self._core.observers_of(event, "in_transaction"):
                await call(observer, event, self)
            for observer in self._core.observers_of(event, "after_commit"):
                self.after_commit(observer, event)
        return result

    async def read(
        self, operation: Callable[Concatenate[Connection, Context, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a reading operation in this transaction; it sees what the unit wrote."""
        return await self._perform(operation, *args, **kwargs)

    read_consistent = read

    async def _perform(
        self, operation: Callable[Concatenate[Connection, Context, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        connection = self.connection
        if self._doomed:
            raise TransactionConflict(_DOOMED)
        context = self._core.context(self._actor, self._journal)

        def script(connection: Connection) -> T:
            result = operation(connection, context, *args, **kwargs)
            accesses, self._journal.accesses = self._journal.accesses, []
            if accesses:
                self._accesses += accesses
                write_accesses(connection, context, accesses)
            return result

        try:
            return await run_on(connection, script)
        except DRIVER_ERRORS as failure:
            error = self._doom(failure)
        raise error

    def _doom(self, failure: BaseException) -> StoreError:
        """A statement failed: what it left half-done must never be committed."""
        self._doomed = True
        return translate(failure, self.connection.dialect.name)

    async def __aenter__(self) -> Self:
        if self._connection is not None:
            raise StoreError("A unit of work is used once: ask for a new one.")
        connection = await self._core.pools.acquire_write()
        try:
            await connection.begin()
        except DRIVER_ERRORS as failure:
            error = translate(failure, connection.dialect.name)
        except BaseException:
            await shielded(self._core.pools.release_write(connection))
            raise
        else:
            self._connection = connection
            return self
        await shielded(self._core.pools.release_write(connection))
        raise error

    async def __aexit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, traceback: TracebackType | None
    ) -> None:
        connection = self.connection
        commit = kind is None and not self._doomed
        try:
            error = await self._end(connection, commit=commit)
        finally:
            self._connection = None
        try:
            await self._tell(committed=commit and error is None, uncertain=isinstance(error, CommitUncertain))
        except StoreError as unwritten:
            error = error or unwritten
        if error is not None and kind is None:
            raise error
        if kind is None and self._doomed:
            raise TransactionConflict(_DOOMED)

    async def _end(self, connection: AsyncConnection, *, commit: bool) -> StoreError | None:
        """End the transaction and give the connection back; the error if the commit failed."""
        error: StoreError | None = None
        try:
            await shielded(connection.commit() if commit else connection.rollback())
        except DRIVER_ERRORS as failure:
            # A rollback that fails has lost its connection: the database undoes everything by itself.
            error = translate(failure, connection.dialect.name, committing=commit) if commit else None
            await shielded(connection.invalidate())
        finally:
            await shielded(self._core.pools.release_write(connection))
        return error

    async def _tell(self, *, committed: bool, uncertain: bool) -> None:
        """After the end: hooks, then accesses that were shown although their rows were undone, and denials."""
        if committed:
            await self._core.run_hooks(self._hooks.take_committed())
        elif not uncertain:
            await self._core.run_hooks(self._hooks.take_rolled_back())
        shown_but_undone = self._undone_accesses + ([] if committed else self._accesses)
        await self._core.write_notes(self._actor, shown_but_undone, self._journal)


_DOOMED = (
    "An earlier statement of this unit of work failed, so nothing of it was written: repeat the whole unit,"
    " or put the part that may fail into a savepoint."
)


class AsyncSavepoint:
    """A part of a unit of work that is undone alone when its block raises."""

    def __init__(self, unit: AsyncUnitOfWork) -> None:
        self._unit = unit
        self._nested: AsyncTransaction | None = None
        self._events = 0
        self._accesses = 0

    async def __aenter__(self) -> AsyncUnitOfWork:
        unit = self._unit
        try:
            self._nested = await unit.connection.begin_nested()
        except DRIVER_ERRORS as failure:
            error = unit._doom(failure)
        else:
            self._events, self._accesses = len(unit._journal.events), len(unit._accesses)
            unit._hooks.open_savepoint()
            return unit
        raise error

    async def __aexit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, traceback: TracebackType | None
    ) -> None:
        unit, nested = self._unit, self._nested
        if nested is None:
            raise StoreError("A savepoint is used as a context manager.")
        doomed = unit._doomed
        error: StoreError | None = TransactionConflict(_DOOMED) if doomed and kind is None else None
        try:
            if kind is None and not doomed:
                await nested.commit()
                unit._hooks.release_savepoint()
            else:
                self._forget()
                await nested.rollback()
                unit._doomed = False
        except DRIVER_ERRORS as driver_failure:
            error = unit._doom(driver_failure)
        if error is not None and kind is None:
            raise error

    def _forget(self) -> None:
        """What was noted since the savepoint's start vanishes, except that personal data was shown."""
        unit = self._unit
        unit._hooks.roll_back_savepoint()
        del unit._journal.events[self._events :]
        unit._undone_accesses += unit._accesses[self._accesses :]
        del unit._accesses[self._accesses :]


class AsyncJoinedUnitOfWork(AsyncUnitOfWork):
    """Our verbs inside a transaction of the host's, which the host alone commits (design §3.7).

    Wrap it around the host's own block: a clean exit after the host's commit runs the hooks, an exception drops them. Where the host's
    transaction outlives the block, say `committed` or `rolled_back` afterwards.
    """

    def __init__(self, core: AsyncCore, actor: Actor, connection: AsyncConnection) -> None:
        super().__init__(core, actor)
        self._connection = connection

    async def __aenter__(self) -> Self:
        translate_to = translate_map(self.connection.dialect.name, self._core.settings)
        if translate_to:
            await self.connection.execution_options(schema_translate_map=translate_to)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is not None:
            await self.rolled_back()
        elif not self.connection.in_transaction():
            await self.committed()

    async def committed(self) -> None:
        """The host's transaction is committed: run the hooks."""
        await self._tell(committed=True, uncertain=False)

    async def rolled_back(self) -> None:
        """The host's transaction is undone: drop the hooks that waited for its commit."""
        await self._tell(committed=False, uncertain=False)
