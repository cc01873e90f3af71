"""What in a database is ours: the tables of our MetaData, our version table, and what native objects add to them."""

from __future__ import annotations

from pathlib import Path
from typing import Final, cast

from sqlalchemy import MetaData, Table
from sqlalchemy.sql.schema import SchemaConst

# Importing the modules that declare tables is what fills METADATA.
from telemed_store.appointments import overlap as _overlap
from telemed_store.appointments import tables as _appointments
from telemed_store.appointments import transitions as _transitions
from telemed_store.audit import tables as _audit
from telemed_store.availability import tables as _availability
from telemed_store.cache import tables as _cache
from telemed_store.consents import tables as _consents
from telemed_store.crypto import tables as _crypto
from telemed_store.database import compatibility as _compatibility
from telemed_store.database.metadata import METADATA, NAMING_CONVENTION
from telemed_store.database.native import NATIVE_OBJECTS
from telemed_store.ephemeral import tables as _ephemeral
from telemed_store.events import tables as _events
from telemed_store.messages import rules as _message_rules
from telemed_store.messages import tables as _messages
from telemed_store.people import tables as _people

__all__ = [
    "BRANCH",
    "DECLARING",
    "VERSION_TABLE",
    "deployed_metadata",
    "include_object",
    "table_names",
    "version_locations",
]

DECLARING: Final = (
    _appointments,
    _audit,
    _availability,
    _cache,
    _compatibility,
    _consents,
    _crypto,
    _ephemeral,
    _events,
    _message_rules,
    _messages,
    _overlap,
    _people,
    _transitions,
)
"""The modules whose import declares tables and native objects."""

BRANCH: Final = "telemed_store"
VERSION_TABLE: Final = "telemed_schema_version"


def version_locations() -> str:
    """The folder of our revision scripts, for ``version_locations`` in a host's Alembic configuration."""
    return str(Path(__file__).parent / "versions")


def table_names() -> frozenset[str]:
    """Every table of ours by its bare name: those of the MetaData, guard tables, the version table."""
    guards = {native.name for native in NATIVE_OBJECTS if native.kind == "table"}
    return frozenset({table.name for table in METADATA.tables.values()} | guards | {VERSION_TABLE})


def include_object(
    obj: object,
    name: str | None,  # noqa: ARG001
    type_: str,
    reflected: bool,  # noqa: FBT001 - the signature is Alembic's
    compare_to: object,
) -> bool:
    """Tell a host's autogenerate to pass over what is ours; for ``context.configure(include_object=...)``.

    A table that the host itself declares stays the host's, whatever its name.
    """
    if type_ != "table" or not isinstance(obj, Table):
        return True  # a part of a table that was let pass
    if obj.metadata is METADATA:
        return False
    return not (reflected and compare_to is None and obj.name in table_names())


def deployed_metadata(schema: str | None) -> MetaData:
    """A copy of the MetaData in which the tables are where they really live."""
    # SQLAlchemy's hints leave out the two values that mean "without a schema".
    without = cast("str", SchemaConst.BLANK_SCHEMA)

    def referred(*_: object) -> str:
        return schema or without

    copy = MetaData(naming_convention=NAMING_CONVENTION)
    for table in METADATA.tables.values():
        table.to_metadata(copy, schema=cast("str", schema), referred_schema_fn=referred)
    return copy
