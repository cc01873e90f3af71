"""The migrator: brings the database's schema up to date, over a connection of its own on the direct URL."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection

from telemed_store._async._synchronization import WORLD, open_engine, run_on, sleep
from telemed_store.database.engines import Role, engine_plan
from telemed_store.database.translation import DRIVER_ERRORS, translate
from telemed_store.opening import DirectOpening, Opening
from telemed_store.settings import Settings

if TYPE_CHECKING:
    from telemed_store.migrations.migrator import Check, Finding, Revision

__all__ = ["AsyncMigrator"]

P = ParamSpec("P")
T = TypeVar("T")

# Alembic keeps what is running in module globals: one migration per process at a time, whichever database it is for.
_ALEMBIC = threading.Lock()
_POLL = 0.02


class AsyncMigrator:
    """Migrates one database. Get it as ``store.migrator``.

    Example:
        >>> async def prepare(store: AsyncStore) -> None:
        ...     await store.migrator.upgrade()
    """

    def __init__(self, opening: Opening | DirectOpening) -> None:
        self._opening = opening

    async def upgrade(self, target: str = "head") -> None:
        """Run the migrations up to ``target``; those that were run already are passed over.

        Of several processes that call this at once one migrates, and the others wait for it, two minutes at most.

        Args:
            target: A revision id, ``+1``, or ``head``.

        Raises:
            SchemaMismatch: The database has a revision that this code does not know, or there is no revision ``target``.
            Unavailable: The database does not answer, or another migrator is at work.
        """
        from telemed_store.migrations import migrator

        await self._run(migrator.upgrade, target)

    async def downgrade(self, target: str, *, destroy: bool = False) -> None:
        """Undo the migrations after ``target``.

        Args:
            target: A revision id, ``-1``, or ``base`` to undo them all.
            destroy: Do so although tables hold rows, which are lost.

        Raises:
            Conflict: Tables hold rows and ``destroy`` was not said; nothing was changed.
            SchemaMismatch: The database has a revision that this code does not know, or there is no revision ``target``.
            Unavailable: The database does not answer, or another migrator is at work.
        """
        from telemed_store.migrations import migrator

        await self._run(migrator.downgrade, target, destroy=destroy)

    async def stamp(self, target: str = "head") -> None:
        """Record that the database stands at ``target`` without running anything.

        Raises:
            SchemaMismatch: There is no such revision.
            Unavailable: The database does not answer, or another migrator is at work.
        """
        from telemed_store.migrations import migrator

        await self._run(migrator.stamp, target)

    async def current(self) -> str | None:
        """The revision of the database; None: it has none.

        Raises:
            Unavailable: The database does not answer.
        """
        from telemed_store.migrations import migrator

        return await self._run(migrator.current)

    async def history(self) -> tuple[Revision, ...]:
        """Every migration, the oldest first, and whether the database has it.

        Raises:
            SchemaMismatch: The database has a revision that this code does not know.
            Unavailable: The database does not answer.
        """
        from telemed_store.migrations import migrator

        return await self._run(migrator.history)

    async def plan(self) -> tuple[Revision, ...]:
        """The migrations that `upgrade` would run, in order.

        Raises:
            SchemaMismatch: The database has a revision that this code does not know.
            Unavailable: The database does not answer.
        """
        from telemed_store.migrations import migrator

        return await self._run(migrator.plan)

    async def check(self) -> Check:
        """Whether migrations are pending, and whether the tables differ from the code's.

        Raises:
            SchemaMismatch: The database has a revision that this code does not know.
            Unavailable: The database does not answer.
        """
        from telemed_store.migrations import migrator

        return await self._run(migrator.check)

    async def verify(self) -> tuple[Finding, ...]:
        """Compare tables, constraints, triggers and functions with the code, whatever revision is stamped. Nothing is written.

        Returns:
            What is missing, changed or switched off; empty if all is well.

        Raises:
            Unavailable: The database does not answer.
        """
        from telemed_store.migrations import migrator

        return await self._run(migrator.verify)

    async def sql(self, target: str = "head", *, start: str = "base") -> str:
        """The SQL of the migrations after ``start`` up to ``target``, for somebody else to run. Does not connect.

        Raises:
            SchemaMismatch: There is no such revision.
        """
        from telemed_store.migrations import migrator

        await _turn()
        try:
            url = self._opening.direct_url
            return migrator.sql(url.get_backend_name(), self._opening.settings, target, start=start)
        finally:
            _ALEMBIC.release()

    async def _run(
        self, script: Callable[Concatenate[Connection, Settings, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        from telemed_store.migrations.locking import patient

        plan = engine_plan(self._opening.direct_url, patient(self._opening.settings), Role.WRITE, WORLD)
        engine = open_engine(plan)
        await _turn()
        try:
            async with engine.connect() as connection:
                return await run_on(connection, script, self._opening.settings, *args, **kwargs)
        except DRIVER_ERRORS as failure:
            error = translate(failure, engine.dialect.name)
        finally:
            _ALEMBIC.release()
            await engine.dispose()
        raise error


async def _turn() -> None:
    """Wait until no other migration runs in this process. Never blocks an event loop: the one who works may be on it too."""
    while not _ALEMBIC.acquire(blocking=False):
        await sleep(_POLL)
