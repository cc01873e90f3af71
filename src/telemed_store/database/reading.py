"""How a reader runs an operation: on a connection of the reading pool, which is back there when the function returns or raises.

Both are plain functions over an engine, taking and returning the connection themselves, so that the asynchronous shell needs one switch
for the whole read. Whatever breaks off a statement or the ROLLBACK, a cancellation too, SQLAlchemy throws that connection away.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator
from typing import TypeVar

from sqlalchemy import Connection, Engine

from telemed_store.database.engines import BEGIN_SNAPSHOT
from telemed_store.database.native import family
from telemed_store.database.translation import DRIVER_ERRORS, translate

__all__ = ["in_a_snapshot", "on_a_connection"]

T = TypeVar("T")


def on_a_connection(engine: Engine, script: Callable[[Connection], T]) -> T:
    """Run a script of one statement.

    Raises:
        StoreError: There is no connection to be had; failures of the script itself are raised as they are.
    """
    with _connected(engine) as connection:
        try:
            return script(connection)
        except DRIVER_ERRORS:
            # Nothing is known of its state, and what it has prepared may be stale for ever.
            connection.invalidate()
            raise


def in_a_snapshot(engine: Engine, script: Callable[[Connection], T]) -> T:
    """Run a script of several statements at one point in time.

    Raises:
        StoreError: There is no connection to be had; failures of the script itself are raised as they are.
    """
    with _connected(engine) as connection:
        try:
            connection.exec_driver_sql(BEGIN_SNAPSHOT[family(connection.dialect)])
            return script(connection)
        finally:
            try:
                connection.exec_driver_sql("ROLLBACK")
            except DRIVER_ERRORS:
                connection.invalidate()


@contextlib.contextmanager
def _connected(engine: Engine) -> Generator[Connection]:
    try:
        connection = engine.connect()
    except DRIVER_ERRORS as failure:
        error = translate(failure, engine.dialect.name)
    else:
        try:
            yield connection
        finally:
            with contextlib.suppress(*DRIVER_ERRORS):
                connection.close()
        return
    raise error
