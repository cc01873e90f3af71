"""Rows for several tables, written at once: on PostgreSQL one statement, because a small row costs little beside its round trip."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import chain, groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Insert, Table, Update, bindparam, insert

from telemed_store.database.sending import execute

__all__ = ["Change", "TableRow", "insert_together"]

TableRow = tuple[Table, Mapping[str, Any]]
"""A table, and a value for each column that is not left to its default."""

Change = tuple[Insert | Update, Mapping[str, Any]]
"""A constant statement, and the values of its parameters; a name stands for the same value in all changes written together."""


def insert_together(connection: Connection, *rows: TableRow, changes: Sequence[Change] = ()) -> None:
    """Insert rows in the order given, so that a row may refer to one before it; and make changes that go with them.

    Rows of one table that follow each other are one statement everywhere, and name the same columns.
    On PostgreSQL all is one statement, at whose end its foreign keys are checked. Its parts see the tables as they were before it, and
    run in an order of the server's own: no two may concern one row, and a change that is to follow another reads what that returns.
    """
    if connection.dialect.name != "postgresql":
        for statement, values in changes:
            connection.execute(statement, values)
        for table, several in groupby(rows, itemgetter(0)):
            connection.execute(_single(table), [row for _, row in several])
        return
    shape = tuple((table, tuple(row)) for table, row in rows)
    statement, names = _combined(shape, tuple(change for change, _ in changes))
    together = dict(zip(names, chain.from_iterable(row.values() for _, row in rows), strict=True))
    for _, values in changes:
        together |= values
    execute(connection, statement, together)


@cache
def _single(table: Table) -> Insert:
    return insert(table)


@cache
def _combined(
    shape: tuple[tuple[Table, tuple[str, ...]], ...], changes: tuple[Insert | Update, ...]
) -> tuple[Insert, tuple[str, ...]]:
    """``WITH change_0 AS (UPDATE …), row_0 AS (INSERT …) INSERT …``, and the parameters of its rows in the order of their values."""
    *others, last = (
        insert(table).values({name: bindparam(_parameter(place, name), type_=table.c[name].type) for name in names})
        for place, (table, names) in enumerate(shape)
    )
    parts = [change.cte(f"change_{place}") for place, change in enumerate(changes)]
    statement = last.add_cte(*parts, *(other.cte(f"row_{place}") for place, other in enumerate(others)))
    return statement, tuple(_parameter(place, name) for place, (_, names) in enumerate(shape) for name in names)


def _parameter(place: int, column: str) -> str:
    return f"r{place}_{column}"
