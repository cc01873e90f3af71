"""The short way of hot reads: what SQLAlchemy would have answered, and never where it must not be taken (design §3.1)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Generator
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, make_url, text
from sqlalchemy.pool import NullPool

from telemed_store import Actor, Appointment, AppointmentStatus, AsyncStore, Settings, Store, Unavailable
from telemed_store.database.compiled import COMPILED
from telemed_store.database.engines import Role, engine_plan
from telemed_store.scopes import ForDoctor, Scope, StartingBetween, Upcoming, WithStatus
from telemed_store.testing import Make, StatementCounter

SYSTEM = Actor.system("tests")
OPEN = (AppointmentStatus.SCHEDULED, AppointmentStatus.RESCHEDULED)


@pytest.fixture
def elsewhere(telemed_settings: Settings, telemed_database_url: str) -> Generator[Connection]:
    """A connection that no store knows of."""
    plan = engine_plan(telemed_database_url, telemed_settings, Role.WRITE, "sync")
    engine = create_engine(plan.url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection


def compiled_statements(store: Any) -> int:
    """How many statements the reading pool keeps for the short way."""
    return len(store._core.pools._owned().read.get_execution_options().get(COMPILED, ()))


def scopes(doctor_id: Any, now: dt.datetime) -> list[Scope[Appointment] | None]:
    mine = ForDoctor(doctor_id)
    return [
        None,
        mine,
        mine & Upcoming(),
        mine & WithStatus(*OPEN) & StartingBetween(now, None),
        # The same scopes with another number of values are another SQL.
        mine & WithStatus(AppointmentStatus.CANCELLED) & StartingBetween(now, None),
        mine & WithStatus(*AppointmentStatus) & StartingBetween(now, now + dt.timedelta(days=20)),
    ]


def test_both_ways_answer_the_same(
    telemed: Store, telemed_make: Make, telemed_engine: str, telemed_statements: StatementCounter
) -> None:
    doctor = telemed_make.doctor()
    for status in ("scheduled", "cancelled", "completed", "no_show"):
        visit = telemed_make.appointment(doctor_id=doctor.id, status=status, notes="traz exames", zone="America/Manaus")
    now = visit.starts_at - dt.timedelta(days=10)
    for actor in (SYSTEM, Actor.user(doctor.user_id), Actor.user(telemed_make.doctor().user_id)):
        mine = telemed.acting_as(actor)
        for scope in scopes(doctor.id, now):
            cursor = None
            while True:
                with mine.reader() as reader:
                    short = reader.appointments.list(scope, 2, cursor)
                with telemed_statements(), mine.reader() as reader:
                    ordinary = reader.appointments.list(scope, 2, cursor)
                with mine.unit_of_work() as unit:
                    assert unit.appointments.list(scope, 2, cursor).items == short.items
                assert short.items == ordinary.items
                assert [type(value) for item in short.items for value in vars(item).values()] == [
                    type(value) for item in ordinary.items for value in vars(item).values()
                ]
                assert [mine.appointments.get(item.id) for item in short.items] == list(short.items)
                cursor = short.next_cursor
                if cursor is None:
                    break
    assert (compiled_statements(telemed) > len(scopes(doctor.id, now))) == (telemed_engine == "postgresql")


async def test_both_ways_answer_the_same_asynchronously(
    async_telemed: AsyncStore,
    telemed: Store,
    telemed_make: Make,
    telemed_engine: str,
    telemed_statements: StatementCounter,
) -> None:
    doctor = telemed_make.doctor()
    visits = [telemed_make.appointment(doctor_id=doctor.id, status=status) for status in ("scheduled", "completed")]
    for actor in (SYSTEM, Actor.user(doctor.user_id)):
        mine = async_telemed.acting_as(actor)
        for scope in scopes(doctor.id, visits[0].starts_at - dt.timedelta(days=10)):
            async with mine.reader() as reader:
                short = await reader.appointments.list(scope)
            with telemed_statements():
                assert (await mine.appointments.list(scope)).items == short.items
            for frame in (mine.unit_of_work(), mine.snapshot()):
                async with frame as opened:
                    assert (await opened.appointments.list(scope)).items == short.items
        assert await mine.appointments.get(visits[1].id) == visits[1]
    assert (compiled_statements(async_telemed) > 0) == (telemed_engine == "postgresql")


def test_counted_statements_go_the_ordinary_way(
    telemed: Store, telemed_make: Make, telemed_statements: StatementCounter
) -> None:
    visit = telemed_make.appointment()
    mine = telemed.acting_as(SYSTEM)
    before = compiled_statements(telemed)
    with telemed_statements() as seen:
        mine.appointments.get(visit.id)
        mine.appointments.list(ForDoctor(visit.doctor_id))
    assert seen.count == 2
    assert compiled_statements(telemed) == before


@pytest.mark.telemed_engines("postgresql")
def test_what_sqlalchemy_logs_goes_the_ordinary_way(
    telemed: Store, telemed_make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    visit = telemed_make.appointment()
    mine = telemed.acting_as(SYSTEM)
    mine.appointments.get(visit.id)
    with caplog.at_level("INFO", logger="sqlalchemy.engine"):
        mine.appointments.get(visit.id)
        mine.appointments.cancel(visit.id, expected_version=visit.version)
    logged = [record.getMessage() for record in caplog.records if record.name == "sqlalchemy.engine.Engine"]
    assert [line for line in logged if line.startswith("SELECT telemed.appointments.id")]
    assert [line for line in logged if line.startswith("UPDATE telemed.appointments")]


@pytest.mark.telemed_engines("postgresql")
async def test_a_lost_connection_is_found_out_and_the_read_repeated(
    telemed: Store, async_telemed: AsyncStore, telemed_make: Make, elsewhere: Connection
) -> None:
    visit = telemed_make.appointment()
    mine, theirs = telemed.acting_as(SYSTEM), async_telemed.acting_as(SYSTEM)
    for _ in range(2):
        assert mine.appointments.get(visit.id) == await theirs.appointments.get(visit.id) == visit
        elsewhere.execute(
            text(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid() AND datname = current_database()"
            )
        )


@pytest.mark.telemed_engines("postgresql")
async def test_a_statement_prepared_for_another_table_shape_is_prepared_anew(
    telemed: Store, async_telemed: AsyncStore, telemed_make: Make, elsewhere: Connection
) -> None:
    visit = telemed_make.appointment()
    mine, theirs = telemed.acting_as(SYSTEM), async_telemed.acting_as(SYSTEM)
    for length in (1001, 1002):
        for _ in range(7):  # psycopg prepares what it has seen five times
            assert mine.appointments.get(visit.id) == await theirs.appointments.get(visit.id) == visit
        elsewhere.execute(text(f"ALTER TABLE telemed.appointments ALTER COLUMN notes TYPE varchar({length})"))
    assert mine.appointments.get(visit.id) == await theirs.appointments.get(visit.id) == visit


@pytest.mark.telemed_engines("postgresql")
@pytest.mark.telemed_settings(read_statement_timeout=dt.timedelta(milliseconds=200))
async def test_a_read_ends_at_its_time_limit(
    telemed: Store, async_telemed: AsyncStore, telemed_make: Make, elsewhere: Connection
) -> None:
    visit = telemed_make.appointment()
    mine, theirs = telemed.acting_as(SYSTEM), async_telemed.acting_as(SYSTEM)
    assert mine.appointments.get(visit.id) == await theirs.appointments.get(visit.id) == visit
    with elsewhere.execution_options(isolation_level="READ COMMITTED").begin():
        elsewhere.execute(text("LOCK TABLE telemed.appointments"))
        with pytest.raises(Unavailable, match="time limit"):
            mine.appointments.get(visit.id)
        with pytest.raises(Unavailable, match="time limit"):
            await theirs.appointments.get(visit.id)
    assert mine.appointments.get(visit.id) == await theirs.appointments.get(visit.id) == visit


@pytest.mark.telemed_engines("postgresql")
def test_a_tenant_reads_its_own_schema(
    telemed_database_url: str, telemed_settings_for: Callable[..., Settings], telemed_make: Make
) -> None:
    elsewhere = telemed_make.appointment()
    settings = telemed_settings_for(telemed_database_url, schema_name="clinic_b")
    with Store.open(settings=settings) as tenant:
        tenant.migrator.upgrade()
        mine = tenant.acting_as(SYSTEM)
        for _ in range(2):
            assert mine.appointments.list().items == ()
            assert mine.appointments.list(ForDoctor(elsewhere.doctor_id)).items == ()
        assert compiled_statements(tenant) == 2


@pytest.mark.telemed_engines("postgresql")
@pytest.mark.telemed_settings(
    read_statement_timeout=dt.timedelta(milliseconds=200), lock_timeout=dt.timedelta(milliseconds=200)
)
async def test_asyncpg_waits_once_for_a_server_that_keeps_no_limit(
    async_telemed: AsyncStore, telemed_make: Make, elsewhere: Connection
) -> None:
    visit = telemed_make.appointment()
    mine = async_telemed.acting_as(SYSTEM)
    await mine.appointments.get(visit.id)
    store: Any = async_telemed
    async with store._core.pools._owned().read.connect() as connection:
        await connection.exec_driver_sql("SET statement_timeout = 0")
        await connection.exec_driver_sql("SET lock_timeout = 0")
        silent = connection.sync_connection.connection.driver_connection
    with elsewhere.execution_options(isolation_level="READ COMMITTED").begin():
        elsewhere.execute(text("LOCK TABLE telemed.appointments"))
        with pytest.raises(Unavailable):
            await mine.appointments.get(visit.id)
    assert silent.is_closed()
    assert await mine.appointments.get(visit.id) == visit


@pytest.mark.telemed_engines("postgresql")
async def test_psycopg_answers_the_same_in_tasks(
    telemed_database_url: str, telemed_settings_for: Callable[..., Settings], telemed_make: Make
) -> None:
    visit = telemed_make.appointment()
    url = make_url(telemed_database_url).set(drivername="postgresql+psycopg")
    store = AsyncStore.open(settings=telemed_settings_for(url.render_as_string(hide_password=False)))
    async with store:
        mine = store.acting_as(SYSTEM)
        scope = ForDoctor(visit.doctor_id) & WithStatus(*OPEN)
        for _ in range(2):
            assert await mine.appointments.get(visit.id) == visit
            assert (await mine.appointments.list(scope)).items == (visit,)
        assert compiled_statements(store) == 2
