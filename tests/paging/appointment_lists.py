"""The paged lists of appointments."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar, NamedTuple
from uuid import UUID

from telemed_store import Actor, BoundStore, Page
from telemed_store.appointments.tables import appointment_logs, appointments
from telemed_store.people.tables import patients
from telemed_store.scopes import ForDoctor
from telemed_store.testing.clock import PRESENT

from .listed import DAY, HALF_HOUR, HOUR, NAMES, Listed, Placed
from .rows import ZONE, Row, Rows


class Pair(NamedTuple):
    """A doctor and a patient, whose users have the same ids."""

    doctor_id: UUID
    patient_id: UUID


def visit(pair: Pair, row_id: UUID, starts_at: dt.datetime, **values: Any) -> Row:
    """A cancelled visit, which holds no time: any number may have the same."""
    row: Row = {"id": row_id, "doctor_id": pair.doctor_id, "patient_id": pair.patient_id, "created_by": pair.doctor_id}
    row |= {"starts_at": starts_at, "ends_at": starts_at + HALF_HOUR, "local_starts_at": starts_at.replace(tzinfo=None)}
    row |= {
        "zone": ZONE,
        "status": "cancelled",
        "access_code": code(row_id),
        "origin": "booked",
        "cancelled_at": PRESENT,
    }
    return row | values


def code(row_id: UUID) -> str:
    """An access code of one visit alone: ids end in a number of their own."""
    return f"{row_id.int & 0xFFFFFFFF:08X}"


class Appointments(Listed):
    verb = "appointments.list"
    first: ClassVar[dt.datetime] = PRESENT - DAY

    def owner(self, rows: Rows) -> Pair:
        return Pair(rows.doctor(), rows.patient())

    def insert(self, rows: Rows, owner: Pair, placed: list[Placed]) -> None:
        rows.insert(appointments, (visit(owner, row_id, self.first + HOUR * key) for row_id, key in placed))

    def remove(self, rows: Rows, row_id: UUID) -> None:
        rows.delete(appointments, row_id)

    def read(self, store: BoundStore, owner: Pair, limit: int, cursor: str | None) -> Page[Any]:
        return store.appointments.list(ForDoctor(owner.doctor_id), limit, cursor)


class AppointmentsNewestFirst(Appointments):
    is_descending = True

    def read(self, store: BoundStore, owner: Pair, limit: int, cursor: str | None) -> Page[Any]:
        return store.appointments.list(ForDoctor(owner.doctor_id), limit, cursor, newest_first=True)


class OwnAppointments(Appointments):
    """Without a scope: whose appointments are shown is decided by who looks."""

    def actor(self, owner: Pair) -> Actor:
        return Actor.user(owner.patient_id)

    def read(self, store: BoundStore, owner: Pair, limit: int, cursor: str | None) -> Page[Any]:
        return store.appointments.list(None, limit, cursor)


class Agenda(Appointments):
    verb = "appointments.agenda"

    def read(self, store: BoundStore, owner: Pair, limit: int, cursor: str | None) -> Page[Any]:
        return store.appointments.agenda(ForDoctor(owner.doctor_id), limit, cursor)

    def id_of(self, item: Any) -> UUID:
        row_id: UUID = item.appointment.id
        return row_id


class AgendaNewestFirst(Agenda):
    is_descending = True

    def read(self, store: BoundStore, owner: Pair, limit: int, cursor: str | None) -> Page[Any]:
        return store.appointments.agenda(ForDoctor(owner.doctor_id), limit, cursor, newest_first=True)


class AroundNow(Agenda):
    verb = "appointments.around_now"

    def read(self, store: BoundStore, owner: Pair, limit: int, cursor: str | None) -> Page[Any]:
        return store.appointments.around_now(owner.doctor_id, limit, cursor)


class PastOfDoctor(Agenda):
    verb = "appointments.past_of_doctor"
    is_descending = True

    def read(self, store: BoundStore, owner: Pair, limit: int, cursor: str | None) -> Page[Any]:
        return store.appointments.past_of_doctor(owner.doctor_id, limit, cursor)


class RecentOfPair(Appointments):
    verb = "appointments.recent_of_pair"
    is_descending = True

    def read(self, store: BoundStore, owner: Pair, limit: int, cursor: str | None) -> Page[Any]:
        return store.appointments.recent_of_pair(owner.doctor_id, owner.patient_id, limit, cursor).recent


def completed(pair: Pair, row_id: UUID, starts_at: dt.datetime, ended_at: dt.datetime) -> Row:
    times = {"started_at": starts_at, "ended_at": ended_at, "cancelled_at": None}
    return visit(pair, row_id, starts_at, status="completed", completion_kind="finalized", **times)


class Linkable(Agenda):
    """Visits of long ago that ended just now; one that ended long ago too takes no documents any more."""

    verb = "appointments.linkable"
    is_descending = True
    first = PRESENT - 60 * DAY

    def insert(self, rows: Rows, owner: Pair, placed: list[Placed]) -> None:
        starts = ((row_id, self.first + HOUR * key) for row_id, key in placed)
        rows.insert(appointments, (completed(owner, row_id, at, PRESENT) for row_id, at in starts))

    def remove(self, rows: Rows, row_id: UUID) -> None:
        rows.change(appointments, row_id, ended_at=self.first + HOUR * self.keys)

    def read(self, store: BoundStore, owner: Pair, limit: int, cursor: str | None) -> Page[Any]:
        return store.appointments.linkable(owner.doctor_id, owner.patient_id, limit, cursor)


class Affected(Appointments):
    """Scheduled visits of a doctor without windows; active ones never overlap, so there are no ties."""

    verb = "appointments.affected"
    keys = 24
    has_ties = False
    first = PRESENT + HOUR

    def insert(self, rows: Rows, owner: Pair, placed: list[Placed]) -> None:
        starts = ((row_id, self.first + HOUR * key) for row_id, key in placed)
        open_ = {"status": "scheduled", "cancelled_at": None}
        rows.insert(appointments, (visit(owner, row_id, at, **open_) for row_id, at in starts))

    def read(self, store: BoundStore, owner: Pair, limit: int, cursor: str | None) -> Page[Any]:
        return store.appointments.affected(owner.doctor_id, limit, cursor)


class Logs(Listed):
    verb = "appointments.logs"
    loses_rows = False

    def owner(self, rows: Rows) -> UUID:
        row_id = rows.new_id(1)
        rows.insert(appointments, [visit(Pair(rows.doctor(), rows.patient()), row_id, PRESENT)])
        return row_id

    def insert(self, rows: Rows, owner: UUID, placed: list[Placed]) -> None:
        told: Row = {
            "appointment_id": owner,
            "actor_id": None,
            "actor_kind": "system",
            "event": "updated",
            "payload": {},
        }
        rows.insert(
            appointment_logs, ({"id": row_id, "created_at": PRESENT + HOUR * key, **told} for row_id, key in placed)
        )


class PatientsToIssueFor(Listed):
    verb = "appointments.patients_to_issue_for"
    keys = len(NAMES)

    def insert(self, rows: Rows, owner: UUID, placed: list[Placed]) -> None:
        for row_id, key in placed:
            rows.patients([row_id], NAMES[key])
        yesterday = PRESENT - DAY
        visits = (completed(Pair(owner, row_id), rows.new_id(1), yesterday, yesterday) for row_id, _ in placed)
        rows.insert(appointments, visits)

    def remove(self, rows: Rows, row_id: UUID) -> None:
        rows.delete(patients, row_id)

    def id_of(self, item: Any) -> UUID:
        row_id: UUID = item.user_id
        return row_id


LISTS: tuple[Listed, ...] = (
    Appointments(),
    AppointmentsNewestFirst(),
    OwnAppointments(),
    Agenda(),
    AgendaNewestFirst(),
    AroundNow(),
    PastOfDoctor(),
    RecentOfPair(),
    Linkable(),
    Affected(),
    Logs(),
    PatientsToIssueFor(),
)
