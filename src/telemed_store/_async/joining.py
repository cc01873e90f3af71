"""A unit of work in a transaction of the host's, on the host's own engine."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection

from telemed_store._async._synchronization import core_of
from telemed_store._async.core import AsyncCore
from telemed_store._async.unit_of_work import AsyncUnitOfWork
from telemed_store.audit.actor import Actor
from telemed_store.database.engines import translate_map
from telemed_store.database.translation import DRIVER_ERRORS, translate
from telemed_store.errors import CommitUncertain, StoreError

__all__ = ["AsyncJoinedUnitOfWork"]


class AsyncJoinedUnitOfWork(AsyncUnitOfWork):
    """Our verbs inside a transaction of the host's, which the host alone commits (design §3.7).

    Wrapped around the host's own block it sees how that ends: hooks run after the host's commit, or after its rollback. Where the
    host's transaction outlives the block, nothing runs until the host says `committed` or `rolled_back`.

    Example:
        >>> def invoice(store: Store, engine: Engine, actor: Actor, appointment_id: UUID) -> None:
        ...     with engine.connect() as connection, store.join(connection, actor) as uow, connection.begin():
        ...         connection.execute(invoices.insert(), {"appointment_id": appointment_id})
        ...         uow.appointments.cancel(appointment_id, expected_version=1)
    """

    def __init__(self, core: AsyncCore, actor: Actor, connection: AsyncConnection) -> None:
        super().__init__(core, actor)
        self._host = connection
        self._last_end: str | None = None

    async def __aenter__(self) -> Self:
        if self._used:
            raise StoreError("A unit of work is used once: ask for a new one.")
        self._used = True
        ours = translate_map(self._host.dialect.name, self._core.settings)
        if ours:
            theirs: dict[str | None, str | None] = (
                core_of(self._host).get_execution_options().get("schema_translate_map") or {}
            )
            await self._host.execution_options(schema_translate_map={**theirs, **ours})
        event.listen(core_of(self._host), "commit", self._on_commit)
        event.listen(core_of(self._host), "rollback", self._on_rollback)
        self._connection = self._host
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, traceback: TracebackType | None
    ) -> None:
        event.remove(core_of(self._host), "commit", self._on_commit)
        event.remove(core_of(self._host), "rollback", self._on_rollback)
        if self._host.in_transaction():
            doomed = self._notes.doomed()
            if doomed is not None and failure is None:
                raise doomed  # so that the host's own block around this one undoes what is half done
            return
        if self._last_end == "commit" and isinstance(failure, DRIVER_ERRORS):
            await self._not_committed(failure)
        elif self._last_end == "commit":
            await self.committed()
        else:
            await self.rolled_back()

    async def committed(self) -> None:
        """The host's transaction is committed: run the hooks."""
        await self._told(committed=True, uncertain=False)

    async def rolled_back(self) -> None:
        """The host's transaction is undone: drop the hooks that waited for its commit."""
        await self._told(committed=False, uncertain=False)

    async def _not_committed(self, failure: BaseException) -> None:
        error = translate(failure, self._host.dialect.name, committing=True)
        await self._told(committed=False, uncertain=isinstance(error, CommitUncertain))

    async def _told(self, *, committed: bool, uncertain: bool) -> None:
        self._connection = None
        unwritten = await self._tell(committed=committed, uncertain=uncertain)
        if unwritten is not None and not committed:
            raise unwritten

    def _on_commit(self, _connection: Any) -> None:
        self._last_end = "commit"

    def _on_rollback(self, _connection: Any) -> None:
        self._last_end = "rollback"
