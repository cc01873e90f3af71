"""Wall clocks, read minute by minute: the oracle of the availability law.

Nothing here asks what a local time means, and nothing of the package is used. A clock is only read at instants, one after the other, and
its *progress* is the latest wall-clock time that it has shown so far. A local time is reached at the first instant at which the progress is
that time or a later one: so a time that the clock skips means the gap's end, and one that it shows twice its first occurrence (C1).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones

__all__ = ["ALWAYS", "DAY", "EVERY", "MINUTE", "Jump", "Reading", "jumps", "read_clock", "some_zones"]

DAY, MINUTE, SECOND = dt.timedelta(days=1), dt.timedelta(minutes=1), dt.timedelta(seconds=1)

# No clock is further from UTC: +14:00 and -12:00; an hour more, so that one that turns back has not just done so.
_FARTHEST = dt.timedelta(hours=15)

EVERY = sorted(available_timezones() - {"Factory", "localtime"})

ALWAYS = (
    "America/Sao_Paulo",
    "Australia/Lord_Howe",  # moves by half an hour
    "Africa/Casablanca",  # moves for Ramadan
    "America/Santiago",  # midnight does not exist
    "Asia/Gaza",
    "Africa/Cairo",  # midnight does not exist
    "Asia/Beirut",  # the same
    "Antarctica/Troll",  # moves by two hours
)
"""Zones that every sample holds."""


def some_zones(count: int) -> list[str]:
    """As many zones, of the whole list evenly; all of them if there are not more."""
    others = [name for name in EVERY if name not in ALWAYS]
    wanted = count - len(ALWAYS)
    if wanted >= len(others):
        return EVERY
    return [*ALWAYS, *(others[place * len(others) // wanted] for place in range(wanted))]


class Jump(NamedTuple):
    """An instant, on a whole minute, at which the clock's offset from UTC changes."""

    at: dt.datetime
    before: dt.timedelta
    after: dt.timedelta

    @property
    def dates(self) -> list[dt.date]:
        """The local dates that the jump touches, those that it skips whole among them."""
        sides = [(self.at + self.before - MINUTE).date(), (self.at + self.after).date()]
        return [min(sides) + n * DAY for n in range(abs((sides[1] - sides[0]).days) + 1)]


def _offset(instant: dt.datetime, clock: ZoneInfo) -> dt.timedelta:
    offset = instant.astimezone(clock).utcoffset()
    assert offset is not None
    return offset


@cache
def jumps(name: str, first_year: int, last_year: int) -> list[Jump]:
    """Every jump of a zone's clock in some years, by bisection between days of different offset."""
    clock = ZoneInfo(name)
    first, last = (dt.datetime(year, 1, 1, tzinfo=dt.UTC) for year in (first_year, last_year + 1))
    found: list[Jump] = []
    read = ((day, _offset(day, clock)) for day in (first + n * DAY for n in range((last - first).days + 1)))
    for (low, before), (high, after) in pairwise(read):
        if before == after:
            continue
        while high - low > MINUTE:
            middle = low + (high - low) // (2 * MINUTE) * MINUTE
            low, high = (middle, high) if _offset(middle, clock) == before else (low, middle)  # noqa: PLW2901
        assert _offset(high - SECOND, clock) == before, f"{name} jumps within a minute"
        found.append(Jump(high, before, after))
    return found


@dataclass(frozen=True, slots=True)
class Reading:
    """What one clock showed on some days.

    Attributes:
        zone: IANA name of the clock's zone.
        dates: The local dates that are looked at; all of them lie well inside what was read.
        step: From one reading to the next.
        shown: Instant to what the clock shows then, naive.
        progress: Instant to the latest wall-clock time shown until then.
        reached: Wall-clock time to the instant at which it was reached.
    """

    zone: str
    dates: list[dt.date]
    step: dt.timedelta
    shown: dict[dt.datetime, dt.datetime]
    progress: dict[dt.datetime, dt.datetime]
    reached: dict[dt.datetime, dt.datetime]

    def at(self, date: dt.date, minute: int) -> dt.datetime:
        """When the clock reached a minute of a date; 1440 is the end of the day."""
        return self.reached[dt.datetime.combine(date, dt.time.min) + minute * MINUTE]

    def instants(self, first: dt.datetime, until: dt.datetime) -> Iterator[dt.datetime]:
        """The instants read in ``[first, until)``."""
        while first < until:
            yield first
            first += self.step


def read_clock(name: str, dates: list[dt.date], minutes: int = 1) -> Reading:
    """Read a clock every few minutes, from before the first date begins to after the last one ends, wherever on earth."""
    clock, step = ZoneInfo(name), minutes * MINUTE
    instant = dt.datetime.combine(dates[0], dt.time.min, dt.UTC) - _FARTHEST
    until = dt.datetime.combine(dates[-1] + DAY, dt.time.min, dt.UTC) + _FARTHEST
    shown: dict[dt.datetime, dt.datetime] = {}
    progress: dict[dt.datetime, dt.datetime] = {}
    reached: dict[dt.datetime, dt.datetime] = {}
    due: dt.datetime | None = None
    while instant < until:
        local = instant.astimezone(clock)
        wall = dt.datetime.combine(
            local.date(), local.time()
        )  # a quarter of the time that `replace(tzinfo=None)` takes
        shown[instant] = wall
        due = due or wall
        while due <= wall:
            reached[due] = instant
            due += step
        progress[instant] = due - step
        instant += step
    return Reading(name, dates, step, shown, progress, reached)
