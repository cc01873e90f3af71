"""One driver, one database: tables that break every kind of rule, and a way to see what a failure becomes."""

from __future__ import annotations

import asyncio
import threading
import uuid
from collections.abc import Callable
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
)
from sqlalchemy.engine import Engine as SyncEngine
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from telemed_store.database.metadata import NAMING_CONVENTION
from telemed_store.database.translation import DRIVER_ERRORS, register, translate
from telemed_store.errors import (
    Cause,
    RecordSealed,
    SlotTaken,
    StoreError,
)
from telemed_store.testing.servers.discovery import Absent, Engine, find
from telemed_store.testing.servers.mariadb import MariaDbServer
from telemed_store.testing.servers.postgresql import PostgresServer

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


def sync_engine(url: str) -> SyncEngine:
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


def create_database(family: str, folder: Path, closers: list[Callable[[], object]]) -> str:
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
    engine = sync_engine(url)
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


def url_of(databases: Callable[[str], str], driver: str) -> str:
    family = DRIVERS[driver].partition("+")[0]
    url = make_url(databases(family)).set(drivername=DRIVERS[driver])
    return url.render_as_string(hide_password=False)


def new_doctor(**values: object) -> Script:
    row: dict[str, object] = {"id": 2, "status": "on"}
    return lambda connection: connection.execute(insert(doctors), row | values)


def sql(family_to_sql: dict[str, str]) -> Script:
    return lambda connection: connection.exec_driver_sql(family_to_sql[connection.dialect.name])
