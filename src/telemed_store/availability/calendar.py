"""The one definition of availability: effective windows, free slots, and whether a booking fits (D05, D06).

Free slots and booking both stand on `effective_windows`, so that what is offered can be booked. Everything here is a
pure function of plain values; nothing knows of the database. What is passed in is already chosen by the caller: the
live, active windows and the live blocks of one doctor, all in that doctor's zone, and the busy time of whoever must be
free.

A window is a stretch of wall clock: it begins at the instant at which the clock reaches its start minute and ends at
the instant at which the clock reaches its end minute, by the rule of `telemed_store.database.local_time`. So it opens
at the same time on the wall all year. Between these two instants time is counted in real minutes: slots step from the
opening instant, their durations are real, and their local start is read off the clock. Where the clock jumps inside a
window, that window is shorter or longer than its minutes say, later slots may show another minute than the grid of
other days, and a repeated hour is offered twice; a window wholly inside a gap is empty.

A window never reaches past midnight (minute 1440), and a booking must lie inside a single window. Therefore an
appointment that crosses local midnight, or the seam between two adjacent windows, fits none: it needs an override.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from operator import attrgetter
from uuid import UUID

from telemed_store.database.local_time import as_utc, day_of, to_utc, wall_clock, zone
from telemed_store.errors import ValidationFailed

__all__ = [
    "Block",
    "Busy",
    "Interval",
    "Slot",
    "Window",
    "WindowKind",
    "effective_windows",
    "fits_effective_window",
    "free_slots",
]

_NO_TIME = dt.timedelta(0)


class WindowKind(StrEnum):
    """Whether a window returns every week or stands for one date."""

    RECURRING = "recurring"
    SPECIFIC = "specific"


@dataclass(frozen=True, slots=True)
class Window:
    """An active window of a doctor: wall-clock minutes of a weekday or of a date.

    Attributes:
        id: The window's row.
        kind: Recurring windows have a weekday only, specific ones a date only.
        weekday: ISO weekday, 1 (Monday) to 7.
        specific_date: The local date of a specific window.
        start_minute: Local minutes after midnight, 0 to 1439.
        end_minute: Local minutes after midnight, 1 to 1440, after the start; 1440 is the end of the day.
        zone: IANA name of the zone whose clock is meant.
        location_id: The only location it is for; None means any active location.
    """

    id: UUID
    kind: WindowKind
    weekday: int | None
    specific_date: dt.date | None
    start_minute: int
    end_minute: int
    zone: str
    location_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """Local dates on which the doctor sees nobody, both ends included.

    Attributes:
        first_date: First blocked date.
        last_date: Last blocked date.
        zone: IANA name of the doctor's zone, the same as the windows'.
    """

    first_date: dt.date
    last_date: dt.date
    zone: str


@dataclass(frozen=True, slots=True)
class Busy:
    """Taken time, half-open; of the doctor or of the patient.

    Attributes:
        starts_at: First instant taken.
        ends_at: First instant free again.
    """

    starts_at: dt.datetime
    ends_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Interval:
    """A window on one date, as instants.

    Attributes:
        starts_at: Opening instant, UTC.
        ends_at: Closing instant, UTC, not included.
        window: The window it comes from.
    """

    starts_at: dt.datetime
    ends_at: dt.datetime
    window: Window


@dataclass(frozen=True, slots=True)
class Slot:
    """A time that can be booked.

    Attributes:
        starts_at: Start, UTC.
        ends_at: End, UTC, not included.
        local_starts_at: Start as the doctor's wall clock shows it, naive.
        zone: IANA name of that clock's zone.
        location_id: The only location it can be booked for; None means any active location.
    """

    starts_at: dt.datetime
    ends_at: dt.datetime
    local_starts_at: dt.datetime
    zone: str
    location_id: UUID | None


def effective_windows(date: dt.date, windows: Iterable[Window], blocks: Iterable[Block]) -> list[Interval]:
    """The windows that count on a local date, as instants.

    None if a block covers the date; else the specific windows of the date if there are any, even where the clock leaves
    nothing of them; else the recurring windows of its weekday.

    Args:
        date: A date in the doctor's zone.
        windows: All active windows of the doctor.
        blocks: All live blocks of the doctor.

    Returns:
        Non-empty intervals, by start.

    Raises:
        ValidationFailed: A window's zone is unknown, or the date ends outside the years 1 to 9999.
    """
    if any(block.first_date <= date <= block.last_date for block in blocks):
        return []
    known = list(windows)
    chosen = [window for window in known if window.kind is WindowKind.SPECIFIC and window.specific_date == date] or [
        window for window in known if window.kind is WindowKind.RECURRING and window.weekday == date.isoweekday()
    ]
    intervals = (_interval(date, window) for window in chosen)
    return sorted(
        (found for found in intervals if found.starts_at < found.ends_at), key=attrgetter("starts_at", "ends_at")
    )


def free_slots(
    first_date: dt.date,
    last_date: dt.date,
    windows: Sequence[Window],
    blocks: Sequence[Block],
    busy: Iterable[Busy],
    *,
    duration: dt.timedelta,
    step: dt.timedelta,
    not_before: dt.datetime,
) -> list[Slot]:
    """The slots that can be offered on some dates.

    A slot starts a whole number of steps after its window opens, ends no later than its window closes, touches no busy
    time (back-to-back is free) and starts after ``not_before``.

    Args:
        first_date: First date in the doctor's zone.
        last_date: Last date, included whole.
        windows: All active windows of the doctor.
        blocks: All live blocks of the doctor.
        busy: Taken time in any order, overlapping or not; the patient's too, where the slots are for one.
        duration: Real length of a slot.
        step: Real time from one slot's start to the next one's.
        not_before: Present instant plus the cutoff; a slot starting exactly then is too early.

    Returns:
        The slots by start. Each one fits: `fits_effective_window` finds a window for it.

    Raises:
        ValidationFailed: The dates are out of order, a length is not positive, an instant is naive, a zone is unknown.
    """
    _require_search(first_date, last_date, duration, step)
    earliest = as_utc(not_before)
    taken = _merged(busy)
    dates = map(dt.date.fromordinal, range(first_date.toordinal(), last_date.toordinal() + 1))
    intervals = chain.from_iterable(effective_windows(date, windows, blocks) for date in dates)
    slots = chain.from_iterable(_slots_of(interval, taken, duration, step, earliest) for interval in intervals)
    return sorted(slots, key=attrgetter("starts_at"))


def fits_effective_window(
    starts_at: dt.datetime,
    ends_at: dt.datetime,
    windows: Sequence[Window],
    blocks: Sequence[Block],
    location_id: UUID | None = None,
) -> Interval | None:
    """The effective window that a booking lies in, as booking decides it.

    The whole of ``[starts_at, ends_at)`` must lie inside one window of one local date; starts off the grid are as good
    as those on it. Busy time and the present are not looked at: the caller and the database answer for those.

    Args:
        starts_at: Start of the appointment.
        ends_at: End of the appointment, not included.
        windows: All active windows of the doctor.
        blocks: All live blocks of the doctor.
        location_id: Where it is to be. A window without a location serves any; None fits a window of any location.

    Returns:
        The window's interval, the earliest if several hold it; None if none does, or if the appointment has no length.

    Raises:
        ValidationFailed: An instant is naive, a zone is unknown, or the day ends outside the years 1 to 9999.
    """
    start, end = as_utc(starts_at), as_utc(ends_at)
    if end <= start:
        return None
    for name in dict.fromkeys(window.zone for window in windows):
        for interval in effective_windows(day_of(start, zone(name)), windows, blocks):
            if interval.window.zone != name or not _serves(interval.window, location_id):
                continue
            if interval.starts_at <= start and end <= interval.ends_at:
                return interval
    return None


def _interval(date: dt.date, window: Window) -> Interval:
    clock = zone(window.zone)
    return Interval(to_utc(date, window.start_minute, clock), to_utc(date, window.end_minute, clock), window)


def _serves(window: Window, location_id: UUID | None) -> bool:
    return location_id is None or window.location_id is None or window.location_id == location_id


def _require_search(first_date: dt.date, last_date: dt.date, duration: dt.timedelta, step: dt.timedelta) -> None:
    reasons = {
        "last_date": "must not lie before the first date" if last_date < first_date else None,
        "duration": "must be longer than zero" if duration <= _NO_TIME else None,
        "step": "must be longer than zero" if step <= _NO_TIME else None,
    }
    failed = {field: reason for field, reason in reasons.items() if reason is not None}
    if failed:
        raise ValidationFailed(failed)


def _slots_of(
    interval: Interval, taken: list[Busy], duration: dt.timedelta, step: dt.timedelta, earliest: dt.datetime
) -> Iterator[Slot]:
    window = interval.window
    clock = zone(window.zone)
    start = interval.starts_at
    if start <= earliest:
        start += ((earliest - start) // step + 1) * step
    upcoming = bisect_right(taken, start, key=attrgetter("ends_at"))
    while (end := start + duration) <= interval.ends_at:
        while upcoming < len(taken) and taken[upcoming].ends_at <= start:
            upcoming += 1
        if upcoming == len(taken) or end <= taken[upcoming].starts_at:
            yield Slot(start, end, wall_clock(start, clock), window.zone, window.location_id)
        start += step


def _merged(busy: Iterable[Busy]) -> list[Busy]:
    # Disjoint and ordered, so that of all busy times only the first one ending after a slot's start can touch the slot.
    merged: list[Busy] = []
    for span in sorted(
        (Busy(as_utc(span.starts_at), as_utc(span.ends_at)) for span in busy), key=attrgetter("starts_at")
    ):
        if span.ends_at <= span.starts_at:
            continue
        if merged and span.starts_at <= merged[-1].ends_at:
            merged[-1] = Busy(merged[-1].starts_at, max(merged[-1].ends_at, span.ends_at))
        else:
            merged.append(span)
    return merged
