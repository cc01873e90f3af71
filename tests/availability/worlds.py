"""A doctor, an empty calendar and one engine: what the tests of availability's operations stand on."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import sqlalchemy as sa

import telemed_store.appointments.overlap
import telemed_store.crypto.tables  # noqa: F401 - its tables are part of the schema
from telemed_store.appointments.queries import busy_between
from telemed_store.appointments.tables import appointments
from telemed_store.audit.actor import Actor
from telemed_store.audit.context import Context, Denial, Journal
from telemed_store.availability.busy import AppointmentSteps
from telemed_store.database.engines import Role, configure, engine_plan
from telemed_store.database.identity import new_id
from telemed_store.database.metadata import METADATA
from telemed_store.database.paging import CursorCodec
from telemed_store.people.tables import booking_guards, doctors, patients, service_locations, users
from telemed_store.settings import Settings

NOW = dt.datetime(2030, 1, 7, 12, 0, tzinfo=dt.UTC)
"""A Monday, nine in the morning in São Paulo."""

MONDAY = dt.date(2030, 1, 7)
ZONE = "America/Sao_Paulo"
_MADE = {"version": 1, "created_at": NOW, "updated_at": NOW}


def begun_between(
    connection: sa.Connection, _context: Context, doctor_id: UUID, from_: dt.datetime, until: dt.datetime
) -> list[Any]:
    a = appointments.c
    statement = sa.select(a.starts_at, a.ends_at).where(
        a.doctor_id == doctor_id,
        a.status.in_(["in_progress", "completed"]),
        a.deleted_at.is_(None),
        a.starts_at < until,
        a.ends_at > from_,
    )
    return list(connection.execute(statement))


STEPS = AppointmentSteps(busy_between=busy_between, begun_between=begun_between)


@dataclass
class World:
    engine: sa.Engine
    settings: Settings
    now: dt.datetime = NOW
    statements: list[str] = field(default_factory=list)
    denials: list[Denial] = field(default_factory=list)

    def context(self, actor: Actor | None = None) -> Context:
        return Context(
            actor or Actor.system("tests"),
            self.settings,
            None,  # type: ignore[arg-type] - availability holds nothing encrypted
            CursorCodec(b"k" * 32),
            Journal(),
            self.now,
        )

    def do(self, operation: Any, *args: Any, **kwargs: Any) -> Any:
        with self.engine.begin() as connection:
            return operation(connection, self.context(), *args, **kwargs)

    def do_as(self, user_id: UUID, operation: Any, *args: Any, **kwargs: Any) -> Any:
        """The operation by a person; a refusal is then among ``self.denials``."""
        context = self.context(Actor.user(user_id))
        try:
            with self.engine.begin() as connection:
                return operation(connection, context, *args, **kwargs)
        finally:
            self.denials += context.journal.denials

    @contextmanager
    def counting(self) -> Iterator[list[str]]:
        seen: list[str] = []

        def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
            seen.append(statement)

        sa.event.listen(self.engine, "before_cursor_execute", note)
        try:
            yield seen
        finally:
            sa.event.remove(self.engine, "before_cursor_execute", note)

    def insert(self, table: sa.Table, **values: Any) -> UUID:
        row = {"id": new_id(), **_MADE, **values}
        with self.engine.begin() as connection:
            connection.execute(sa.insert(table), row)
        return row["id"]

    def user(self) -> UUID:
        return self.insert(users, name="Somebody", status="active", zone=ZONE)

    def user_of(self, doctor_id: UUID) -> UUID:
        with self.engine.begin() as connection:
            return connection.execute(sa.select(doctors.c.user_id).where(doctors.c.id == doctor_id)).scalar_one()

    def doctor(self, *, zone: str = ZONE, status: str = "active") -> UUID:
        doctor_id = self.insert(
            doctors,
            user_id=self.user(),
            languages=[],
            status=status,
            signature_enrolment="not_integrated",
            zone=zone,
        )
        self._guard(doctor_id)
        return doctor_id

    def patient(self, **said: Any) -> UUID:
        """Somebody who can be booked, unless something else is said."""
        profile = {
            "gender": "female",
            "date_of_birth": dt.date(1980, 5, 17),
            "phone": "5511999990000",
            "emergency_contact": "A friend",
            "emergency_phone": "5511888880000",
        }
        patient_id = self.insert(patients, **{"user_id": self.user(), "status": "active", **profile, **said})
        self._guard(patient_id)
        return patient_id

    def location(self, doctor_id: UUID, *, is_active: bool = True, name: str = "Online") -> UUID:
        return self.insert(
            service_locations, doctor_id=doctor_id, name=name, type="teleconsultation", is_active=is_active
        )

    def appointment(
        self,
        doctor_id: UUID,
        starts_at: dt.datetime,
        *,
        minutes: int = 30,
        status: str = "scheduled",
        patient: Any = None,
    ) -> UUID:
        begun = status in {"in_progress", "completed"}
        ends_at = starts_at + dt.timedelta(minutes=minutes)
        done = status == "completed"
        return self.insert(
            appointments,
            doctor_id=doctor_id,
            patient_id=patient or self.patient(),
            starts_at=starts_at,
            ends_at=ends_at,
            local_starts_at=starts_at.replace(tzinfo=None),
            zone=ZONE,
            status=status,
            access_code=new_id().hex[-8:].upper(),
            origin="booked",
            created_by=self.user(),
            started_at=starts_at if begun else None,
            ended_at=ends_at if done else None,
            completion_kind="finalized" if done else None,
            cancelled_at=NOW if status == "cancelled" else None,
        )

    def _guard(self, owner_id: UUID) -> None:
        with self.engine.begin() as connection:
            connection.execute(sa.insert(booking_guards), {"owner_id": owner_id, "n": 0})


def open_engine(url: str) -> sa.Engine:
    plan = engine_plan(url, Settings(), Role.WRITE, "sync")
    engine = sa.create_engine(plan.url, execution_options=plan.execution_options, **plan.options)
    configure(engine, plan)
    return engine


def make_schema(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("CREATE SCHEMA telemed")
            connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS btree_gist")
        METADATA.create_all(connection)


def engine_names() -> list[str]:
    return os.environ.get("TELEMED_TEST_ENGINES", "sqlite,postgresql,mariadb").split(",")
