"""Driver errors become the one tree (C7, C8, D58): six real drivers, three real engines, and nobody's values quoted."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import (
    CheckConstraint,
    Column,
    Connection,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    create_engine,
    event,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.engine import Engine as SyncEngine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from telemed_store.database.metadata import NAMING_CONVENTION
from telemed_store.database.translation import DRIVER_ERRORS, is_disconnect, register, translate
from telemed_store.errors import (
    AlreadyExists,
    Cause,
    CommitUncertain,
    Conflict,
    RecordSealed,
    SchemaMismatch,
    SettingsError,
    SlotTaken,
    StoreError,
    TransactionConflict,
    Unavailable,
    ValidationFailed,
)
from telemed_store.testing.servers.discovery import Absent, Engine, find
from telemed_store.testing.servers.mariadb import MariaDbServer
from telemed_store.testing.servers.postgresql import PostgresServer
from telemed_store.testing.servers.proxy import FaultProxy, Moment

Script = Callable[[Connection], object]

SECRET = "O'Brien' for key 'uq_clinics_name"
TABLES = MetaData(naming_convention=NAMING_CONVENTION)
clinics = Table(
    "clinics",
    TABLES,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("name", String(40), nullable=False),
    UniqueConstraint("name"),
    mysql_engine="InnoDB",
)
doctors = Table(
    "doctors",
    TABLES,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("clinic_id", Integer),
    Column("email", String(40)),
    Column("crm", String(20)),
    Column("uf", String(2)),
    Column("status", String(10), nullable=False),
    Column("age", Integer),
    Column("starts_at", Integer),
    Column("ends_at", Integer),
    Column("slot", Integer),
    UniqueConstraint("email"),
    UniqueConstraint("crm", "uf"),
    CheckConstraint("status IN ('on', 'off')", name="status"),
    CheckConstraint("starts_at < ends_at", name="interval"),
    ForeignKeyConstraint(["clinic_id"], ["clinics.id"]),
    mysql_engine="InnoDB",
)
Index("uq_doctors_slot", doctors.c.slot, unique=True)
lines = Table(
    "lines",
    TABLES,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("doctor_id", Integer, ForeignKey("doctors.id"), nullable=False),
    mysql_engine="InnoDB",
)

register("uq_doctors_slot", lambda cause: SlotTaken("doctor", cause=cause))
register("tr_doctors_sealed", lambda cause: RecordSealed(cause=cause))

RULE = {
    "postgresql": (
        (
            "CREATE FUNCTION sealed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.age = 99 THEN"
            " RAISE EXCEPTION USING ERRCODE = 'restrict_violation', MESSAGE = 'no ' || NEW.email,"
            " CONSTRAINT = 'tr_doctors_sealed'; END IF; RETURN NEW; END $$"
        ),
        "CREATE TRIGGER tr_doctors_sealed BEFORE INSERT ON doctors FOR EACH ROW EXECUTE FUNCTION sealed()",
        "CREATE EXTENSION btree_gist",
        (
            "ALTER TABLE doctors ADD CONSTRAINT ex_doctors_overlap"
            " EXCLUDE USING gist (clinic_id WITH =, int4range(starts_at, ends_at) WITH &&)"
        ),
    ),
    "mysql": (
        (
            "CREATE TRIGGER tr_doctors_sealed BEFORE INSERT ON doctors FOR EACH ROW BEGIN"
            " IF NEW.age = 99 THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'tr_doctors_sealed'; END IF; END"
        ),
    ),
    "sqlite": (
        (
            "CREATE TRIGGER tr_doctors_sealed BEFORE INSERT ON doctors FOR EACH ROW WHEN NEW.age = 99"
            " BEGIN SELECT RAISE(ABORT, 'tr_doctors_sealed'); END"
        ),
    ),
}


@dataclass(frozen=True)
class Failed:
    """A script's failure, as the driver raised it and as it is translated."""

    failure: BaseException
    error: StoreError

    @property
    def cause(self) -> Cause:
        assert self.error.cause is not None
        return self.error.cause


@dataclass(frozen=True)
class Bench:
    """One driver with a database of the tables above."""

    driver: str
    url: str

    @property
    def family(self) -> str:
        return make_url(self.url).get_backend_name()

    @property
    def is_async(self) -> bool:
        return self.driver in {"aiosqlite", "asyncpg", "asyncmy"}

    def run(self, *scripts: Script, url: str | None = None) -> Failed | None:
        """Run the scripts in one transaction on a new connection and commit it."""
        caught = asyncio.run(self._run_async(scripts, url)) if self.is_async else self._run_sync(scripts, url)
        if caught is None:
            return None
        failure, committing = caught
        return Failed(failure, translate(failure, self.family, committing=committing, metadata=TABLES))

    def fail(self, *scripts: Script, url: str | None = None) -> Failed:
        failed = self.run(*scripts, url=url)
        assert failed is not None, "the scripts were expected to fail"
        text_of_error = f"{failed.error} {failed.error!r} {failed.cause}"
        assert "Brien" not in text_of_error
        assert failed.error.__cause__ is None
        assert failed.error.__context__ is None
        return failed

    def _run_sync(self, scripts: tuple[Script, ...], url: str | None) -> tuple[BaseException, bool] | None:
        engine = create_engine(url or self.url, poolclass=NullPool, hide_parameters=True)
        _enforce_references(engine)
        committing = False
        try:
            with engine.connect() as connection:
                for script in scripts:
                    script(connection)
                committing = True
                connection.commit()
        except DRIVER_ERRORS as failure:
            return failure, committing
        return None

    async def _run_async(self, scripts: tuple[Script, ...], url: str | None) -> tuple[BaseException, bool] | None:
        engine = create_async_engine(url or self.url, poolclass=NullPool, hide_parameters=True)
        _enforce_references(engine.sync_engine)
        committing = False
        try:
            async with engine.connect() as connection:
                for script in scripts:
                    await connection.run_sync(script)
                committing = True
                await connection.commit()
        except DRIVER_ERRORS as failure:
            await _end_aiosqlite()
            return failure, committing
        return None


async def _end_aiosqlite() -> None:
    # After a connect that failed, aiosqlite's thread still reports its end to the loop, which must be open until then.
    for thread in threading.enumerate():
        if "_connection_worker_thread" in thread.name:
            await asyncio.to_thread(thread.join, 5)


def _enforce_references(engine: Any) -> None:
    if engine.dialect.name == "sqlite":

        def connected(dbapi_connection: Any, _record: Any) -> None:
            dbapi_connection.execute("PRAGMA foreign_keys = ON")
            dbapi_connection.execute("PRAGMA busy_timeout = 50")

        event.listen(engine, "connect", connected)


def _write_ahead(dbapi_connection: Any, _record: Any) -> None:
    dbapi_connection.execute("PRAGMA journal_mode = WAL")


def _sync_engine(url: str) -> SyncEngine:
    parsed = make_url(url)
    drivers = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg", "mysql": "mysql+pymysql"}
    return create_engine(parsed.set(drivername=drivers[parsed.get_backend_name()]), poolclass=NullPool)


DRIVERS = {
    "sqlite3": "sqlite",
    "aiosqlite": "sqlite+aiosqlite",
    "psycopg": "postgresql+psycopg",
    "asyncpg": "postgresql+asyncpg",
    "pymysql": "mysql+pymysql",
    "asyncmy": "mysql+asyncmy",
}


@pytest.fixture(scope="module")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], str]]:
    """The URL of a database with the tables, per engine; servers start when they are first asked for."""
    folder: Path = tmp_path_factory.mktemp("translation")
    urls: dict[str, str] = {}
    closers: list[Callable[[], object]] = []

    def database(family: str) -> str:
        if family not in urls:
            urls[family] = _create(family, folder, closers)
        return urls[family]

    yield database
    for close in reversed(closers):
        close()


def _create(family: str, folder: Path, closers: list[Callable[[], object]]) -> str:
    name = f"translation_{uuid.uuid4().hex[:12]}"
    if family == "sqlite":
        url = f"sqlite:///{folder / name}.sqlite"
    else:
        kind = Engine.POSTGRESQL if family == "postgresql" else Engine.MARIADB
        source = find(kind)
        if isinstance(source, Absent):
            pytest.skip(source.reason)
        server = PostgresServer.share(source) if kind is Engine.POSTGRESQL else MariaDbServer.share(source)
        assert isinstance(server, PostgresServer | MariaDbServer)
        closers.extend([server.close, lambda: server.drop_database(name)])
        url = server.create_database(name)
    engine = _sync_engine(url)
    if family == "sqlite":
        event.listen(engine, "connect", _write_ahead)
    with engine.begin() as connection:
        TABLES.create_all(connection)
        for statement in RULE[family]:
            connection.exec_driver_sql(statement)
        connection.execute(insert(clinics), [{"id": 1, "name": SECRET}, {"id": 2, "name": "two"}])
        row = {"id": 1, "clinic_id": 1, "email": "a@b", "crm": "1", "uf": "SP", "status": "on", "age": 40}
        connection.execute(insert(doctors), row | {"starts_at": 1, "ends_at": 5, "slot": 7})
        connection.execute(insert(lines), {"id": 1, "doctor_id": 1})
    return url


@pytest.fixture(params=DRIVERS)
def bench(request: pytest.FixtureRequest, databases: Callable[[str], str]) -> Bench:
    driver: str = request.param
    return Bench(driver, _url(databases, driver))


@pytest.fixture(params=["psycopg", "asyncpg", "pymysql", "asyncmy"])
def networked(request: pytest.FixtureRequest, databases: Callable[[str], str]) -> Bench:
    driver: str = request.param
    return Bench(driver, _url(databases, driver))


def _url(databases: Callable[[str], str], driver: str) -> str:
    family = DRIVERS[driver].partition("+")[0]
    url = make_url(databases(family)).set(drivername=DRIVERS[driver])
    return url.render_as_string(hide_password=False)


def new_doctor(**values: object) -> Script:
    row: dict[str, object] = {"id": 2, "status": "on"}
    return lambda connection: connection.execute(insert(doctors), row | values)


def sql(family_to_sql: dict[str, str]) -> Script:
    return lambda connection: connection.exec_driver_sql(family_to_sql[connection.dialect.name])


def test_c7_duplicate_names_table_and_field(bench: Bench) -> None:
    failed = bench.fail(new_doctor(email="a@b"))
    assert isinstance(failed.error, AlreadyExists)
    assert (failed.error.what, failed.error.field) == ("doctors", "email")
    assert failed.cause.constraint == "uq_doctors_email"


def test_c7_duplicate_of_several_columns_names_them_all(bench: Bench) -> None:
    failed = bench.fail(new_doctor(crm="1", uf="SP"))
    assert isinstance(failed.error, AlreadyExists)
    assert failed.error.field == "crm, uf"
    assert failed.cause.constraint == "uq_doctors_crm_uf"


def test_c7_duplicate_primary_key_names_its_table(bench: Bench) -> None:
    failed = bench.fail(new_doctor(id=1))
    assert isinstance(failed.error, AlreadyExists)
    assert (failed.error.what, failed.error.field) == ("doctors", "id")
    assert failed.cause.constraint == "pk_doctors"


def test_c7_registered_unique_index_becomes_its_areas_error(bench: Bench) -> None:
    failed = bench.fail(new_doctor(slot=7))
    assert isinstance(failed.error, SlotTaken)
    assert failed.error.side == "doctor"
    assert failed.cause.constraint == "uq_doctors_slot"


def test_c8_value_that_looks_like_a_constraint_deceives_nobody(bench: Bench) -> None:
    """MariaDB's message quotes the value before the key; here the value holds quotes and the words for another key."""
    forged = "x' for key 'uq_doctors_slot"
    failed = bench.fail(new_doctor(email=forged), new_doctor(id=3, email=forged))
    assert isinstance(failed.error, AlreadyExists)
    assert failed.error.field == "email"
    failed = bench.fail(lambda connection: connection.execute(insert(clinics), {"id": 3, "name": SECRET}))
    assert isinstance(failed.error, AlreadyExists)
    assert failed.error.what == "clinics"


def test_c7_registered_trigger_rule_becomes_its_areas_error(bench: Bench) -> None:
    failed = bench.fail(new_doctor(age=99, email=SECRET))
    assert type(failed.error) is RecordSealed
    assert failed.cause.constraint == "tr_doctors_sealed"


@pytest.mark.parametrize("driver", ["psycopg", "asyncpg"])
def test_c7_exclusion_constraint_is_a_conflict_with_its_name(driver: str, databases: Callable[[str], str]) -> None:
    bench = Bench(driver, _url(databases, driver))
    failed = bench.fail(new_doctor(clinic_id=1, starts_at=4, ends_at=9))
    assert type(failed.error) is Conflict
    assert failed.cause == Cause(
        "ExclusionViolation" + ("Error" if bench.is_async else ""), "23P01", "ex_doctors_overlap"
    )


def test_d58_closed_list_names_its_column(bench: Bench) -> None:
    failed = bench.fail(new_doctor(status="Brien"))
    assert isinstance(failed.error, ValidationFailed)
    assert failed.error.fields == {"status": "breaks the rule ck_doctors_status"}


def test_c7_check_over_several_columns_is_named_itself(bench: Bench) -> None:
    failed = bench.fail(new_doctor(starts_at=5, ends_at=1))
    assert isinstance(failed.error, ValidationFailed)
    assert failed.error.fields == {"ck_doctors_interval": "breaks the rule ck_doctors_interval"}


def test_c7_reference_to_nothing_names_its_column(bench: Bench) -> None:
    """SQLite does not say which foreign key failed."""
    failed = bench.fail(new_doctor(clinic_id=99))
    assert isinstance(failed.error, ValidationFailed)
    field = "reference" if bench.family == "sqlite" else "clinic_id"
    assert failed.error.fields == {field: "refers to nothing"}


def test_c7_removing_a_row_others_refer_to_is_a_conflict(networked: Bench) -> None:
    failed = networked.fail(sql(dict.fromkeys(["postgresql", "mysql"], "DELETE FROM doctors WHERE id = 1")))
    assert type(failed.error) is Conflict
    assert failed.cause.constraint == "fk_lines_doctor_id"


def test_c7_missing_value_names_its_column(bench: Bench) -> None:
    failed = bench.fail(new_doctor(status=None))
    assert isinstance(failed.error, ValidationFailed)
    assert failed.error.fields == {"status": "is required"}


def test_c8_too_long_text_is_a_validation_error(networked: Bench) -> None:
    """PostgreSQL does not say which column; SQLite has no lengths."""
    failed = networked.fail(new_doctor(uf="Brien"))
    assert isinstance(failed.error, ValidationFailed)
    assert list(failed.error.fields) == ["uf" if networked.family == "mysql" else "value"]


def test_c8_wrong_text_for_a_number_is_a_validation_error(networked: Bench) -> None:
    """MariaDB quotes the value before the column; a value may be the name of another column."""
    failed = networked.fail(
        lambda connection: connection.execute(text("UPDATE doctors SET age = :age"), {"age": "email"})
    )
    assert isinstance(failed.error, ValidationFailed)
    assert list(failed.error.fields) == ["age" if networked.family == "mysql" else "value"]


@pytest.mark.parametrize("value", [2**70, 2**40])
def test_c8_number_out_of_range_is_a_validation_error(networked: Bench, value: int) -> None:
    failed = networked.fail(new_doctor(age=value))
    assert isinstance(failed.error, ValidationFailed)


@pytest.mark.parametrize("driver", ["sqlite3", "aiosqlite"])
def test_c8_number_no_sqlite_column_can_hold_is_a_validation_error(
    driver: str, databases: Callable[[str], str]
) -> None:
    failed = Bench(driver, _url(databases, driver)).fail(new_doctor(age=2**70))
    assert isinstance(failed.error, ValidationFailed)


def test_c8_text_that_cannot_be_encoded_is_a_validation_error(bench: Bench) -> None:
    failed = bench.fail(new_doctor(email="Brien\ud800"))
    assert isinstance(failed.error, ValidationFailed)


@pytest.mark.parametrize("language", ["de_DE", "ja_JP", "pt_BR", "ru_RU", "zh_CN", "hu_HU"])
@pytest.mark.parametrize("driver", ["pymysql", "asyncmy"])
def test_c8_translated_messages_are_understood(driver: str, language: str, databases: Callable[[str], str]) -> None:
    bench = Bench(driver, _url(databases, driver))

    def speak(connection: Connection) -> None:
        connection.exec_driver_sql(f"SET lc_messages = '{language}'")

    duplicate = bench.fail(speak, new_doctor(email="a@b")).error
    missing = bench.fail(speak, new_doctor(status=None)).error
    check = bench.fail(speak, new_doctor(status="Brien")).error
    wrong = bench.fail(speak, lambda connection: connection.execute(text("UPDATE doctors SET age = 'email'"))).error
    assert isinstance(duplicate, AlreadyExists)
    assert duplicate.field == "email"
    assert isinstance(missing, ValidationFailed)
    assert missing.fields == {"status": "is required"}
    assert isinstance(check, ValidationFailed)
    assert list(check.fields) == ["status"]
    assert isinstance(wrong, ValidationFailed)
    assert list(wrong.fields) == ["age"]


def test_c8_deadlock_is_a_transaction_conflict(networked: Bench) -> None:
    both_hold_one = threading.Barrier(2, timeout=20)

    def cross(first: int, second: int) -> Failed | None:
        def lock(row: int) -> Script:
            return lambda c: c.execute(select(clinics.c.id).where(clinics.c.id == row).with_for_update())

        return networked.run(lock(first), lambda _: both_hold_one.wait(), lock(second))

    with ThreadPoolExecutor(2) as pool:
        futures = [pool.submit(cross, 1, 2), pool.submit(cross, 2, 1)]
        failed = [answer for future in futures if (answer := future.result(timeout=60)) is not None]
    assert [type(each.error) for each in failed] == [TransactionConflict]
    assert failed[0].cause.code in {"40P01", "1213"}


def test_c8_row_changed_since_the_snapshot_is_a_transaction_conflict(bench: Bench) -> None:
    setup = {
        "postgresql": "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ",
        "mysql": "SET innodb_snapshot_isolation = ON",
        "sqlite": "BEGIN",
    }
    change = update(doctors).where(doctors.c.id == 1).values(age=doctors.c.age + 1)

    def other_changes(_: Connection) -> None:
        with _sync_engine(bench.url).begin() as other:
            other.execute(change)

    failed = bench.fail(
        sql(setup), lambda c: c.execute(select(doctors.c.age)).all(), other_changes, lambda c: c.execute(change)
    )
    assert type(failed.error) is TransactionConflict
    assert failed.cause.code in {"40001", "1020", "SQLITE_BUSY_SNAPSHOT"}


def test_c8_waiting_too_long_for_a_lock_is_a_transaction_conflict(bench: Bench) -> None:
    limit = {
        "postgresql": "SET lock_timeout = '50ms'",
        "mysql": "SET innodb_lock_wait_timeout = 0",
        "sqlite": "PRAGMA busy_timeout = 50",
    }
    change = update(doctors).where(doctors.c.id == 1).values(age=1)
    with _sync_engine(bench.url).connect() as holder:
        holder.execute(change)
        failed = bench.fail(sql(limit), lambda c: c.execute(change))
    assert type(failed.error) is TransactionConflict
    assert failed.cause.code in {"55P03", "1205", "SQLITE_BUSY"}


@pytest.mark.parametrize("driver", ["psycopg", "asyncpg"])
def test_c8_statement_in_a_failed_transaction_is_a_transaction_conflict(
    driver: str, databases: Callable[[str], str]
) -> None:
    def swallow(connection: Connection) -> None:
        with pytest.raises(DBAPIError):
            new_doctor(status=None)(connection)

    failed = Bench(driver, _url(databases, driver)).fail(swallow, lambda c: c.execute(select(doctors.c.id)))
    assert type(failed.error) is TransactionConflict
    assert failed.cause.code == "25P02"


def test_c8_statement_over_its_time_limit_is_unavailable(bench: Bench) -> None:
    def interrupt(driver_connection: Any) -> Any:
        return driver_connection.set_progress_handler(lambda: 1, 1000)

    def limited(connection: Connection) -> None:
        dbapi_connection: Any = connection.connection.dbapi_connection
        if bench.driver == "aiosqlite":
            dbapi_connection.run_async(interrupt)
        elif bench.driver == "sqlite3":
            interrupt(dbapi_connection)

    endless = {
        "postgresql": "SET statement_timeout = 50; SELECT pg_sleep(60)",
        "mysql": "SET STATEMENT max_statement_time = 0.05 FOR SELECT SUM(a.seq * b.seq)"
        " FROM seq_1_to_100000 a, seq_1_to_100000 b",
        "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n",
    }
    statements = endless[bench.family].split("; ")
    failed = bench.fail(limited, *(sql({bench.family: statement}) for statement in statements))
    assert type(failed.error) is Unavailable
    assert "time limit" in failed.error.message
    assert failed.cause.code in {"57014", "1969", "SQLITE_INTERRUPT"}
    assert not is_disconnect(failed.failure)


def test_c8_missing_table_is_a_schema_mismatch(bench: Bench) -> None:
    failed = bench.fail(lambda connection: connection.execute(text("SELECT 1 FROM not_there")))
    assert type(failed.error) is SchemaMismatch


def test_c8_missing_column_is_a_schema_mismatch(bench: Bench) -> None:
    failed = bench.fail(lambda connection: connection.execute(text("SELECT not_there FROM doctors")))
    assert type(failed.error) is SchemaMismatch


@pytest.mark.parametrize("driver", ["psycopg", "asyncpg"])
def test_c8_plan_made_stale_by_a_migration_is_a_transaction_conflict(
    driver: str, databases: Callable[[str], str]
) -> None:
    bench = Bench(driver, _url(databases, driver))
    name = f"stale_{driver}"

    def prepare(connection: Connection) -> None:
        connection.exec_driver_sql(f"CREATE TABLE {name} (id int)")
        connection.commit()
        connection.exec_driver_sql(f"PREPARE {name} AS SELECT * FROM {name}")
        connection.exec_driver_sql(f"EXECUTE {name}").all()
        connection.exec_driver_sql(f"ALTER TABLE {name} ADD COLUMN more int")

    failed = bench.fail(prepare, sql({"postgresql": f"EXECUTE {name}"}))
    assert type(failed.error) is TransactionConflict
    assert failed.cause.code == "0A000"


def test_c8_connection_ended_by_the_server_is_unavailable(networked: Bench) -> None:
    end = {"postgresql": "SELECT pg_terminate_backend(pg_backend_pid())", "mysql": "KILL CONNECTION CONNECTION_ID()"}
    failed = networked.fail(sql(end), lambda c: c.execute(select(doctors.c.id)))
    assert type(failed.error) is Unavailable
    assert is_disconnect(failed.failure)


def test_c8_server_that_does_not_answer_is_unavailable(networked: Bench) -> None:
    with FaultProxy.before(networked.url) as proxy:
        nobody = proxy.url(networked.url)
    failed = networked.fail(url=nobody)
    assert type(failed.error) is Unavailable


def test_c8_connection_cut_within_a_statement_is_unavailable(networked: Bench) -> None:
    with FaultProxy.before(networked.url) as proxy:
        failed = networked.fail(
            lambda _: proxy.cut_on(b"doctors", Moment.BEFORE_REPLY),
            lambda c: c.execute(select(doctors.c.id)),
            url=proxy.url(networked.url),
        )
    assert type(failed.error) is Unavailable
    assert is_disconnect(failed.failure)


@pytest.mark.parametrize("moment", Moment)
def test_c8_connection_lost_while_commit_was_in_flight_is_uncertain(networked: Bench, moment: Moment) -> None:
    with FaultProxy.before(networked.url) as proxy:
        failed = networked.fail(
            lambda c: c.execute(update(doctors).values(age=50)),
            lambda _: proxy.cut_on(b"COMMIT", moment),
            url=proxy.url(networked.url),
        )
    assert type(failed.error) is CommitUncertain
    assert is_disconnect(failed.failure)


@pytest.mark.parametrize("driver", ["psycopg", "asyncpg"])
def test_c8_deferred_constraint_that_fails_at_commit_is_no_uncertainty(
    driver: str, databases: Callable[[str], str]
) -> None:
    table = f"deferred_{driver}"
    failed = Bench(driver, _url(databases, driver)).fail(
        sql({"postgresql": f"CREATE TABLE {table} (id int UNIQUE DEFERRABLE INITIALLY DEFERRED)"}),
        sql({"postgresql": f"INSERT INTO {table} VALUES (1), (1)"}),
    )
    assert type(failed.error) is AlreadyExists
    assert failed.error.what == table


def test_c8_wrong_database_is_a_settings_error_or_unavailable(networked: Bench) -> None:
    """psycopg tells no SQLSTATE while it connects, so it cannot be told from a server that is away."""
    elsewhere = make_url(networked.url).set(database="not_there").render_as_string(hide_password=False)
    failed = networked.fail(url=elsewhere)
    assert type(failed.error) is (Unavailable if networked.driver == "psycopg" else SettingsError)


def test_c8_account_without_privilege_is_a_settings_error(networked: Bench) -> None:
    user = f"u_{uuid.uuid4().hex[:8]}"
    url = make_url(networked.url)
    made = {"postgresql": f"CREATE ROLE {user} LOGIN", "mysql": f"CREATE USER '{user}'@'127.0.0.1'"}
    gone = {"postgresql": f"DROP ROLE {user}", "mysql": f"DROP USER '{user}'@'127.0.0.1'"}
    table = {"postgresql": "doctors", "mysql": f"{url.database}.doctors"}
    # MariaDB would refuse the database already; without one it refuses the table.
    theirs = url.set(username=user, database=url.database if networked.family == "postgresql" else None)
    assert networked.run(sql(made)) is None
    failed = networked.fail(
        sql({family: f"SELECT id FROM {name}" for family, name in table.items()}),
        url=theirs.render_as_string(hide_password=False),
    )
    assert networked.run(sql(gone)) is None
    assert type(failed.error) is SettingsError
    assert failed.error.setting == "TELEMED_STORE_DATABASE_URL"


def test_c8_write_to_a_read_only_database_is_unavailable(bench: Bench) -> None:
    read_only = {
        "postgresql": "SET TRANSACTION READ ONLY",
        "mysql": "START TRANSACTION READ ONLY",
        "sqlite": "PRAGMA query_only = ON",
    }
    failed = bench.fail(sql(read_only), new_doctor())
    assert type(failed.error) is Unavailable
    assert "takes no writes" in failed.error.message


@pytest.mark.parametrize("driver", ["sqlite3", "aiosqlite"])
def test_c8_full_sqlite_database_is_unavailable(driver: str, databases: Callable[[str], str]) -> None:
    fill = "INSERT INTO clinics SELECT id + 100, hex(randomblob(100000)) || name FROM clinics"
    failed = Bench(driver, _url(databases, driver)).fail(
        sql({"sqlite": "PRAGMA max_page_count = 1"}), sql({"sqlite": fill})
    )
    assert type(failed.error) is Unavailable
    assert failed.cause.code == "SQLITE_FULL"


@pytest.mark.parametrize("driver", ["sqlite3", "aiosqlite"])
def test_c8_sqlite_file_that_cannot_be_opened_is_unavailable(driver: str, tmp_path: Path) -> None:
    failed = Bench(driver, f"{DRIVERS[driver]}:///{tmp_path / 'absent' / 'x.sqlite'}").fail()
    assert type(failed.error) is Unavailable


@pytest.mark.parametrize("driver", ["sqlite3", "aiosqlite"])
def test_c8_file_that_is_no_database_is_said_so(driver: str, tmp_path: Path) -> None:
    (tmp_path / "x.sqlite").write_bytes(b"no database at all" * 100)
    failed = Bench(driver, f"{DRIVERS[driver]}:///{tmp_path / 'x.sqlite'}").fail(
        lambda c: c.execute(select(doctors.c.id))
    )
    assert "no database" in failed.error.message


def test_c8_pool_without_a_free_connection_is_unavailable(databases: Callable[[str], str]) -> None:
    engine = create_engine(databases("sqlite"), pool_size=1, max_overflow=0, pool_timeout=0.01)
    with engine.connect(), pytest.raises(PoolTimeout) as caught:
        engine.connect()
    engine.dispose()
    error = translate(caught.value, engine.dialect)
    assert type(error) is Unavailable
    assert "in use" in error.message
    assert not is_disconnect(caught.value)


def test_c8_using_a_transaction_whose_connection_is_lost_is_unavailable(databases: Callable[[str], str]) -> None:
    engine = create_engine(_url(databases, "psycopg"), poolclass=NullPool)

    def go_on(connection: Connection) -> None:
        with pytest.raises(DBAPIError):
            connection.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")
        connection.execute(select(doctors.c.id))

    failed = Bench("psycopg", engine.url.render_as_string(hide_password=False)).fail(go_on)
    assert failed.cause.driver == "PendingRollbackError"
    assert type(failed.error) is Unavailable
    assert is_disconnect(failed.failure)


@pytest.mark.parametrize(
    "failure, committing, expected, lost",
    [
        (ConnectionRefusedError(111, "refused"), False, Unavailable, False),
        (ConnectionResetError(104, "reset"), False, Unavailable, True),
        (ConnectionResetError(104, "reset"), True, CommitUncertain, True),
        (TimeoutError(), False, Unavailable, False),
        (TimeoutError(), True, CommitUncertain, False),
        (EOFError(), True, CommitUncertain, True),
    ],
)
def test_c8_bare_socket_error_is_unavailable_or_uncertain(
    failure: BaseException, *, committing: bool, expected: type[StoreError], lost: bool
) -> None:
    assert type(translate(failure, "postgresql", committing=committing)) is expected
    assert is_disconnect(failure) is lost


def test_error_of_ours_raised_within_a_statement_is_kept() -> None:
    ours = ValidationFailed({"name": "is too long"})
    wrapped = StatementError("(text)", "INSERT ...", None, ours)
    assert translate(wrapped, "sqlite") is ours
    assert translate(ours, "sqlite") is ours


def test_one_name_has_one_error() -> None:
    with pytest.raises(ValueError, match="uq_doctors_slot"):
        register("uq_doctors_slot", lambda cause: Conflict(cause=cause))


def test_import_loads_no_driver() -> None:
    """Drivers are imported when an engine is made (design §3.19)."""
    script = (
        "import sys, telemed_store.database.translation\n"
        "print(*sorted({'psycopg', 'asyncpg', 'pymysql', 'asyncmy', 'aiosqlite', 'sqlite3'} & set(sys.modules)))"
    )
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert loaded.stdout.split() == []
