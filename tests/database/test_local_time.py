"""Wall clocks and instants agree (C1, C10, D14, D55): known jumps, what holds of any zone and date, and what is refused.

Every minute around every jump of every clock is tried by the availability law, ``tests/availability/test_law.py``.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wall_clocks import EVERY

from telemed_store.database.local_time import (
    MINUTES_PER_DAY,
    UtcRange,
    as_utc,
    day_bounds,
    day_of,
    local_parts,
    to_utc,
    wall_clock,
    zone,
)
from telemed_store.errors import ValidationFailed

SECOND, DAY = dt.timedelta(seconds=1), dt.timedelta(days=1)

dates = st.dates(dt.date(1975, 1, 1), dt.date(2037, 12, 31))
minutes = st.integers(0, MINUTES_PER_DAY)
zones = st.sampled_from(EVERY).map(zone)
instants = st.datetimes(
    dt.datetime(1975, 1, 1),  # noqa: DTZ001 - Hypothesis takes naive bounds
    dt.datetime(2037, 12, 31),  # noqa: DTZ001
    timezones=st.just(dt.UTC),
)


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text + "+00:00")


def offset(instant: dt.datetime, clock: ZoneInfo) -> dt.timedelta:
    shift = instant.astimezone(clock).utcoffset()
    assert shift is not None
    return shift


@pytest.mark.parametrize(
    ("name", "date", "minute", "expected"),
    [
        pytest.param("America/Sao_Paulo", "2018-11-04", 0, "2018-11-04T03:00", id="sao-paulo-gap-at-midnight"),
        pytest.param("America/Sao_Paulo", "2018-11-04", 59, "2018-11-04T03:00", id="sao-paulo-last-skipped-minute"),
        pytest.param("America/Sao_Paulo", "2018-11-04", 60, "2018-11-04T03:00", id="sao-paulo-gaps-end"),
        pytest.param("America/Sao_Paulo", "2018-11-03", 1440, "2018-11-04T03:00", id="sao-paulo-day-ends-at-gaps-end"),
        pytest.param("America/Sao_Paulo", "2018-02-17", 1410, "2018-02-18T01:30", id="sao-paulo-first-2330"),
        pytest.param("America/Sao_Paulo", "2018-02-17", 1440, "2018-02-18T03:00", id="sao-paulo-day-of-25-hours"),
        pytest.param("Australia/Lord_Howe", "2024-10-06", 120, "2024-10-05T15:30", id="lord-howe-half-hour-gap"),
        pytest.param("Australia/Lord_Howe", "2024-10-06", 150, "2024-10-05T15:30", id="lord-howe-gaps-end"),
        pytest.param("Australia/Lord_Howe", "2024-04-07", 105, "2024-04-06T14:45", id="lord-howe-first-0145"),
        pytest.param("Australia/Lord_Howe", "2024-04-07", 120, "2024-04-06T15:30", id="lord-howe-after-the-overlap"),
        pytest.param("Africa/Casablanca", "2024-03-10", 150, "2024-03-10T01:30", id="casablanca-ramadan-begins"),
        pytest.param("Africa/Casablanca", "2024-04-14", 150, "2024-04-14T02:00", id="casablanca-ramadan-ends"),
        pytest.param("America/Santiago", "2024-09-08", 30, "2024-09-08T04:00", id="santiago-gap-at-midnight"),
        pytest.param("America/Santiago", "2024-04-06", 1380, "2024-04-07T02:00", id="santiago-first-2300"),
        pytest.param("Asia/Gaza", "2024-04-20", 150, "2024-04-20T00:00", id="gaza-gap"),
        pytest.param("Asia/Gaza", "2024-10-26", 90, "2024-10-25T22:30", id="gaza-first-0130"),
        pytest.param("Pacific/Apia", "2011-12-30", 720, "2011-12-30T10:00", id="apia-skipped-a-whole-day"),
        pytest.param("America/St_Johns", "2010-11-07", 0, "2010-11-07T02:30", id="st-johns-first-midnight"),
    ],
)
def test_known_transitions(name: str, date: str, minute: int, expected: str) -> None:
    """C1: a gap means its end, an ambiguous time its first occurrence."""
    assert to_utc(dt.date.fromisoformat(date), minute, zone(name)) == utc(expected)


@given(dates, minutes, dates, minutes, zones)
def test_later_wall_clock_is_never_an_earlier_instant(
    one: dt.date, minute: int, other: dt.date, other_minute: int, clock: ZoneInfo
) -> None:
    early, late = sorted([(one, minute), (other, other_minute)])
    assert to_utc(*early, clock) <= to_utc(*late, clock)


@given(dates, st.integers(0, MINUTES_PER_DAY - 1), zones)
def test_wall_clock_comes_back_unless_the_clock_skipped_it(date: dt.date, minute: int, clock: ZoneInfo) -> None:
    instant = to_utc(date, minute, clock)
    shown = local_parts(instant, clock)
    if (shown.date, shown.minute_of_day) != (date, minute):
        assert (shown.date, shown.minute_of_day) > (date, minute)
        just_before = local_parts(instant - SECOND, clock)
        assert (just_before.date, just_before.minute_of_day) < (date, minute)


@given(instants, zones)
def test_instant_shows_the_clock_that_the_offset_says(instant: dt.datetime, clock: ZoneInfo) -> None:
    """D55: microseconds included."""
    shown = wall_clock(instant, clock)
    assert shown.tzinfo is None
    assert shown.replace(tzinfo=dt.UTC) - offset(instant, clock) == instant
    assert local_parts(instant, clock) == (shown.date(), shown.time())


@given(instants, zones)
def test_every_instant_lies_in_the_stretch_of_its_day(instant: dt.datetime, clock: ZoneInfo) -> None:
    date = day_of(instant, clock)
    assert to_utc(date, 0, clock) <= instant < to_utc(date, MINUTES_PER_DAY, clock)


def test_repeated_evening_belongs_to_the_day_that_had_begun() -> None:
    """St. John's clocks went from 00:01 on Sunday back to 23:01 on Saturday."""
    clock = zone("America/St_Johns")
    instant = utc("2010-11-07T03:00")
    assert local_parts(instant, clock).date == dt.date(2010, 11, 6)
    assert day_of(instant, clock) == dt.date(2010, 11, 7)


@given(dates, dates, zones, instants)
def test_range_holds_exactly_the_days_between_its_dates(
    one: dt.date, other: dt.date, clock: ZoneInfo, instant: dt.datetime
) -> None:
    """D14: the whole last day is inside, the first instant of the next day is not."""
    first, last = sorted([one, other])
    starts_at, ends_at = day_bounds(first, last, clock)
    assert starts_at is not None
    assert ends_at is not None
    assert (starts_at <= instant < ends_at) == (first <= day_of(instant, clock) <= last)


@given(dates, zones)
def test_successive_days_touch_and_never_overlap(date: dt.date, clock: ZoneInfo) -> None:
    """C10: ranges are half-open."""
    assert day_bounds(date, date, clock).ends_at == day_bounds(date + DAY, date + DAY, clock).starts_at


def test_missing_side_is_unbounded() -> None:
    """C10, D14: an absent bound does not limit."""
    clock = zone("America/Sao_Paulo")
    date = dt.date(2024, 5, 1)
    assert day_bounds(None, None, clock) == UtcRange(None, None)
    assert day_bounds(date, None, clock) == UtcRange(utc("2024-05-01T03:00"), None)
    assert day_bounds(None, date, clock) == UtcRange(None, utc("2024-05-02T03:00"))


@pytest.mark.parametrize("name", ["America/Sao_Paulo", "UTC", "Pacific/Kiritimati"])
def test_last_date_of_the_calendar_does_not_limit(name: str) -> None:
    assert day_bounds(None, dt.date.max, zone(name)) == UtcRange(None, None)


def test_first_date_of_the_calendar_does_not_limit_east_of_greenwich() -> None:
    assert day_bounds(dt.date.min, None, zone("Asia/Tokyo")) == UtcRange(None, None)


def test_range_out_of_order_is_refused() -> None:
    with pytest.raises(ValidationFailed) as refused:
        day_bounds(dt.date(2024, 5, 2), dt.date(2024, 5, 1), zone("UTC"))
    assert set(refused.value.fields) == {"last_date"}


@pytest.mark.parametrize("minute", [-1, 1441])
def test_minute_outside_the_day_is_refused(minute: int) -> None:
    with pytest.raises(ValidationFailed) as refused:
        to_utc(dt.date(2024, 5, 1), minute, zone("UTC"))
    assert set(refused.value.fields) == {"minute_of_day"}


def test_instant_outside_the_calendar_is_refused() -> None:
    with pytest.raises(ValidationFailed) as refused:
        to_utc(dt.date.max, MINUTES_PER_DAY, zone("UTC"))
    assert set(refused.value.fields) == {"local_date"}


def shown_in_utc(instant: dt.datetime) -> dt.datetime:
    return wall_clock(instant, zone("UTC"))


@pytest.mark.parametrize("convert", [as_utc, shown_in_utc])
def test_naive_value_is_refused_instead_of_read_in_the_servers_zone(
    convert: Callable[[dt.datetime], dt.datetime],
) -> None:
    """D55."""
    with pytest.raises(ValidationFailed) as refused:
        convert(dt.datetime(2024, 5, 1, 12))  # noqa: DTZ001 - the naive value is the point
    assert set(refused.value.fields) == {"instant"}


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the platform cannot change its zone")
@pytest.mark.parametrize("servers", ["Asia/Tokyo", "America/Los_Angeles"])
def test_servers_own_zone_changes_nothing(servers: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """D55."""
    clock = zone("America/Sao_Paulo")
    with monkeypatch.context() as patched:
        patched.setenv("TZ", servers)
        time.tzset()
        instant = to_utc(dt.date(2024, 5, 1), 540, clock)
        shown = wall_clock(instant, clock)
    time.tzset()
    assert (instant, instant.tzinfo) == (utc("2024-05-01T12:00"), dt.UTC)
    assert shown.isoformat() == "2024-05-01T09:00:00"


def test_every_iana_name_is_known() -> None:
    for name in EVERY:
        assert zone(name) is zone(name)
        assert zone(name).key == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "America",
        "America/Atlantis",
        "america/sao_paulo",
        "America/Sao_Paulo ",
        "../etc/passwd",
        "/etc/localtime",
        "America/../UTC",
        "right/UTC",
        "posix/UTC",
        "posixrules",
        "localtime",
        "Factory",
        "tzdata.zi",
        "UTC\x00",
        "\ud800",
        "America/" * 1000,
    ],
)
def test_what_is_no_zone_is_refused_without_quoting_it(name: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        zone(name)
    assert refused.value.fields == {"zone": "must be an IANA zone name such as America/Sao_Paulo"}
