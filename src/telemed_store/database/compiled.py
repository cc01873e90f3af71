"""Constant statements as a driver takes them: what SQLAlchemy's compiler says of each, asked once per engine (design §3.1).

What SQLAlchemy does around an execution (cache key, execution context, result object) costs as much as a short statement itself, and it
does the same for a constant statement each time. Two rooms send what is kept here by the driver's own cursor instead: `hot_reads` on the
reading pool, `sending` in transactions. Both ways send the same SQL and give the same values.

The short way is taken only where nothing is lost by it: on PostgreSQL, whose sessions limit a statement's time themselves, and while nobody
watches the statements (tracing of the host's, SQLAlchemy's own log, counted statements and injected faults of tests).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import CompoundSelect, Connection, Delete, Insert, Select, Update
from sqlalchemy.engine.result import SimpleResultMetaData
from sqlalchemy.sql.compiler import SQLCompiler

__all__ = ["COMPILED", "Asking", "CompiledStatement", "Telling", "compiled_for"]

COMPILED: Final = "telemed_compiled"
"""The execution option under which an engine keeps its compiled statements; without it SQLAlchemy executes them all."""

Asking = Select[*tuple[Any, ...]] | CompoundSelect[*tuple[Any, ...]]
"""A statement that answers with rows."""

Telling = Insert | Update | Delete
"""A statement that answers with the number of rows it touched."""

_LONGEST_LIST: Final = 10
"""Of longer lists there would be too many lengths to keep."""

_LOG: Final = logging.getLogger("sqlalchemy.engine.Engine")


def compiled_for(
    connection: Connection, statement: Asking | Telling, values: Mapping[str, Any]
) -> CompiledStatement | None:
    """The statement as the driver of this connection takes it; None: SQLAlchemy is to execute it.

    Args:
        connection: Whose engine keeps what it has compiled.
        statement: A constant: what is compiled is kept as long as the engine.
        values: With more or fewer of them, or long lists, SQLAlchemy executes it; and where a host has the connection write elsewhere.
    """
    options = connection.get_execution_options()
    kept: dict[Any, CompiledStatement] | None = options.get(COMPILED)
    if kept is None or _is_watched(connection):
        return None
    found = kept.get(statement)
    if found is None:
        found = kept[statement] = CompiledStatement(statement, connection, values)
    if len(values) != found.size or options.get("schema_translate_map") != found.schemas:
        return None
    # A list of values is as many parameters as it is long: another length is another SQL.
    lengths = [len(values[name]) for name, _ in found.lists]
    if all(length == len(parameters) for length, (_, parameters) in zip(lengths, found.lists, strict=True)):
        return found
    if max(lengths) > _LONGEST_LIST:
        return None
    key = (statement, *lengths)
    found = kept.get(key)
    if found is None:
        found = kept[key] = CompiledStatement(statement, connection, values)
    return found


def _is_watched(connection: Connection) -> bool:
    dispatch: Any = connection.dispatch
    return bool(
        dispatch.before_execute
        or dispatch.after_execute
        or dispatch.before_cursor_execute
        or dispatch.after_cursor_execute
        or connection.dialect.dispatch.do_execute
        or connection.engine.echo
        or _LOG.isEnabledFor(logging.INFO)
    )


class CompiledStatement:
    """One statement as one engine's driver takes it and gives its rows.

    Attributes:
        sql: The text, in the driver's own style.
        size: How many values it is given.
        schemas: Where the symbolic schemas are, for which it was compiled.
        lists: The values that are lists, each with the names of its parameters.
        metadata: What a row's values are called.
    """

    __slots__ = ("_constants", "_conversions", "_order", "_results", "lists", "metadata", "schemas", "size", "sql")

    def __init__(self, statement: Asking | Telling, connection: Connection, values: Mapping[str, Any]) -> None:
        dialect = connection.dialect
        schemas = connection.get_execution_options().get("schema_translate_map")
        self.schemas: Mapping[str | None, str | None] | None = schemas
        compiled = statement.compile(
            dialect=dialect,
            column_keys=list(values),
            schema_translate_map=schemas,
            render_schema_translate=bool(schemas),
        )
        assert isinstance(compiled, SQLCompiler)
        state = compiled.construct_expanded_state(dict(values))
        lists = state.parameter_expansion
        conversions = {
            name: conversion
            for bind, parameter in compiled.binds.items()
            if (conversion := parameter.type.dialect_impl(dialect).bind_processor(dialect)) is not None
            for name in lists.get(bind, (bind,))
        }
        given = {*values, *(name for bind, names in lists.items() if bind in values for name in names)}
        self.sql: str = state.statement
        self.size: int = len(values)
        self.lists = [(bind, names) for bind, names in lists.items() if bind in values]
        self._order = state.positiontup
        self._conversions = [(name, conversion) for name, conversion in conversions.items() if name in given]
        self._constants = {
            name: conversions[name](value) if name in conversions else value
            for name, value in state.parameters.items()
            if name not in given
        }
        columns = {} if isinstance(statement, Telling) else dict(statement.selected_columns.items())
        self._results = [
            (place, conversion)
            for place, column in enumerate(columns.values())
            if (conversion := column.type.dialect_impl(dialect).result_processor(dialect, None)) is not None
        ]
        self.metadata: SimpleResultMetaData = SimpleResultMetaData(list(columns))

    def parameters(self, values: Mapping[str, Any]) -> Any:
        """The values as the driver takes them."""
        given = {**self._constants, **values}
        for bind, names in self.lists:
            given.update(zip(names, values[bind], strict=True))
        for name, convert in self._conversions:
            given[name] = convert(given[name])
        return given if self._order is None else [given[name] for name in self._order]

    def rows(self, fetched: Sequence[Sequence[Any]]) -> Sequence[Sequence[Any]]:
        """What the driver fetched, its values as they are in Python."""
        return [self._converted(row) for row in fetched] if self._results else fetched

    def _converted(self, row: Sequence[Any]) -> list[Any]:
        converted = list(row)
        for place, convert in self._results:
            converted[place] = convert(converted[place])
        return converted
