"""SQLAlchemy's ORM: a session per call, mapped classes on the package's own tables, the obvious transaction by hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy import create_engine, make_url, select
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Session

from benchmarks.bench import Bench
from benchmarks.clinic import HALF_HOUR, visits
from benchmarks.peers.orm_messages import CHATS, scripts
from benchmarks.tapes import JOB
from benchmarks.timing import Contender
from telemed_store import ImportedVisit, NewAppointment
from telemed_store.appointments.models import ACTIVE, AppointmentEvent, AppointmentOrigin, CompletionKind
from telemed_store.appointments.tables import appointment_logs, appointments
from telemed_store.availability.tables import availability_windows
from telemed_store.database.identity import new_id
from telemed_store.events.tables import domain_events
from telemed_store.people.tables import booking_guards, doctors, patients

__all__ = ["COUNT", "AppointmentRow", "Reads", "contenders", "engine_urls"]

COUNT = 1_000


class Base(DeclarativeBase):
    pass


class AppointmentRow(Base):
    __table__ = appointments


class LogRow(Base):
    __table__ = appointment_logs


class EventRow(Base):
    __table__ = domain_events


class DoctorRow(Base):
    __table__ = doctors


class PatientRow(Base):
    __table__ = patients


class WindowRow(Base):
    __table__ = availability_windows


class GuardRow(Base):
    __table__ = booking_guards


class Reads:
    """What the peers are asked for: the same rows as the package."""

    def __init__(self, bench: Bench) -> None:
        shown = bench.job.appointments.list(limit=100).items
        self.ids: list[UUID] = [visit.id for visit in shown]
        self.doctor_id: UUID = shown[0].doctor_id
        self.statuses = ["completed", "no_show"]
        self.until = dt.datetime.now(dt.UTC)
        self.since = self.until - dt.timedelta(days=5000)
        self._next = 0

    def id(self) -> UUID:
        self._next += 1
        return self.ids[self._next % len(self.ids)]


def engine_urls(url: str) -> tuple[Any, Any]:
    """The database through psycopg and through asyncpg."""
    plain = make_url(url)
    return plain.set(drivername="postgresql+psycopg"), plain.set(drivername="postgresql+asyncpg")


def contenders(bench: Bench, verb: str, calls: int) -> list[Contender]:
    sync_url, async_url = engine_urls(bench.url)
    engine, async_engine = create_engine(sync_url), create_async_engine(async_url)
    both = _scripts(bench, verb, calls)
    if both is None:
        return []
    script, async_script = both

    def call() -> object:
        with Session(engine, expire_on_commit=False) as session:
            done = script(session)
            session.commit()
            return done

    async def call_async() -> object:
        async with AsyncSession(async_engine, expire_on_commit=False) as session:
            done = await session.run_sync(async_script)
            await session.commit()
            return done

    return [Contender("SQLAlchemy ORM", "sync", call), Contender("SQLAlchemy ORM", "async", call_async)]


Script = Callable[[Session], object]


def _scripts(bench: Bench, verb: str, calls: int) -> tuple[Script, Script] | None:
    """What a session does, for either world; writing each world has people of its own."""
    if verb in {"get", "page", "scopes"}:
        wanted = Reads(bench)
        ordered = (
            select(AppointmentRow)
            .where(AppointmentRow.deleted_at.is_(None))
            .order_by(AppointmentRow.starts_at, AppointmentRow.id)
        )

        def get(session: Session) -> object:
            return session.get(AppointmentRow, wanted.id())

        def page(session: Session) -> object:
            return session.scalars(ordered.where(AppointmentRow.doctor_id == wanted.doctor_id).limit(51)).all()

        def scopes(session: Session) -> object:
            narrowed = ordered.where(
                AppointmentRow.doctor_id == wanted.doctor_id,
                AppointmentRow.status.in_(wanted.statuses),
                AppointmentRow.starts_at >= wanted.since,
                AppointmentRow.starts_at < wanted.until,
            )
            return session.scalars(narrowed.limit(51)).all()

        script: Script = {"get": get, "page": page, "scopes": scopes}[verb]
        return script, script
    if verb in CHATS:
        return scripts(bench, verb, calls)
    if verb == "schedule":
        return _booking(bench), _booking(bench)
    if verb == "import":
        return _importing(bench, calls), _importing(bench, calls)
    return None


def _booking(bench: Bench) -> Script:
    bookings = bench.clinic.bookings()

    def schedule(session: Session) -> object:
        new = next(bookings)
        ends_at = new.starts_at + HALF_HOUR
        for owner_id in (new.doctor_id, new.patient_id):
            session.get(GuardRow, owner_id, with_for_update=True)
        doctor, patient = session.get_one(DoctorRow, new.doctor_id), session.get_one(PatientRow, new.patient_id)
        windows = session.scalars(select(WindowRow).where(WindowRow.doctor_id == doctor.id, WindowRow.is_active)).all()
        taken = session.scalars(
            select(AppointmentRow.id).where(
                (AppointmentRow.doctor_id == doctor.id) | (AppointmentRow.patient_id == patient.id),
                AppointmentRow.status.in_(ACTIVE),
                AppointmentRow.starts_at < ends_at,
                AppointmentRow.ends_at > new.starts_at,
            )
        ).first()
        if taken is not None or not windows:
            raise AssertionError("the time is taken")
        row = _row(new, ends_at, doctor.user_id, status="scheduled", origin=AppointmentOrigin.BOOKED)
        return _add(session, [(row, AppointmentEvent.CREATED)])

    return schedule


def _importing(bench: Bench, calls: int) -> Script:
    pairs = [(bench.clinic.doctor(), bench.clinic.patient()) for _ in range(calls)]
    lists = iter([(doctor.user_id, visits(doctor.id, patient.id, COUNT)) for doctor, patient in pairs])

    def import_all(session: Session) -> object:
        user_id, past = next(lists)
        rows = [
            _row(
                visit,
                visit.ends_at,
                user_id,
                status="completed",
                origin=AppointmentOrigin.IMPORTED,
                started_at=visit.starts_at,
                ended_at=visit.ends_at,
                completion_kind=CompletionKind.IMPORTED,
            )
            for visit in past
        ]
        return _add(session, [(row, AppointmentEvent.COMPLETED) for row in rows])

    return import_all


def _row(new: NewAppointment | ImportedVisit, ends_at: dt.datetime, user_id: UUID, **values: Any) -> AppointmentRow:
    now = dt.datetime.now(dt.UTC)
    return AppointmentRow(
        id=new_id(),
        version=1,
        created_at=now,
        updated_at=now,
        doctor_id=new.doctor_id,
        patient_id=new.patient_id,
        starts_at=new.starts_at,
        ends_at=ends_at,
        local_starts_at=new.starts_at.replace(tzinfo=None),
        zone="UTC",
        access_code=new_id().hex[-8:].upper(),
        created_by=user_id,
        **values,
    )


def _add(session: Session, rows: list[tuple[AppointmentRow, AppointmentEvent]]) -> object:
    session.add_all(row for row, _ in rows)
    session.flush()
    for row, event in rows:
        session.add(
            LogRow(
                id=new_id(),
                created_at=row.created_at,
                appointment_id=row.id,
                actor_kind=JOB.kind,
                event=event,
                payload={"starts_at": row.starts_at.isoformat(), "ends_at": row.ends_at.isoformat()},
            )
        )
        session.add(
            EventRow(
                id=new_id(),
                created_at=row.created_at,
                type=event,
                schema_version=1,
                aggregate_type="appointment",
                aggregate_id=row.id,
                aggregate_version=1,
                occurred_at=row.created_at,
                actor_kind=JOB.kind,
                correlation_id=JOB.correlation_id,
                recipients=[str(row.created_by)],
                payload={"starts_at": row.starts_at.isoformat(), "ends_at": row.ends_at.isoformat()},
            )
        )
    return [row for row, _ in rows]
