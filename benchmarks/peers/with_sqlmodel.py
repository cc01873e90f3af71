"""SQLModel: a table model, a session per call."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from sqlalchemy import Column, DateTime, create_engine
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import Field, Session, SQLModel, select
from sqlmodel.ext.asyncio.session import AsyncSession

from benchmarks.bench import Bench
from benchmarks.peers.orm import Reads, engine_urls
from benchmarks.timing import Contender

__all__ = ["contenders"]


def _instant(name: str) -> Column[dt.datetime]:
    return Column(name, DateTime(timezone=True))


class Row(SQLModel, table=True):
    __tablename__ = "appointments"
    __table_args__ = {"schema": "telemed"}

    id: UUID = Field(primary_key=True)
    version: int
    created_at: dt.datetime = Field(sa_column=_instant("created_at"))
    updated_at: dt.datetime = Field(sa_column=_instant("updated_at"))
    deleted_at: dt.datetime | None = Field(sa_column=_instant("deleted_at"))
    doctor_id: UUID
    patient_id: UUID
    location_id: UUID | None
    starts_at: dt.datetime = Field(sa_column=_instant("starts_at"))
    ends_at: dt.datetime = Field(sa_column=_instant("ends_at"))
    local_starts_at: dt.datetime
    zone: str
    status: str
    origin: str
    availability_override: str | None
    notes: str | None
    created_by: UUID
    started_at: dt.datetime | None = Field(sa_column=_instant("started_at"))
    ended_at: dt.datetime | None = Field(sa_column=_instant("ended_at"))
    completion_kind: str | None
    cancelled_at: dt.datetime | None = Field(sa_column=_instant("cancelled_at"))
    cancelled_by: UUID | None
    cancellation_reason: str | None
    no_show_at: dt.datetime | None = Field(sa_column=_instant("no_show_at"))


def contenders(bench: Bench, verb: str, _calls: int) -> list[Contender]:
    if verb not in {"get", "page"}:
        return []
    sync_url, async_url = engine_urls(bench.url)
    engine, async_engine = create_engine(sync_url), create_async_engine(async_url)
    wanted = Reads(bench)

    def statement():  # noqa: ANN202 - SQLModel's own type
        narrowed = select(Row).where(Row.deleted_at.is_(None), Row.doctor_id == wanted.doctor_id)
        return narrowed.order_by(Row.starts_at, Row.id).limit(51)

    def call() -> object:
        with Session(engine) as session:
            return session.get(Row, wanted.id()) if verb == "get" else session.exec(statement()).all()

    async def call_async() -> object:
        async with AsyncSession(async_engine) as session:
            return await session.get(Row, wanted.id()) if verb == "get" else (await session.exec(statement())).all()

    return [Contender("SQLModel", "sync", call), Contender("SQLModel", "async", call_async)]
