"""Hot reads: a reader's single statement, sent by the driver's own cursor instead of SQLAlchemy's execution (design §3.1).

What SQLAlchemy does around an execution (cache key, execution context, result object) costs as much as a short read itself, and it does
the same for a constant statement each time. So its compiler is asked once per engine for the SQL, the order of the parameters and the
conversions; both ways send the same SQL and give the same values.

The short way is taken only where nothing is lost by it: on a connection of the reading pool on which nothing has begun, so never in a
unit of work or a snapshot; on PostgreSQL, whose sessions limit a statement's time themselves; and while nobody listens to the engine's
statements (tracing of the host's, counted statements and injected faults of tests). Otherwise SQLAlchemy executes the statement.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import CompoundSelect, Connection, Select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler

__all__ = ["HOT_READS", "hot_rows"]

HOT_READS: Final = "telemed_hot_reads"
"""The execution option under which an engine of the reading role keeps its compiled statements."""

_STATEMENT_EVENTS: Final = ("before_execute", "after_execute", "before_cursor_execute", "after_cursor_execute")
_QUERY_CANCELED: Final = "57014"

Rows = Sequence[Sequence[Any]]
Read = Select[*tuple[Any, ...]] | CompoundSelect[*tuple[Any, ...]]


def hot_rows(connection: Connection, statement: Read, values: Mapping[str, Any]) -> Rows:
    """All rows of a constant statement, their values in the order of its columns.

    Numbers whose conversion depends on what the driver says of a column are not for this: only `types` of ours, integers and texts.
    """
    compiled: dict[Any, _Compiled] | None = connection.get_execution_options().get(HOT_READS)
    if compiled is None or connection.in_transaction() or _is_listened_to(connection):
        return connection.execute(statement, values).all()
    # A list of values is as many parameters as it is long: another length is another SQL.
    lists: list[Any] = [value for value in values.values() if isinstance(value, tuple | list)]
    key = (statement, *map(len, lists))
    found = compiled.get(key)
    if found is None:
        found = compiled[key] = _Compiled(statement, connection, values)
    rows = found.rows(connection, values)
    # A connection that is lost, or whose prepared statements are stale: asked the ordinary way it fails again, and SQLAlchemy empties
    # the pool of its like, or has them prepared anew.
    return connection.execute(statement, values).all() if rows is None else rows


def _is_listened_to(connection: Connection) -> bool:
    dispatch: Any = connection.engine.dispatch
    return any(getattr(dispatch, name) for name in _STATEMENT_EVENTS) or bool(connection.dialect.dispatch.do_execute)


class _Compiled:
    """One statement as one engine's driver takes it and gives its rows."""

    __slots__ = ("_constants", "_lists", "_order", "_processors", "_results", "_sql")

    def __init__(self, statement: Read, connection: Connection, values: Mapping[str, Any]) -> None:
        dialect = connection.dialect
        schemas = connection.get_execution_options().get("schema_translate_map")
        compiled = statement.compile(
            dialect=dialect, schema_translate_map=schemas, render_schema_translate=bool(schemas)
        )
        assert isinstance(compiled, SQLCompiler)
        state = compiled.construct_expanded_state(dict(values))
        lists = state.parameter_expansion
        processors = {
            name: processor
            for bind, parameter in compiled.binds.items()
            if (processor := parameter.type.dialect_impl(dialect).bind_processor(dialect)) is not None
            for name in lists.get(bind, (bind,))
        }
        given = {*values, *(name for bind, names in lists.items() if bind in values for name in names)}
        self._sql = state.statement
        self._order = state.positiontup
        self._lists = [(bind, names) for bind, names in lists.items() if bind in values]
        self._processors = [(name, processor) for name, processor in processors.items() if name in given]
        self._constants = {
            name: processors[name](value) if name in processors else value
            for name, value in state.parameters.items()
            if name not in given
        }
        self._results = [
            (place, processor)
            for place, column in enumerate(statement.selected_columns)
            if (processor := column.type.dialect_impl(dialect).result_processor(dialect, None)) is not None
        ]

    def rows(self, connection: Connection, values: Mapping[str, Any]) -> Rows | None:
        """The rows; None if SQLAlchemy is to say what is wrong with the connection."""
        dbapi_connection, errors = connection.connection, connection.dialect.loaded_dbapi.Error
        try:
            cursor = dbapi_connection.cursor()
            cursor.execute(self._sql, self._parameters(values))
            rows = cursor.fetchall()
            cursor.close()
        except (errors, ConnectionError) as failure:
            if getattr(failure, "sqlstate", None) != _QUERY_CANCELED:
                return None
            # Asked again it would only take its whole time again.
            error = DBAPIError(self._sql, None, failure, hide_parameters=True)
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
            return [self._converted(row) for row in rows] if self._results else rows
        raise error

    def _parameters(self, values: Mapping[str, Any]) -> Any:
        given = {**self._constants, **values}
        for bind, names in self._lists:
            given.update(zip(names, values[bind], strict=True))
        for name, processor in self._processors:
            given[name] = processor(given[name])
        return given if self._order is None else [given[name] for name in self._order]

    def _converted(self, row: Sequence[Any]) -> list[Any]:
        converted = list(row)
        for place, processor in self._results:
            converted[place] = processor(converted[place])
        return converted
