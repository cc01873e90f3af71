"""Reading availability: calendars, free slots, and whether a booking fits. Free slots and booking stand on one `Calendar` (D05)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Row

from telemed_store.audit.context import Context
from telemed_store.availability import calendar
from telemed_store.availability.busy import BusyTime, appointment_steps
from telemed_store.availability.calendar import Block, Busy, Interval, Window
from telemed_store.availability.models import FreeSlot
from telemed_store.availability.preconditions import LONGEST, booking_people, interval_problems, people_problems
from telemed_store.availability.statements import (
    ACTIVE_LOCATIONS,
    CALENDARS,
    CALENDARS_FOR_PATIENT,
)
from telemed_store.database.hydration import hydrator
from telemed_store.database.local_time import MINUTES_PER_DAY, as_utc, to_utc, zone
from telemed_store.database.sending import fetch
from telemed_store.errors import NotFound, ValidationFailed
from telemed_store.people.lists import DoctorStatus
from telemed_store.people.operations import check_may_ask_for_time

__all__ = [
    "Calendar",
    "Search",
    "active_locations",
    "busy_on",
    "effective_interval",
    "free_slots",
    "free_slots_of",
    "is_bookable",
    "load_calendar",
    "search_of",
]

MAX_DAYS: Final = 31
MAX_DOCTORS: Final = 50
SHORTEST: Final = dt.timedelta(minutes=1)
# A zone is at most 14 hours from UTC, and a clock that falls back over midnight keeps a day open a little longer.
_DAYS_AROUND: Final = 2

# Where a window stands in a row of CALENDARS: behind the doctor, before the open location.
_WINDOW: Final = slice(3, 11)

_slot: Final = hydrator(FreeSlot)


@dataclass(frozen=True, slots=True)
class Calendar:
    """One doctor's windows and blocks, as far as some dates need them.

    Attributes:
        zone: The doctor's zone.
        bookable: Whether the doctor's profile is active; an inactive doctor has no free slots.
        windows: Active windows: all recurring ones, and the specific ones of the dates.
        blocks: Live blocks that touch the dates.
        closed_locations: Locations of these windows at which nobody can be booked any more.
    """

    doctor_id: UUID
    zone: str
    bookable: bool
    windows: tuple[Window, ...]
    blocks: tuple[Block, ...]
    closed_locations: frozenset[UUID]

    @property
    def is_offering(self) -> bool:
        """Whether there can be any slot."""
        return self.bookable and bool(self.windows)

    def interval(self, starts_at: dt.datetime, ends_at: dt.datetime, location_id: UUID | None) -> Interval | None:
        """The effective window that ``[starts_at, ends_at)`` lies in, or None."""
        found = calendar.fits_effective_window(starts_at, ends_at, self.windows, self.blocks, location_id)
        return None if found is None or found.window.location_id in self.closed_locations else found

    def slots(self, first_date: dt.date, last_date: dt.date, taken: Iterable[Busy], search: Search) -> list[FreeSlot]:
        """The free slots of some dates."""
        found = calendar.free_slots(
            first_date,
            last_date,
            self.windows,
            self.blocks,
            taken,
            duration=search.duration,
            step=search.step,
            not_before=search.not_before,
        )
        return [
            _slot((self.doctor_id, s.starts_at, s.ends_at, s.local_starts_at, s.zone, s.location_id))
            for s in found
            if s.location_id not in self.closed_locations
        ]


@dataclass(frozen=True, slots=True)
class Search:
    """What slots are looked for.

    Attributes:
        duration: Real length of a slot.
        step: Real time from one slot's start to the next one's.
        not_before: Present instant plus the cutoff; a slot starting exactly then is too early.
    """

    duration: dt.timedelta
    step: dt.timedelta
    not_before: dt.datetime


def load_calendar(
    connection: Connection, doctor_ids: Sequence[UUID], first_date: dt.date, last_date: dt.date
) -> dict[UUID, Calendar]:
    """The calendars of some doctors for some dates, in one statement; unknown doctors are left out."""
    return _calendars(fetch(connection, CALENDARS, _wanted(doctor_ids, first_date, last_date)))


def _load_calendar_for(
    connection: Connection,
    context: Context,
    doctor_ids: Sequence[UUID],
    first_date: dt.date,
    last_date: dt.date,
    patient_id: UUID | None,
) -> dict[UUID, Calendar]:
    """The same; if it is for a patient, after making sure that the actor may learn when that patient is busy."""
    if patient_id is None:
        return load_calendar(connection, doctor_ids, first_date, last_date)
    wanted = _wanted(doctor_ids, first_date, last_date)
    rows = fetch(connection, CALENDARS_FOR_PATIENT, {**wanted, "patient_id": patient_id}).all()
    of_doctor = next((row for row in rows if row.first_date is None), None)
    if of_doctor is None:
        return {}
    if of_doctor.patient_user_id is None:
        raise NotFound("patient")
    check_may_ask_for_time(connection, context, patient_id, of_doctor.patient_user_id)
    return _calendars(rows)


def _wanted(doctor_ids: Sequence[UUID], first_date: dt.date, last_date: dt.date) -> dict[str, Any]:
    return {"doctor_ids": list(dict.fromkeys(doctor_ids)), "first_date": first_date, "last_date": last_date}


def _calendars(rows: Iterable[Row[*tuple[Any, ...]]]) -> dict[UUID, Calendar]:
    blocks: dict[UUID, list[Block]] = {}
    windows: dict[UUID, list[Window]] = {}
    closed: set[UUID] = set()
    doctors: dict[UUID, tuple[str, bool]] = {}
    for row in rows:
        doctor_id = row.doctor_id
        if row.first_date is not None:
            blocks.setdefault(doctor_id, []).append(Block(row.first_date, row.last_date, row.zone))
            continue
        doctors[doctor_id] = (row.doctor_zone, row.doctor_status is DoctorStatus.ACTIVE)
        # A doctor without windows is one row whose window is null.
        if row.id is not None:
            window = Window(*row[_WINDOW])
            windows.setdefault(doctor_id, []).append(window)
            if window.location_id is not None and row.open_location_id is None:
                closed.add(window.location_id)
    return {
        doctor_id: Calendar(
            doctor_id,
            doctor_zone,
            bookable,
            tuple(windows.get(doctor_id, ())),
            tuple(blocks.get(doctor_id, ())),
            frozenset(closed),
        )
        for doctor_id, (doctor_zone, bookable) in doctors.items()
    }


def free_slots(
    connection: Connection,
    context: Context,
    doctor_id: UUID,
    first_date: dt.date,
    last_date: dt.date,
    patient_id: UUID | None = None,
    duration: dt.timedelta | None = None,
) -> list[FreeSlot]:
    """Q040, Q041 over Q007 and Q009: two statements; one more to see a doctor's relationship with the patient."""
    search = search_of(context, first_date, last_date, duration)
    calendars = _load_calendar_for(connection, context, [doctor_id], first_date, last_date, patient_id)
    if doctor_id not in calendars:
        raise NotFound("doctor")
    return _slots(connection, context, list(calendars.values()), first_date, last_date, patient_id, search)


def search_of(
    context: Context, first_date: dt.date, last_date: dt.date, duration: dt.timedelta | None = None
) -> Search:
    """What slots are looked for on some dates, at this instant.

    Raises:
        ValidationFailed: The dates are out of order or too many, or the duration is not one of an appointment.
    """
    if last_date < first_date:
        raise ValidationFailed({"last_date": "must not lie before first_date"})
    if (last_date - first_date).days >= MAX_DAYS:
        raise ValidationFailed({"last_date": f"must lie within {MAX_DAYS} days, the first one counted"})
    _check_dates(first_date=first_date, last_date=last_date)
    return _search(context, duration)


def free_slots_of(
    connection: Connection,
    context: Context,
    doctor_ids: Sequence[UUID],
    date: dt.date,
    patient_id: UUID | None = None,
    duration: dt.timedelta | None = None,
) -> list[FreeSlot]:
    """Q040 over Q008: two statements, however many doctors; one more to see a doctor's relationship with the patient."""
    ids = list(dict.fromkeys(doctor_ids))
    if len(ids) > MAX_DOCTORS:
        raise ValidationFailed({"doctor_ids": f"must be at most {MAX_DOCTORS}"})
    _check_dates(date=date)
    search = _search(context, duration)
    calendars = _load_calendar_for(connection, context, ids, date, date, patient_id) if ids else {}
    return _slots(connection, context, [calendars[i] for i in ids if i in calendars], date, date, patient_id, search)


def effective_interval(
    connection: Connection,
    _context: Context,
    doctor_id: UUID,
    starts_at: dt.datetime,
    ends_at: dt.datetime,
    location_id: UUID | None = None,
) -> Interval | None:
    """The effective window that a booking lies in, as booking decides it, in one statement.

    Call it under the doctor's guard: window and block edits take it too, so what this finds holds until the transaction ends.

    Returns:
        The window on its date; None if the interval lies outside every effective window, or the window's location is closed.
    """
    found = _calendar_around(connection, doctor_id, starts_at)
    return None if found is None else found.interval(starts_at, ends_at, location_id)


def is_bookable(
    connection: Connection,
    context: Context,
    doctor_id: UUID,
    starts_at: dt.datetime,
    ends_at: dt.datetime,
    location_id: UUID | None = None,
    patient_id: UUID | None = None,
) -> bool:
    """Q047: three statements; one more to see a doctor's relationship with the patient."""
    start, end = as_utc(starts_at), as_utc(ends_at)
    if end <= start:
        raise ValidationFailed({"ends_at": "must be later than starts_at"})
    people = booking_people(connection, doctor_id, patient_id, location_id, context.actor.id)
    if people.doctor_id is None:
        raise NotFound("doctor")
    if patient_id is not None:
        if people.patient_id is None:
            raise NotFound("patient")
        check_may_ask_for_time(connection, context, patient_id, people.patient_user_id)
    if people_problems(people) or interval_problems(context.now(), start, end):
        return False
    found = _calendar_around(connection, doctor_id, start)
    if found is None or found.interval(start, end, location_id) is None:
        return False
    patients = [] if patient_id is None else [patient_id]
    busy = appointment_steps().busy_between(connection, context, [doctor_id], patients, start, end)
    return not any(row.starts_at < end and start < row.ends_at for row in busy)


def active_locations(connection: Connection, doctor_id: UUID) -> set[UUID]:
    """The places at which a doctor can be booked, in one statement."""
    return set(connection.execute(ACTIVE_LOCATIONS, {"doctor_id": doctor_id}).scalars())


def _calendar_around(connection: Connection, doctor_id: UUID, instant: dt.datetime) -> Calendar | None:
    day = as_utc(instant).date().toordinal()
    first = dt.date.fromordinal(max(day - _DAYS_AROUND, dt.date.min.toordinal()))
    last = dt.date.fromordinal(min(day + _DAYS_AROUND, dt.date.max.toordinal()))
    return load_calendar(connection, [doctor_id], first, last).get(doctor_id)


def _check_dates(**dates: dt.date) -> None:
    """Refuse a date of which a part lies outside the calendar in some zone."""
    margin = dt.timedelta(days=_DAYS_AROUND)
    wrong = [name for name, date in dates.items() if not dt.date.min + margin <= date <= dt.date.max - margin]
    if wrong:
        raise ValidationFailed(dict.fromkeys(wrong, "must lie within the years 1 to 9999 in every zone"))


def _search(context: Context, duration: dt.timedelta | None) -> Search:
    length = context.settings.appointment_duration if duration is None else duration
    # By default a slot begins where the one before it ends: the shorter they are, the more there are to list.
    if not SHORTEST <= length <= LONGEST:
        raise ValidationFailed({"duration": "must be one minute to one day"})
    return Search(length, context.settings.slot_step or length, context.now() + context.settings.same_day_cutoff)


def _slots(
    connection: Connection,
    context: Context,
    calendars: Sequence[Calendar],
    first_date: dt.date,
    last_date: dt.date,
    patient_id: UUID | None,
    search: Search,
) -> list[FreeSlot]:
    offering = [found for found in calendars if found.is_offering]
    if not offering:
        return []
    busy = busy_on(connection, context, offering, first_date, last_date, patient_id)
    return [
        slot
        for found in offering
        for slot in found.slots(first_date, last_date, _taken(busy, found.doctor_id, patient_id), search)
    ]


def busy_on(
    connection: Connection,
    context: Context,
    calendars: Sequence[Calendar],
    first_date: dt.date,
    last_date: dt.date,
    patient_id: UUID | None = None,
) -> list[BusyTime]:
    """When these doctors, and this patient, are busy on some dates of each one's zone: one statement (Q007 to Q009)."""
    zones = {zone(found.zone) for found in calendars}
    taken = appointment_steps().busy_between(
        connection,
        context,
        [found.doctor_id for found in calendars],
        [] if patient_id is None else [patient_id],
        min(to_utc(first_date, 0, name) for name in zones),
        max(to_utc(last_date, MINUTES_PER_DAY, name) for name in zones),
    )
    return list(taken)


def _taken(busy: Iterable[BusyTime], doctor_id: UUID, patient_id: UUID | None) -> Iterable[Busy]:
    return (
        Busy(row.starts_at, row.ends_at)
        for row in busy
        if row.doctor_id == doctor_id or (patient_id is not None and row.patient_id == patient_id)
    )
