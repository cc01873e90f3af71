"""Whether anybody has written to a SQLite file: ``PRAGMA data_version``, asked on one connection kept for it.

SQLite answers another number whenever another connection, of this process or of another, has committed a change since this one was last
asked. Two equal answers therefore mean: what was read in between is what stands there now. A few microseconds, no lock, no wait.
"""

from __future__ import annotations

import itertools
import os
import sqlite3
import threading
import weakref
from pathlib import Path
from typing import Final

__all__ = ["DataVersion"]


class DataVersion:
    """The number of one file. Safe for threads; each process has a connection of its own."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._opened = 0
        _OPEN.add(self)

    def read(self) -> tuple[int, int] | None:
        """Something that differs once anybody has written; None: the file cannot be asked just now."""
        with self._lock:
            try:
                if self._connection is None:
                    self._connection = self._open()
                row = self._connection.execute("PRAGMA data_version").fetchone()
            except sqlite3.Error:
                self._close()
                return None
            # Numbers of two connections cannot be compared: each has its own first half.
            return self._opened, int(row[0])

    def close(self) -> None:
        """Close the connection; the next question opens another."""
        with self._lock:
            self._close()

    def forget_parent(self) -> None:
        """In a forked child: the parent's connection must not even be closed here."""
        self._lock = threading.Lock()
        if self._connection is not None:
            _INHERITED.append(self._connection)
            self._connection = None

    def _open(self) -> sqlite3.Connection:
        self._opened = next(_openings)
        # mode=rw: a file that is not there is not made. No patience: whoever holds the file is not waited for.
        return sqlite3.connect(
            f"{self._path.absolute().as_uri()}?mode=rw",
            uri=True,
            timeout=0,
            isolation_level=None,
            check_same_thread=False,
        )

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


_openings: Final = itertools.count(1)
_INHERITED: Final[list[sqlite3.Connection]] = []
_OPEN: Final[weakref.WeakSet[DataVersion]] = weakref.WeakSet()


def _before_fork() -> None:
    # A child inherits SQLite's notes of this process's locks without the locks (see `leave_nothing_open` of the shells).
    for each in list(_OPEN):
        each.close()


def _after_fork() -> None:
    for each in list(_OPEN):
        each.forget_parent()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_child=_after_fork)
