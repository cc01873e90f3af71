"""Empty databases of every engine, and their catalogues as plain text."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, make_url, text
from sqlalchemy import Engine as SqlEngine

from telemed_store._sync._synchronization import open_engine
from telemed_store._sync.migrator import Migrator
from telemed_store.database.engines import Role, engine_plan
from telemed_store.migrations.locking import patient
from telemed_store.migrations.ownership import VERSION_TABLE
from telemed_store.opening import DirectOpening
from telemed_store.settings import Settings, load_settings
from telemed_store.testing.servers.discovery import Absent, Engine, find
from telemed_store.testing.servers.mariadb import MariaDbServer
from telemed_store.testing.servers.postgresql import PostgresServer

ENGINES = [
    name
    for name in ("sqlite", "postgresql", "mariadb")
    if name in os.environ.get("TELEMED_TEST_ENGINES", "sqlite,postgresql,mariadb")
]
_NUMBERS = itertools.count()


@dataclass
class Database:
    """An empty database and how to work on it."""

    engine: str
    url: str

    @property
    def settings(self) -> Settings:
        return load_settings(database_url=self.url)

    def migrator(self, settings: Settings | None = None) -> Migrator:
        url = make_url(self.url)
        return Migrator(DirectOpening(url, url, settings or self.settings))

    def open(self, settings: Settings | None = None) -> SqlEngine:
        chosen = patient(settings or self.settings).model_copy(update={"pool_size": 4})
        return open_engine(engine_plan(self.url, chosen, Role.WRITE, "sync"))

    @contextmanager
    def connected(self, settings: Settings | None = None) -> Iterator[Connection]:
        engine = self.open(settings)
        try:
            with engine.connect() as connection:
                yield connection
        finally:
            engine.dispose()

    def run(self, *statements: str) -> None:
        """Execute raw SQL; ``{schema}`` is the prefix of our tables."""
        prefix = "telemed." if self.engine == "postgresql" else ""
        engine = create_engine(engine_plan(self.url, self.settings, Role.WRITE, "sync").url)
        with engine.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement.replace("{schema}", prefix))
        engine.dispose()


@pytest.fixture(scope="session")
def servers() -> Iterator[dict[str, PostgresServer | MariaDbServer]]:
    started: dict[str, PostgresServer | MariaDbServer] = {}
    yield started
    for server in started.values():
        server.close()


@pytest.fixture
def new_database(
    servers: dict[str, PostgresServer | MariaDbServer], tmp_path: Path
) -> Iterator[Callable[[str], Database]]:
    made: list[tuple[str, str]] = []

    def make(engine: str) -> Database:
        if engine == "sqlite":
            return Database(engine, f"sqlite:///{tmp_path}/{next(_NUMBERS)}.sqlite3")
        if engine not in servers:
            source = find(Engine(engine))
            if isinstance(source, Absent):
                pytest.skip(source.reason)
            servers[engine] = (PostgresServer if engine == "postgresql" else MariaDbServer).share(source)
        name = f"migrations_{os.getpid()}_{next(_NUMBERS)}"
        made.append((engine, name))
        return Database(engine, servers[engine].create_database(name))

    yield make
    for engine, name in made:
        servers[engine].drop_database(name)


@pytest.fixture(params=ENGINES)
def database(request: pytest.FixtureRequest, new_database: Callable[[str], Database]) -> Database:
    return new_database(request.param)


@pytest.fixture
def postgres_database(new_database: Callable[[str], Database]) -> Database:
    if "postgresql" not in ENGINES:
        pytest.skip("PostgreSQL is not among TELEMED_TEST_ENGINES")
    return new_database("postgresql")


_POSTGRESQL = {
    "column": "SELECT table_name || '.' || column_name || ' ' || udt_name || ' ' || COALESCE(character_maximum_length, numeric_precision, 0)"
    " || ' ' || COALESCE(numeric_scale, datetime_precision, 0) || ' ' || is_nullable || ' ' || COALESCE(column_default, '')"
    " || ' ' || COALESCE(collation_name, '') || ' ' || ordinal_position FROM information_schema.columns WHERE table_schema = 'telemed'",
    "constraint": "SELECT conname || ' ' || conrelid::regclass || ' ' || pg_get_constraintdef(oid) || convalidated FROM pg_constraint"
    " WHERE connamespace = 'telemed'::regnamespace",
    "index": "SELECT pg_get_indexdef(indexrelid) FROM pg_index i JOIN pg_class c ON c.oid = indexrelid WHERE relnamespace = 'telemed'::regnamespace",
    "trigger": "SELECT pg_get_triggerdef(t.oid) || tgenabled::text FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid"
    " WHERE relnamespace = 'telemed'::regnamespace AND NOT tgisinternal",
    "function": "SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'telemed'::regnamespace",
}


@pytest.fixture
def catalogue() -> Callable[[Connection], set[str]]:
    return _catalogue


def _catalogue(connection: Connection) -> set[str]:
    """Everything the catalogue tells of the schema, one text per fact, without the version table."""
    name = connection.dialect.name
    if name == "postgresql":
        facts = [f"{kind}: {row[0]}" for kind, sql in _POSTGRESQL.items() for row in connection.execute(text(sql))]
    elif name == "sqlite":
        rows = connection.execute(text("SELECT tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL")).all()
        # The order of a table's constraints means nothing, that of its columns is in their names' order of creation.
        facts = [f"{table}: {line.strip().rstrip(',')}" for table, sql in rows for line in sql.splitlines()]
    else:
        tables = connection.execute(text("SHOW TABLES")).scalars().all()
        created = [connection.exec_driver_sql(f"SHOW CREATE TABLE {table}").all()[0][1] for table in tables]
        facts = [
            f"{table}: {line.strip().rstrip(',')}"
            for table, sql in zip(tables, created, strict=True)
            for line in sql.splitlines()
        ]
        triggers = connection.execute(text("SHOW TRIGGERS")).all()
        facts += [f"{row[0]} {row[1]} {row[2]} {row[4]}: {row[3]}" for row in triggers]
    connection.rollback()
    return {re.sub(r"\s+", " ", fact) for fact in facts if VERSION_TABLE not in fact}
