"""Migrating: to the same schema as ``create_all``, back without a trace, one at a time, and again after a crash."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import event, insert, text
from sqlalchemy.schema import CreateSchema

from telemed_store._async.migrator import AsyncMigrator
from telemed_store.audit.tables import access_origins
from telemed_store.database.clock import SystemClock
from telemed_store.database.compatibility import CODE_REVISION, check_compatibility
from telemed_store.database.metadata import METADATA
from telemed_store.database.native import NATIVE_OBJECTS
from telemed_store.errors import Conflict, SchemaMismatch, Unavailable
from telemed_store.migrations import locking, migrator
from telemed_store.settings import load_settings

Catalogue = Callable[[Any], set[str]]


def create_all(database: Any) -> None:
    with database.connected() as connection:
        if database.engine == "postgresql":
            connection.execute(CreateSchema("telemed", if_not_exists=True))
            connection.execute(text("CREATE EXTENSION IF NOT EXISTS btree_gist"))
        METADATA.create_all(connection)
        connection.commit()


def fill(database: Any) -> None:
    with database.connected() as connection:
        connection.execute(insert(access_origins).values(id=uuid4(), created_at=SystemClock().now()))
        connection.commit()


def test_migrations_and_create_all_make_the_same_schema(
    database: Any, new_database: Callable[[str], Any], catalogue: Catalogue
) -> None:
    other = new_database(database.engine)
    database.migrator().upgrade()
    create_all(other)

    with database.connected() as migrated, other.connected() as created:
        assert catalogue(migrated) == catalogue(created)


def test_every_native_object_is_in_the_catalogue_after_migrating(database: Any, catalogue: Catalogue) -> None:
    database.migrator().upgrade()

    with database.connected() as connection:
        facts = "\n".join(catalogue(connection))
    engine = "mysql" if database.engine == "mariadb" else database.engine
    declared = {native.name for native in NATIVE_OBJECTS if native.engine == engine}
    assert declared
    assert {name for name in declared if name not in facts} == set()


def test_up_down_up_leaves_no_trace(database: Any, catalogue: Catalogue) -> None:
    subject = database.migrator()
    with database.connected() as connection:
        if database.engine == "postgresql":
            connection.execute(CreateSchema("telemed"))
            connection.commit()
        empty = catalogue(connection)
    subject.upgrade()
    with database.connected() as connection:
        first = catalogue(connection)

    subject.downgrade("base")

    with database.connected() as connection:
        assert catalogue(connection) == empty
    assert subject.current() is None
    subject.upgrade()
    with database.connected() as connection:
        assert catalogue(connection) == first


def test_down_refuses_rows_unless_told_to_destroy_them(database: Any) -> None:
    subject = database.migrator()
    subject.upgrade()
    fill(database)

    with pytest.raises(Conflict, match="access_origins"):
        subject.downgrade("base")
    assert subject.current() == migrator.head()

    subject.downgrade("base", destroy=True)
    assert subject.current() is None


def test_up_twice_changes_nothing(database: Any, catalogue: Catalogue) -> None:
    database.migrator().upgrade()
    with database.connected() as connection:
        first = catalogue(connection)
    fill(database)

    database.migrator().upgrade()

    with database.connected() as connection:
        assert catalogue(connection) == first
        assert connection.execute(access_origins.select()).all()


def test_two_processes_migrating_at_once_both_succeed(database: Any) -> None:
    command = [sys.executable, "-m", "telemed_store.cli", "migrate", "up", "--database-url", database.url]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    outcomes = [process.communicate(timeout=60) for process in processes]

    assert [process.returncode for process in processes] == [0, 0], outcomes
    assert database.migrator().verify() == ()
    with database.connected() as connection:
        prefix = "telemed." if database.engine == "postgresql" else ""
        assert len(connection.execute(text(f"SELECT * FROM {prefix}telemed_schema_version")).all()) == 1


def test_two_tasks_of_one_process_migrate_two_databases(database: Any, new_database: Callable[[str], Any]) -> None:
    other = new_database(database.engine)

    async def both() -> None:
        await asyncio.gather(*(AsyncMigrator(each.migrator()._opening).upgrade() for each in (database, other)))

    asyncio.run(both())

    assert database.migrator().verify() == ()
    assert other.migrator().verify() == ()


def test_a_migrator_that_waits_too_long_for_another_is_told_so(database: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import datetime as dt

    monkeypatch.setattr(locking, "WAIT_LIMIT", dt.timedelta(seconds=1))
    holding, done = threading.Event(), threading.Event()

    def hold() -> None:
        with database.connected() as connection, locking.exclusive(connection, database.settings):
            holding.set()
            done.wait(30)

    holder = threading.Thread(target=hold)
    holder.start()
    try:
        assert holding.wait(20)
        with pytest.raises(Unavailable):
            database.migrator().upgrade()
    finally:
        done.set()
        holder.join()
    database.migrator().upgrade()


@pytest.mark.parametrize("statements", [3, 20, 75, 110])
def test_a_migration_cut_in_the_middle_is_repaired_by_running_it_again(database: Any, statements: int) -> None:
    # PostgreSQL and SQLite need fewer statements.
    statements = min(statements, 110 if database.engine == "mariadb" else 80)

    class CrashError(Exception):
        pass

    def crash(*_: object) -> None:
        nonlocal statements
        statements -= 1
        if statements < 0:
            raise CrashError

    engine = database.open()
    event.listen(engine, "before_cursor_execute", crash)
    with engine.connect() as connection, pytest.raises(CrashError):
        migrator.upgrade(connection, database.settings)
    engine.dispose()

    database.migrator().upgrade()

    assert database.migrator().verify() == ()


def test_database_newer_than_code_is_refused(database: Any) -> None:
    """Incident database_newer_than_code_is_refused: by the migrator for its revision, by the store for what it asks."""
    subject = database.migrator()
    subject.upgrade()
    with database.connected() as connection:
        check_compatibility(connection)
    database.run(
        "UPDATE {schema}telemed_schema_version SET version_num = '9999_future'",
        f"UPDATE {{schema}}schema_compatibility SET oldest_code_revision = {CODE_REVISION + 1}",
    )

    for verb in (subject.upgrade, subject.check, subject.plan, subject.history):
        with pytest.raises(SchemaMismatch, match="9999_future"):
            verb()
    with database.connected() as connection, pytest.raises(SchemaMismatch, match="newer release"):
        check_compatibility(connection)


def test_a_newer_schema_alone_is_not_refused(database: Any) -> None:
    database.migrator().upgrade()
    database.run("UPDATE {schema}telemed_schema_version SET version_num = '9999_future'")

    with database.connected() as connection:
        check_compatibility(connection)


def test_plan_and_history_tell_phase_and_state(database: Any) -> None:
    subject = database.migrator()

    assert [revision.applied for revision in subject.history()] == [False, False, False, False]
    assert subject.plan() == subject.history()
    assert not subject.check().ok
    subject.upgrade()
    assert [(one.id, one.phase, one.applied) for one in subject.history()] == [
        ("0001_foundation", "expand", True),
        ("0002_messages", "expand", True),
        ("0003_cache_invalidations", "expand", True),
        ("0004_lock_fences", "expand", True),
    ]
    assert subject.plan() == ()
    assert subject.check().ok


def test_a_tenant_is_another_schema(postgres_database: Any) -> None:
    settings = load_settings(database_url=postgres_database.url, schema_name="clinic")
    postgres_database.migrator().upgrade()

    tenant = postgres_database.migrator(settings)
    assert tenant.current() is None
    tenant.upgrade()

    assert tenant.verify() == ()
    assert postgres_database.migrator().verify() == ()
    tenant.downgrade("base")
    assert postgres_database.migrator().verify() == ()


def test_sql_for_somebody_else_to_run_makes_the_same_schema(
    postgres_database: Any, new_database: Callable[[str], Any], catalogue: Catalogue
) -> None:
    other = new_database("postgresql")
    other.migrator().upgrade()

    postgres_database.run(postgres_database.migrator().sql().replace("%", "%%"))

    with postgres_database.connected() as by_hand, other.connected() as migrated:
        assert catalogue(by_hand) == catalogue(migrated)
    assert postgres_database.migrator().check().ok
