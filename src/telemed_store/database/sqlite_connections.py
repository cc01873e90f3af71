"""SQLite's connections: they end when they are closed, and none is open in two processes when a process forks.

SQLite notes in memory which locks a process holds on a file. A forked child inherits the notes and not the locks: while a connection of
its parent's is open in its memory, one that the child opens relies on locks that nobody holds for it, and the parent, closing its own
last one, removes the write-ahead log under the child's commits. So before a fork everything that is idle is closed, whatever thread or
event loop it belongs to, and opened anew when it is next wanted. If something was in use in that moment, the child is refused the file.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from typing import Any, Final
from weakref import WeakSet, WeakValueDictionary

from sqlalchemy import Engine, event
from sqlalchemy.exc import DisconnectionError
from typing_extensions import override

from telemed_store.errors import StoreError

__all__ = ["SqliteConnection", "watch_use"]

_FORKED: Final = (
    "This process was forked while its parent was using the SQLite file, so it must not open it: fork while no unit of work, reader or"
    " snapshot is at work, or start the process anew (spawn)."
)


class SqliteConnection(sqlite3.Connection):
    """A connection of one process.

    Attributes:
        in_use: Whether somebody has it from its pool.
        ended: It was closed, or was about to be, for a fork.
        inherited: This process is a child of the one that opened it.
    """

    def __init__(self, database: str, *args: Any, **kwargs: Any) -> None:
        self.in_use = True
        self.ended = False
        self.inherited = False
        self._cursors: WeakSet[sqlite3.Cursor] = WeakSet()
        self.file: str = os.path.realpath(database)
        if self.file in _refused:
            raise StoreError(_FORKED)
        # Before it is open: a fork in between must know of it.
        _open[id(self)] = self
        super().__init__(database, *args, **kwargs)

    @override
    def cursor(self, *args: Any, **kwargs: Any) -> Any:
        self._check_process()
        cursor = super().cursor(*args, **kwargs)
        self._cursors.add(cursor)
        return cursor

    @override
    def commit(self) -> None:
        self._check_process()
        super().commit()

    @override
    def rollback(self) -> None:
        self._check_process()
        super().rollback()

    @override
    def close(self) -> None:
        """Close it for good: left to itself SQLite keeps the file open, and locked, as long as a statement of it is remembered.

        That of a cancelled task is, until the garbage collector comes by: all writers waited for it.
        """
        if self.inherited:
            return
        for cursor in list(self._cursors):
            with contextlib.suppress(sqlite3.Error):
                cursor.close()
        with contextlib.suppress(sqlite3.Error):  # it may be closed already
            if self.in_transaction:
                super().rollback()
        super().close()
        _open.pop(id(self), None)

    def __del__(self) -> None:
        # A task that is cancelled while aiosqlite opens a connection for it never gets to see it.
        with contextlib.suppress(sqlite3.Error):
            self.close()

    def _check_process(self) -> None:
        if self.inherited:
            raise StoreError(_FORKED)


_open: Final[WeakValueDictionary[int, SqliteConnection]] = WeakValueDictionary()
_refused: Final[set[str]] = set()
_kept: Final[list[SqliteConnection]] = []


def watch_use(engine: Engine) -> None:
    """Know of each connection of an engine whether it is in use, and have one that a fork has closed opened anew."""

    def taken(connection: Any, _entry: Any, _proxy: Any) -> None:
        own = _own(connection)
        own.in_use = True
        if own.ended:
            raise DisconnectionError

    def returned(connection: Any, _entry: Any) -> None:
        if connection is not None:
            _own(connection).in_use = False

    event.listen(engine, "checkout", taken)
    event.listen(engine, "checkin", returned)


def _own(connection: Any) -> SqliteConnection:
    """Ours below SQLAlchemy's and aiosqlite's, which offers it to coroutines alone."""
    driver = getattr(connection, "driver_connection", connection)
    own: SqliteConnection = getattr(driver, "_conn", driver)
    return own


def _close_idle() -> None:
    for reference in _open.valuerefs():
        connection = reference()
        if connection is None or connection.in_use:
            continue
        # Whoever takes it in another thread says so first and then looks here: one of the two sees the other.
        connection.ended = True
        if not connection.in_use:
            connection.close()


def _refuse_the_rest() -> None:
    for connection in list(_open.values()):
        connection.inherited = True
        _refused.add(connection.file)
        # Its end would be SQLite's own, which would write to the parent's file: it is kept for ever.
        _keep(connection)
    _open.clear()


def _keep(connection: SqliteConnection) -> None:
    import ctypes

    _kept.append(connection)
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(connection))


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_close_idle, after_in_child=_refuse_the_rest)
