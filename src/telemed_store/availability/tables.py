"""How availability is stored, and the database's own rule that windows and blocks of one doctor never overlap.

PostgreSQL holds the rule by exclusion constraints. MariaDB and SQLite check in triggers before an insert and before an update; on
MariaDB the trigger first updates the doctor's guard row, so that its check sees every earlier edit, whoever wrote it and at whatever
isolation level. All three name the violated rule the same, and so raise the same error.
"""

from __future__ import annotations

import datetime as dt
from typing import Final
from uuid import UUID

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Named,
    SmallInteger,
    String,
    Table,
)

from telemed_store.availability.calendar import WindowKind
from telemed_store.database.columns import MutableRow, SoftDeletable
from telemed_store.database.metadata import METADATA, TABLE_OPTIONS
from telemed_store.database.native import NativeObject, declare, mariadb_trigger, sqlite_trigger
from telemed_store.database.translation import register
from telemed_store.database.types import ClosedList, Id, closed_list
from telemed_store.errors import AlreadyExists, ValidationFailed

__all__ = [
    "BLOCK_OVERLAP",
    "DATE_OVERLAP",
    "OVERLAPPING_BLOCK",
    "OVERLAPPING_WINDOW",
    "WEEKDAY_OVERLAP",
    "availability_windows",
    "blocked_dates",
]

WEEKDAY_OVERLAP: Final = "ex_availability_windows_weekday_overlap"
DATE_OVERLAP: Final = "ex_availability_windows_specific_date_overlap"
BLOCK_OVERLAP: Final = "ex_blocked_dates_overlap"

OVERLAPPING_WINDOW: Final = "window overlapping these minutes"
OVERLAPPING_BLOCK: Final = "block overlapping these dates"


class AvailabilityWindowColumns(MutableRow, SoftDeletable):
    doctor_id: Named[UUID] = Column(Id(), ForeignKey("telemed.doctors.id"), nullable=False)
    location_id: Named[UUID | None] = Column(Id(), nullable=True)
    kind: Named[WindowKind] = Column(ClosedList(WindowKind), nullable=False)
    weekday: Named[int | None] = Column(SmallInteger, nullable=True)
    specific_date: Named[dt.date | None] = Column(Date, nullable=True)
    start_minute: Named[int] = Column(SmallInteger, nullable=False)
    end_minute: Named[int] = Column(SmallInteger, nullable=False)
    zone: Named[str] = Column(String(64), nullable=False)
    is_active: Named[bool] = Column(Boolean, nullable=False)


class BlockedDatesColumns(MutableRow, SoftDeletable):
    doctor_id: Named[UUID] = Column(Id(), ForeignKey("telemed.doctors.id"), nullable=False)
    first_date: Named[dt.date] = Column(Date, nullable=False)
    last_date: Named[dt.date] = Column(Date, nullable=False)
    zone: Named[str] = Column(String(64), nullable=False)
    reason: Named[str | None] = Column(String(500), nullable=True)


availability_windows: Final = Table(
    "availability_windows",
    METADATA,
    AvailabilityWindowColumns,
    closed_list("kind", WindowKind),
    CheckConstraint("(kind = 'recurring') = (weekday IS NOT NULL)", name="recurring_by_weekday"),
    CheckConstraint("(kind = 'specific') = (specific_date IS NOT NULL)", name="specific_by_date"),
    CheckConstraint("weekday BETWEEN 1 AND 7", name="weekday"),
    CheckConstraint("start_minute BETWEEN 0 AND 1439", name="start_minute"),
    CheckConstraint("end_minute BETWEEN 1 AND 1440", name="end_minute"),
    CheckConstraint("end_minute > start_minute", name="valid_interval"),
    # Calendars, Q043, Q044, Q046 and the overlap triggers: the recurring windows of a doctor, or those of some dates.
    Index(
        "ix_availability_windows_doctor_id_specific_date_start_minute_id",
        "doctor_id",
        "specific_date",
        "start_minute",
        "id",
    ),
    # Q051: a doctor's windows in order of their ids.
    Index("ix_availability_windows_doctor_id_id", "doctor_id", "id"),
    # A window at another doctor's place cannot be.
    ForeignKeyConstraint(
        ["location_id", "doctor_id"], ["telemed.service_locations.id", "telemed.service_locations.doctor_id"]
    ),
    Index("ix_availability_windows_location_id_doctor_id", "location_id", "doctor_id"),
    **TABLE_OPTIONS,
)

blocked_dates: Final = Table(
    "blocked_dates",
    METADATA,
    BlockedDatesColumns,
    CheckConstraint("last_date >= first_date", name="valid_range"),
    # Live blocks never overlap, so by their last dates they stand in the order of their first ones.
    Index("ix_blocked_dates_doctor_id_last_date_first_date_id", "doctor_id", "last_date", "first_date", "id"),
    **TABLE_OPTIONS,
)

_LIVE_WINDOW: Final = "is_active AND deleted_at IS NULL"
_NEW_LIVE_WINDOW: Final = "NEW.is_active AND NEW.deleted_at IS NULL"
_NEW_LIVE_BLOCK: Final = "NEW.deleted_at IS NULL"

_WINDOWS_MEET: Final = (
    f"start_minute < NEW.end_minute AND end_minute > NEW.start_minute AND id <> NEW.id AND {_LIVE_WINDOW}"
)
# Name of the rule: the rows that break it together with NEW.
_WINDOW_RULES: Final = {
    WEEKDAY_OVERLAP: (
        "SELECT 1 FROM availability_windows WHERE doctor_id = NEW.doctor_id AND specific_date IS NULL"  # noqa: S608
        f" AND weekday = NEW.weekday AND {_WINDOWS_MEET}"
    ),
    DATE_OVERLAP: (
        "SELECT 1 FROM availability_windows WHERE doctor_id = NEW.doctor_id AND specific_date = NEW.specific_date"  # noqa: S608
        f" AND {_WINDOWS_MEET}"
    ),
}
_BLOCK_RULES: Final = {
    BLOCK_OVERLAP: (
        "SELECT 1 FROM blocked_dates WHERE doctor_id = NEW.doctor_id AND last_date >= NEW.first_date"
        " AND first_date <= NEW.last_date AND id <> NEW.id AND deleted_at IS NULL"
    )
}


def _exclusion(name: str, table: str, elements: str, live: str) -> NativeObject:
    return NativeObject(
        name,
        table,
        "postgresql",
        "constraint",
        f"ALTER TABLE {{schema}}{table} ADD CONSTRAINT {name} EXCLUDE USING gist (doctor_id WITH =, {elements}) WHERE ({live})",
        f"ALTER TABLE {{schema}}{table} DROP CONSTRAINT IF EXISTS {name}",
    )


def _triggers(table: str, rules: dict[str, str], live: str) -> list[NativeObject]:
    checks = " ".join(
        f"IF EXISTS ({broken} LOCK IN SHARE MODE) THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '{name}'; END IF;"
        for name, broken in rules.items()
    )
    # The guard first: whoever edits this doctor's calendar waits here, and reads only what is committed. A shared lock suffices
    # behind it; an exclusive one counts as an update of the trigger's own table, which MariaDB refuses (error 1442).
    guarded = f"IF {live} THEN UPDATE booking_guards SET n = n + 1 WHERE owner_id = NEW.doctor_id; {checks} END IF;"  # noqa: S608
    aborts = " ".join(f"SELECT RAISE(ABORT, '{name}') WHERE EXISTS ({broken});" for name, broken in rules.items())
    return [
        trigger
        for verb in ("insert", "update")
        for trigger in (
            mariadb_trigger(f"tr_{table}_overlap_{verb}", table, f"BEFORE {verb.upper()}", guarded),
            sqlite_trigger(f"tr_{table}_overlap_{verb}", table, f"BEFORE {verb.upper()}", aborts, condition=live),
        )
    ]


_MINUTES: Final = "int4range(start_minute, end_minute) WITH &&"

declare(
    availability_windows,
    _exclusion(WEEKDAY_OVERLAP, "availability_windows", f"weekday WITH =, {_MINUTES}", _LIVE_WINDOW),
    _exclusion(DATE_OVERLAP, "availability_windows", f"specific_date WITH =, {_MINUTES}", _LIVE_WINDOW),
    *_triggers("availability_windows", _WINDOW_RULES, _NEW_LIVE_WINDOW),
)
declare(
    blocked_dates,
    _exclusion(BLOCK_OVERLAP, "blocked_dates", "daterange(first_date, last_date, '[]') WITH &&", "deleted_at IS NULL"),
    *_triggers("blocked_dates", _BLOCK_RULES, _NEW_LIVE_BLOCK),
)

register(WEEKDAY_OVERLAP, lambda cause: AlreadyExists(OVERLAPPING_WINDOW, cause=cause))
register(DATE_OVERLAP, lambda cause: AlreadyExists(OVERLAPPING_WINDOW, cause=cause))
register(BLOCK_OVERLAP, lambda cause: AlreadyExists(OVERLAPPING_BLOCK, cause=cause))
register(
    "ck_availability_windows_valid_interval",
    lambda cause: ValidationFailed({"end_minute": "must be later than start_minute"}, cause=cause),
)
register(
    "ck_blocked_dates_valid_range",
    lambda cause: ValidationFailed({"last_date": "must not lie before first_date"}, cause=cause),
)
