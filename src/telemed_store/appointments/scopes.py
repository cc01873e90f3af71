"""The filters of appointment lists (Q001), each the one place where its condition is written."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass
from sqlalchemy import ColumnElement, and_, or_
from typing_extensions import override

from telemed_store.appointments.models import OPEN, Appointment, AppointmentStatus
from telemed_store.appointments.statements import among, others_than
from telemed_store.appointments.tables import appointments
from telemed_store.database.local_time import day_bounds, day_of, zone
from telemed_store.database.models import Instant, ZoneName
from telemed_store.database.planning import filtered_only
from telemed_store.database.scoping import Bind, Scope, check_order
from telemed_store.database.types import Id, UtcDateTime
from telemed_store.errors import ValidationFailed

__all__ = [
    "ForDoctor",
    "ForPatient",
    "IncludingDeleted",
    "Linkable",
    "OnDates",
    "Past",
    "StartingBetween",
    "ThisWeek",
    "Today",
    "Upcoming",
    "WithStatus",
]


_CONFIG = ConfigDict(hide_input_in_errors=True, arbitrary_types_allowed=True)


@dataclass(frozen=True, config=_CONFIG)
class ForDoctor(Scope[Appointment]):
    """Appointments of one doctor (the profile's id)."""

    doctor_id: UUID

    @override
    def condition(self, bind: Bind) -> ColumnElement[bool]:
        return appointments.c.doctor_id == bind("doctor_id", Id())


@dataclass(frozen=True, config=_CONFIG)
class ForPatient(Scope[Appointment]):
    """Appointments of one patient (the profile's id)."""

    patient_id: UUID

    @override
    def condition(self, bind: Bind) -> ColumnElement[bool]:
        return appointments.c.patient_id == bind("patient_id", Id())


# Not pydantic's dataclass, which replaces a constructor of one's own.
@dataclasses.dataclass(frozen=True, init=False)
class WithStatus(Scope[Appointment]):
    """Appointments in one of these statuses."""

    statuses: tuple[AppointmentStatus, ...]

    def __init__(self, *statuses: AppointmentStatus) -> None:
        try:
            known = tuple(dict.fromkeys(AppointmentStatus(status) for status in statuses))
        except ValueError:
            known = ()
        if not known:
            raise ValidationFailed({"statuses": "must be one or more appointment statuses"})
        object.__setattr__(self, "statuses", tuple(dict.fromkeys(known)))

    @override
    def shape(self) -> tuple[Any, ...]:
        return (type(self), len(self.statuses) == 1)

    @override
    def condition(self, bind: Bind) -> ColumnElement[bool]:
        if len(self.statuses) == 1:
            return appointments.c.status == bind("status", appointments.c.status.type)
        return filtered_only(appointments.c.status).not_in(bind("others", expanding=True))

    @override
    def values(self, now: dt.datetime) -> Mapping[str, Any]:
        if len(self.statuses) == 1:
            return {"status": self.statuses[0]}
        return {"others": others_than(self.statuses)}


@dataclass(frozen=True, config=_CONFIG)
class StartingBetween(Scope[Appointment]):
    """Appointments that start at or after ``from_`` and before ``until``: aware instants; a missing side is unbounded."""

    from_: Instant | None = None
    until: Instant | None = None

    @override
    def shape(self) -> tuple[Any, ...]:
        return (type(self), self.from_ is None, self.until is None)

    @override
    def condition(self, bind: Bind) -> ColumnElement[bool] | None:
        return _between(bind, self.from_, self.until)

    @override
    def values(self, now: dt.datetime) -> Mapping[str, Any]:
        check_order(self, "from_", "until", half_open=True)
        return _bounds(self.from_, self.until)


@dataclass(frozen=True, config=_CONFIG)
class OnDates(Scope[Appointment]):
    """Appointments that start on these local dates of a zone, the whole last day included; a missing side is unbounded."""

    zone: ZoneName
    first_date: dt.date | None = None
    last_date: dt.date | None = None

    def _range(self) -> tuple[dt.datetime | None, dt.datetime | None]:
        bounds = day_bounds(self.first_date, self.last_date, zone(self.zone))
        return bounds.starts_at, bounds.ends_at

    @override
    def shape(self) -> tuple[Any, ...]:
        # The first and the last date of the calendar bound nothing either.
        return (type(self), *(side is None for side in self._range()))

    @override
    def condition(self, bind: Bind) -> ColumnElement[bool] | None:
        return _between(bind, *self._range())

    @override
    def values(self, now: dt.datetime) -> Mapping[str, Any]:
        return _bounds(*self._range())


@dataclass(frozen=True, config=_CONFIG)
class Today(Scope[Appointment]):
    """Appointments that start on the present local date of a zone."""

    zone: ZoneName

    @override
    def condition(self, bind: Bind) -> ColumnElement[bool] | None:
        return _in_range(bind)

    @override
    def values(self, now: dt.datetime) -> Mapping[str, Any]:
        local = zone(self.zone)
        return _days(day_of(now, local), 1, self.zone)


@dataclass(frozen=True, config=_CONFIG)
class ThisWeek(Scope[Appointment]):
    """Appointments that start in the present week of a zone, Monday to Sunday."""

    zone: ZoneName

    @override
    def condition(self, bind: Bind) -> ColumnElement[bool] | None:
        return _in_range(bind)

    @override
    def values(self, now: dt.datetime) -> Mapping[str, Any]:
        today = day_of(now, zone(self.zone))
        return _days(today - dt.timedelta(days=today.isoweekday() - 1), 7, self.zone)


@dataclass(frozen=True, config=_CONFIG)
class Upcoming(Scope[Appointment]):
    """Open appointments that start after now."""

    @override
    def condition(self, bind: Bind) -> ColumnElement[bool]:
        return and_(
            among(OPEN),
            appointments.c.starts_at > bind("now", UtcDateTime()),
        )

    @override
    def values(self, now: dt.datetime) -> Mapping[str, Any]:
        return {"now": now}


@dataclass(frozen=True, config=_CONFIG)
class Past(Scope[Appointment]):
    """Appointments that started at or before now, whatever became of them."""

    @override
    def condition(self, bind: Bind) -> ColumnElement[bool]:
        return appointments.c.starts_at <= bind("now", UtcDateTime())

    @override
    def values(self, now: dt.datetime) -> Mapping[str, Any]:
        return {"now": now}


@dataclass(frozen=True, config=_CONFIG)
class Linkable(Scope[Appointment]):
    """Appointments that take new documents (Q015): in progress, open today in a zone, or completed in the last days."""

    zone: ZoneName
    completed_days: Annotated[int, Field(ge=0, le=36_525)]

    @override
    def condition(self, bind: Bind) -> ColumnElement[bool]:
        return or_(
            appointments.c.status == AppointmentStatus.IN_PROGRESS,
            and_(appointments.c.status.in_(OPEN), _in_range(bind)),
            and_(
                appointments.c.status == AppointmentStatus.COMPLETED,
                appointments.c.ended_at >= bind("completed_since", UtcDateTime()),
            ),
        )

    @override
    def values(self, now: dt.datetime) -> Mapping[str, Any]:
        today = _days(day_of(now, zone(self.zone)), 1, self.zone)
        return {**today, "completed_since": now - dt.timedelta(days=self.completed_days)}


@dataclass(frozen=True, config=_CONFIG)
class IncludingDeleted(Scope[Appointment]):
    """Soft-deleted appointments too; without it lists leave them out."""

    @override
    def condition(self, bind: Bind) -> ColumnElement[bool] | None:
        return None


def _between(bind: Bind, from_: dt.datetime | None, until: dt.datetime | None) -> ColumnElement[bool] | None:
    starts_at = appointments.c.starts_at
    sides = [
        *([starts_at >= bind("from_", UtcDateTime())] if from_ is not None else []),
        *([starts_at < bind("until", UtcDateTime())] if until is not None else []),
    ]
    return and_(*sides) if sides else None


def _in_range(bind: Bind) -> ColumnElement[bool]:
    starts_at = appointments.c.starts_at
    return and_(starts_at >= bind("from_", UtcDateTime()), starts_at < bind("until", UtcDateTime()))


def _bounds(from_: dt.datetime | None, until: dt.datetime | None) -> dict[str, Any]:
    return {name: instant for name, instant in (("from_", from_), ("until", until)) if instant is not None}


def _days(first: dt.date, days: int, zone_name: str) -> dict[str, Any]:
    bounds = day_bounds(first, first + dt.timedelta(days=days - 1), zone(zone_name))
    return {"from_": bounds.starts_at, "until": bounds.ends_at}
