"""One migrator at a time: a lock of the database server, or SQLite's write lock, held while the schema changes."""

from __future__ import annotations

import datetime as dt
import hashlib
import sqlite3
from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import Any, Final

from sqlalchemy import Connection, RootTransaction, text
from sqlalchemy.exc import DBAPIError

from telemed_store.database.native import family
from telemed_store.errors import StoreError, Unavailable
from telemed_store.settings import Settings

__all__ = ["STATEMENT_LIMIT", "WAIT_LIMIT", "exclusive", "patient"]

WAIT_LIMIT: Final = dt.timedelta(minutes=2)
"""How long a migrator waits for another one to end."""

STATEMENT_LIMIT: Final = dt.timedelta(minutes=10)
"""How long one statement of a migration may run."""

_NAME: Final = "telemed_store.migrations"
# One lock per database, not per schema: tenants share the extension that a migration may create.
_KEY: Final = int.from_bytes(hashlib.blake2b(_NAME.encode(), digest_size=8).digest(), "big", signed=True)


def patient(settings: Settings) -> Settings:
    """The settings with a migration's time limits instead of a unit of work's. Waiting for a table's lock keeps its short limit."""
    limits = {"write_statement_timeout": STATEMENT_LIMIT, "sqlite_lock_timeout": WAIT_LIMIT, "pool_size": 1}
    return settings.model_copy(update={**limits, "idle_transaction_timeout": STATEMENT_LIMIT})


@contextmanager
def exclusive(connection: Connection, settings: Settings) -> Generator[None]:
    """Keep other migrators out. On SQLite everything inside is one transaction; elsewhere none is open at the start.

    Raises:
        Unavailable: Another migrator was at work for longer than `WAIT_LIMIT`.
    """
    locks = {"postgresql": _postgresql, "mysql": _mariadb, "sqlite": _sqlite}
    with locks[family(connection.dialect)](connection, settings):
        yield


@contextmanager
def _postgresql(connection: Connection, settings: Settings) -> Generator[None]:
    wait, usual = (str(round(limit.total_seconds() * 1000)) for limit in (WAIT_LIMIT, settings.lock_timeout))
    set_limit = text("SELECT set_config('lock_timeout', :limit, false)")
    connection.execute(set_limit, {"limit": wait})
    connection.commit()
    try:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _KEY})
    except DBAPIError as failure:
        connection.rollback()
        if failure.connection_invalidated:
            raise
        refused: StoreError | None = _busy()
    else:
        refused = None
    if refused is not None:
        raise refused
    connection.execute(set_limit, {"limit": usual})
    connection.commit()
    try:
        yield
    finally:
        _release(connection, "SELECT pg_advisory_unlock(:key)", {"key": _KEY})


@contextmanager
def _mariadb(connection: Connection, settings: Settings) -> Generator[None]:
    # Notes such as "table exists" are expected on a repeated run, and drivers would hand each out as a warning.
    wait = round(settings.lock_timeout.total_seconds())
    connection.execute(text(f"SET SESSION sql_notes = 0, SESSION lock_wait_timeout = {max(1, wait)}"))
    question = text("SELECT GET_LOCK(CONCAT(:name, '.', LEFT(SHA2(DATABASE(), 256), 32)), :wait)")
    got = connection.execute(question, {"name": _NAME, "wait": WAIT_LIMIT.total_seconds()}).scalar()
    connection.commit()
    if got != 1:
        raise _busy()
    try:
        yield
    finally:
        _release(
            connection, "SELECT RELEASE_LOCK(CONCAT(:name, '.', LEFT(SHA2(DATABASE(), 256), 32)))", {"name": _NAME}
        )


def _release(connection: Connection, sql: str, parameters: dict[str, Any]) -> None:
    """Give a session's lock back; a connection that is lost has given it back already."""
    if connection.invalidated or connection.closed:
        return
    # What broke the connection is already on its way to the caller.
    with suppress(DBAPIError):
        connection.rollback()
        connection.execute(text(sql), parameters)
        connection.commit()


@contextmanager
def _sqlite(connection: Connection, _settings: Settings) -> Generator[None]:
    # Rebuilding a table drops the old one, which must not cascade; the pragma works outside of transactions only.
    connection.rollback()
    _pragma(connection, "PRAGMA foreign_keys = OFF")
    try:
        with _write_lock(connection):
            yield
            if _pragma(connection, "PRAGMA foreign_key_check"):
                raise StoreError(
                    "A migration would leave rows that refer to nothing: nothing was changed; report this as a defect."
                )
    finally:
        _pragma(connection, "PRAGMA foreign_keys = ON")


def _write_lock(connection: Connection) -> RootTransaction:
    try:
        return connection.begin()
    except DBAPIError as failure:
        if getattr(failure.orig, "sqlite_errorcode", None) != sqlite3.SQLITE_BUSY:
            raise
    raise _busy()


def _pragma(connection: Connection, sql: str) -> Any:
    cursor = connection.connection.cursor()
    try:
        cursor.execute(sql)
        return cursor.fetchone()
    finally:
        cursor.close()


def _busy() -> Unavailable:
    return Unavailable(
        "Another process is migrating this database: nothing was changed; repeat this when it has ended."
    )
