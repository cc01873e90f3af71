"""The availability law: every IANA zone, its transitions 2020 to 2037, every start minute (C1, §3, D02, D06, D14, D55).

Windows keep their wall clock; a local time that the clock skips means the gap's end, one that it shows twice its first occurrence; between
these instants time is real. The oracle only reads clocks, minute by minute (``wall_clocks.py``). ``make test`` tries some zones and quarter
hours, ``make proof`` all of both.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from wall_clocks import DAY, EVERY, MINUTE, Jump, Reading, jumps, read_clock, some_zones

from telemed_store.availability.calendar import (
    Interval,
    Slot,
    Window,
    WindowKind,
    effective_windows,
    fits_effective_window,
    free_slots,
)
from telemed_store.database.local_time import MINUTES_PER_DAY, _skipped_in, day_bounds, day_of, to_utc, zone
from telemed_store.testing.sizes import ProofSize

pytestmark = pytest.mark.telemed_size(zones=(40, len(EVERY)), minutes=(15, 1))

FIRST_YEAR, LAST_YEAR = 2020, 2037
PARTS = 8
NEAR = dt.timedelta(hours=3)
LONG_AGO = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
HALF_HOUR = 30 * MINUTE
# Clocks that did what none does any more: a date skipped whole, a jump back across midnight at a minute past it, São Paulo's last summer.
UNUSUAL = {"Pacific/Kwajalein": 1993, "America/St_Johns": 2010, "Pacific/Apia": 2011, "America/Sao_Paulo": 2018}


@dataclass(frozen=True)
class Stretch:
    """Some days of one zone, read: those of a jump with one day on either side, or one day of a zone whose clock never jumps."""

    reading: Reading
    jump: Jump | None

    @property
    def name(self) -> str:
        return self.reading.zone

    @property
    def dates(self) -> list[dt.date]:
        return self.reading.dates

    @property
    def jumping(self) -> list[dt.date]:
        """The dates that the jump touches; all where there is none."""
        return self.jump.dates if self.jump else self.dates

    @property
    def centre(self) -> dt.datetime:
        """The jump; noon where there is none."""
        return self.jump.at if self.jump else self.reading.at(self.dates[0], MINUTES_PER_DAY // 2)

    def start_minutes(self) -> range:
        return range(0, MINUTES_PER_DAY, self.reading.step // MINUTE)

    def near(self) -> Iterator[tuple[dt.date, int]]:
        """The start minutes that the clock reaches around the jump, those that it skips among them."""
        for date in self.jumping:
            for minute in self.start_minutes():
                if abs(self.reading.at(date, minute) - self.centre) <= NEAR:
                    yield date, minute

    def interval(self, date: dt.date, window: Window) -> Interval | None:
        """What a window must be on a date; None where the clock leaves nothing of it."""
        starts_at, ends_at = (self.reading.at(date, minute) for minute in (window.start_minute, window.end_minute))
        return Interval(starts_at, ends_at, window) if starts_at < ends_at else None


def stretch_around(name: str, jump: Jump, minutes: int) -> Stretch:
    if jump.at.minute % minutes:
        minutes = 1
    return Stretch(read_clock(name, [jump.dates[0] - DAY, *jump.dates, jump.dates[-1] + DAY], minutes), jump)


def stretches_of(name: str, minutes: int) -> Iterator[Stretch]:
    found = jumps(name, FIRST_YEAR, LAST_YEAR)
    for jump in found:
        yield stretch_around(name, jump, minutes)
    if not found:
        yield Stretch(read_clock(name, [dt.date(2028, 2, 29)], minutes), None)


def unusual_stretches(minutes: int) -> Iterator[Stretch]:
    for name, year in UNUSUAL.items():
        for jump in jumps(name, year, year):
            yield stretch_around(name, jump, minutes)


@pytest.fixture(params=[*range(PARTS), "unusual"])
def stretches(request: pytest.FixtureRequest, telemed_size: ProofSize) -> Iterator[Stretch]:
    """A share of all stretches, each read when it is asked for."""
    if request.param == "unusual":
        return unusual_stretches(telemed_size.minutes)
    names = some_zones(telemed_size.zones)[request.param :: PARTS]
    return chain.from_iterable(stretches_of(name, telemed_size.minutes) for name in names)


def weekly(name: str, date: dt.date, start: int, end: int) -> Window:
    """A window of the date's weekday."""
    return Window(UUID(int=start), WindowKind.RECURRING, date.isoweekday(), None, start, end, name)


def dated(name: str, date: dt.date, start: int, end: int) -> Window:
    return Window(UUID(int=start), WindowKind.SPECIFIC, None, date, start, end, name)


def test_a_local_time_means_the_instant_at_which_the_clock_has_reached_it(stretches: Iterator[Stretch]) -> None:
    """C1, C10, D14, D55: gap and fold; days of 23, 24, 24.5 and 25 hours and none at all; each ends as the next begins."""
    for stretch in stretches:
        reading, clock = stretch.reading, zone(stretch.name)
        for date in stretch.dates:
            minutes = stretch.start_minutes() if date in stretch.jumping else range(0, MINUTES_PER_DAY, 15)
            for minute in [*minutes, MINUTES_PER_DAY]:
                assert to_utc(date, minute, clock) == reading.at(date, minute), (stretch.name, date, minute)
            begins, ends = (reading.at(date, minute) for minute in (0, MINUTES_PER_DAY))
            assert day_bounds(date, date, clock) == (begins, ends), (stretch.name, date)
            for instant in [*reading.instants(begins, min(begins + NEAR, ends)), ends - reading.step]:
                if begins <= instant:
                    assert day_of(instant, clock) == date, (stretch.name, instant)
        for instant in reading.instants(stretch.centre - NEAR, stretch.centre + NEAR):
            assert day_of(instant, clock) == reading.progress[instant].date(), (stretch.name, instant)


def test_dst_afternoon_starts(stretches: Iterator[Stretch]) -> None:
    """A day cut into windows at every minute: each opens at its own minute, they tile the day, and those in a gap are empty."""
    for stretch in stretches:
        reading = stretch.reading
        ever_shown = set(reading.shown.values())
        for date in stretch.jumping:
            cuts = pairwise([*stretch.start_minutes(), MINUTES_PER_DAY])
            windows = [weekly(stretch.name, date, start, end) for start, end in cuts]
            expected = [found for window in windows if (found := stretch.interval(date, window))]
            assert effective_windows(date, windows, ()) == expected, (stretch.name, date)
            assert all(one.ends_at == next_one.starts_at for one, next_one in pairwise(expected)), (stretch.name, date)
            for interval in expected:
                wall = dt.datetime.combine(date, dt.time.min) + interval.window.start_minute * MINUTE
                assert reading.shown[interval.starts_at] == wall or wall not in ever_shown, (stretch.name, wall)


def test_the_minutes_that_a_clock_skips_are_known_for_every_date(stretches: Iterator[Stretch]) -> None:
    """D05: a search by date asks the database for windows that lie in none of them."""
    for stretch in stretches:
        for date in stretch.dates:
            opened = [stretch.reading.at(date, minute) for minute in (*stretch.start_minutes(), MINUTES_PER_DAY)]
            step = stretch.reading.step // MINUTE
            expected = {n * step for n, (one, next_one) in enumerate(pairwise(opened)) if one == next_one}
            skipped = _skipped_in(date, zone(stretch.name)) or (0, 0)
            assert set(range(*skipped, step)) == expected, (stretch.name, date)


def test_slots_count_real_minutes_across_gap_and_fold(stretches: Iterator[Stretch]) -> None:
    """D06: on the grid from the opening instant, inside the window, shown as the clock shows them; a repeated hour is offered twice."""
    for stretch in stretches:
        for date, minute in stretch.near():
            end = min(minute + 100 // (step := stretch.reading.step // MINUTE) * step, MINUTES_PER_DAY)
            window = dated(stretch.name, date, minute, end)
            interval = stretch.interval(date, window)
            assert offered(date, window, step=HALF_HOUR) == (
                slots_within(interval, stretch.reading, HALF_HOUR) if interval else []
            ), (stretch.name, date, minute)
        for date in stretch.jumping:
            whole_day = weekly(stretch.name, date, 0, MINUTES_PER_DAY)
            interval = stretch.interval(date, whole_day)
            assert offered(date, whole_day, step=stretch.reading.step) == (
                slots_within(interval, stretch.reading, stretch.reading.step) if interval else []
            ), (stretch.name, date)


def offered(date: dt.date, *windows: Window, step: dt.timedelta) -> list[Slot]:
    return free_slots(date, date, windows, [], [], duration=HALF_HOUR, step=step, not_before=LONG_AGO)


def slots_within(interval: Interval, reading: Reading, step: dt.timedelta) -> list[Slot]:
    """Every start of the grid whose half hour is over when the interval is."""
    starts: list[dt.datetime] = []
    start = interval.starts_at
    while start <= interval.ends_at - HALF_HOUR:
        starts.append(start)
        start += step
    return [Slot(start, start + HALF_HOUR, reading.shown[start], reading.zone, None) for start in starts]


def test_free_slots_and_booking_agree(stretches: Iterator[Stretch]) -> None:
    """D04, D05, D06: around a jump, what is offered at every minute is what booking takes, and nothing else."""
    for stretch in stretches:
        reading = stretch.reading
        begins, ends = stretch.centre - NEAR, stretch.centre + NEAR
        windows = windows_about(stretch)
        opened = {
            instant: open_window(reading.progress[instant], windows)
            for instant in reading.instants(begins, ends + HALF_HOUR)
        }
        first, last = (reading.progress[instant].date() for instant in (begins, ends))
        slots = free_slots(first, last, windows, [], [], duration=HALF_HOUR, step=reading.step, not_before=LONG_AGO)
        starts = {slot.starts_at for slot in slots}
        assert len(starts) == len(slots), stretch.name
        for instant in reading.instants(begins, ends):
            found = fits_effective_window(instant, instant + HALF_HOUR, windows, [])
            held_by = {opened[minute] for minute in reading.instants(instant, instant + HALF_HOUR)}
            expected = held_by.pop() if len(held_by) == 1 else None
            assert (found and found.window) is expected, (stretch.name, instant)
            assert (instant in starts) == (expected is not None), (stretch.name, instant)


def windows_about(stretch: Stretch) -> list[Window]:
    """On every day windows around the time at which the clock jumps: two that touch just then, one before, and one after a pause."""
    middle = stretch.reading.progress[stretch.centre]
    centre = middle.hour * 60 + middle.minute
    around = ((centre - 150, centre - 90), (centre - 90, centre), (centre, centre + 75), (centre + 105, centre + 180))
    parts = [(max(start, 0), min(end, MINUTES_PER_DAY)) for start, end in around]
    parts += [(0, 60)] if centre > 210 else [(MINUTES_PER_DAY - 60, MINUTES_PER_DAY)]  # around midnight too
    return [weekly(stretch.name, date, *part) for date in stretch.dates for part in parts if part[0] < part[1]]


def open_window(progress: dt.datetime, windows: list[Window]) -> Window | None:
    """The window that is open when a clock has come this far."""
    minute = progress.hour * 60 + progress.minute
    for window in windows:
        if window.weekday == progress.isoweekday() and window.start_minute <= minute < window.end_minute:
            return window
    return None


@pytest.mark.parametrize("part", range(PARTS))
def test_weekly_window_keeps_wall_clock(part: int, telemed_size: ProofSize) -> None:
    """Every week of the years 2020 to 2037: nine, one o'clock and half past ten at night stay where they are on the wall."""
    minutes = (9 * 60, 13 * 60, 22 * 60 + 30)
    monday = dt.date(FIRST_YEAR, 1, 6)
    weeks = [monday + n * 7 * DAY for n in range((LAST_YEAR + 1 - FIRST_YEAR) * 52)]
    for name in some_zones(telemed_size.zones)[part::PARTS]:
        clock = ZoneInfo(name)
        windows = [weekly(name, monday, minute, minute + 60) for minute in minutes]
        for date in weeks:
            opened = [interval.starts_at.astimezone(clock) for interval in effective_windows(date, windows, ())]
            assert [(wall.date(), wall.hour * 60 + wall.minute) for wall in opened] == [
                (date, minute) for minute in minutes
            ], (name, date)
