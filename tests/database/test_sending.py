"""The short way of statements in a transaction: what SQLAlchemy would have sent, answered, and done about a failure (design §3.1)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Generator
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, create_engine, make_url, select, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from telemed_store import (
    Actor,
    Appointment,
    AsyncStore,
    NewAppointment,
    Settings,
    SlotTaken,
    Store,
    TransactionConflict,
    Unavailable,
)
from telemed_store.appointments.tables import appointment_logs, appointments
from telemed_store.audit.context import Context
from telemed_store.database.compiled import COMPILED
from telemed_store.database.engines import Role, engine_plan
from telemed_store.database.identity import new_id
from telemed_store.database.together import insert_together
from telemed_store.events.tables import domain_events
from telemed_store.testing import Make, StatementCounter

pytestmark = pytest.mark.telemed_engines("postgresql")

SYSTEM = Actor.system("tests", correlation_id="one request")
LATER = dt.timedelta(days=7)
WRITTEN = {appointments: "id", appointment_logs: "appointment_id", domain_events: "aggregate_id"}
NEW_EACH_TIME = {"id", "appointment_id", "aggregate_id", "access_code"}


class Undo(Exception):
    """Ends a unit of work whose rows are not to stay."""


@pytest.fixture
def elsewhere(telemed_settings: Settings, telemed_database_url: str) -> Generator[Connection]:
    """A connection that no store knows of."""
    plan = engine_plan(telemed_database_url, telemed_settings, Role.WRITE, "sync")
    engine = create_engine(plan.url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection


@pytest.fixture
def bookings(telemed_make: Make) -> Generator[NewAppointment]:
    """Bookings of one pair, a day apart."""
    first = telemed_make.appointment(notes="traz exames")
    return (
        telemed_make.new_appointment(first.doctor_id, first.patient_id, starts_at=first.starts_at + days * LATER)
        for days in range(1, 100)
    )


def compiled_statements(store: Any) -> int:
    """How many statements the writing pool keeps for the short way."""
    return len(store._core.pools._owned().write.get_execution_options().get(COMPILED, ()))


def written(connection: Connection, _context: Context, visit_id: UUID) -> list[list[dict[str, Any]]]:
    """All rows about a visit, without what is new each time."""
    return [
        [
            {name: value for name, value in row._mapping.items() if name not in NEW_EACH_TIME}
            for row in connection.execute(select(table).where(table.c[column] == visit_id).order_by(table.c.id))
        ]
        for table, column in WRITTEN.items()
    ]


def book_again(connection: Connection, _context: Context, visit: Appointment) -> None:
    """Book the same time past all checks: the database's own rule refuses it."""
    insert_together(connection, (appointments, {**dict(visit), "id": new_id(), "access_code": new_id().hex[-8:]}))


async def test_both_ways_write_the_same(
    telemed: Store, async_telemed: AsyncStore, bookings: Generator[NewAppointment], telemed_statements: StatementCounter
) -> None:
    new = next(bookings)

    def in_threads() -> list[list[dict[str, Any]]]:
        with telemed.unit_of_work(SYSTEM) as unit:
            visit = unit.appointments.schedule(new, idempotency_key="key")
            moved = unit.appointments.reschedule(visit.id, new.starts_at + LATER, expected_version=visit.version)
            assert unit.appointments.schedule(new, idempotency_key="key") == moved
            unit.appointments.cancel(visit.id, reason="gripe", expected_version=moved.version)
            rows.append(unit.read(written, visit.id))
            raise Undo
        raise AssertionError

    rows: list[list[list[dict[str, Any]]]] = []
    with telemed_statements() as seen, pytest.raises(Undo):
        in_threads()
    assert seen.count > 0
    before = compiled_statements(telemed)
    with pytest.raises(Undo):
        in_threads()
    assert compiled_statements(telemed) > before
    with pytest.raises(Undo):
        async with async_telemed.unit_of_work(SYSTEM) as unit:
            visit = await unit.appointments.schedule(new, idempotency_key="key")
            moved = await unit.appointments.reschedule(visit.id, new.starts_at + LATER, expected_version=visit.version)
            assert await unit.appointments.schedule(new, idempotency_key="key") == moved
            await unit.appointments.cancel(visit.id, reason="gripe", expected_version=moved.version)
            rows.append(await unit.read(written, visit.id))
            raise Undo
    watched, short, in_tasks = rows
    assert [len(found) for found in watched] == [1, 3, 3]
    assert watched == short == in_tasks


def test_a_refusal_of_the_database_forbids_the_commit_unless_a_savepoint_undoes_it(
    telemed: Store, telemed_make: Make
) -> None:
    visit = telemed_make.appointment()
    mine = telemed.acting_as(SYSTEM)
    with pytest.raises(SlotTaken) as refused:
        mine.write(book_again, visit)
    assert refused.value.cause is not None
    assert refused.value.cause.code == "23P01"
    with pytest.raises(TransactionConflict, match="earlier statement"), mine.unit_of_work() as unit:
        unit.appointments.get(visit.id)
        with pytest.raises(SlotTaken):
            unit.write(book_again, visit)
    with mine.unit_of_work() as unit:
        with pytest.raises(SlotTaken), unit.savepoint():
            unit.write(book_again, visit)
        unit.appointments.cancel(visit.id, expected_version=visit.version)
    assert mine.appointments.get(visit.id).status == "cancelled"


async def test_a_connection_lost_in_a_unit_is_thrown_away(
    telemed: Store, async_telemed: AsyncStore, bookings: Generator[NewAppointment], elsewhere: Connection
) -> None:
    end_all = text(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE pid <> pg_backend_pid() AND datname = current_database()"
    )
    with pytest.raises(Unavailable), telemed.unit_of_work(SYSTEM) as unit:
        unit.appointments.schedule(next(bookings))
        elsewhere.execute(end_all)
        unit.appointments.schedule(next(bookings))
    telemed.acting_as(SYSTEM).appointments.schedule(next(bookings))
    with pytest.raises(Unavailable):
        async with async_telemed.unit_of_work(SYSTEM) as their_unit:
            await their_unit.appointments.schedule(next(bookings))
            elsewhere.execute(end_all)
            await their_unit.appointments.schedule(next(bookings))
    await async_telemed.acting_as(SYSTEM).appointments.schedule(next(bookings))


async def test_a_unit_whose_statements_were_prepared_for_another_table_shape_is_repeated(
    telemed: Store, async_telemed: AsyncStore, telemed_make: Make, elsewhere: Connection
) -> None:
    visit = telemed_make.appointment()
    mine, theirs = telemed.acting_as(SYSTEM), async_telemed.acting_as(SYSTEM)
    for length in (1001, 1002):
        for _ in range(7):  # psycopg prepares what it has seen five times
            assert mine.run(lambda unit: unit.appointments.get(visit.id)) == visit
            assert await theirs.run(lambda unit: unit.appointments.get(visit.id)) == visit
        elsewhere.execute(text(f"ALTER TABLE telemed.appointments ALTER COLUMN notes TYPE varchar({length})"))
    with pytest.raises(TransactionConflict), mine.unit_of_work() as unit:
        unit.appointments.get(visit.id)
    assert mine.run(lambda unit: unit.appointments.get(visit.id)) == visit
    with pytest.raises(TransactionConflict):
        async with theirs.unit_of_work() as their_unit:
            await their_unit.appointments.get(visit.id)
    assert await theirs.run(lambda unit: unit.appointments.get(visit.id)) == visit


async def test_a_hosts_engine_is_rid_of_statements_prepared_for_another_table_shape_too(
    telemed_settings: Settings, telemed_database_url: str, telemed_make: Make, elsewhere: Connection
) -> None:
    visit = telemed_make.appointment()
    day = visit.starts_at.date()
    host = create_async_engine(make_url(telemed_database_url).set(drivername="postgresql+asyncpg"))
    async with AsyncStore.open(settings=telemed_settings, engine=host) as store:
        mine = store.acting_as(SYSTEM)
        before = await mine.availability.free_slots(visit.doctor_id, day, day)
        assert await mine.run(lambda unit: unit.appointments.get(visit.id)) == visit
        assert compiled_statements(store) > 0
        elsewhere.execute(text("ALTER TABLE telemed.appointments ALTER COLUMN notes TYPE varchar(1001)"))
        elsewhere.execute(text("ALTER TABLE telemed.availability_windows ALTER COLUMN zone TYPE varchar(65)"))
        assert await mine.run(lambda unit: unit.appointments.get(visit.id)) == visit
        assert await mine.availability.free_slots(visit.doctor_id, day, day) == before
    await host.dispose()


@pytest.mark.telemed_settings(write_statement_timeout=dt.timedelta(milliseconds=200))
async def test_a_statement_ends_at_its_time_limit(
    telemed: Store, async_telemed: AsyncStore, bookings: Generator[NewAppointment], elsewhere: Connection
) -> None:
    mine, theirs = telemed.acting_as(SYSTEM), async_telemed.acting_as(SYSTEM)
    with elsewhere.execution_options(isolation_level="READ COMMITTED").begin():
        elsewhere.execute(text("LOCK TABLE telemed.booking_guards"))
        with pytest.raises(Unavailable, match="time limit"):
            mine.appointments.schedule(next(bookings))
        with pytest.raises(Unavailable, match="time limit"):
            await theirs.appointments.schedule(next(bookings))
    mine.appointments.schedule(next(bookings))
    await theirs.appointments.schedule(next(bookings))
