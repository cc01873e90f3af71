"""The paged lists of windows and blocks."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from telemed_store import BoundStore, Page
from telemed_store.availability.tables import availability_windows, blocked_dates
from telemed_store.scopes import WindowsOfDoctor
from telemed_store.testing.clock import PRESENT

from .listed import DAY, Listed, Placed
from .rows import ZONE, Row, Rows

TODAY = PRESENT.date()


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
    RecurringWindows(),
    Windows(),
    SpecificWindows(),
    WindowsNear(),
    Blocks(),
)
