"""No two active appointments of one doctor, or of one patient, overlap: the database's own rule, per engine (design §3.6).

PostgreSQL has exclusion constraints. MariaDB and SQLite check in triggers before an insert and before an update; on MariaDB the trigger
first updates both guard rows, so that the check sees every earlier booking, whoever wrote it and at whatever isolation level. All three
name the violated rule the same, and so raise the same error.
"""

from __future__ import annotations

from typing import Final

from telemed_store.appointments.models import ACTIVE
from telemed_store.appointments.tables import ACCESS_CODE_KEY, IDEMPOTENCY_KEY, appointments
from telemed_store.database.native import NativeObject, declare, mariadb_trigger, sqlite_trigger
from telemed_store.database.translation import register
from telemed_store.errors import SlotTaken, TransactionConflict

__all__ = ["DOCTOR_OVERLAP", "PATIENT_OVERLAP"]

DOCTOR_OVERLAP: Final = "ex_appointments_doctor_id_overlap"
PATIENT_OVERLAP: Final = "ex_appointments_patient_id_overlap"

_RULES: Final = {"doctor_id": DOCTOR_OVERLAP, "patient_id": PATIENT_OVERLAP}
_ACTIVE_LIST: Final = ", ".join(f"'{status}'" for status in ACTIVE)
_IS_ACTIVE: Final = f"status IN ({_ACTIVE_LIST}) AND deleted_at IS NULL"
_NEW_IS_ACTIVE: Final = f"NEW.status IN ({_ACTIVE_LIST}) AND NEW.deleted_at IS NULL"


# An update that keeps an active row's times and people cannot create an overlap; checking it would take guards after the row.
_MOVED: Final = " OR ".join(
    [
        f"OLD.status NOT IN ({_ACTIVE_LIST})",
        "OLD.deleted_at IS NOT NULL",
        *(f"OLD.{column} <> NEW.{column}" for column in ("starts_at", "ends_at", *_RULES)),
    ]
)


def _exclusion(column: str, name: str) -> NativeObject:
    # The CASE says the same, but no query's condition implies it: for lists of open appointments the planner would take this index,
    # whose cost it underestimates, and sort (measured with a million appointments: 8,752 pages read for a page of 50, not 60).
    return NativeObject(
        name,
        "appointments",
        "postgresql",
        "constraint",
        f"ALTER TABLE {{schema}}appointments ADD CONSTRAINT {name}"
        f" EXCLUDE USING gist ({column} WITH =, tstzrange(starts_at, ends_at) WITH &&) WHERE (CASE WHEN {_IS_ACTIVE} THEN true ELSE NULL END)",
        f"ALTER TABLE {{schema}}appointments DROP CONSTRAINT IF EXISTS {name}",
    )


def _overlapping(column: str, starts_at: str, index: str = "", lock: str = "") -> str:
    return (
        f"EXISTS (SELECT 1 FROM appointments{index} WHERE {column} = NEW.{column} AND {_IS_ACTIVE}"
        f" AND {starts_at} < NEW.ends_at AND ends_at > NEW.starts_at AND id <> NEW.id{lock})"
    )


def _mariadb_body(condition: str) -> str:
    guards = " ".join(f"UPDATE booking_guards SET n = n + 1 WHERE owner_id = NEW.{column};" for column in _RULES)
    # A locking read locks all that it passes: by an index of statuses or times these were other people's rows, and a cancellation that
    # held one of them met the booking in a deadlock (measured: one or two in 1,000 changes at random, none by these indexes).
    checks = " ".join(
        f"IF {_overlapping(column, 'starts_at', f' FORCE INDEX (ix_appointments_{column}_ends_at)', ' LOCK IN SHARE MODE')}"
        f" THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '{name}'; END IF;"
        for column, name in _RULES.items()
    )
    return f"IF {condition} THEN {guards} {checks} END IF;"


def _sqlite_body() -> str:
    # The unary plus: looked up by their end only those to come are read, by their start somebody's whole past (`filtered_only`).
    return " ".join(
        f"SELECT RAISE(ABORT, '{name}') WHERE {_overlapping(column, '+starts_at')};" for column, name in _RULES.items()
    )


declare(
    appointments,
    *(_exclusion(column, name) for column, name in _RULES.items()),
    *(
        trigger
        for when, condition in (("insert", _NEW_IS_ACTIVE), ("update", f"{_NEW_IS_ACTIVE} AND ({_MOVED})"))
        for name in (f"tr_appointments_overlap_{when}",)
        for trigger in (
            mariadb_trigger(name, "appointments", f"BEFORE {when.upper()}", _mariadb_body(condition)),
            sqlite_trigger(name, "appointments", f"BEFORE {when.upper()}", _sqlite_body(), condition=condition),
        )
    ),
)

register(DOCTOR_OVERLAP, lambda cause: SlotTaken("doctor", cause=cause))
register(PATIENT_OVERLAP, lambda cause: SlotTaken("patient", cause=cause))
# A code that collides is no caller's affair: the unit of work is run again and draws another (domain §4).
register(ACCESS_CODE_KEY, lambda cause: TransactionConflict(cause=cause))
# Two requests with one key at once, for people whose guards differ: the loser finds the winner's row when it is run again.
register(IDEMPOTENCY_KEY, lambda cause: TransactionConflict(cause=cause))
