"""What sqlite3 and aiosqlite tell: an extended result code, and an English message that names a check or columns."""

from __future__ import annotations

import re
from typing import Final

from telemed_store.database.translation.constraints import Names
from telemed_store.database.translation.report import Kind, Report

__all__ = ["read"]

_CONSTRAINTS: Final = {
    "SQLITE_CONSTRAINT_CHECK": Kind.CHECK,
    "SQLITE_CONSTRAINT_DATATYPE": Kind.BAD_VALUE,
    "SQLITE_CONSTRAINT_FOREIGNKEY": Kind.REFERENCE,
    "SQLITE_CONSTRAINT_NOTNULL": Kind.MISSING_VALUE,
    "SQLITE_CONSTRAINT_PRIMARYKEY": Kind.DUPLICATE,
    "SQLITE_CONSTRAINT_ROWID": Kind.DUPLICATE,
    "SQLITE_CONSTRAINT_TRIGGER": Kind.RULE,
    "SQLITE_CONSTRAINT_UNIQUE": Kind.DUPLICATE,
}
# By primary result code, the low byte of the extended one.
_CODES: Final = {
    3: Kind.REFUSED,  # PERM
    5: Kind.CONFLICT,  # BUSY
    6: Kind.CONFLICT,  # LOCKED
    7: Kind.FULL,  # NOMEM
    8: Kind.READ_ONLY,  # READONLY
    9: Kind.OVERTIME,  # INTERRUPT
    10: Kind.FULL,  # IOERR
    11: Kind.DAMAGED,  # CORRUPT
    13: Kind.FULL,  # FULL
    14: Kind.OFFLINE,  # CANTOPEN
    15: Kind.OFFLINE,  # PROTOCOL
    17: Kind.CONFLICT,  # SCHEMA
    18: Kind.BAD_VALUE,  # TOOBIG
    20: Kind.BAD_VALUE,  # MISMATCH
    22: Kind.FULL,  # NOLFS
    23: Kind.REFUSED,  # AUTH
    26: Kind.DAMAGED,  # NOTADB
}
_IOERR: Final = 10
_MISSING: Final = ("no such table", "no such column", "no such function", "no such index", "has no column named")
_CLOSED: Final = ("closed database", "no active connection", "connection closed")
_FAILED: Final = " constraint failed: "


def read(error: BaseException, _statement: str | None, names: Names) -> Report:
    """Read an error of sqlite3, which aiosqlite passes on."""
    number: int | None = getattr(error, "sqlite_errorcode", None)
    message = str(error)
    if number is None:
        closed = any(text in message.lower() for text in _CLOSED)
        return Report(Kind.OFFLINE if closed else Kind.OTHER, lost=closed)
    code: str = getattr(error, "sqlite_errorname", None) or str(number)
    if code in _CONSTRAINTS:
        return _constraint(_CONSTRAINTS[code], code, message, names)
    primary = number & 0xFF
    if primary == 1 and any(text in message for text in _MISSING):
        return Report(Kind.SCHEMA, code)
    # After a failed write of the file nobody knows whether a commit reached it.
    return Report(_CODES.get(primary, Kind.OTHER), code, uncertain=primary == _IOERR)


def _constraint(kind: Kind, code: str, message: str, names: Names) -> Report:
    _, _, told = message.partition(_FAILED)
    if kind is Kind.RULE:
        return Report(kind, code, message if message in names else None)
    if kind is Kind.CHECK:
        key = names.key(told)
        return Report(
            kind, code, told if told in names else None, key.table if key else None, key.columns if key else ()
        )
    if kind is Kind.BAD_VALUE:
        # STRICT tables: cannot store TEXT value in INTEGER column table.column
        told = message.rpartition(" ")[2]
    if index := re.fullmatch(r"index '(.+)'", told):
        # An index on expressions is named instead of its columns.
        key = names.key(index[1])
        return Report(kind, code, index[1] if index[1] in names else None, key.table if key else None)
    places = [place.rpartition(".") for place in told.split(", ")] if told else []
    table = places[0][0] or None if places else None
    columns = tuple(column for _, _, column in places)
    key = names.unique_key(table, columns) if table and kind is Kind.DUPLICATE else None
    return Report(kind, code, (key.name or None) if key else None, table, key.columns if key else columns)
