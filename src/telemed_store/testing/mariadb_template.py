"""MariaDB's way to a fresh database: one per process, emptied before each test, made anew if a test changed its tables.

TRUNCATE fires no trigger, so append-only tables are emptied too; it takes about 4 ms, so only tables that have rows are. Rows that belong
to the template are kept beside it in a second database and put back where a test changed them.
"""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Generator
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from telemed_store.database.engines import Role, engine_plan
from telemed_store.settings import load_settings
from telemed_store.testing.templates import Furnish, build

if TYPE_CHECKING:
    from telemed_store.testing.servers.mariadb import MariaDbServer

__all__ = ["MariaDbTemplate"]

_CLOSING_SECONDS: Final = 0.25

# What tells whether a test left other tables than it found: names of tables, columns and triggers.
_SHAPE = text(
    "SELECT MD5(GROUP_CONCAT(name ORDER BY name)) FROM ("
    " SELECT CONCAT(table_name, '.', column_name, ' ', column_type) AS name FROM information_schema.columns"
    " WHERE table_schema = DATABASE()"
    " UNION ALL SELECT trigger_name FROM information_schema.triggers WHERE trigger_schema = DATABASE()) AS shape"
)
_TABLES = text(
    "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'"
)
_STORED_COLUMNS = text(
    "SELECT column_name FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = :name"
    " AND is_generated = 'NEVER' ORDER BY ordinal_position"
)
_OTHERS = text("SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()")


class MariaDbTemplate:
    """The one database of this process."""

    def __init__(self, server: MariaDbServer, furnish: Furnish) -> None:
        self._server = server
        self._furnish = furnish
        self._name = f"telemed_{secrets.token_hex(4)}"
        self._kept = f"{self._name}_kept"
        self._url = server.database_url(self._name)
        self._engine = _open(self._url)
        self._build()

    def _build(self) -> None:
        self._server.create_database(self._name)
        self._server.create_database(self._kept)
        build(self._url, "mariadb", self._furnish)
        with self._engine.connect() as connection:
            _prepare(connection)
            self._shape = connection.execute(_SHAPE).scalar_one()
            self._tables = list(connection.execute(_TABLES).scalars())
            self._checksums = {name: _checksum(connection, name) for name in self._with_rows(connection)}
            for name in self._checksums:
                connection.exec_driver_sql(f"CREATE TABLE `{self._kept}`.`{name}` AS SELECT * FROM `{name}`")  # noqa: S608

    @contextlib.contextmanager
    def fresh(self) -> Generator[str]:
        """The database as the template has it."""
        with self._engine.connect() as connection:
            _end_others(connection)
            unchanged = self._empty(connection)
        if not unchanged:
            self._drop()
            self._build()
        yield self._url

    def close(self) -> None:
        """Drop the database and let go of the server."""
        with self._engine.connect() as connection:
            _end_others(connection)
        self._drop()
        self._engine.dispose()
        self._server.close()

    def _drop(self) -> None:
        self._server.drop_database(self._name)
        self._server.drop_database(self._kept)

    def _empty(self, connection: Connection) -> bool:
        """Bring every table's rows to the template's; False if the tables are others."""
        _prepare(connection)
        if connection.execute(_SHAPE).scalar() != self._shape:
            return False
        for name in {*self._with_rows(connection), *self._checksums}:
            if name not in self._checksums:
                connection.exec_driver_sql(f"TRUNCATE TABLE `{name}`")
            elif _checksum(connection, name) != self._checksums[name]:
                self._put_back(connection, name)
        return True

    def _put_back(self, connection: Connection, name: str) -> None:
        columns = ", ".join(f"`{column}`" for column in connection.execute(_STORED_COLUMNS, {"name": name}).scalars())
        connection.exec_driver_sql(f"TRUNCATE TABLE `{name}`")
        connection.exec_driver_sql(
            f"INSERT INTO `{name}` ({columns}) SELECT {columns} FROM `{self._kept}`.`{name}`"  # noqa: S608
        )

    def _with_rows(self, connection: Connection) -> list[str]:
        if not self._tables:
            return []
        asked = " UNION ALL ".join(
            f"SELECT '{name}' FROM (SELECT 1 FROM `{name}` LIMIT 1) AS t"  # noqa: S608 - our own tables' names
            for name in self._tables
        )
        return list(connection.exec_driver_sql(asked).scalars())


def _end_others(connection: Connection) -> None:
    """A connection that a test forgot may hold locks for ever.

    Most are closing by themselves, and are given the moment they need: a KILL that meets a session in its last instant may end
    another one that has taken over its socket.
    """
    deadline = time.monotonic() + _CLOSING_SECONDS
    while others := list(connection.execute(_OTHERS).scalars()):
        if time.monotonic() > deadline:
            break
        time.sleep(0.002)
    for other in others:
        with contextlib.suppress(DBAPIError):  # it may have ended by itself
            connection.exec_driver_sql(f"KILL CONNECTION {int(other)}")


def _open(url: str) -> Engine:
    plan = engine_plan(url, load_settings(env="test"), Role.READ, "sync")
    arguments = plan.options["connect_args"]
    return create_engine(plan.url, poolclass=NullPool, isolation_level="AUTOCOMMIT", connect_args=arguments)


def _prepare(connection: Connection) -> None:
    connection.exec_driver_sql(
        "SET SESSION foreign_key_checks = 0, lock_wait_timeout = 20, group_concat_max_len = 1000000"
    )


def _checksum(connection: Connection, name: str) -> Any:
    return connection.exec_driver_sql(f"CHECKSUM TABLE `{name}`").one()[1]
