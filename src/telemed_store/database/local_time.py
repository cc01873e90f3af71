"""Between wall clocks and instants: the one place that knows about zones (C1, C10).

A wall-clock time that a person chose becomes an instant by one rule: a time that the clock skips means the end of the
gap, a time that the clock shows twice means its first occurrence. By this rule later wall-clock times never become
earlier instants, so the days of a zone tile time without holes or overlaps: minute 1440 of a day is minute 0 of the
next, whatever the clock did.

Zone names are those of the ``tzdata`` package, on every platform alike; the rules behind a name come from the machine's
own time zone database where it has one, else from ``tzdata`` (the order of the standard library). Only pure functions
live here; results are in `datetime.UTC`.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from collections import defaultdict
from functools import cache, lru_cache
from importlib import resources
from typing import NamedTuple
from zoneinfo import ZoneInfo

from telemed_store.errors import ValidationFailed

__all__ = [
    "MINUTES_PER_DAY",
    "LocalParts",
    "SkippedMinutes",
    "UtcRange",
    "as_utc",
    "day_bounds",
    "day_of",
    "local_parts",
    "skipped_minutes",
    "to_utc",
    "wall_clock",
    "zone",
]

MINUTES_PER_DAY = 1440
"""The wall-clock minutes of a day; also the minute that ends it."""

_DAY = dt.timedelta(days=1)
_MINUTE = dt.timedelta(minutes=1)
_SECOND = dt.timedelta(seconds=1)
# The placeholder of the IANA database for "zone not set": a name, but no place.
_PLACEHOLDERS = frozenset({"Factory"})


class LocalParts(NamedTuple):
    """What a wall clock shows at an instant.

    Attributes:
        date: The local date.
        time: The local time, naive, with microseconds.
    """

    date: dt.date
    time: dt.time

    @property
    def minute_of_day(self) -> int:
        """Whole minutes since midnight as the wall clock shows them, 0 to 1439."""
        return self.time.hour * 60 + self.time.minute


class UtcRange(NamedTuple):
    """A half-open range of instants; a side that is None is unbounded.

    Attributes:
        starts_at: First instant inside, UTC.
        ends_at: First instant after it, UTC.
    """

    starts_at: dt.datetime | None
    ends_at: dt.datetime | None


class SkippedMinutes(NamedTuple):
    """A stretch of a date that some wall clocks never show.

    Attributes:
        start_minute: First minute that they skip.
        end_minute: First minute that they show again, 1440 where it is the next day's.
        zones: Names of all zones whose clocks skip just this stretch of the date.
    """

    start_minute: int
    end_minute: int
    zones: tuple[str, ...]


@cache
def zone(name: str) -> ZoneInfo:
    """The zone of an IANA name.

    Args:
        name: An exact IANA name such as ``America/Sao_Paulo``. Paths, files of the system's database that are no zones
            (``posixrules``, ``right/…``, ``localtime``) and other spellings are refused without touching the file
            system.

    Returns:
        The zone; the same object for the same name.

    Raises:
        ValidationFailed: There is no such zone.

    Example:
        >>> zone("America/Sao_Paulo").key
        'America/Sao_Paulo'
    """
    if name not in _names():
        raise ValidationFailed({"zone": "must be an IANA zone name such as America/Sao_Paulo"})
    return ZoneInfo(name)


def to_utc(local_date: dt.date, minute_of_day: int, zone: ZoneInfo) -> dt.datetime:
    """The instant at which a wall clock reaches a minute of a date (C1).

    Args:
        local_date: A date in the zone.
        minute_of_day: Wall-clock minutes after midnight, 0 to 1440; 1440 is 00:00 of the next day.
        zone: Where the clock hangs.

    Returns:
        The instant in UTC. A time in a gap gives the gap's end, an ambiguous one its first occurrence.

    Raises:
        ValidationFailed: The minute is out of range, or the instant lies outside the years 1 to 9999.

    Example:
        Midnight did not exist in São Paulo on 4 November 2018; the day began at 01:00:

        >>> to_utc(dt.date(2018, 11, 4), 0, ZoneInfo("America/Sao_Paulo")).isoformat()
        '2018-11-04T03:00:00+00:00'
    """
    if not 0 <= minute_of_day <= MINUTES_PER_DAY:
        raise ValidationFailed({"minute_of_day": f"must be between 0 and {MINUTES_PER_DAY}"})
    try:
        if minute_of_day == MINUTES_PER_DAY:
            return _instant(local_date + _DAY, 0, 0, zone)
        return _instant(local_date, *divmod(minute_of_day, 60), zone)
    except OverflowError:
        raise ValidationFailed({"local_date": "must lie within the years 1 to 9999 in UTC"}) from None


def as_utc(instant: dt.datetime) -> dt.datetime:
    """The same instant in UTC.

    Raises:
        ValidationFailed: The value is naive: it names no instant.
    """
    if instant.utcoffset() is None:
        raise _naive()
    return instant.astimezone(dt.UTC)


def wall_clock(instant: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    """What a wall clock shows at an instant, as a naive date and time.

    Raises:
        ValidationFailed: The instant is naive.

    Example:
        >>> wall_clock(dt.datetime(2018, 11, 4, 3, tzinfo=dt.UTC), ZoneInfo("America/Sao_Paulo")).isoformat()
        '2018-11-04T01:00:00'
    """
    if instant.utcoffset() is None:
        raise _naive()
    shown = instant.astimezone(zone)
    # Taken apart and combined: four times as fast as `replace(tzinfo=None)`, and a month of slots asks thousands of
    # times.
    wall = dt.datetime.combine(shown.date(), shown.time())
    return wall.replace(fold=0) if wall.fold else wall


def local_parts(instant: dt.datetime, zone: ZoneInfo) -> LocalParts:
    """The date and the time that a wall clock shows at an instant.

    Raises:
        ValidationFailed: The instant is naive.
    """
    shown = wall_clock(instant, zone)
    return LocalParts(shown.date(), shown.time())


def day_of(instant: dt.datetime, zone: ZoneInfo) -> dt.date:
    """The date whose stretch ``[to_utc(date, 0), to_utc(date, 1440))`` holds the instant.

    This is the date on the wall, except where a clock turned back across midnight: there the repeated evening belongs
    to the day that had already begun (St. John's fell back from 00:01 to 23:01 until 2011).

    Raises:
        ValidationFailed: The instant is naive, or its day ends outside the years 1 to 9999.
    """
    date = wall_clock(instant, zone).date()
    while to_utc(date, MINUTES_PER_DAY, zone) <= instant:
        date += _DAY
    return date


def day_bounds(first_date: dt.date | None, last_date: dt.date | None, zone: ZoneInfo) -> UtcRange:
    """Local dates as a half-open UTC range that includes the whole last day (C10, D14).

    Args:
        first_date: First local date, or None for no lower bound.
        last_date: Last local date, included whole, or None for no upper bound.
        zone: Whose days they are.

    Returns:
        The range. A bound beyond the years 1 to 9999 in UTC (``date.min``, ``date.max``) limits nothing and is None.

    Raises:
        ValidationFailed: The last date lies before the first.

    Example:
        >>> bounds = day_bounds(dt.date(2024, 5, 1), dt.date(2024, 5, 1), ZoneInfo("America/Sao_Paulo"))
        >>> bounds.starts_at.isoformat(), bounds.ends_at.isoformat()
        ('2024-05-01T03:00:00+00:00', '2024-05-02T03:00:00+00:00')
    """
    if first_date is not None and last_date is not None and last_date < first_date:
        raise ValidationFailed({"last_date": "must not lie before the first date"})
    return UtcRange(_bound(first_date, 0, zone), _bound(last_date, MINUTES_PER_DAY, zone))


@lru_cache(maxsize=1024)
def skipped_minutes(date: dt.date) -> tuple[SkippedMinutes, ...]:
    """Which minutes of a date do not exist, and where: for questions that the database has to answer of many zones at once.

    On most dates there are none; when a continent puts its clocks forward there are a few stretches with many zones each. A time from
    one of these minutes to another, or to the stretch's end, is empty: both mean the end of the gap. A clock jumps at most once a day.

    Returns:
        The stretches, in order.

    Example:
        >>> [(skipped.start_minute, skipped.end_minute) for skipped in skipped_minutes(dt.date(2030, 3, 10))]
        [(0, 60), (120, 180)]
        >>> "Cuba" in skipped_minutes(dt.date(2030, 3, 10))[0].zones
        True
    """
    found: defaultdict[tuple[int, int], list[str]] = defaultdict(list)
    for name in sorted(_names()):
        if stretch := _skipped_in(date, zone(name)):
            found[stretch].append(name)
    return tuple(SkippedMinutes(*stretch, tuple(names)) for stretch, names in sorted(found.items()))


@cache
def _names() -> frozenset[str]:
    # The list that `zoneinfo.available_timezones` reads too; asking that function would open every file of the system's
    # database, and its answer differs between platforms.
    listed = resources.files("tzdata").joinpath("zones").read_text(encoding="utf-8")
    return frozenset(listed.split()) - _PLACEHOLDERS


def _bound(date: dt.date | None, minute_of_day: int, zone: ZoneInfo) -> dt.datetime | None:
    if date is None:
        return None
    try:
        return to_utc(date, minute_of_day, zone)
    except ValidationFailed:
        return None


def _naive() -> ValidationFailed:
    return ValidationFailed({"instant": "must carry a UTC offset"})


def _instant(date: dt.date, hour: int, minute: int, zone: ZoneInfo) -> dt.datetime:
    first = dt.datetime.combine(date, dt.time(hour, minute), zone).astimezone(dt.UTC)
    second = dt.datetime.combine(date, dt.time(hour, minute, fold=1), zone).astimezone(dt.UTC)
    if second < first:
        return _gap_end(dt.datetime.combine(date, dt.time(hour, minute)), second, first, zone)
    return first


def _gap_end(wall: dt.datetime, before: dt.datetime, after: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    # PEP 495 reads a skipped time with the offset on either side of the gap: one reading falls before the jump, one
    # after it. The jump is the first whole second between them at which the clock already shows more than the skipped
    # time.
    while after - before > _SECOND:
        middle = before + (after - before) // (2 * _SECOND) * _SECOND
        if middle.astimezone(zone).replace(tzinfo=None) > wall:
            after = middle
        else:
            before = middle
    return after


def _skipped_in(date: dt.date, zone: ZoneInfo) -> tuple[int, int] | None:
    midnight = dt.datetime.combine(date, dt.time.min)
    try:
        before, after = _offset(midnight, zone), _offset((midnight + _DAY).replace(fold=1), zone)
        # Read with the later offset, a midnight inside the gap falls before the jump.
        earliest = (midnight - after).replace(tzinfo=dt.UTC)
    except OverflowError:
        return None
    if before >= after:
        return None
    seconds = range((_DAY + after - before) // _SECOND)
    until = bisect_left(seconds, True, key=lambda second: _offset(earliest + second * _SECOND, zone) > before)
    shows_again = until * _SECOND
    stops_at = shows_again - (after - before)
    start, end = max(-(-stops_at // _MINUTE), 0), min(shows_again // _MINUTE, MINUTES_PER_DAY)
    return (start, end) if start < end else None


def _offset(time: dt.datetime, zone: ZoneInfo) -> dt.timedelta:
    """What the clock is ahead of UTC, at an instant or at a naive wall-clock time."""
    shown = time.replace(tzinfo=zone) if time.tzinfo is None else time.astimezone(zone)
    return shown.utcoffset() or dt.timedelta(0)
