"""The one MetaData of the package, its naming convention, and the schema it is known by.

Tables carry the symbolic schema ``telemed``. Where they really live is the engine's affair: its ``schema_translate_map`` renames
the symbol to a tenant's schema on PostgreSQL, or to the connected database on MariaDB and SQLite. A host's own tables, which name no
schema, are therefore never touched by it.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import MetaData

__all__ = ["METADATA", "NAMING_CONVENTION", "SCHEMA", "TABLE_OPTIONS"]

SCHEMA: Final = "telemed"

NAMING_CONVENTION: Final = {
    "pk": "pk_%(table_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
}

METADATA: Final = MetaData(schema=SCHEMA, naming_convention=NAMING_CONVENTION)

# InnoDB has the transactions; nopad_bin compares text byte-wise, as PostgreSQL (C) and SQLite (BINARY) do.
_INNODB = {"engine": "InnoDB", "charset": "utf8mb4", "collate": "utf8mb4_nopad_bin"}
TABLE_OPTIONS: Final[dict[str, Any]] = {
    f"{dialect}_{option}": value for dialect in ("mysql", "mariadb") for option, value in _INNODB.items()
}
