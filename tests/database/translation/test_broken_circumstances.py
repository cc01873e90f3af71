"""Conflicts, time limits, lost connections and servers in distress become typed errors (C8): real drivers, real engines."""

from __future__ import annotations

import subprocess
import sys
import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import (
    Connection,
    create_engine,
    select,
    text,
    update,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import NullPool

from telemed_store.database.translation import is_disconnect, register, translate
from telemed_store.errors import (
    AlreadyExists,
    CommitUncertain,
    Conflict,
    SchemaMismatch,
    SettingsError,
    StoreError,
    TransactionConflict,
    Unavailable,
    ValidationFailed,
)
from telemed_store.testing.servers.proxy import FaultProxy, Moment

from .bench import (
    DRIVERS,
    Bench,
    Failed,
    Script,
    clinics,
    doctors,
    new_doctor,
    sql,
    sync_engine,
    url_of,
)


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
        with sync_engine(bench.url).begin() as other:
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
    with sync_engine(bench.url).connect() as holder:
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

    failed = Bench(driver, url_of(databases, driver)).fail(swallow, lambda c: c.execute(select(doctors.c.id)))
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
    bench = Bench(driver, url_of(databases, driver))
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
    failed = Bench(driver, url_of(databases, driver)).fail(
        sql({"postgresql": f"CREATE TABLE {table} (id int UNIQUE DEFERRABLE INITIALLY DEFERRED)"}),
        sql({"postgresql": f"INSERT INTO {table} VALUES (1), (1)"}),
    )
    assert type(failed.error) is AlreadyExists
    assert failed.error.what == table


def test_c8_wrong_database_is_a_settings_error(networked: Bench) -> None:
    elsewhere = make_url(networked.url).set(database="not_there").render_as_string(hide_password=False)
    failed = networked.fail(url=elsewhere)
    assert type(failed.error) is SettingsError
    assert failed.error.setting == "TELEMED_STORE_DATABASE_URL"


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
    failed = Bench(driver, url_of(databases, driver)).fail(
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
    engine = create_engine(url_of(databases, "psycopg"), poolclass=NullPool)

    def go_on(connection: Connection) -> None:
        with pytest.raises(DBAPIError):
            connection.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")
        connection.execute(select(doctors.c.id))

    failed = Bench("psycopg", engine.url.render_as_string(hide_password=False)).fail(go_on)
    assert failed.cause.driver == "PendingRollbackError"
    assert type(failed.error) is Unavailable
    assert is_disconnect(failed.failure)


@pytest.mark.parametrize(
    ("failure", "committing", "expected", "lost"),
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
