"""The migrator: brings the database's schema up to date, over a connection of its own on the direct URL."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection

from telemed_store._async._synchronization import WORLD, open_engine, run_on, sleep
from telemed_store.database.engines import Role, engine_plan
from telemed_store.database.translation import DRIVER_ERRORS, translate
from telemed_store.opening import Opening
from telemed_store.settings import Settings

__all__ = ["AsyncMigrator"]

P = ParamSpec("P")
T = TypeVar("T")

# Alembic keeps what is running in module globals: one migration per process at a time, whichever database it is for.
_ALEMBIC = threading.Lock()
_POLL = 0.02


class AsyncMigrator:
    """Migrates one database."""

    def __init__(self, opening: Opening) -> None:
        self._opening = opening

    async def upgrade(self, target: str = "head") -> None:
        """Run the migrations up to ``target``; those that were run already are passed over.

        Raises:
            SchemaMismatch: The database has a revision that this code does not know, or there is no revision ``target``.
            Unavailable: The database does not answer, or another migrator is at work.
        """
        from telemed_store.migrations import migrator

        await self._run(migrator.upgrade, target)

    async def _run(self, script: Callable[Concatenate[Connection, Settings, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        from telemed_store.migrations.locking import patient

        plan = engine_plan(self._opening.direct_url, patient(self._opening.settings), Role.WRITE, WORLD)
        engine = open_engine(plan)
        try:
            while not _ALEMBIC.acquire(blocking=False):
                await sleep(_POLL)
            try:
                async with engine.connect() as connection:
                    return await run_on(connection, script, self._opening.settings, *args, **kwargs)
            finally:
                _ALEMBIC.release()
        except DRIVER_ERRORS as failure:
            error = translate(failure, engine.dialect.name)
        finally:
            await engine.dispose()
        raise error
