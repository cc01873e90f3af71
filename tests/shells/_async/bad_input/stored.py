"""What is stored, to be compared before and after a call that was refused."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, func, literal, select, union_all

from telemed_store import AsyncBoundStore
from telemed_store.database.metadata import METADATA

RECORDS = frozenset({"audit_logs", "data_access_logs", "access_origins"})
"""What is written about a refused call too: who tried."""


async def digest(mine: AsyncBoundStore) -> list[Any]:
    """What stands in every table: how many rows, and the sum of their versions."""
    tables = [
        select(
            literal(table.name),
            func.count(),
            func.coalesce(func.sum(table.c.version), 0) if "version" in table.c else literal(0),
        ).select_from(table)
        for table in METADATA.sorted_tables
        if table.name not in RECORDS
    ]

    def read(connection: Connection, _context: Any) -> list[Any]:
        return [tuple(row) for row in connection.execute(union_all(*tables))]

    return await mine.read(read)
