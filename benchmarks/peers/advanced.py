"""advanced-alchemy: its repositories over a session per call, on the package's own table."""

from __future__ import annotations

from typing import Any

from advanced_alchemy.base import CommonTableAttributes
from advanced_alchemy.filters import CollectionFilter, LimitOffset, OnBeforeAfter, OrderBy
from advanced_alchemy.repository import SQLAlchemyAsyncRepository, SQLAlchemySyncRepository
from sqlalchemy import Engine, create_engine
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Session

from benchmarks.bench import Bench
from benchmarks.peers.advanced_messages import READS, Read
from benchmarks.peers.orm import Reads, engine_urls
from benchmarks.timing import Contender
from telemed_store.appointments.tables import appointments

__all__ = ["contenders"]


class Base(CommonTableAttributes, DeclarativeBase):
    __abstract__ = True


class Row(Base):
    __table__ = appointments


class Repository(SQLAlchemySyncRepository[Any]):
    model_type = Row


class AsyncRepository(SQLAlchemyAsyncRepository[Any]):
    model_type = Row


def contenders(bench: Bench, verb: str, _calls: int) -> list[Contender]:
    if verb not in {"get", "page", "scopes", *READS}:
        return []
    sync_url, async_url = engine_urls(bench.url)
    engine, async_engine = create_engine(sync_url), create_async_engine(async_url)
    if verb in READS:
        return _reading(READS[verb](bench), engine, async_engine)
    wanted = Reads(bench)
    keys: dict[str, Any] = {"deleted_at": None, "doctor_id": wanted.doctor_id}
    filters: list[Any] = [OrderBy("starts_at"), OrderBy("id"), LimitOffset(51, 0)]
    if verb == "scopes":
        filters += [
            CollectionFilter("status", wanted.statuses),
            OnBeforeAfter("starts_at", wanted.until, wanted.since),
        ]

    def call() -> object:
        with Session(engine, expire_on_commit=False) as session:
            repository = Repository(session=session)
            return repository.get(wanted.id()) if verb == "get" else repository.list(*filters, **keys)

    async def call_async() -> object:
        async with AsyncSession(async_engine, expire_on_commit=False) as session:
            repository = AsyncRepository(session=session)
            return await (repository.get(wanted.id()) if verb == "get" else repository.list(*filters, **keys))

    return [Contender("advanced-alchemy", "sync", call), Contender("advanced-alchemy", "async", call_async)]


def _reading(read: Read, engine: Engine, async_engine: AsyncEngine) -> list[Contender]:
    def call() -> object:
        with Session(engine, expire_on_commit=False) as session:
            return read.run(session)

    async def call_async() -> object:
        async with AsyncSession(async_engine, expire_on_commit=False) as session:
            return await read.run_async(session)

    return [Contender("advanced-alchemy", "sync", call), Contender("advanced-alchemy", "async", call_async)]
