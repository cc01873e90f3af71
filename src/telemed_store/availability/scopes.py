"""The filters of lists of windows, each the one place where its condition is written."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, Date
from typing_extensions import override

from telemed_store.availability.calendar import WindowKind
from telemed_store.availability.models import AvailabilityWindow
from telemed_store.availability.tables import availability_windows
from telemed_store.database.scoping import Bind, Scope
from telemed_store.database.types import Id

__all__ = ["OfKind", "WindowsBetween", "WindowsOfDoctor"]


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
        sides = {"first_date": self.first_date, "last_date": self.last_date}
        return {name: date for name, date in sides.items() if date is not None}

    @override
    def shape(self) -> tuple[object, ...]:
        return (type(self), self.first_date is None, self.last_date is None)
