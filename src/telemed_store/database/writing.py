"""How a unit of work gets its transaction and ends it.

Both are plain functions that take or return the connection themselves, so that the asynchronous shell needs one switch for each, where
connecting, beginning and what belongs to it would be several.
"""

from __future__ import annotations

import contextlib

from sqlalchemy import Connection, Engine

from telemed_store.database.health import HEALTH_OPTION, TransactionHealth
from telemed_store.database.translation import DRIVER_ERRORS, translate
from telemed_store.errors import StoreError

__all__ = ["begun", "ended"]


def begun(engine: Engine, health: TransactionHealth) -> Connection:
    """A connection of the pool on which a transaction has begun; from here on every statement that fails on it is noted.

    Driver errors are the caller's to translate.
    """
    connection = engine.connect()
    try:
        connection.begin()
        return connection.execution_options(**{HEALTH_OPTION: health})
    except BaseException:
        with contextlib.suppress(*DRIVER_ERRORS):
            connection.close()
        raise


def ended(connection: Connection, *, commit: bool) -> StoreError | None:
    """Commit or undo, and give the connection back to its pool; the error if the commit failed."""
    try:
        if commit:
            connection.commit()
        else:
            connection.rollback()
    except DRIVER_ERRORS as failure:
        # A rollback that fails has lost its connection: the database undoes everything by itself. And SQLAlchemy takes a
        # transaction whose COMMIT failed for ended: back in the pool it would still be open.
        error = translate(failure, connection.dialect.name, committing=True) if commit else None
        connection.invalidate()
        return error
    finally:
        with contextlib.suppress(*DRIVER_ERRORS):
            connection.close()
    return None
