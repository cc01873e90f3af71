"""Values of simple types: those that a verb refuses, and those at or over an edge of what there is."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

ANCHOR: Final = dt.datetime(2030, 1, 8, 13, tzinfo=dt.UTC)
"""Tomorrow for a store at the tests' present."""

EAST, WEST = dt.timezone(dt.timedelta(hours=14)), dt.timezone(-dt.timedelta(hours=12))

_TEXTS: Final = ["a\x00b", "\x00", "\ud800", "fine \udfff", "x" * 100_001]
WRONG: Final[dict[Any, list[Any]]] = {
    UUID: ["0195fb2c-4f6c-7c3a-8b1e-0d2f5a6b7c8d", 5, b"0" * 16, ""],
    str: [5, UUID(int=1), *_TEXTS],
    int: [True, "1", 1.0, Decimal(1), 10**30, -(10**30), 2**63],
    bool: [0, 1, "true", ""],
    Decimal: [True, "1", Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity")],
    dt.datetime: [
        ANCHOR.replace(tzinfo=None),
        ANCHOR.date(),
        ANCHOR.isoformat(),
        5,
        dt.datetime.min.replace(tzinfo=EAST),
        dt.datetime.max.replace(tzinfo=WEST),
    ],
    dt.date: [ANCHOR, ANCHOR.replace(tzinfo=None), "2030-01-08", 5],
    dt.timedelta: [30, "PT30M", True, dt.time(1)],
}
ODD: Final[dict[Any, list[Any]]] = {
    str: ["", " ", "%", "_", "'; --", "\\", "\u202e", "🩺" * 50, "a\u0301" * 300, "İ", "\x7f", "x" * 99_999, "ﷺ" * 50],
    int: [0, -1, 2**31 - 1, 2**31, -(2**31) - 1, 2**63 - 1, -(2**63) + 1, 151],
    bool: [True, False],
    Decimal: [Decimal(-1), Decimal("0.001"), Decimal("1e50"), Decimal("9999999999.99"), Decimal(0), Decimal("1E-30")],
    dt.datetime: [
        dt.datetime.min.replace(tzinfo=dt.UTC),
        dt.datetime.max.replace(tzinfo=dt.UTC),
        dt.datetime.min.replace(tzinfo=WEST),
        dt.datetime.max.replace(tzinfo=EAST),
        ANCHOR.astimezone(dt.timezone(dt.timedelta(hours=3, minutes=7, seconds=2, microseconds=5))),
        ANCHOR - dt.timedelta(days=40_000),
        ANCHOR + dt.timedelta(microseconds=1),
    ],
    dt.date: [dt.date.min, dt.date.max, dt.date(2032, 2, 29), dt.date(1, 1, 2), dt.date(9999, 12, 30)],
    dt.timedelta: [
        dt.timedelta(0),
        dt.timedelta(days=-1),
        dt.timedelta.max,
        dt.timedelta.min,
        dt.timedelta(microseconds=1),
        dt.timedelta(minutes=1),
        dt.timedelta(days=1),
        dt.timedelta(minutes=30, microseconds=1),
    ],
}
