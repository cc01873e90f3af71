"""Rows written straight into the tables, with ids and sort keys as a test wants them: ties, and places between rows that are there.

Verbs give their rows new ids, which come last among equals; here a row may come before others of its key, as one may that another process
makes, or an import.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from outside_engine import outside_engine
from sqlalchemy import Table, bindparam, delete, insert, update

from telemed_store.people.tables import doctors, patients, users
from telemed_store.testing.clock import PRESENT

Row = dict[str, Any]

ZONE = "America/Sao_Paulo"
_MADE = {"created_at": PRESENT}
_MUTABLE = {**_MADE, "version": 1, "updated_at": PRESENT}


class Rows:
    """A connection of its own to the database under test."""

    def __init__(self, url: str) -> None:
        self._connection = outside_engine(url).connect()
        self._numbers = itertools.count(1)

    def close(self) -> None:
        self._connection.close()

    def number(self) -> int:
        """A number that was not given out before."""
        return next(self._numbers)

    def new_id(self, rank: int) -> UUID:
        """A new id that comes before all ids of a higher rank, 0 to 255."""
        return UUID(int=(rank << 120) | (0x7 << 76) | (0x2 << 62) | self.number())

    def insert(self, table: Table, rows: Iterable[Mapping[str, Any]]) -> None:
        """Insert rows; what every row of such a table has is added."""
        common = _MUTABLE if "version" in table.c else _MADE if "created_at" in table.c else {}
        whole = [{**common, **row} for row in rows]
        if whole:
            self._connection.execute(insert(table), whole)

    def new(self, table: Table, **values: Any) -> UUID:
        """One row with a new id."""
        row_id = self.new_id(1)
        self.insert(table, [{"id": row_id, **values}])
        return row_id

    def change(self, table: Table, row_id: UUID, **values: Any) -> None:
        statement = update(table).where(table.c.id == bindparam("row_id", type_=table.c.id.type)).values(values)
        self._connection.execute(statement, {"row_id": row_id})

    def change_all(self, table: Table, **values: Any) -> None:
        self._connection.execute(update(table).values(values))

    def delete(self, table: Table, row_id: UUID) -> None:
        """Delete softly."""
        self.change(table, row_id, deleted_at=PRESENT)

    def unmake(self, table: Table, row_id: UUID) -> None:
        """Delete for good."""
        statement = delete(table).where(table.c.id == bindparam("row_id", type_=table.c.id.type))
        self._connection.execute(statement, {"row_id": row_id})

    def users(self, ids: Iterable[UUID], name: str = "Somebody") -> None:
        self.insert(users, ({"id": row_id, "name": name, "status": "active", "zone": ZONE} for row_id in ids))

    def doctors(self, made: Iterable[tuple[UUID, dt.datetime]]) -> None:
        """Doctors by id and the time of their making, whose users have the same ids."""
        known = list(made)
        self.users(row_id for row_id, _ in known)
        rest = {"languages": [], "status": "active", "signature_enrolment": "not_integrated", "zone": ZONE}
        self.insert(doctors, ({"id": row_id, "user_id": row_id, "created_at": at, **rest} for row_id, at in known))

    def patients(self, ids: Iterable[UUID], name: str = "Somebody", **values: Any) -> None:
        """Patients by id, whose users have the same ids."""
        known = list(ids)
        self.users(known, name)
        self.insert(patients, ({"id": row_id, "user_id": row_id, "status": "active", **values} for row_id in known))

    def doctor(self) -> UUID:
        row_id = self.new_id(1)
        self.doctors([(row_id, PRESENT)])
        return row_id

    def patient(self) -> UUID:
        row_id = self.new_id(1)
        self.patients([row_id])
        return row_id
