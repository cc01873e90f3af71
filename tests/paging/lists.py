"""Every public list that is paged, each with what its rows are, what orders them, whose they are and how one of them goes.

A new list belongs here: `test_every_list_is_here` fails until it is.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar, NamedTuple
from uuid import UUID

from telemed_store import Actor, BoundStore, Page, Store
from telemed_store.appointments.tables import appointment_logs, appointments
from telemed_store.availability.tables import availability_windows, blocked_dates
from telemed_store.consents.tables import consents
from telemed_store.people.tables import (
    doctor_registrations,
    doctor_specializations,
    doctors,
    patients,
    service_locations,
    specializations,
    user_identities,
)
from telemed_store.scopes import (
    ForDoctor,
    LastSeenBetween,
    WindowsOfDoctor,
    WithSpecialization,
)
from telemed_store.testing.clock import PRESENT

from .rows import ZONE, Row, Rows

SYSTEM = Actor.system("paging")
TODAY = PRESENT.date()
DAY, HOUR, HALF_HOUR = dt.timedelta(days=1), dt.timedelta(hours=1), dt.timedelta(minutes=30)

# Ascending by code points, which on every engine is the order of names.
NAMES = ("A", "Z", "a", "a b", "é", "日本", "😀")


class Placed(NamedTuple):
    """A row to insert: its id and its place in the order of the list's sort keys."""

    id: UUID
    key: int


class Listed:
    """One list.

    Attributes:
        verb: The repository and its method.
        keys: How many sort keys there are; their places grow with what the list sorts by.
        has_ties: Whether several rows may have one sort key.
        is_by_id: Whether the list is in the order of ids alone.
        is_descending: Whether the newest, or last, comes first.
        loses_rows: Whether a row can leave the list.
        is_personal: Whether it is of persons, never of jobs.
    """

    verb: ClassVar[str]
    keys: ClassVar[int] = 4
    has_ties: ClassVar[bool] = True
    is_by_id: ClassVar[bool] = False
    is_descending: ClassVar[bool] = False
    loses_rows: ClassVar[bool] = True
    is_personal: ClassVar[bool] = False

    def __repr__(self) -> str:
        return type(self).__name__

    def owner(self, rows: Rows) -> Any:
        """Somebody, or something, whose rows the list shows; nothing is theirs yet."""
        return rows.doctor()

    def insert(self, rows: Rows, owner: Any, placed: list[Placed]) -> None:
        """Make rows of an owner."""
        raise NotImplementedError

    def remove(self, rows: Rows, row_id: UUID) -> None:
        """Take a row out of the list."""
        raise NotImplementedError

    def actor(self, owner: Any) -> Actor:
        """Who reads."""
        return SYSTEM

    def read(self, store: BoundStore, owner: Any, limit: int, cursor: str | None) -> Page[Any]:
        """A page of an owner's rows."""
        repository, method = self.verb.split(".")
        page: Page[Any] = getattr(getattr(store, repository), method)(owner, limit, cursor)
        return page

    def id_of(self, item: Any) -> UUID:
        """The id by which a row was inserted."""
        row_id: UUID = item.id
        return row_id

    def page(self, store: Store, owner: Any, limit: int, cursor: str | None = None) -> Page[Any]:
        """A page as its usual reader sees it."""
        return self.read(store.acting_as(self.actor(owner)), owner, limit, cursor)

    def order(self, row: Placed) -> tuple[int, ...]:
        """Sorts rows as the list does."""
        sign = -1 if self.is_descending else 1
        return (sign * row.id.int,) if self.is_by_id else (sign * row.key, sign * row.id.int)


# --- appointments -----------------------------------------------------------------------------------------------------------


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


# --- people -----------------------------------------------------------------------------------------------------------------


class DoctorsWith(Listed):
    verb = "people.doctors_with"
    is_descending = True

    def owner(self, rows: Rows) -> UUID:
        name = f"specialization {rows.number():06}"
        return rows.new(specializations, name=name, name_key=name, is_active=True)

    def insert(self, rows: Rows, owner: UUID, placed: list[Placed]) -> None:
        rows.doctors((row_id, PRESENT + HOUR * key) for row_id, key in placed)
        qualified = ({"doctor_id": row_id, "specialization_id": owner, "position": 1} for row_id, _ in placed)
        rows.insert(doctor_specializations, qualified)

    def remove(self, rows: Rows, row_id: UUID) -> None:
        rows.delete(doctors, row_id)


class SearchDoctors(DoctorsWith):
    verb = "people.search_doctors"

    def read(self, store: BoundStore, owner: UUID, limit: int, cursor: str | None) -> Page[Any]:
        return store.people.search_doctors(WithSpecialization(owner), None, limit, cursor)


class Doctors(DoctorsWith):
    verb = "people.doctors"
    is_by_id = True
    is_descending = False

    def read(self, store: BoundStore, owner: UUID, limit: int, cursor: str | None) -> Page[Any]:
        return store.people.doctors(WithSpecialization(owner), limit, cursor)


class Patients(Listed):
    """Those who were last seen in one hour."""

    verb = "people.patients"
    is_by_id = True

    def owner(self, rows: Rows) -> dt.datetime:
        return PRESENT - HOUR * rows.number()

    def insert(self, rows: Rows, owner: dt.datetime, placed: list[Placed]) -> None:
        rows.patients((row_id for row_id, _ in placed), last_consultation_at=owner)

    def remove(self, rows: Rows, row_id: UUID) -> None:
        rows.delete(patients, row_id)

    def read(self, store: BoundStore, owner: dt.datetime, limit: int, cursor: str | None) -> Page[Any]:
        return store.people.patients(LastSeenBetween(owner, owner + HOUR), limit, cursor)


class Specializations(Listed):
    """One list of all: what is there already leaves it. Names are unique."""

    verb = "people.specializations"
    keys = 24
    has_ties = False

    def owner(self, rows: Rows) -> int:
        rows.change_all(specializations, is_active=False)
        return rows.number()

    def insert(self, rows: Rows, owner: int, placed: list[Placed]) -> None:
        # Upper and lower case by turns: the order is that of the key.
        names = (
            (row_id, f"{'LISTED' if key % 2 else 'Listed'} {key:02} {owner} {rows.number()}") for row_id, key in placed
        )
        rows.insert(
            specializations,
            ({"id": row_id, "name": name, "name_key": name.casefold(), "is_active": True} for row_id, name in names),
        )

    def remove(self, rows: Rows, row_id: UUID) -> None:
        rows.change(specializations, row_id, is_active=False)

    def read(self, store: BoundStore, owner: int, limit: int, cursor: str | None) -> Page[Any]:
        return store.people.specializations(limit, cursor)


class Locations(Listed):
    verb = "people.locations"
    keys = len(NAMES)

    def insert(self, rows: Rows, owner: UUID, placed: list[Placed]) -> None:
        rest = {"doctor_id": owner, "type": "teleconsultation", "is_active": True}
        rows.insert(service_locations, ({"id": row_id, "name": NAMES[key], **rest} for row_id, key in placed))

    def remove(self, rows: Rows, row_id: UUID) -> None:
        rows.delete(service_locations, row_id)


class Registrations(Listed):
    verb = "people.registrations"
    is_by_id = True

    def insert(self, rows: Rows, owner: UUID, placed: list[Placed]) -> None:
        rest = {"doctor_id": owner, "authority": "cro", "region": "SP", "is_primary": False}
        rows.insert(doctor_registrations, ({"id": each.id, "number": str(rows.number()), **rest} for each in placed))

    def remove(self, rows: Rows, row_id: UUID) -> None:
        rows.delete(doctor_registrations, row_id)


class LinkedIdentities(Listed):
    """Links go for good."""

    verb = "people.linked_identities"
    is_by_id = True

    def insert(self, rows: Rows, owner: UUID, placed: list[Placed]) -> None:
        rest = {"user_id": owner, "issuer": "https://login.example"}
        rows.insert(user_identities, ({"id": each.id, "subject": str(rows.number()), **rest} for each in placed))

    def remove(self, rows: Rows, row_id: UUID) -> None:
        rows.unmake(user_identities, row_id)


class Consents(Listed):
    """Ended ones: one active one is all there can be."""

    verb = "consents.list"
    is_descending = True
    loses_rows = False

    def owner(self, rows: Rows) -> UUID:
        return rows.patient()

    def insert(self, rows: Rows, owner: UUID, placed: list[Placed]) -> None:
        rest = {"user_id": owner, "granted_by": owner, "type": "telemedicine", "channel": "click"}
        rest |= {"text_version": "1", "text_sha256": "ab" * 32}
        times = ((row_id, PRESENT - HOUR * (self.keys - key)) for row_id, key in placed)
        rows.insert(consents, ({"id": row_id, "granted_at": at, "revoked_at": at, **rest} for row_id, at in times))


# --- availability -----------------------------------------------------------------------------------------------------------


class RecurringWindows(Listed):
    """Inactive ones, which may overlap."""

    verb = "availability.recurring_windows"
    hours: ClassVar[tuple[tuple[int, int], ...]] = ((1, 0), (1, 480), (2, 0), (7, 480))

    def insert(self, rows: Rows, owner: UUID, placed: list[Placed]) -> None:
        rows.insert(availability_windows, (self._window(owner, row_id, key) for row_id, key in placed))

    def _window(self, owner: UUID, row_id: UUID, key: int) -> Row:
        weekday, minute = self.hours[key]
        hours = {"start_minute": minute, "end_minute": minute + 60, "is_active": False}
        return {"id": row_id, "doctor_id": owner, "zone": ZONE, "kind": "recurring", "weekday": weekday, **hours}

    def remove(self, rows: Rows, row_id: UUID) -> None:
        rows.delete(availability_windows, row_id)


class Windows(RecurringWindows):
    verb = "availability.windows"
    is_by_id = True

    def read(self, store: BoundStore, owner: UUID, limit: int, cursor: str | None) -> Page[Any]:
        return store.availability.windows(WindowsOfDoctor(owner), limit, cursor)


class SpecificWindows(RecurringWindows):
    verb = "availability.specific_windows"
    hours: ClassVar[tuple[tuple[int, int], ...]] = ((0, 0), (0, 480), (1, 0), (9, 480))

    def _window(self, owner: UUID, row_id: UUID, key: int) -> Row:
        days = self.hours[key][0]
        row = super()._window(owner, row_id, key)
        return row | {"kind": "specific", "weekday": None, "specific_date": TODAY + DAY * days}


class WindowsNear(SpecificWindows):
    """Active ones, which never overlap."""

    verb = "availability.windows_near"
    has_ties = False
    keys = 24
    hours = tuple((day, minute) for day in range(-6, 6) for minute in (0, 480))

    def _window(self, owner: UUID, row_id: UUID, key: int) -> Row:
        return super()._window(owner, row_id, key) | {"is_active": True}

    def read(self, store: BoundStore, owner: UUID, limit: int, cursor: str | None) -> Page[Any]:
        return store.availability.windows_near(owner, None, limit, cursor)


class Blocks(Listed):
    """Live ones never overlap."""

    verb = "availability.blocks"
    has_ties = False
    keys = 24

    def insert(self, rows: Rows, owner: UUID, placed: list[Placed]) -> None:
        dates = ((row_id, TODAY + 2 * DAY * key) for row_id, key in placed)
        rows.insert(
            blocked_dates,
            (
                {"id": row_id, "doctor_id": owner, "zone": ZONE, "first_date": first, "last_date": first + DAY}
                for row_id, first in dates
            ),
        )

    def remove(self, rows: Rows, row_id: UUID) -> None:
        rows.delete(blocked_dates, row_id)


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
    DoctorsWith(),
    SearchDoctors(),
    Doctors(),
    Patients(),
    Specializations(),
    Locations(),
    Registrations(),
    LinkedIdentities(),
    Consents(),
    RecurringWindows(),
    Windows(),
    SpecificWindows(),
    WindowsNear(),
    Blocks(),
)
