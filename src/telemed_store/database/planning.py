"""What planners have to be told, each in its own way: that a condition filters, and is not what the rows are found by."""

from __future__ import annotations

from typing import Any, TypeVar

from sqlalchemy import ColumnElement, String, TypeDecorator
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

__all__ = ["filtered_only"]

T = TypeVar("T")


class _FilteredOnly(FunctionElement[Any]):
    inherit_cache = True


def filtered_only(column: ColumnElement[T]) -> ColumnElement[T]:
    """The column, for a condition that filters but is not to choose the index.

    SQLite takes the first index that fits. Of two range conditions, over the start and over the end of an interval, that may be
    the one which reads somebody's whole past; a unary plus keeps a column from being looked up.

    PostgreSQL takes conditions to have nothing to do with each other: that hardly anybody's appointments are open, and that hardly
    anybody's lie ahead, and so that a page of open appointments ahead will not fill, though nearly all of those ahead are open. Then it
    fetches and sorts them all; MariaDB looks up several statuses one by one and sorts. An empty text appended to a text column keeps
    both from it; other columns stay as they are.
    """
    element = _FilteredOnly(column)
    element.type = column.type
    return element


@compiles(_FilteredOnly)
def _as_it_is(element: _FilteredOnly, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(element.clauses, **options)


@compiles(_FilteredOnly, "sqlite")
def _with_unary_plus(element: _FilteredOnly, compiler: SQLCompiler, **options: Any) -> str:
    return f"+{compiler.process(element.clauses, **options)}"


@compiles(_FilteredOnly, "postgresql", "mysql", "mariadb")
def _with_empty_text(element: _FilteredOnly, compiler: SQLCompiler, **options: Any) -> str:
    column = compiler.process(element.clauses, **options)
    stored = element.type.impl_instance if isinstance(element.type, TypeDecorator) else element.type
    if not isinstance(stored, String):
        return column
    return f"({column} || '')" if compiler.dialect.name == "postgresql" else f"CONCAT({column}, '')"
