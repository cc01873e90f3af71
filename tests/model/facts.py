"""What the model's rows, refusals, logs and events are made of, and the arithmetic of its time.

All doctors work in São Paulo's zone, whose clock has kept three hours behind UTC since 2019: local time is plain subtraction.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, NamedTuple
from uuid import UUID

Row = dict[str, Any]

ZONE = "America/Sao_Paulo"
BEHIND_UTC = dt.timedelta(hours=3)
HALF_HOUR = dt.timedelta(minutes=30)
HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)
CUTOFF = dt.timedelta(minutes=5)
TICK = dt.timedelta(microseconds=1)

OPEN = {"scheduled", "rescheduled"}
HOLDING_TIME = {"scheduled", "rescheduled", "in_progress"}
BEGUN = {"in_progress", "completed"}
ALLOWED_FROM = {
    "rescheduled": OPEN,
    "in_progress": OPEN,
    "cancelled": OPEN,
    "no_show": OPEN,
    "completed": {"in_progress"},
}


class Refusal(Exception):
    """A verb refuses: the class of the store's error, and the facts that it carries."""

    def __init__(self, error: str, **facts: Any) -> None:
        super().__init__(error, facts)
        self.error = error
        self.facts = facts


class Person(NamedTuple):
    """A doctor or a patient: the profile and its user."""

    id: UUID
    user_id: UUID


class Who(NamedTuple):
    """Who acts: a user, or without an id a job of the system."""

    kind: str
    id: UUID | None


class Told(NamedTuple):
    """One row of an appointment's log."""

    event: str
    payload: dict[str, Any]
    at: dt.datetime
    by: Who


class Happened(NamedTuple):
    """One domain event of an appointment."""

    type: str
    version: int
    payload: dict[str, Any]
    at: dt.datetime
    by: Who


def local(instant: dt.datetime) -> dt.datetime:
    """What a clock in São Paulo shows."""
    return (instant - BEHIND_UTC).replace(tzinfo=None)


def instant(date: dt.date, minute: float) -> dt.datetime:
    """The instant of a local minute after midnight."""
    midnight = dt.datetime(date.year, date.month, date.day, tzinfo=dt.UTC) + BEHIND_UTC
    return midnight + dt.timedelta(minutes=minute)


def in_log(moment: dt.datetime) -> str:
    return moment.isoformat()


def in_event(moment: dt.datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
