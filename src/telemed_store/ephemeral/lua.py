"""What the scripts of this room share. Times in them are whole microseconds since 1970 by Redis' own clock, exact in Lua's numbers."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

__all__ = ["NOW", "instant_of", "microseconds"]

NOW: Final = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local function whole(number) return string.format('%.0f', number) end
local function outlive(key, duration)
    local left = math.ceil(duration / 1000)
    if redis.call('PTTL', key) < left then redis.call('PEXPIRE', key, whole(left)) end
end
"""
"""The beginning of a script that asks for the time: ``now``; ``whole``, which writes a number of that size with all its digits;
``outlive``, which lets a key live for at least a duration from now on."""

_BEGINNING: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND: Final = dt.timedelta(microseconds=1)


def microseconds(duration: dt.timedelta) -> int:
    """A duration, as scripts count it."""
    return duration // _MICROSECOND


def instant_of(count: Any) -> dt.datetime:
    """An instant, as scripts tell it (a number, or its digits)."""
    return _BEGINNING + int(count) * _MICROSECOND
