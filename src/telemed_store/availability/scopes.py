"""Filters of lists of windows, and of doctors by their availability; each the one place where its condition is written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Date, SmallInteger, and_, exists, or_
from typing_extensions import override

from telemed_store.availability.calendar import WindowKind
from telemed_store.availability.models import AvailabilityWindow
from telemed_store.availability.tables import availability_windows, blocked_dates
from telemed_store.database.local_time import skipped_minutes
from telemed_store.database.scoping import Bind, Scope, check_order
from telemed_store.database.types import Id
from telemed_store.people.lists import DoctorStatus
from telemed_store.people.models import Doctor
from telemed_store.people.tables import doctors, service_locations

__all__ = ["AvailableOn", "OfKind", "WindowsBetween", "WindowsOfDoctor", "WithWindows"]


@dataclass(frozen=True)
class WindowsOfDoctor(Scope[AvailabilityWindow]):
    """Windows of one doctor."""

    doctor_id: UUID

    @override
    def condition(self, bind: Bind) -> ColumnElement[bool]:
        return availability_windows.c.doctor_id == bind("doctor_id", Id())


@dataclass(frozen=True)
class OfKind(Scope[AvailabilityWindow]):
    """Recurring windows, or specific ones."""

    kind: WindowKind

    @override
    def condition(self, bind: Bind) -> ColumnElement[bool]:
        return availability_windows.c.kind == bind("kind", availability_windows.c.kind.type)


@dataclass(frozen=True)
class WindowsBetween(Scope[AvailabilityWindow]):
    """Specific windows of a range of local dates, the last one included whole; a side that is None does not limit (C10)."""

    first_date: dt.date | None = None
    last_date: dt.date | None = None

    @override
    def condition(self, bind: Bind) -> ColumnElement[bool] | None:
        date = availability_windows.c.specific_date
        if self.first_date is not None and self.last_date is not None:
            return date.between(bind("first_date", Date()), bind("last_date", Date()))
        if self.first_date is not None:
            return date >= bind("first_date", Date())
        if self.last_date is not None:
            return date <= bind("last_date", Date())
        return None

    @override
    def values(self, now: dt.datetime) -> dict[str, dt.date]:
        check_order(self, "first_date", "last_date")
        sides = {"first_date": self.first_date, "last_date": self.last_date}
        return {name: date for name, date in sides.items() if date is not None}

    @override
    def shape(self) -> tuple[object, ...]:
        return (type(self), self.first_date is None, self.last_date is None)


def _any_window(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    window = availability_windows.c
    return exists().where(window.doctor_id == doctors.c.id, window.is_active, window.deleted_at.is_(None), *conditions)


@dataclass(frozen=True)
class AvailableOn(Scope[Doctor]):
    """Active doctors with an effective window on a date of their own zone (Q050): by the rule of free slots (D05).

    The doctor's status, blocks, windows whose location is closed, and windows that the doctor's clock skips whole on that date count as
    they do there: one from 02:00 to 03:00 does not open on the night on which that hour does not exist.

    Whether a slot is still free there is another question: ``availability.free_slots_of``.
    """

    date: dt.date

    @override
    def condition(self, bind: Bind) -> ColumnElement[bool]:
        window, block = availability_windows.c, blocked_dates.c
        date = bind("date", Date())
        blocked = exists().where(
            block.doctor_id == doctors.c.id,
            block.last_date >= date,
            block.first_date <= date,
            block.deleted_at.is_(None),
        )
        at = service_locations.c
        location_open = or_(
            window.location_id.is_(None),
            exists().where(at.id == window.location_id, at.is_active, at.deleted_at.is_(None)),
        )
        opens = (location_open, *self._not_skipped(bind))
        specific = _any_window(window.specific_date == date, *opens)
        weekday = window.weekday == bind("weekday", SmallInteger())
        recurring = _any_window(window.specific_date.is_(None), weekday, *opens)
        # A specific window displaces the recurring ones of its date even where it does not open itself.
        displaced = _any_window(window.specific_date == date)
        active = doctors.c.status == DoctorStatus.ACTIVE
        return and_(active, ~blocked, or_(specific, and_(recurring, ~displaced)))

    def _not_skipped(self, bind: Bind) -> Iterator[ColumnElement[bool]]:
        """One condition for each stretch of the date that some clocks skip: on most dates none."""
        window = availability_windows.c
        for n, _ in enumerate(skipped_minutes(self.date)):
            yield ~and_(
                window.start_minute >= bind(f"skipped_from_{n}", SmallInteger()),
                window.end_minute <= bind(f"skipped_until_{n}", SmallInteger()),
                window.zone.in_(bind(f"skipped_in_{n}", window.zone.type, expanding=True)),
            )

    @override
    def values(self, now: dt.datetime) -> dict[str, Any]:
        values: dict[str, Any] = {"date": self.date, "weekday": self.date.isoweekday()}
        for n, skipped in enumerate(skipped_minutes(self.date)):
            values[f"skipped_from_{n}"] = skipped.start_minute
            values[f"skipped_until_{n}"] = skipped.end_minute
            values[f"skipped_in_{n}"] = skipped.zones
        return values

    @override
    def shape(self) -> tuple[object, ...]:
        return (type(self), len(skipped_minutes(self.date)))


@dataclass(frozen=True)
class WithWindows(Scope[Doctor]):
    """Doctors with any active window (Q051)."""

    @override
    def condition(self, bind: Bind) -> ColumnElement[bool]:
        return _any_window()
