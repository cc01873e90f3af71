"""Rows for several tables, written at once: on PostgreSQL one statement, because a small row costs little beside its round trip."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from itertools import chain
from typing import Any

from sqlalchemy import Connection, Insert, Table, bindparam, insert

from telemed_store.database.sending import execute

__all__ = ["TableRow", "insert_together"]

TableRow = tuple[Table, Mapping[str, Any]]
"""A table, and a value for each column that is not left to its default."""


def insert_together(connection: Connection, *rows: TableRow) -> None:
    """Insert rows in the order given, so that a row may refer to one before it.

    On PostgreSQL they are inserted by one statement, at whose end its foreign keys are checked.
    """
    if connection.dialect.name != "postgresql":
        for table, row in rows:
            connection.execute(_single(table), row)
        return
    statement, names = _combined(tuple((table, tuple(row)) for table, row in rows))
    values = chain.from_iterable(row.values() for _, row in rows)
    execute(connection, statement, dict(zip(names, values, strict=True)))


@cache
def _single(table: Table) -> Insert:
    return insert(table)


@cache
def _combined(shape: tuple[tuple[Table, tuple[str, ...]], ...]) -> tuple[Insert, tuple[str, ...]]:
    """``WITH row_0 AS (INSERT …), row_1 AS (INSERT …) INSERT …``, and its parameters in the order of the rows' values."""
    *others, last = (
        insert(table).values({name: bindparam(_parameter(place, name), type_=table.c[name].type) for name in names})
        for place, (table, names) in enumerate(shape)
    )
    statement = last.add_cte(*(other.cte(f"row_{place}") for place, other in enumerate(others)))
    return statement, tuple(_parameter(place, name) for place, (_, names) in enumerate(shape) for name in names)


def _parameter(place: int, column: str) -> str:
    return f"r{place}_{column}"
