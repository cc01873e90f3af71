"""What the planner of SQLite has to be told. PostgreSQL and MariaDB keep statistics and find out for themselves."""

from __future__ import annotations

from typing import Any, TypeVar

from sqlalchemy import ColumnElement
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
