"""What psycopg and asyncpg tell: an SQLSTATE, and the names of constraint, table and column as fields of their own."""

from __future__ import annotations

import re
from typing import Any, Final

from telemed_store.database.translation.constraints import Names
from telemed_store.database.translation.report import Kind, Report

__all__ = ["read"]

_STATES: Final = {
    "23001": Kind.RULE,
    "23502": Kind.MISSING_VALUE,
    "23503": Kind.REFERENCE,
    "23505": Kind.DUPLICATE,
    "23514": Kind.CHECK,
    "23P01": Kind.EXCLUDED,
    # A transaction whose earlier statement failed: what may be repeated is the whole of it.
    "25P02": Kind.CONFLICT,
    "25006": Kind.READ_ONLY,
    "25P03": Kind.OFFLINE,
    "25P04": Kind.OFFLINE,
    "3D000": Kind.REFUSED,
    "3F000": Kind.SCHEMA,
    "42501": Kind.REFUSED,
    "42703": Kind.SCHEMA,
    "42704": Kind.SCHEMA,
    "42883": Kind.SCHEMA,
    "42P01": Kind.SCHEMA,
    "55P03": Kind.CONFLICT,
    "57014": Kind.OVERTIME,
    "57P01": Kind.OFFLINE,
    "57P02": Kind.OFFLINE,
    "57P03": Kind.OFFLINE,
    "57P04": Kind.OFFLINE,
    "57P05": Kind.OFFLINE,
    "53300": Kind.OFFLINE,
    "P0001": Kind.RULE,
}
_CLASSES: Final = {
    "08": Kind.OFFLINE,
    "22": Kind.BAD_VALUE,
    "28": Kind.REFUSED,
    "40": Kind.CONFLICT,
    "53": Kind.FULL,
    "54": Kind.BAD_VALUE,
    "58": Kind.FULL,
}
# The server closes the connection after these; 25P03, 25P04 and 57P05 are time limits of sessions and transactions.
_ENDED: Final = frozenset({"25P03", "25P04", "57P01", "57P02", "57P04", "57P05"})
# Completion unknown: the connection broke, or the server says so itself.
_UNKNOWN: Final = _ENDED | {"08000", "08003", "08006", "08007", "40003"}

# While it connects, psycopg passes on the server's text without its SQLSTATE. Understood in English; else it is as if nobody answered.
_REFUSAL: Final = re.compile(
    r"no password supplied|FATAL:  (?:password authentication failed for|no pg_hba\.conf entry for|permission denied for database"
    r"|(?:role|database) \".*\" (?:does not exist|is not permitted to log in))"
)


def read(error: BaseException, _statement: str | None, names: Names) -> Report:
    """Read an error of psycopg or asyncpg."""
    state: str | None = getattr(error, "sqlstate", None)
    if _is_stale_plan(error, state):
        # A migration changed a table under a prepared statement. A repeated transaction prepares it anew; outside of one psycopg
        # does not, so a reader has to take another connection.
        return Report(Kind.CONFLICT, "0A000", lost=True)
    if state is None:
        return _unstated(error)
    told = _Fields(error)
    kind = _STATES.get(state) or _CLASSES.get(state[:2], Kind.OTHER)
    constraint = told.constraint
    key = names.key(constraint)
    if kind is Kind.RULE and key is not None and key.refers_to is not None:
        kind = Kind.STILL_REFERENCED  # 23001 is also what ON DELETE RESTRICT answers since PostgreSQL 18.
    elif kind is Kind.REFERENCE and key is not None and _is_parent_side(told.message, key.table, key.refers_to):
        kind = Kind.STILL_REFERENCED
    elif kind is Kind.RULE and constraint is None and told.message in names:
        constraint = told.message
    columns = (told.column,) if told.column else ()
    return Report(
        kind,
        state,
        constraint,
        told.table,
        columns,
        # A server that became read-only is left, for behind the same name there may be another one that takes writes by now.
        lost=state in _ENDED or state == "25006" or (state[:2] == "08" and state not in {"08001", "08004"}),
        uncertain=state in _UNKNOWN,
    )


class _Fields:
    """The fields of an error message: attributes of ``diag`` in psycopg, of the error itself in asyncpg."""

    def __init__(self, error: BaseException) -> None:
        diag: Any = getattr(error, "diag", None)
        source: Any = error if diag is None else diag
        self.constraint: str | None = source.constraint_name
        self.table: str | None = source.table_name
        self.column: str | None = source.column_name
        self.message: str = (getattr(error, "message", "") if diag is None else diag.message_primary) or ""


def _is_stale_plan(error: BaseException, state: str | None) -> bool:
    if type(error).__name__ == "InvalidCachedStatementError":
        return True
    return state == "0A000" and getattr(getattr(error, "diag", None), "source_function", "") == "RevalidateCachedQuery"


def _unstated(error: BaseException) -> Report:
    """An error the driver found by itself, without the server."""
    family = {base.__name__ for base in type(error).__mro__}
    if family & {"ValueError", "DataError"}:
        return Report(Kind.BAD_VALUE)
    if "OperationalError" in family:
        refused = _REFUSAL.search(str(error)) is not None
        return Report(Kind.REFUSED if refused else Kind.OFFLINE, uncertain=not refused)
    # asyncpg knows before it sends anything that a connection is closed.
    closed = "InterfaceError" in family and "closed" in str(error)
    return Report(Kind.OFFLINE if closed else Kind.OTHER, lost=closed)


def _is_parent_side(message: str, child: str, parent: str | None) -> bool:
    """Whether the row referred to was changed: then the message, in whatever language, names the parent table too."""
    if parent is None or parent == child:
        return len(re.findall(rf"\b{re.escape(child)}\b", message)) > 1
    return re.search(rf"\b{re.escape(parent)}\b", message) is not None
