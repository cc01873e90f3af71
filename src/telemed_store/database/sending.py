"""Sending constant statements in a transaction, by the driver's own cursor instead of SQLAlchemy's execution (design §3.1).

The short way (`compiled`) of units of work and snapshots. The cursor is that of SQLAlchemy's adapter: on asyncpg it sends BEGIN before a
transaction's first statement, so no other call of the driver's may come before it. A failure goes through SQLAlchemy's own hands, and
what is behind it happens as always: SQLAlchemy's error, the unit's health, a lost connection that is thrown away.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Result
from sqlalchemy.engine.result import IteratorResult

from telemed_store.database.compiled import Asking, CompiledStatement, Telling, compiled_for
from telemed_store.database.translation import is_disconnect

__all__ = ["execute", "fetch"]


def fetch(connection: Connection, statement: Asking, values: Mapping[str, Any]) -> Result[*tuple[Any, ...]]:
    """The rows of a constant statement.

    Numbers whose conversion depends on what the driver says of a column are not for this: only `types` of ours, integers and texts.
    """
    compiled = _compiled(connection, statement, values)
    if compiled is None:
        return connection.execute(statement, values)
    cursor = _executed(connection, compiled, values)
    rows = cursor.fetchall()
    cursor.close()
    return IteratorResult(compiled.metadata, iter(compiled.rows(rows)))


def execute(connection: Connection, statement: Telling, values: Mapping[str, Any]) -> int:
    """How many rows a constant statement touched, which has no defaults of Python's to be filled in."""
    compiled = _compiled(connection, statement, values)
    if compiled is None:
        return connection.execute(statement, values).rowcount
    cursor = _executed(connection, compiled, values)
    touched: int = cursor.rowcount
    cursor.close()
    return touched


def _compiled(
    connection: Connection, statement: Asking | Telling, values: Mapping[str, Any]
) -> CompiledStatement | None:
    return compiled_for(connection, statement, values) if connection.in_transaction() else None


def _executed(connection: Connection, compiled: CompiledStatement, values: Mapping[str, Any]) -> Any:
    """The cursor that has executed it."""
    dbapi_connection = connection.connection
    cursor: Any = None
    try:
        cursor = dbapi_connection.cursor()
        cursor.execute(compiled.sql, compiled.parameters(values))
    except BaseException as failure:  # noqa: BLE001 - SQLAlchemy raises it, in the form in which it raises its own
        try:
            # It has no public door for what somebody else's cursor has met.
            connection._handle_dbapi_exception(failure, None, None, cursor, None)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
        except BaseException as raised:
            # Stale prepared statements too: on a host's engine nobody listens who would throw them away (`be_patient`).
            if not connection.invalidated and is_disconnect(raised):
                connection.invalidate(raised)
            raise
    return cursor
