"""Faults on purpose: the next connection, statement or COMMIT fails as drivers and servers let it fail.

Nothing of the store is replaced. On a server the error is the server's own, raised by SQL or by ending the connection from another
one; SQLite has no SQL for that, so there the driver's error is raised at SQLAlchemy's driver seam with the code SQLite would give.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections import deque
from typing import Any, Final, Literal, Self

from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.pool import NullPool, Pool

from telemed_store.database.engines import Role, engine_plan
from telemed_store.errors import CommitUncertain, StoreError, TransactionConflict, Unavailable
from telemed_store.settings import load_settings
from telemed_store.testing.watching import Database, is_control, is_opening, listening

__all__ = ["Faults", "Point"]

Point = Literal["connect", "execute", "commit"]
"""Where a fault strikes: opening a connection, a statement (not BEGIN and the like), a COMMIT."""

_POSSIBLE: Final[dict[Point, tuple[type[StoreError], ...]]] = {
    "connect": (Unavailable,),
    "execute": (TransactionConflict, Unavailable),
    "commit": (TransactionConflict, CommitUncertain),
}
_LOST_REPLY: Final = "lost reply"

_CONFLICT_SQL: Final = {
    "postgresql": "DO $$ BEGIN RAISE EXCEPTION 'provoked by a test' USING ERRCODE = 'serialization_failure'; END $$",
    "mysql": "SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = 1213, MESSAGE_TEXT = 'provoked by a test'",
}
_ASK_SQL: Final = "SELECT 'telemed_faults'"
_OWN_ID: Final = {"postgresql": "SELECT pg_backend_pid()", "mysql": "SELECT CONNECTION_ID()"}
_SESSIONS: Final = {
    "postgresql": text(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        " AND backend_type = 'client backend'"
    ),
    "mysql": text("SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()"),
}
_END: Final = {"postgresql": "SELECT pg_terminate_backend({id})", "mysql": "KILL CONNECTION {id}"}
_GONE_SECONDS: Final = 10.0

_BUSY: Final = (sqlite3.SQLITE_BUSY, "SQLITE_BUSY", "database is locked")
_CANNOT_OPEN: Final = (sqlite3.SQLITE_CANTOPEN, "SQLITE_CANTOPEN", "unable to open database file")
_INPUT_OUTPUT: Final = (sqlite3.SQLITE_IOERR, "SQLITE_IOERR", "disk I/O error")


class Faults:
    """The faults of one test's database. Get it as the fixture `telemed_faults`.

    Example:
        >>> def test_a_conflict_at_commit_is_repeated(telemed_faults, telemed_make):
        ...     telemed_faults.fail_next("commit", TransactionConflict)
        ...     telemed_make.doctor()
    """

    def __init__(self, url: str) -> None:
        self._database = Database(url)
        self._family = self._database.family
        self._lock = threading.Lock()
        self._pending: dict[Point, deque[type[StoreError] | str]] = {
            "connect": deque(),
            "execute": deque(),
            "commit": deque(),
        }
        self._reconnected: set[int] = set()
        self._files: list[Any] = []
        self._raise_next: tuple[int, str, str] | None = None
        plan = engine_plan(self._database.url, load_settings(env="test"), Role.READ, "sync")
        self._own = create_engine(
            plan.url, poolclass=NullPool, isolation_level="AUTOCOMMIT", connect_args=plan.options["connect_args"]
        )
        self._connecting_own = threading.local()
        self._listening = contextlib.ExitStack()

    def __enter__(self) -> Self:
        self._listening.enter_context(
            listening(
                (Engine, "do_connect", self._on_connect),
                (Engine, "do_execute", self._on_execute),
                (Engine, "do_executemany", self._on_execute),
                (Engine, "commit", self._on_commit),
                (Pool, "connect", self._on_connected),
                (Pool, "checkout", self._on_checkout),
            )
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._listening.close()
        self._own.dispose()

    @property
    def pending(self) -> int:
        """How many of the faults asked for have not struck yet."""
        return sum(len(faults) for faults in self._pending.values())

    def fail_next(self, point: Point, error: type[StoreError], times: int = 1) -> None:
        """Let the next ``times`` attempts fail so that the store raises ``error``, or meets what it would raise it for.

        Args:
            point: ``connect`` (pooled connections are thrown away first), ``execute`` or ``commit``.
            error: `Unavailable` for ``connect``; `TransactionConflict` or `Unavailable` for ``execute``, where the latter ends the
                connection; `TransactionConflict` or `CommitUncertain` for ``commit``, where the latter loses the connection
                before the COMMIT arrives. See `lose_commit_reply` for a COMMIT that does arrive.
            times: How often.

        Raises:
            ValueError: Nothing that happens at this point leads to this error.
        """
        if error not in _POSSIBLE[point]:
            names = ", ".join(each.__name__ for each in _POSSIBLE[point])
            raise ValueError(f"nothing at {point} leads to {error.__name__}: choose of {names}")
        with self._lock:
            self._pending[point].extend([error] * times)
            self._reconnected.clear()

    def lose_commit_reply(self) -> None:
        """Let the next COMMIT succeed on the server, and end the connection before its answer: the store cannot know."""
        with self._lock:
            self._pending["commit"].append(_LOST_REPLY)

    def drop_connection(self) -> int:
        """End every connection to the test's database from the server's side, in use or pooled; returns how many there were.

        Their next use fails. On SQLite, which has no server, the driver's connections are closed.
        """
        if self._family == "sqlite":
            files, self._files = self._files, []
            for file in files:
                file.close()
            return len(files)
        with self._maintenance() as connection:
            ids = [int(number) for number in connection.execute(_SESSIONS[self._family]).scalars()]
            self._end(connection, ids)
        return len(ids)

    def _take(self, point: Point) -> type[StoreError] | str | None:
        with self._lock:
            faults = self._pending[point]
            return faults.popleft() if faults else None

    @contextlib.contextmanager
    def _maintenance(self) -> Any:
        self._connecting_own.now = True
        try:
            connection = self._own.connect()
        finally:
            self._connecting_own.now = False
        with connection:
            yield connection

    def _end(self, connection: Connection, ids: list[int]) -> None:
        """End sessions and wait until they are gone."""
        for number in ids:
            with contextlib.suppress(DBAPIError):  # it may have ended by itself
                connection.exec_driver_sql(_END[self._family].format(id=number))
        deadline = time.monotonic() + _GONE_SECONDS
        while set(ids) & set(connection.execute(_SESSIONS[self._family]).scalars()):
            if time.monotonic() > deadline:
                raise Unavailable("the server did not end a connection within 10 s: look into its log")
            time.sleep(0.005)

    def _end_own(self, cursor: Any) -> None:
        """End the very connection that a cursor belongs to, from another one."""
        cursor.execute(_OWN_ID[self._family])
        number = int(cursor.fetchone()[0])
        with self._maintenance() as connection:
            self._end(connection, [number])

    def _on_connect(self, dialect: Any, _record: Any, arguments: list[Any], options: dict[str, Any]) -> None:
        if getattr(self._connecting_own, "now", False) or not self._database.is_named_in(arguments, options):
            return
        if self._take("connect") is None:
            return
        if self._family == "sqlite":
            raise _sqlite_error(_CANNOT_OPEN)
        # Port 1 of this machine: nobody listens there, and the driver says so in its own words.
        options |= {"host": "127.0.0.1", "port": 1}

    def _on_connected(self, connection: Any, _record: Any) -> None:
        if self._family != "sqlite":
            return
        driver = getattr(connection, "driver_connection", connection)
        # aiosqlite offers its connection's end to coroutines alone; the file below it may be closed from anywhere.
        file = getattr(driver, "_conn", driver)
        if isinstance(file, sqlite3.Connection) and _path_of(file) == self._database.url.database:
            self._files.append(file)

    def _on_checkout(self, _connection: Any, record: Any, _proxy: Any) -> None:
        """A pooled connection would hide that none can be opened: it is thrown away once."""
        if getattr(self._connecting_own, "now", False) or not self._pending["connect"]:
            return
        if id(record) not in self._reconnected:
            self._reconnected.add(id(record))
            raise DisconnectionError("telemed_faults: connect anew")

    def _on_execute(self, cursor: Any, statement: str, _parameters: Any, context: Any) -> None:
        if context is None or not self._database.has(context.root_connection.engine):
            return
        if self._raise_next is not None and statement == _ASK_SQL:
            error, self._raise_next = self._raise_next, None
            raise _sqlite_error(error)
        if context.root_connection.engine is self._own or statement in _PROVOKING:
            return
        if is_control(statement) or is_opening(statement):
            return
        fault = self._take("execute")
        if fault is None:
            return
        if self._family == "sqlite":
            raise _sqlite_error(_BUSY if fault is TransactionConflict else _CANNOT_OPEN)
        if fault is TransactionConflict:
            cursor.execute(_CONFLICT_SQL[self._family])
        self._end_own(cursor)

    def _on_commit(self, connection: Connection) -> None:
        if connection.engine is self._own or not self._database.has(connection.engine):
            return
        fault = self._take("commit")
        if fault is None:
            return
        if fault is _LOST_REPLY:
            connection.dialect.do_commit(connection.connection)
        if fault is TransactionConflict and self._family != "sqlite":
            connection.exec_driver_sql(_CONFLICT_SQL[self._family])
        if self._family == "sqlite":
            self._raise_next = _BUSY if fault is TransactionConflict else _INPUT_OUTPUT
        else:
            cursor = connection.connection.cursor()
            self._end_own(cursor)
            if fault is not _LOST_REPLY:
                return
        # The driver may answer a second COMMIT out of its own head; a question it has to send.
        connection.exec_driver_sql(_ASK_SQL)


_PROVOKING: Final = frozenset({*_CONFLICT_SQL.values(), _ASK_SQL})


def _sqlite_error(told: tuple[int, str, str]) -> sqlite3.OperationalError:
    number, name, message = told
    error = sqlite3.OperationalError(message)
    error.sqlite_errorcode = number
    error.sqlite_errorname = name
    return error


def _path_of(connection: sqlite3.Connection) -> str:
    return str(connection.execute("PRAGMA database_list").fetchone()[2])
