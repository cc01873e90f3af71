"""What every verb of one whole run is given: the stores, the bare connections, the people."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import asyncpg
import psycopg

from benchmarks.clinic import Clinic
from benchmarks.tapes import JOB
from telemed_store import AsyncBoundStore, AsyncStore, BoundStore, Settings, Store

__all__ = ["Bench", "opened"]


@dataclass
class Bench:
    """One whole run's belongings.

    Attributes:
        url: The database, without a driver's name.
        autocommit: Bare psycopg, one statement at a time.
        transactional: Bare psycopg, BEGIN and COMMIT.
        asyncpg: Bare asyncpg, either way.
        loop: Where everything asynchronous runs.
        closing: What a verb opens besides, and is closed at the end.
    """

    url: str
    store: Store
    async_store: AsyncStore
    clinic: Clinic
    autocommit: psycopg.Connection[Any]
    transactional: psycopg.Connection[Any]
    asyncpg: asyncpg.Connection[Any]
    loop: asyncio.Runner
    closing: contextlib.ExitStack

    @property
    def job(self) -> BoundStore:
        """The store of a system job."""
        return self.store.acting_as(JOB)

    @property
    def async_job(self) -> AsyncBoundStore:
        """The same, asynchronous."""
        return self.async_store.acting_as(JOB)


@contextlib.contextmanager
def opened(url: str, settings: Settings) -> Generator[Bench]:
    """Open everything, and close it again."""
    with contextlib.ExitStack() as stack:
        loop = stack.enter_context(asyncio.Runner())
        store = stack.enter_context(Store.open(settings=settings))
        async_store = AsyncStore.open(settings=settings)
        stack.callback(lambda: loop.run(async_store.close()))
        bare = loop.run(asyncpg_connection(url))
        stack.callback(lambda: loop.run(bare.close()))
        yield Bench(
            url=url,
            store=store,
            async_store=async_store,
            clinic=Clinic.of(store),
            autocommit=stack.enter_context(psycopg.connect(url, autocommit=True)),
            transactional=stack.enter_context(psycopg.connect(url)),
            asyncpg=bare,
            loop=loop,
            closing=stack,
        )


async def asyncpg_connection(url: str) -> asyncpg.Connection[Any]:
    """A bare connection."""
    return await asyncpg.connect(url)
