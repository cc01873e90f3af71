"""Calendars drawn at random around the jumps of clocks, and what may be booked in them, decided minute by minute.

Nothing of the package is used. A clock is read (``wall_clocks``); a window is open while the clock's progress lies in it; and an interval
can be booked if one and the same window is open at each of its minutes and none of them is taken.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise
from typing import Literal, NamedTuple

from wall_clocks import ALWAYS, DAY, EVERY, MINUTE, Reading, jumps, read_clock

__all__ = ["ANNEX", "OFFICE", "STEP", "DrawnCalendar", "Hours", "Span", "Verdict", "draw_calendars"]

OFFICE, ANNEX = "office", "annex"
"""A doctor's two places; the annex closes after the windows were made."""

STEP = 20
"""Minutes from one slot to the next."""

Verdict = Literal["booked", "past", "closed", "outside", "taken"]

FIRST_YEAR, LAST_YEAR = 2030, 2037
_HOUR = 60
_WEEK = 7


class Hours(NamedTuple):
    """A window: local minutes of an ISO weekday or of a date, at one place or at any."""

    day: int | dt.date
    start: int
    end: int
    place: str | None
    is_active: bool


class Span(NamedTuple):
    """Taken time, half-open."""

    start: dt.datetime
    end: dt.datetime

    def meets(self, other: Span) -> bool:
        return self.start < other.end and other.start < self.end


class DrawnSlot(NamedTuple):
    """What has to be offered."""

    start: dt.datetime
    end: dt.datetime
    local_start: dt.datetime
    place: str | None


@dataclass(frozen=True)
class DrawnCalendar:
    """A doctor's calendar on a week in which the clock jumps, if it does, and who has time when.

    Attributes:
        seed: What it was drawn from.
        dates: Seven local dates, in order; the clock jumps in the middle of them.
        hours: Windows, inactive ones and such of the annex among them.
        blocked: First and last date of a block.
        of_doctor: Appointments of the doctor with others.
        of_patient: Appointments of the patient with others.
        of_both: The appointment that they have with each other.
        now: When booking is tried; everything was made a day before the first date.
        reading: What the doctor's clock showed.
    """

    seed: int
    dates: list[dt.date]
    hours: tuple[Hours, ...]
    blocked: tuple[dt.date, dt.date]
    of_doctor: tuple[Span, ...]
    of_patient: tuple[Span, ...]
    of_both: Span
    now: dt.datetime
    reading: Reading

    @property
    def zone(self) -> str:
        return self.reading.zone

    def hours_of(self, date: dt.date) -> list[Hours]:
        """The effective windows of a date, those of a closed place among them."""
        if self.blocked[0] <= date <= self.blocked[1]:
            return []
        active = [hours for hours in self.hours if hours.is_active]
        specific = [hours for hours in active if hours.day == date]
        return specific or [hours for hours in active if hours.day == date.isoweekday()]

    @cached_property
    def opened(self) -> dict[dt.datetime, Hours]:
        """Every minute of a window that is open, and of which."""
        found: dict[dt.datetime, Hours] = {}
        by_date = {
            date: self.hours_of(date) for date in {progress.date() for progress in self.reading.progress.values()}
        }
        for instant, progress in self.reading.progress.items():
            minute = progress.hour * _HOUR + progress.minute
            for hours in by_date[progress.date()]:
                if hours.start <= minute < hours.end and hours.place != ANNEX:
                    found[instant] = hours
        return found

    def taken(self, *, of_patient: bool = True, of_both: bool = True) -> list[Span]:
        return [*self.of_doctor, *(self.of_patient if of_patient else ()), *([self.of_both] if of_both else ())]

    def verdict(self, start: dt.datetime, length: int, place: str | None, taken: Iterable[Span]) -> Verdict:
        """What becomes of booking an interval of some minutes, in the order in which reasons to refuse it are named."""
        if start <= self.now:
            return "past"
        if place == ANNEX:
            return "closed"
        held_by = {self.opened.get(start + n * MINUTE) for n in range(length)}
        hours = held_by.pop() if len(held_by) == 1 else None
        if hours is None or (place is not None and hours.place not in {None, place}):
            return "outside"
        wanted = Span(start, start + length * MINUTE)
        return "taken" if any(span.meets(wanted) for span in taken) else "booked"

    def slots(self, length: int, step: int, cutoff: dt.timedelta, taken: list[Span]) -> list[DrawnSlot]:
        """What has to be offered: every step from the first open minute of each window, if it can be booked and is late enough."""
        found: list[DrawnSlot] = []
        for date in self.dates:
            for hours in self.hours_of(date):
                minutes = self.open_minutes(date, hours)
                for start in minutes[::step]:
                    if start > self.now + cutoff and self.verdict(start, length, None, taken) == "booked":
                        end = start + length * MINUTE
                        found.append(DrawnSlot(start, end, self.reading.shown[start], hours.place))
        return sorted(found)

    def edges(self) -> list[dt.datetime]:
        """Instants at which what can be booked may change."""
        minutes = sorted(self.reading.progress)
        seams = [later for one, later in pairwise(minutes) if self.opened.get(one) is not self.opened.get(later)]
        jumps_ = [
            later
            for one, later in pairwise(minutes)
            if self.reading.shown[later] - self.reading.shown[one] != self.reading.step
        ]
        return sorted({*seams, *jumps_, self.now, *(end for span in self.taken() for end in span)})

    def open_minutes(self, date: dt.date, hours: Hours) -> list[dt.datetime]:
        """When a window is open on a date: never at a closed place, nor where the clock skips it whole."""
        return [
            instant
            for instant, found in self.opened.items()
            if found is hours and self.reading.progress[instant].date() == date
        ]


@cache
def draw_calendars(count: int) -> list[DrawnCalendar]:
    """Calendars of as many zones, the earliest week first: the named zones, then others; the same ones every time."""
    names = [*ALWAYS, *random.Random(count).sample(EVERY, max(count - len(ALWAYS), 0))][:count]
    return sorted((_draw(name, seed) for seed, name in enumerate(names)), key=lambda drawn: drawn.dates)


def _draw(name: str, seed: int) -> DrawnCalendar:
    chance = random.Random(f"{name} {seed}")
    # The first weeks of 2030 are left to those who make the doctors and patients.
    found = [jump for jump in jumps(name, FIRST_YEAR, LAST_YEAR) if jump.dates[0] > dt.date(FIRST_YEAR, 2, 1)]
    jump = chance.choice(found) if found else None
    middle = jump.dates[0] if jump else dt.date(FIRST_YEAR, 3, 1) + chance.randrange(2000) * DAY
    dates = [middle + n * DAY for n in range(-3, 4)]
    reading = read_clock(name, dates)
    sides = [jump.at + jump.before, jump.at + jump.after] if jump else []
    marks = [0, 1440, *(wall.hour * _HOUR + wall.minute for wall in sides)]
    hours = [hours for weekday in range(1, 8) for hours in _hours(chance, weekday, marks)]
    for date in chance.sample(dates, 2):
        hours += _hours(chance, date, marks)
    blocked = chance.choice([date for date in dates[2:] if jump is None or date not in jump.dates])
    begins = reading.at(dates[0], 0)
    bare = DrawnCalendar(seed, dates, tuple(hours), (blocked, blocked), (), (), Span(begins, begins), begins, reading)
    return _with_appointments(chance, bare)


def _hours(chance: random.Random, day: int | dt.date, marks: list[int]) -> Iterator[Hours]:
    """Up to three disjoint windows of an hour or more; neighbours may touch."""
    cuts = sorted({*chance.sample(marks, 2), *(15 * chance.randrange(97) for _ in range(3))})
    for start, end in pairwise(cuts):
        if end - start >= _HOUR and chance.random() < 0.7:
            place = chance.choice([None, None, OFFICE, ANNEX])
            yield Hours(day, start, end, place, chance.random() < 0.85)


def _with_appointments(chance: random.Random, bare: DrawnCalendar) -> DrawnCalendar:
    """The calendar early in its week, with appointments later in it, most of them in open hours."""
    reading = bare.reading
    # Shortly before a slot, or in its first minute: by the cutoff it is offered or not.
    slots = [slot.start for slot in bare.slots(30, STEP, DAY, [])] or [reading.at(bare.dates[2], 0)]
    now = chance.choice(slots[: 1 + len(slots) // 3]) - chance.choice([0, 1, 4, 5, 6]) * MINUTE
    later = [instant for instant in reading.progress if now < instant < reading.at(bare.dates[-1], 0)]
    opened = [instant for instant in later if instant in bare.opened] or later
    spans: list[Span] = []
    while len(spans) < 6:  # three of the doctor, two of the patient, one of both
        start = chance.choice(opened if chance.random() < 0.8 else later)
        span = Span(start, start + chance.choice([5, 10, 30, 30, 45, 90]) * MINUTE)
        if not any(span.meets(other) for other in spans):
            spans.append(span)
    return DrawnCalendar(
        bare.seed, bare.dates, bare.hours, bare.blocked, tuple(spans[:3]), tuple(spans[3:5]), spans[5], now, reading
    )
