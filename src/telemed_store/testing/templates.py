"""A fresh database for each test: a template is built once per session and engine, a test gets a copy of it.

PostgreSQL copies the template's files; SQLite's template is a file. MariaDB cannot copy a database and takes 20 times as long to make one,
so there each process has one database, which is emptied before each test.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import secrets
import shutil
from collections.abc import Callable, Generator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from telemed_store.testing.servers.discovery import Absent, Engine, ServerSource, find

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from telemed_store.testing.servers.postgresql import PostgresServer

__all__ = ["ISOLATED", "Furnish", "Missing", "PostgresTemplate", "SqliteTemplate", "Template", "open_template"]

Furnish = Callable[["Connection", str], None]
"""Adds the host's tables and rows to a template: ``furnish(connection, engine)``."""

# Nothing of a developer's own shell may lead a test to another database.
ISOLATED: Final[dict[str, object]] = {
    "env": "test",
    "replica_url": None,
    "direct_url": None,
    "key_store": None,
    "schema_name": "telemed",
    "redis_url": None,
    "redis_namespace": None,
}
"""Settings that every store of the plugin has."""

_DRIVERS: Final = {Engine.POSTGRESQL: ("psycopg", "asyncpg"), Engine.MARIADB: ("pymysql", "asyncmy")}


class Missing(Exception):
    """There is no server of this engine; the message says why and what to do."""


class Template(Protocol):
    """Where the databases of one engine come from."""

    def fresh(self) -> contextlib.AbstractContextManager[str]:
        """A database for one test: its URL. It is gone, or emptied, after the block."""
        ...

    def close(self) -> None:
        """Remove what was made, and let go of the server."""
        ...


def open_template(engine: str, directory: Path, session: str, furnish: Furnish) -> Template:
    """Find and start what an engine needs, and build its template.

    Args:
        engine: ``sqlite``, ``postgresql`` or ``mariadb``.
        directory: Where files may be put.
        session: What the processes that build the same template have in common.
        furnish: Adds the host's part.

    Raises:
        Missing: There is no such server here.
        Unavailable: There is one and it did not start.
    """
    if engine == "sqlite":
        return SqliteTemplate(directory, furnish)
    source = _source(Engine(engine))
    if engine == "postgresql":
        from telemed_store.testing.servers.postgresql import PostgresServer

        return PostgresTemplate(PostgresServer.share(source), session, furnish)
    from telemed_store.testing.mariadb_template import MariaDbTemplate
    from telemed_store.testing.servers.mariadb import MariaDbServer

    return MariaDbTemplate(MariaDbServer.share(source), furnish)


def _source(engine: Engine) -> ServerSource:
    for driver in _DRIVERS[engine]:
        if find_spec(driver) is None:
            raise Missing(f"no driver {driver} for {engine}: install it with the extra of that engine")
    source = find(engine, version=os.environ.get(f"TELEMED_TEST_{engine.upper()}_VERSION"))
    if isinstance(source, Absent):
        raise Missing(source.reason)
    return source


def build(url: str, engine: str, furnish: Furnish) -> None:
    """Migrate an empty database, then let the host add its part over a plain connection, in one transaction."""
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    from telemed_store import Store
    from telemed_store.crypto.master_keys import MasterKeys
    from telemed_store.database.engines import Role, engine_plan
    from telemed_store.settings import load_settings

    settings = load_settings(keys=MasterKeys.generate().to_setting(), database_url=url, **ISOLATED)
    with Store.open(settings=settings) as store:
        store.migrator.upgrade()
    plan = engine_plan(url, settings, Role.WRITE, "sync")
    database = create_engine(plan.url, poolclass=NullPool, connect_args=plan.options["connect_args"])
    with database.begin() as connection:
        furnish(connection, engine)


class SqliteTemplate:
    """Copies of a file."""

    def __init__(self, directory: Path, furnish: Furnish) -> None:
        self._directory = directory
        self._file = directory / "template.sqlite3"
        self._numbers = itertools.count(1)
        build(f"sqlite:///{self._file}", "sqlite", furnish)
        _settle(self._file)

    @contextlib.contextmanager
    def fresh(self) -> Generator[str]:
        """A copy for one test, in a directory of its own; removed after the block."""
        home = self._directory / f"database-{next(self._numbers)}"
        home.mkdir()
        shutil.copyfile(self._file, home / "telemed.sqlite3")
        try:
            yield f"sqlite:///{home / 'telemed.sqlite3'}"
        finally:
            shutil.rmtree(home, ignore_errors=True)

    def close(self) -> None:
        """Remove the template."""
        shutil.rmtree(self._directory, ignore_errors=True)


def _settle(file: Path) -> None:
    """Bring everything from the write-ahead log into the file, which then stands for itself."""
    import sqlite3

    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


class PostgresTemplate:
    """Clones of a template database that all processes of the session share."""

    def __init__(self, server: PostgresServer, session: str, furnish: Furnish) -> None:
        self._server = server
        self._prefix = f"telemed_{secrets.token_hex(4)}"
        self._numbers = itertools.count(1)
        # On a server that somebody else runs nobody would remove what is shared.
        self._own = server.pid is None
        self._name = f"{self._prefix}_template" if self._own else f"telemed_{session}_template"
        with server.exclusive():
            if not server.has_database(self._name):
                self._build(furnish)

    def _build(self, furnish: Furnish) -> None:
        """Built under another name: what bears the template's name is complete, whoever died meanwhile."""
        unfinished = f"{self._prefix}_unfinished"
        url = self._server.create_database(unfinished)
        try:
            build(url, "postgresql", furnish)
            self._server.create_database(self._name, template=unfinished)
        finally:
            self._server.drop_database(unfinished)

    @contextlib.contextmanager
    def fresh(self) -> Generator[str]:
        """A clone for one test; dropped after the block, whoever is still connected."""
        name = f"{self._prefix}_{next(self._numbers)}"
        url = self._server.create_database(name, template=self._name)
        try:
            yield url
        finally:
            self._server.drop_database(name)

    def close(self) -> None:
        """Let go of the server; on one that somebody else runs nothing is left."""
        if self._own:
            self._server.drop_database(self._name)
        self._server.close()
