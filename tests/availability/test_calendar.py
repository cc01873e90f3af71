"""What is offered can be booked, and what is not offered has a reason (D05, D06).

The laws compare with brute force that shares only zone arithmetic with the code; that is proved for every zone, jump and minute
in ``test_law.py``.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telemed_store.availability.calendar import (
    Block,
    Busy,
    Interval,
    Slot,
    Window,
    WindowKind,
    effective_windows,
    fits_effective_window,
    free_slots,
)
from telemed_store.database.local_time import to_utc, wall_clock, zone
from telemed_store.errors import ValidationFailed
from telemed_store.testing.sizes import is_full

EXAMPLES = 1000 if is_full() else 25
SAO_PAULO = "America/Sao_Paulo"
DAY, MINUTE = dt.timedelta(days=1), dt.timedelta(minutes=1)
HALF_HOUR = 30 * MINUTE
LONG_AGO = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
OFFICE, CLINIC = UUID(int=1), UUID(int=2)
MONDAY = dt.date(2024, 5, 6)


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text + "+00:00")


def weekly(weekday: int, start: int, end: int, name: str = SAO_PAULO, location: UUID | None = None) -> Window:
    return Window(UUID(int=0), WindowKind.RECURRING, weekday, None, start, end, name, location)


def dated(date: dt.date, start: int, end: int, name: str = SAO_PAULO, location: UUID | None = None) -> Window:
    return Window(UUID(int=0), WindowKind.SPECIFIC, None, date, start, end, name, location)


def slots_on(
    date: dt.date, *windows: Window, busy: list[Busy] | None = None, step: dt.timedelta = HALF_HOUR
) -> list[Slot]:
    return free_slots(date, date, windows, [], busy or [], duration=HALF_HOUR, step=step, not_before=LONG_AGO)


def local_starts(slots: list[Slot]) -> list[str]:
    return [slot.local_starts_at.isoformat(" ", "minutes") for slot in slots]


# Laws


@dataclass(frozen=True)
class Schedule:
    """A doctor's whole schedule and a search in it."""

    first: dt.date
    last: dt.date
    windows: list[Window]
    blocks: list[Block]
    busy: list[Busy]
    duration: dt.timedelta
    step: dt.timedelta
    not_before: dt.datetime

    def offered(self) -> list[Slot]:
        return free_slots(
            self.first,
            self.last,
            self.windows,
            self.blocks,
            self.busy,
            duration=self.duration,
            step=self.step,
            not_before=self.not_before,
        )

    def dates(self) -> list[dt.date]:
        return [self.first + n * DAY for n in range((self.last - self.first).days + 1)]

    def windows_of(self, date: dt.date) -> list[Window]:
        """Every window that names the date or its weekday, effective or not."""
        return [
            window for window in self.windows if date == window.specific_date or date.isoweekday() == window.weekday
        ]

    def refusal(self, start: dt.datetime, date: dt.date, window: Window) -> str | None:
        """Why a grid start is not offered."""
        end = start + self.duration
        specific = any(other.specific_date == date for other in self.windows)
        reasons = {
            "blocked": any(block.first_date <= date <= block.last_date for block in self.blocks),
            "replaced by specific windows": specific and window.kind is WindowKind.RECURRING,
            "does not fit": end > to_utc(date, window.end_minute, zone(window.zone)),
            "busy": any(taken.starts_at < end and start < taken.ends_at for taken in self.busy),
            "too early": start <= self.not_before,
        }
        return next((reason for reason, holds in reasons.items() if holds), None)


# Weeks in which the five named zones change their clocks, and one in which none does.
WEEKS = [
    (SAO_PAULO, dt.date(2018, 2, 15)),
    (SAO_PAULO, dt.date(2018, 11, 2)),
    ("Australia/Lord_Howe", dt.date(2024, 4, 5)),
    ("Australia/Lord_Howe", dt.date(2024, 10, 4)),
    ("Africa/Casablanca", dt.date(2024, 3, 8)),
    ("Africa/Casablanca", dt.date(2024, 4, 12)),
    ("America/Santiago", dt.date(2024, 4, 4)),
    ("America/Santiago", dt.date(2024, 9, 6)),
    ("Asia/Gaza", dt.date(2024, 4, 18)),
    ("Asia/Gaza", dt.date(2024, 10, 24)),
    ("America/St_Johns", dt.date(2010, 11, 5)),
    (SAO_PAULO, dt.date(2024, 5, 1)),
]


@st.composite
def day_parts(draw: st.DrawFn) -> list[tuple[int, int]]:
    """Disjoint stretches of a day; neighbours may touch."""
    marks = sorted(
        draw(st.sets(st.integers(0, 96).map(lambda quarter: quarter * 15) | st.integers(0, 1440), max_size=6))
    )
    parts = list(pairwise(marks))
    return [part for part in parts if draw(st.booleans())]


@st.composite
def schedules(draw: st.DrawFn) -> Schedule:
    name, monday = draw(st.sampled_from(WEEKS))
    days = [monday + n * DAY for n in range(5)]
    first, last = sorted([draw(st.sampled_from(days)), draw(st.sampled_from(days))])
    places = st.sampled_from([None, OFFICE, CLINIC])
    windows = [weekly(day.isoweekday(), *part, name, draw(places)) for day in days for part in draw(day_parts())] + [
        dated(day, *part, name, draw(places))
        for day in draw(st.sets(st.sampled_from(days), max_size=2))
        for part in draw(day_parts())
    ]
    blocked = draw(st.sets(st.sampled_from(days), max_size=1))
    base = dt.datetime.combine(monday, dt.time.min, dt.UTC)
    moments = st.integers(-12 * 60, 6 * 24 * 60).map(lambda minutes: base + minutes * MINUTE)
    lengths = st.integers(1, 300).map(lambda minutes: minutes * MINUTE)
    busy = [Busy(at, at + draw(lengths)) for at in draw(st.lists(moments, max_size=8))]
    common = st.sampled_from([10 * MINUTE, 15 * MINUTE, 20 * MINUTE, HALF_HOUR, 45 * MINUTE, 60 * MINUTE])
    return Schedule(
        first,
        last,
        windows,
        [Block(day, day, name) for day in blocked],
        busy,
        draw(common),
        draw(common),
        draw(st.just(LONG_AGO) | moments),
    )


@settings(max_examples=EXAMPLES, deadline=None)
@given(schedules())
def test_free_slots_and_booking_agree(schedule: Schedule) -> None:
    """Incident free_slots_and_booking_agree; D05, D06: an offered slot fits, is free and late enough."""
    for slot in schedule.offered():
        interval = fits_effective_window(
            slot.starts_at, slot.ends_at, schedule.windows, schedule.blocks, slot.location_id
        )
        assert interval is not None
        assert interval.window.location_id == slot.location_id
        assert slot.ends_at - slot.starts_at == schedule.duration
        assert slot.starts_at > schedule.not_before
        assert not any(taken.starts_at < slot.ends_at and slot.starts_at < taken.ends_at for taken in schedule.busy)
        assert slot.local_starts_at == wall_clock(slot.starts_at, zone(slot.zone))


@settings(max_examples=EXAMPLES, deadline=None)
@given(schedules())
def test_every_grid_start_is_offered_or_refused_for_a_reason(schedule: Schedule) -> None:
    """D05, D06: nothing bookable on the grid is left out."""
    expected: list[dt.datetime] = []
    for date in schedule.dates():
        for window in schedule.windows_of(date):
            clock = zone(window.zone)
            start = to_utc(date, window.start_minute, clock)
            while start < to_utc(date, window.end_minute, clock):
                if schedule.refusal(start, date, window) is None:
                    expected.append(start)
                start += schedule.step
    offered = [slot.starts_at for slot in schedule.offered()]
    assert offered == sorted(expected)
    assert len(offered) == len(set(offered))


@settings(max_examples=EXAMPLES, deadline=None)
@given(schedules(), st.integers(0, 6 * 24 * 60), st.integers(1, 600), st.sampled_from([None, OFFICE, CLINIC]))
def test_booking_off_the_grid_fits_exactly_inside_one_window(
    schedule: Schedule, after: int, length: int, place: UUID | None
) -> None:
    """D04, D05: tried against every window of every date near, blocks and specific windows considered."""
    start = dt.datetime.combine(schedule.first, dt.time.min, dt.UTC) + after * MINUTE
    end = start + length * MINUTE
    near = [start.date() + n * DAY for n in range(-3, 4)]
    holding = [
        window
        for date in near
        for window in schedule.windows_of(date)
        if schedule.refusal(start, date, window) not in {"blocked", "replaced by specific windows"}
        and to_utc(date, window.start_minute, zone(window.zone)) <= start
        and end <= to_utc(date, window.end_minute, zone(window.zone))
        and (place is None or window.location_id in {None, place})
    ]
    interval = fits_effective_window(start, end, schedule.windows, schedule.blocks, place)
    assert (interval is not None) == bool(holding)
    assert interval is None or interval.window in holding


@settings(max_examples=EXAMPLES, deadline=None)
@given(schedules())
def test_order_and_overlap_of_busy_times_do_not_matter(schedule: Schedule) -> None:
    again = replace(schedule, busy=[*reversed(schedule.busy), *schedule.busy])
    assert again.offered() == schedule.offered()


# Tables


@pytest.mark.parametrize(
    ("name", "date", "start", "end", "expected"),
    [
        pytest.param(SAO_PAULO, "2018-11-04", 0, 120, ["01:00", "01:30"], id="sao-paulo-window-opens-at-gaps-end"),
        pytest.param(SAO_PAULO, "2018-11-04", 0, 60, [], id="sao-paulo-window-in-the-gap-is-empty"),
        pytest.param(SAO_PAULO, "2018-11-04", 780, 840, ["13:00", "13:30"], id="sao-paulo-afternoon"),
        pytest.param(
            SAO_PAULO,
            "2018-02-17",
            1380,
            1440,
            ["23:00", "23:30", "23:00", "23:30"],
            id="sao-paulo-repeated-hour-twice",
        ),
        pytest.param(
            "Australia/Lord_Howe", "2024-10-06", 90, 180, ["01:30", "02:30"], id="lord-howe-half-hour-skipped"
        ),
        pytest.param(
            "Australia/Lord_Howe", "2024-04-07", 60, 150, ["01:00", "01:30", "01:30", "02:00"], id="lord-howe-repeated"
        ),
        pytest.param("Africa/Casablanca", "2024-04-14", 90, 210, ["01:30", "03:00"], id="casablanca-gap"),
        pytest.param("America/Santiago", "2024-09-08", 0, 90, ["01:00"], id="santiago-gap-at-midnight"),
        pytest.param(
            "America/Santiago", "2024-09-07", 1380, 1440, ["23:00", "23:30"], id="santiago-day-before-the-gap"
        ),
        pytest.param("Asia/Gaza", "2024-04-20", 90, 210, ["01:30", "03:00"], id="gaza-gap"),
        pytest.param("Asia/Gaza", "2024-04-20", 120, 180, [], id="gaza-window-in-the-gap-is-empty"),
    ],
)
def test_slots_across_known_transitions(name: str, date: str, start: int, end: int, expected: list[str]) -> None:
    """C1: half-hour slots count real time between the instants at which a window opens and closes."""
    day = dt.date.fromisoformat(date)
    slots = slots_on(day, dated(day, start, end, name))
    assert [slot.local_starts_at.strftime("%H:%M") for slot in slots] == expected


def test_block_leaves_no_window() -> None:
    windows = [weekly(1, 540, 600), dated(MONDAY, 600, 660)]
    assert effective_windows(MONDAY, windows, [Block(MONDAY - DAY, MONDAY, SAO_PAULO)]) == []
    assert effective_windows(MONDAY, windows, [Block(MONDAY, MONDAY + DAY, SAO_PAULO)]) == []


def test_block_ends_with_its_last_date() -> None:
    block = Block(MONDAY - 2 * DAY, MONDAY - DAY, SAO_PAULO)
    assert len(effective_windows(MONDAY, [weekly(1, 540, 600)], [block])) == 1


def test_specific_windows_replace_the_weekday() -> None:
    weekday, specific = weekly(1, 540, 600), dated(MONDAY, 840, 900)
    assert effective_windows(MONDAY, [weekday, specific], []) == [
        Interval(utc("2024-05-06T17:00"), utc("2024-05-06T18:00"), specific)
    ]
    assert [found.window for found in effective_windows(MONDAY + 7 * DAY, [weekday, specific], [])] == [weekday]


def test_specific_window_lost_in_a_gap_still_replaces_the_weekday() -> None:
    date = dt.date(2018, 11, 4)
    assert effective_windows(date, [weekly(7, 540, 600), dated(date, 0, 60)], []) == []


def test_slot_fits_its_window() -> None:
    """D06: the last slot ends no later than the window."""
    assert local_starts(slots_on(MONDAY, weekly(1, 540, 615))) == ["2024-05-06 09:00", "2024-05-06 09:30"]


@pytest.mark.parametrize(
    ("busy", "left"),
    [
        pytest.param(("11:30", "12:00"), ["09:00", "09:30", "10:00"], id="ends-as-the-slot-starts"),
        pytest.param(("13:30", "14:00"), ["09:00", "09:30", "10:00"], id="starts-as-the-slot-ends"),
        pytest.param(("12:30", "13:00"), ["09:00", "10:00"], id="same-time"),
        pytest.param(("12:29", "12:31"), ["10:00"], id="off-grid-across-two"),
        pytest.param(("12:40", "12:41"), ["09:00", "10:00"], id="one-minute-within"),
        pytest.param(("11:00", "15:00"), [], id="covers-all"),
        pytest.param(("12:40", "12:40"), ["09:00", "09:30", "10:00"], id="no-length-takes-no-time"),
    ],
)
def test_any_overlap_removes_a_slot_and_adjacency_does_not(busy: tuple[str, str], left: list[str]) -> None:
    """D02, D06: intervals are half-open."""
    start, end = (utc(f"2024-05-06T{moment}") for moment in busy)
    slots = slots_on(MONDAY, weekly(1, 540, 630), busy=[Busy(start, end)])
    assert [slot.local_starts_at.strftime("%H:%M") for slot in slots] == left


@pytest.mark.parametrize(
    ("not_before", "first"),
    [("11:59:59.999999", "09:00"), ("12:00", "09:30"), ("12:00:00.000001", "09:30"), ("12:30", "10:00")],
)
def test_slot_starts_after_the_cutoff(not_before: str, first: str) -> None:
    slots = free_slots(
        MONDAY,
        MONDAY,
        [weekly(1, 540, 630)],
        [],
        [],
        duration=HALF_HOUR,
        step=HALF_HOUR,
        not_before=utc(f"2024-05-06T{not_before}"),
    )
    assert slots[0].local_starts_at.strftime("%H:%M") == first


def test_busy_time_in_another_offset_is_the_same_time() -> None:
    """D55."""
    tokyo = zone("Asia/Tokyo")
    busy = Busy(utc("2024-05-06T12:00").astimezone(tokyo), utc("2024-05-06T12:30").astimezone(tokyo))
    assert local_starts(slots_on(MONDAY, weekly(1, 540, 600), busy=[busy])) == ["2024-05-06 09:30"]


def test_short_busy_time_inside_a_long_one_frees_nothing() -> None:
    """D06: the doctor's and the patient's busy times may overlap."""
    busy = [
        Busy(utc("2024-05-06T12:00"), utc("2024-05-06T13:30")),
        Busy(utc("2024-05-06T12:10"), utc("2024-05-06T12:20")),
    ]
    assert slots_on(MONDAY, weekly(1, 540, 630), busy=busy) == []


def test_repeated_evening_offered_on_a_day_can_be_booked() -> None:
    """D05: St. John's clocks went from 00:01 on Sunday back to 23:01 on Saturday; Sunday's window was open."""
    sunday = dt.date(2010, 11, 7)
    windows = [dated(sunday, 0, 60, "America/St_Johns")]
    slots = slots_on(sunday, *windows)
    assert local_starts(slots)[1] == "2010-11-06 23:30"
    assert all(fits_effective_window(slot.starts_at, slot.ends_at, windows, []) for slot in slots)


def test_off_grid_start_inside_a_window_fits() -> None:
    assert (
        fits_effective_window(utc("2024-05-06T12:07"), utc("2024-05-06T12:37"), [weekly(1, 540, 600)], []) is not None
    )


@pytest.mark.parametrize(
    ("start", "end"),
    [
        pytest.param("2024-05-06T11:59", "2024-05-06T12:29", id="starts-before"),
        pytest.param("2024-05-06T12:31", "2024-05-06T13:01", id="ends-after"),
        pytest.param("2024-05-07T12:00", "2024-05-07T12:30", id="another-weekday"),
        pytest.param("2024-05-06T12:00", "2024-05-06T12:00", id="no-length"),
        pytest.param("2024-05-06T12:30", "2024-05-06T12:00", id="reversed"),
    ],
)
def test_booking_outside_the_window_does_not_fit(start: str, end: str) -> None:
    """D04."""
    assert fits_effective_window(utc(start), utc(end), [weekly(1, 540, 600)], []) is None


def test_window_may_run_to_the_end_of_the_day() -> None:
    evening = weekly(1, 1380, 1440)
    assert fits_effective_window(utc("2024-05-07T02:30"), utc("2024-05-07T03:00"), [evening], []) is not None


def test_booking_across_midnight_fits_no_window() -> None:
    """D04: no window reaches past midnight, not even where one ends and the next begins."""
    windows = [weekly(1, 1380, 1440), weekly(2, 0, 60)]
    assert fits_effective_window(utc("2024-05-07T02:45"), utc("2024-05-07T03:15"), windows, []) is None


def test_booking_across_the_seam_of_two_windows_fits_neither() -> None:
    """D04."""
    windows = [weekly(1, 540, 600), weekly(1, 600, 660)]
    assert fits_effective_window(utc("2024-05-06T12:45"), utc("2024-05-06T13:15"), windows, []) is None


@pytest.mark.parametrize(
    ("windows_place", "asked", "fits"),
    [(None, None, True), (None, OFFICE, True), (OFFICE, None, True), (OFFICE, OFFICE, True), (OFFICE, CLINIC, False)],
)
def test_window_serves_its_location(windows_place: UUID | None, asked: UUID | None, *, fits: bool) -> None:
    window = weekly(1, 540, 600, location=windows_place)
    found = fits_effective_window(utc("2024-05-06T12:00"), utc("2024-05-06T12:30"), [window], [], asked)
    assert (found is not None) == fits


def test_search_without_sense_is_refused_with_every_reason() -> None:
    with pytest.raises(ValidationFailed) as refused:
        free_slots(
            MONDAY,
            MONDAY - DAY,
            [],
            [],
            [],
            duration=dt.timedelta(0),
            step=-MINUTE,
            not_before=LONG_AGO,
        )
    assert set(refused.value.fields) == {"last_date", "duration", "step"}
