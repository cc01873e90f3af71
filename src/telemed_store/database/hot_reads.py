"""Hot reads: a reader's single statement, sent by the driver's own cursor instead of SQLAlchemy's execution (design §3.1).

The short way (`compiled`) of a connection of the reading pool on which nothing has begun, where a failed statement may simply be sent again.
In a unit of work and in a snapshot such a read is a statement like others (`sending`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from telemed_store.database.compiled import Asking, CompiledStatement, compiled_for
from telemed_store.database.sending import fetch

__all__ = ["hot_rows"]

_QUERY_CANCELED: Final = "57014"

Rows = Sequence[Sequence[Any]]


def hot_rows(connection: Connection, statement: Asking, values: Mapping[str, Any]) -> Rows:
    """All rows of a constant statement, their values in the order of its columns.

    Numbers whose conversion depends on what the driver says of a column are not for this: only `types` of ours, integers and texts.
    """
    if connection.in_transaction():
        return fetch(connection, statement, values).all()
    compiled = compiled_for(connection, statement, values)
    rows = None if compiled is None else _rows(connection, compiled, values)
    # A connection that is lost, or whose prepared statements are stale: asked the ordinary way it fails again, and SQLAlchemy empties
    # the pool of its like, or has them prepared anew.
    return connection.execute(statement, values).all() if rows is None else rows


def _rows(connection: Connection, compiled: CompiledStatement, values: Mapping[str, Any]) -> Rows | None:
    """The rows; None if SQLAlchemy is to say what is wrong with the connection."""
    dbapi_connection, errors = connection.connection, connection.dialect.loaded_dbapi.Error
    try:
        cursor = dbapi_connection.cursor()
        cursor.execute(compiled.sql, compiled.parameters(values))
        rows = cursor.fetchall()
        cursor.close()
    except (errors, ConnectionError) as failure:
        if getattr(failure, "sqlstate", None) != _QUERY_CANCELED:
            return None
        # Asked again it would only take its whole time again.
        error = DBAPIError(compiled.sql, None, failure, hide_parameters=True)
    except TimeoutError:
        # asyncpg has waited for a server that says nothing, and would wait on this connection again.
        driver_connection: Any = dbapi_connection.driver_connection
        driver_connection.terminate()
        return None
    except BaseException:
        # A cancelled task's statement is still under way.
        connection.invalidate()
        raise
    else:
        return compiled.rows(rows)
    raise error
