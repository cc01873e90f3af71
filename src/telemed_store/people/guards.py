"""Booking guards: the rows that booking, moving, blocking and changing windows take first, in one order for everybody (design §3.6)."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import Connection

from telemed_store.database.sending import fetch
from telemed_store.people import statements as sql

__all__ = ["lock_guards"]


def lock_guards(connection: Connection, doctor_ids: Iterable[UUID], patient_ids: Iterable[UUID] = ()) -> None:
    """Lock the guards of doctors, then of patients, each in id order; ids without a guard are passed over.

    On SQLite the write lock of the database is the guard. On PostgreSQL one statement takes them all, on MariaDB one takes each.
    """
    owners = [*sorted(set(doctor_ids)), *sorted(set(patient_ids))]
    if connection.dialect.name == "postgresql":
        fetch(connection, sql.LOCK_GUARDS, {"owner_ids": owners})
    elif connection.dialect.name != "sqlite":
        for owner in owners:
            connection.execute(sql.ADVANCE_GUARD, {"guard_owner_id": owner})
