"""What makes a window invalid, said once for single windows, changed ones and whole schedules (D12)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from typing import Protocol
from uuid import UUID

from telemed_store.availability.calendar import WindowKind

__all__ = ["WindowShape", "day_of_window", "meet", "overlapping_items", "problems"]


class WindowShape(Protocol):
    """What a window to add and a stored one have in common."""

    @property
    def kind(self) -> WindowKind:
        """Recurring or specific."""
        ...

    @property
    def weekday(self) -> int | None:
        """ISO weekday of a recurring window."""
        ...

    @property
    def specific_date(self) -> dt.date | None:
        """Local date of a specific window."""
        ...

    @property
    def start_minute(self) -> int:
        """Local minutes after midnight."""
        ...

    @property
    def end_minute(self) -> int:
        """Local minutes after midnight, not included."""
        ...

    @property
    def location_id(self) -> UUID | None:
        """The only location it is for."""
        ...

    @property
    def is_active(self) -> bool:
        """Whether it counts."""
        ...


def problems(window: WindowShape, shortest: dt.timedelta, locations: Collection[UUID]) -> dict[str, str]:
    """Field to reason, for everything that is wrong with a window by itself.

    Args:
        window: The window as it would be stored.
        shortest: The setting ``window_min``.
        locations: The doctor's active locations.
    """
    found: dict[str, str] = {}
    recurring = window.kind is WindowKind.RECURRING
    if recurring == (window.weekday is None):
        found["weekday"] = (
            "is needed for a recurring window" if recurring else "must not be given for a specific window"
        )
    if recurring != (window.specific_date is None):
        found["specific_date"] = (
            "must not be given for a recurring window" if recurring else "is needed for a specific window"
        )
    if window.end_minute <= window.start_minute:
        found["end_minute"] = "must be later than start_minute"
    elif dt.timedelta(minutes=window.end_minute - window.start_minute) < shortest:
        minutes = shortest / dt.timedelta(minutes=1)
        found["end_minute"] = f"must be at least {minutes:g} minutes later than start_minute"
    if window.location_id is not None and window.location_id not in locations:
        found["location_id"] = "must be an active location of this doctor"
    return found


def day_of_window(window: WindowShape) -> tuple[WindowKind, int | dt.date | None]:
    """The day that a window stands for: only windows of the same day can overlap."""
    return window.kind, window.weekday if window.kind is WindowKind.RECURRING else window.specific_date


def meet(one: WindowShape, other: WindowShape) -> bool:
    """Whether two windows may not both be stored."""
    return (
        one.is_active
        and other.is_active
        and day_of_window(one) == day_of_window(other)
        and one.start_minute < other.end_minute
        and other.start_minute < one.end_minute
    )


def overlapping_items(windows: Sequence[WindowShape]) -> Iterable[int]:
    """The places of those windows of a list that overlap another one of it, the later of the two."""
    by_day: dict[tuple[WindowKind, int | dt.date | None], list[int]] = {}
    for place, window in enumerate(windows):
        if window.is_active and window.start_minute < window.end_minute:
            by_day.setdefault(day_of_window(window), []).append(place)
    for places in by_day.values():
        places.sort(key=lambda place: windows[place].start_minute)
        furthest = places[0]
        for place in places[1:]:
            if windows[place].start_minute < windows[furthest].end_minute:
                yield max(place, furthest)
            if windows[place].end_minute > windows[furthest].end_minute:
                furthest = place
