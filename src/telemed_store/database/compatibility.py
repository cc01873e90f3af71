"""Which code may use which schema (design §3.13): the database records the oldest code revision that may use it.

Code revisions are whole numbers that grow with the package's migrations. Only a contract migration raises what the database asks for:
code older than that is refused, a newer schema alone is not.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Connection, Integer, Named, Table, TypedColumns, select

from telemed_store.database.metadata import METADATA, TABLE_OPTIONS
from telemed_store.errors import SchemaMismatch

__all__ = ["CODE_REVISION", "check_compatibility", "schema_compatibility"]

CODE_REVISION: Final = 4
"""The revision of this code, raised with every release that brings a migration."""


class SchemaCompatibilityColumns(TypedColumns):
    id: Named[int] = Column(Integer, primary_key=True, autoincrement=False)
    oldest_code_revision: Named[int] = Column(Integer, nullable=False)


schema_compatibility: Final = Table("schema_compatibility", METADATA, SchemaCompatibilityColumns, **TABLE_OPTIONS)

# pk_schema_compatibility: the table has one row.
_OLDEST = select(schema_compatibility.c.oldest_code_revision).where(schema_compatibility.c.id == 1)


def check_compatibility(connection: Connection) -> None:
    """Refuse a database whose schema is missing, or which asks for newer code.

    Driver errors are the caller's to translate: a table that is missing reads as `SchemaMismatch` there too.

    Raises:
        SchemaMismatch: Run the migrations, or install a newer release.
    """
    oldest = connection.execute(_OLDEST).scalar()
    # The question must not open the caller's transaction.
    connection.rollback()
    if oldest is None:
        raise SchemaMismatch("The database has no telemed_store schema: run `telemed-store migrate up`.")
    if oldest > CODE_REVISION:
        raise SchemaMismatch(
            f"The database asks for code of revision {oldest} or newer and this is {CODE_REVISION}: install a newer release."
        )
