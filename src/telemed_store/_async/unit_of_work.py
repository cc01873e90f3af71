"""The unit of work: several verbs, one transaction. A clean exit commits, an exception undoes all, hooks included."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Concatenate, ParamSpec, Self, TypeVar

from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncTransaction

from telemed_store._async._synchronization import call, run_on, shielded
from telemed_store._async.core import AsyncCore
from telemed_store._async.pools import AsyncLease
from telemed_store._async.repositories import AsyncRepositories
from telemed_store.audit.actor import Actor
from telemed_store.audit.context import Context, Journal
from telemed_store.audit.operations import write_accesses
from telemed_store.audit.unit_notes import UnitMark, UnitNotes
from telemed_store.cache import invalidations
from telemed_store.cache.keys import Stale
from telemed_store.cache.reading import Cached
from telemed_store.database.arguments import checked
from telemed_store.database.hooks import Hook, check_callable
from telemed_store.database.translation import DRIVER_ERRORS, translate
from telemed_store.ephemeral.locks import Lock
from telemed_store.ephemeral.operations import raise_fence
from telemed_store.errors import CommitUncertain, LeaseLost, StoreError, TransactionConflict

__all__ = ["AsyncSavepoint", "AsyncUnitOfWork"]

P = ParamSpec("P")
T = TypeVar("T")
V = TypeVar("V")


class AsyncUnitOfWork(AsyncRepositories):
    """One transaction. Get it from ``unit_of_work()`` and use it as a context manager, once.

    A statement that fails in it, one of the host's on `connection` too, forbids the commit even if its error is swallowed:
    leaving the block then raises `TransactionConflict`. What may fail belongs into a `savepoint`.
    """

    def __init__(self, core: AsyncCore, actor: Actor) -> None:
        super().__init__(self)
        self._core = core
        self._actor = actor
        self._notes = UnitNotes()
        self._connection: AsyncConnection | None = None
        self._lease: AsyncLease | None = None
        self._used = False

    @property
    def connection(self) -> AsyncConnection:
        """SQLAlchemy's connection, for the host's own statements in the same transaction."""
        if self._connection is None:
            raise StoreError("This unit of work is not open: use it in a with statement.")
        return self._connection

    @property
    def may_be_repeated(self) -> bool:
        """Whether the same work may succeed in another unit: a failure other than a conflict would only happen again."""
        failure = self._notes.health.failure
        return failure is None or isinstance(failure, TransactionConflict)

    def after_commit(self, function: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
        """Call ``function`` after the commit, never after a rollback. If it fails that is logged, nothing more.

        Raises:
            ValidationFailed: It cannot be called.
        """
        self._notes.hooks.after_commit(Hook(check_callable(function), args, kwargs))

    def after_rollback(self, function: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
        """Call ``function`` after everything was undone, never after a commit.

        Raises:
            ValidationFailed: It cannot be called.
        """
        self._notes.hooks.after_rollback(Hook(check_callable(function), args, kwargs))

    async def fence(self, lock: Lock) -> None:
        """Write only as long as nobody who acquired the lock later has written: call it before what the lock protects.

        A holder may be paused for longer than its lock lives, and wake up when somebody else holds it. The database keeps the highest fence it
        has seen of each lock, takes no older one any more, and lets two holders wait for each other until the end of this unit.

        Args:
            lock: What ``store.locks`` gave, here or in another process.

        Raises:
            LeaseLost: A later holder has written. Nothing of this unit can be committed, even if this is swallowed.
            ValidationFailed: The argument is no lock.
        """
        try:
            await self.write(raise_fence, lock)
        except LeaseLost as lost:
            self._notes.health.fail(lost)
            raise

    def savepoint(self) -> AsyncSavepoint:
        """A part of this unit that can be undone alone: use it as a context manager."""
        return AsyncSavepoint(self, self._notes)

    async def write(
        self, operation: Callable[Concatenate[Connection, Context, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run an operation in this transaction, then the observers that asked to be told in it."""
        journal = Journal()
        result = await self._perform(journal, checked(operation, *args, **kwargs))
        for event in journal.events:
            for observer in self._core.observers_of(event, "in_transaction"):
                try:
                    await call(observer, event, self)
                except BaseException as failure:
                    # The verb's rows are written and the observer refuses them: only the whole can be undone.
                    self._notes.health.fail(failure if isinstance(failure, StoreError) else StoreError(_REFUSED))
                    raise
            for observer in self._core.observers_of(event, "after_commit"):
                self.after_commit(observer, event)
        return result

    async def read(
        self, operation: Callable[Concatenate[Connection, Context, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a reading operation in this transaction; it sees what the unit wrote."""
        return await self._perform(Journal(), checked(operation, *args, **kwargs))

    async def read_consistent(
        self, operation: Callable[Concatenate[Connection, Context, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a reading operation of several statements in this transaction, as `read` does."""
        return await self.read(operation, *args, **kwargs)

    async def read_cached(self, cached: Cached[P, V, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run the read in this transaction: what it wrote, and nobody else may see yet, is not for the cache."""
        return await self.read(cached.call(*args, **kwargs).read)

    async def _perform(self, journal: Journal, operation: Callable[[Connection, Context], T]) -> T:
        connection = self.connection
        if doomed := self._notes.doomed():
            raise doomed
        context = self._core.context(self._actor, journal)

        def script(connection: Connection) -> T:
            result = operation(connection, context)
            # In the same transaction, before the rows are handed out.
            self._notes.accesses += journal.accesses
            write_accesses(connection, context, journal.accesses)
            self._notes.stale += self._written_down(connection, context, journal.stale)
            return result

        try:
            return await run_on(connection, script)
        except DRIVER_ERRORS as failure:
            error = translate(failure, connection.dialect.name)
        except StoreError:
            # Operations refuse before their first write; what their statements met, the connection has noted.
            self._notes.stale += journal.stale
            raise
        except BaseException:
            self._notes.health.fail(StoreError(_INTERRUPTED))
            raise
        finally:
            self._notes.denials += journal.denials
        self._notes.health.fail(error)
        raise error

    def _written_down(self, connection: Connection, context: Context, stale: list[Stale]) -> list[Stale]:
        """What an operation made stale; for a cache that processes share also as rows, in case this one dies after the commit."""
        if not stale or not self._core.cache.is_shared:
            return stale
        return invalidations.write(connection, context.now(), list(dict.fromkeys(stale)))

    async def __aenter__(self) -> Self:
        if self._used:
            raise StoreError("A unit of work is used once: ask for a new one.")
        self._used = True
        self._lease = await self._core.pools.acquire_write(self._notes.health)
        self._connection = self._lease.connection
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, traceback: TracebackType | None
    ) -> None:
        lease = self._lease
        if lease is None:
            raise StoreError("This unit of work is not open: use it in a with statement.")
        # Whoever is cancelled now learns of it when the end is complete: a commit and its hooks belong together.
        error = await shielded(self._finish, lease, failure)
        if error is not None:
            raise error

    async def _finish(self, lease: AsyncLease, failure: BaseException | None) -> StoreError | None:
        """End the transaction and tell of it; the error to raise, if there is one besides ``failure``."""
        doomed = self._notes.doomed()
        commit = failure is None and doomed is None
        try:
            error = await lease.end(commit=commit)
        finally:
            self._lease = self._connection = None
        if failure is None:
            error = error or doomed
        committed = commit and error is None
        unwritten = await self._tell(committed=committed, uncertain=isinstance(error, CommitUncertain))
        if unwritten is None or committed:
            return error
        # An exception of the host's own goes its way; one of ours yields to the news that its denial is not recorded.
        return error or (unwritten if failure is None or isinstance(failure, StoreError) else None)

    async def _tell(self, *, committed: bool, uncertain: bool) -> StoreError | None:
        """After the end: the cache, hooks, then denials and the accesses whose rows were undone; the error if those were not written."""
        stale = self._notes.take_stale()
        if committed or uncertain:
            await self._core.cache.drop(stale, uncertain=uncertain)
        if committed:
            await self._core.run_hooks(self._notes.hooks.take_committed())
        elif not uncertain:
            await self._core.run_hooks(self._notes.hooks.take_rolled_back())
        return await self._core.write_late_notes(self._actor, *self._notes.take_unrecorded(committed=committed))


_REFUSED = (
    "An observer refused what happened, so nothing of this unit of work is written: see the observer's own error."
)
_INTERRUPTED = "A verb of this unit of work was interrupted, so nothing of it is written: repeat the whole unit."


class AsyncSavepoint:
    """A part of a unit of work that is undone alone when its block raises. Get it from ``uow.savepoint()``."""

    def __init__(self, unit: AsyncUnitOfWork, notes: UnitNotes) -> None:
        self._unit = unit
        self._notes = notes
        self._nested: AsyncTransaction | None = None
        self._mark = UnitMark()

    async def __aenter__(self) -> AsyncUnitOfWork:
        connection = self._unit.connection
        if self._nested is not None:
            raise StoreError("A savepoint is used once: ask for a new one.")
        if doomed := self._notes.doomed():
            raise doomed
        try:
            self._nested = await connection.begin_nested()
        except DRIVER_ERRORS as failure:
            error = translate(failure, connection.dialect.name)
        else:
            self._mark = self._notes.mark()
            self._notes.hooks.open_savepoint()
            return self._unit
        self._notes.health.fail(error)
        raise error

    async def __aexit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._nested is None:
            raise StoreError("A savepoint is used as a context manager.")
        error = await shielded(self._finish, self._nested, undo=failure is not None)
        if error is not None and failure is None:
            raise error

    async def _finish(self, nested: AsyncTransaction, *, undo: bool) -> StoreError | None:
        notes = self._notes
        doomed = notes.doomed()
        if undo or doomed:
            notes.forget_since(self._mark)
        try:
            if undo or doomed:
                await nested.rollback()
                notes.health.failure = None  # no savepoint begins in a failed unit: all that failed is undone
            else:
                await nested.commit()
                notes.hooks.release_savepoint()
        except DRIVER_ERRORS as failure:
            error = translate(failure, self._unit.connection.dialect.name)
            notes.health.fail(error)
            return error
        return doomed
