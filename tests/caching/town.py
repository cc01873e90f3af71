"""A small town: people, visits and messages, enough that every verb finds something to do; and what is committed, as it stands.

Verbs stand in ``verbs.py``, the reads that the cache may answer in ``reads.py``.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import Table, create_engine, select
from sqlalchemy.pool import NullPool

from telemed_store import Actor, Store
from telemed_store.appointments.tables import appointments
from telemed_store.audit.tables import audit_logs, data_access_logs
from telemed_store.database.engines import Role, engine_plan
from telemed_store.database.identity import new_id
from telemed_store.people.tables import doctors, patients, users
from telemed_store.settings import Settings
from telemed_store.testing import Make

T = TypeVar("T")
Row = Any

SYSTEM = Actor.system("town-clerk")
HALF_HOUR = dt.timedelta(minutes=30)
UNKNOWN = UUID(int=1)
REASON = "found unconscious in the street"


class Committed:
    """The rows of a database, read by a connection that has nothing to do with any store."""

    def __init__(self, url: str) -> None:
        plan = engine_plan(url, Settings(env="test"), Role.READ, "sync")
        self._connection = create_engine(
            plan.url,
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",
            connect_args=plan.options["connect_args"],
            execution_options=plan.execution_options,
        ).connect()

    def close(self) -> None:
        self._connection.close()

    def rows(self, table: Table, since: UUID) -> Sequence[Row]:
        """All rows that were made since, the deleted ones too, in the order of their making."""
        return self._connection.execute(select(table).where(table.c.id > since).order_by(table.c.id)).all()

    def notes(self, correlation_id: str) -> list[tuple[Any, ...]]:
        """The access rows and denials that one actor's frames left, in order."""
        accesses, denials = data_access_logs.c, audit_logs.c
        seen = select(
            accesses.accessor_id,
            accesses.subject_id,
            accesses.data_type,
            accesses.resource_id,
            accesses.action,
            accesses.reason,
            accesses.accessed_fields,
        ).where(accesses.correlation_id == correlation_id)
        refused = select(denials.user_id, denials.action, denials.resource_type, denials.resource_id).where(
            denials.correlation_id == correlation_id
        )
        found = [*self._connection.execute(seen.order_by(accesses.id))]
        return [tuple(row) for row in (*found, *self._connection.execute(refused.order_by(denials.id)))]


class Pick:
    """Choices that were drawn before anybody knew what there would be to choose from."""

    def __init__(self, numbers: Iterable[int]) -> None:
        self._numbers = itertools.cycle([*numbers] or [0])

    def of(self, options: Sequence[T]) -> T:
        """One of them."""
        return options[next(self._numbers) % len(options)]


class Viewer(NamedTuple):
    """Somebody who looks: a person, perhaps in an emergency, or a job of the system."""

    user_id: UUID | None = None
    emergency: str | None = None

    def actor(self) -> Actor:
        """An actor whose frames leave notes that are told from all others by their correlation id."""
        if self.user_id is None:
            return Actor.system("watchman")
        return Actor.user(self.user_id, emergency_reason=self.emergency)


class Town:
    """Two doctors, three patients of whom one has nothing to do with the doctors, some visits, letters and windows."""

    def __init__(self, store: Store, make: Make, committed: Committed) -> None:
        self.store, self.make, self.committed = store, make, committed
        self.since = new_id()
        self._settle()

    def _settle(self) -> None:
        make, letter = self.make, self.make.message
        skill = make.specialization().id
        for _ in range(2):
            doctor = make.doctor(specializations=(skill,))
            make.office_hours(doctor.id, 480, 600)
        ana, bruno = (row.id for row in self.rows(doctors))
        davi, elisa, _stranger = (make.patient() for _ in range(3))
        for status in ("scheduled", "in_progress", "cancelled"):
            make.appointment(ana, davi.id, status)
        make.appointment(bruno, elisa.id)
        make.imported_visit(ana, elisa.id)
        owner = self.rows(doctors)[0].user_id
        for sender, receiver in ((davi.user_id, owner), (davi.user_id, owner), (owner, davi.user_id)):
            letter(sender, receiver)

    def rows(self, table: Table) -> Sequence[Row]:
        """This town's rows of a table."""
        return self.committed.rows(table, self.since)

    def frame(self, actor: Actor = SYSTEM) -> Any:
        """The store under test, on behalf of somebody."""
        return self.store.acting_as(actor)

    def forget(self) -> None:
        """Empty the cache."""
        self.store.cache._backend.clear()

    def viewers(self) -> list[Viewer]:
        """A job of the system, the first people, and one of them who claims an emergency."""
        people = [row.id for row in self.rows(users)]
        return [Viewer(), *map(Viewer, people[:5]), Viewer(people[0], REASON)]

    @property
    def doctor_ids(self) -> list[UUID]:
        return [row.id for row in self.rows(doctors)][:3]

    @property
    def patient_ids(self) -> list[UUID]:
        return [row.id for row in self.rows(patients)][:3]

    @property
    def visits(self) -> Sequence[Row]:
        return self.rows(appointments)
