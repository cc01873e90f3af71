"""Which of our errors a failure is. Two rules decide the borderline cases.

What repeating the transaction may cure is a `TransactionConflict`: deadlock, serialization failure, and waiting too
long for a lock. What says nothing about this transaction but about the server's day is `Unavailable`: no connection,
read-only, full, and a statement that overran its time limit (it would overrun it again).
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from sqlalchemy import Dialect, MetaData
from sqlalchemy import exc as sqlalchemy_errors

from telemed_store import errors
from telemed_store.database.metadata import METADATA
from telemed_store.database.translation import mariadb, postgresql, sqlite
from telemed_store.database.translation.constraints import Factory, Names, factory_of, names_of
from telemed_store.database.translation.report import Kind, Report

__all__ = ["DRIVER_ERRORS", "is_disconnect", "translate"]

DRIVER_ERRORS: Final[tuple[type[BaseException], ...]] = (
    # DBAPIError, and what a column's type says to a value of a wrong Python type.
    sqlalchemy_errors.StatementError,
    sqlalchemy_errors.TimeoutError,
    sqlalchemy_errors.PendingRollbackError,
    # SQLAlchemy wraps what drivers derive from their Error; sockets of asyncpg and asyncmy raise these bare, ...
    OSError,
    EOFError,
    # ... and so do the encoders of sqlite3, psycopg and PyMySQL for numbers and texts that no column can hold.
    OverflowError,
    UnicodeEncodeError,
)
"""What SQLAlchemy and drivers raise while connecting, executing or committing. Catch these and `translate` them."""

_Reader = Callable[[BaseException, str | None, Names], Report]
_READERS: Final[dict[str, _Reader]] = {
    "postgresql": postgresql.read,
    "mysql": mariadb.read,
    "mariadb": mariadb.read,
    "sqlite": sqlite.read,
}
_DRIVERS: Final = {
    "psycopg": "postgresql",
    "asyncpg": "postgresql",
    "pymysql": "mysql",
    "asyncmy": "mysql",
    "sqlite3": "sqlite",
    "aiosqlite": "sqlite",
}
_INVALIDATED_TRANSACTION: Final = "8s2b"
_GONE: Final = frozenset(
    {errno.ETIMEDOUT, errno.ENETRESET, errno.ENETDOWN, errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENOTCONN}
)

_REFUSED: Final = "the database refuses this account or does not exist: check user, password, database and privileges."
_OVERTIME: Final = "The statement was stopped at its time limit: nothing was written; ask for less, or raise the limit."
_DAMAGED: Final = "The database file is damaged or is no database: restore it from a backup, or correct its path."
_POOL: Final = "All connections of this process are in use: nothing was written; repeat later, or enlarge the pool."
_READ_ONLY: Final = "The database takes no writes at present (a standby, or read-only): repeat later, or check its URL."
_FULL: Final = "The database's disk or memory is exhausted or fails: nothing was written; make room and repeat."
_STILL_REFERENCED: Final = "Other rows refer to this one: keep it, or change those first."

_OUTCOMES: Final[dict[Kind, Factory]] = {
    Kind.EXCLUDED: lambda cause: errors.Conflict(cause=cause),
    Kind.RULE: lambda cause: errors.Conflict(cause=cause),
    Kind.STILL_REFERENCED: lambda cause: errors.Conflict(_STILL_REFERENCED, cause=cause),
    Kind.CONFLICT: lambda cause: errors.TransactionConflict(cause=cause),
    Kind.OVERTIME: lambda cause: errors.Unavailable(_OVERTIME, cause=cause),
    Kind.OFFLINE: lambda cause: errors.Unavailable(cause=cause),
    Kind.POOL: lambda cause: errors.Unavailable(_POOL, cause=cause),
    Kind.READ_ONLY: lambda cause: errors.Unavailable(_READ_ONLY, cause=cause),
    Kind.FULL: lambda cause: errors.Unavailable(_FULL, cause=cause),
    Kind.SCHEMA: lambda cause: errors.SchemaMismatch(cause=cause),
    Kind.REFUSED: lambda cause: errors.SettingsError(_REFUSED, setting="TELEMED_STORE_DATABASE_URL", cause=cause),
    Kind.DAMAGED: lambda cause: errors.StoreError(_DAMAGED, cause=cause),
    Kind.OTHER: lambda cause: errors.StoreError(cause=cause),
}


def translate(
    failure: BaseException, dialect: Dialect | str, *, committing: bool = False, metadata: MetaData = METADATA
) -> errors.StoreError:
    """Say what a failure means to the caller. Raise the answer outside the ``except`` block: nothing is chained to it then.

    Args:
        failure: What was caught, normally one of `DRIVER_ERRORS`; a driver's own error is understood too.
        dialect: The engine's dialect, or its name.
        committing: Whether it answers a COMMIT, of which nobody knows the end if the connection broke.
        metadata: Where the names of constraints are looked up.

    Returns:
        The error to raise. Its cause has the driver's class, code and constraint, but none of its text: that quotes values.
    """
    own = failure.orig if isinstance(failure, sqlalchemy_errors.StatementError) else failure
    if isinstance(own, errors.StoreError):
        return own
    if isinstance(failure, sqlalchemy_errors.StatementError) and not isinstance(failure, sqlalchemy_errors.DBAPIError):
        return errors.ValidationFailed(
            {"value": "has a type that the argument does not take"}, cause=errors.Cause(type(own).__name__)
        )
    name = (dialect if isinstance(dialect, str) else dialect.name).partition("+")[0]
    report = _report(failure, name, names_of(metadata))
    cause = errors.Cause(type(_driver_error(failure)).__name__, report.code, report.constraint)
    if committing and report.uncertain:
        return errors.CommitUncertain(cause=cause)
    factory = factory_of(report.constraint)
    return factory(cause) if factory else _error(report, cause, names_of(metadata))


def is_disconnect(failure: BaseException) -> bool:
    """Whether the connection is lost: throw it away; an idempotent read may be repeated on another."""
    home = type(_driver_error(failure)).__module__.split(".")
    # What SQLAlchemy says in a driver's name is defined in sqlalchemy.dialects, in the module named after the driver.
    engine = _DRIVERS.get(home[-1] if home[0] == "sqlalchemy" else home[0], "")
    return _report(failure, engine, names_of(METADATA)).lost


def _driver_error(failure: BaseException) -> BaseException:
    if not isinstance(failure, sqlalchemy_errors.DBAPIError) or failure.orig is None:
        return failure
    emulated = failure.orig
    if isinstance(emulated, sqlalchemy_errors.EmulatedDBAPIException) and emulated.orig is None:
        return emulated  # SQLAlchemy's own word for a stale plan of asyncpg, which has no driver's error behind it.
    return failure.driver_exception


def _report(failure: BaseException, engine: str, names: Names) -> Report:
    if isinstance(failure, sqlalchemy_errors.TimeoutError):
        return Report(Kind.POOL)
    if isinstance(failure, sqlalchemy_errors.PendingRollbackError):
        # Raised before anything is sent: whatever was in flight was answered by an error before this one.
        lost = failure.code == _INVALIDATED_TRANSACTION
        return Report(Kind.OFFLINE if lost else Kind.CONFLICT, lost=lost)
    if isinstance(failure, OSError | EOFError):
        return Report(Kind.OFFLINE, lost=_is_broken(failure), uncertain=True)
    if isinstance(failure, OverflowError | UnicodeEncodeError):
        return Report(Kind.BAD_VALUE)
    statement = failure.statement if isinstance(failure, sqlalchemy_errors.StatementError) else None
    reader = _READERS.get(engine)
    report = reader(_driver_error(failure), statement, names) if reader else Report(Kind.OTHER)
    if isinstance(failure, sqlalchemy_errors.DBAPIError) and failure.connection_invalidated:
        silent = report.kind in {Kind.OTHER, Kind.OFFLINE}
        kind = Kind.OFFLINE if silent else report.kind
        return replace(report, kind=kind, lost=True, uncertain=report.uncertain or silent)
    return report


def _is_broken(failure: OSError | EOFError) -> bool:
    """Whether an established connection broke; a refused one never was, and a bare timeout says nothing about it."""
    if isinstance(failure, OSError) and not isinstance(failure, ConnectionError):
        return failure.errno in _GONE
    return not isinstance(failure, ConnectionRefusedError)


def _error(report: Report, cause: errors.Cause, names: Names) -> errors.StoreError:
    outcome = _OUTCOMES.get(report.kind)
    if outcome is not None:
        return outcome(cause)
    if report.kind is Kind.DUPLICATE:
        key = names.key(report.constraint)
        columns = key.columns if key else report.columns
        table = (key.table if key else report.table) or "row"
        return errors.AlreadyExists(table, field=", ".join(columns) or None, cause=cause)
    return errors.ValidationFailed(_fields(report, names), cause=cause)


def _fields(report: Report, names: Names) -> dict[str, str]:
    key = names.key(report.constraint)
    columns = (key.columns if key else ()) or report.columns
    match report.kind:
        case Kind.CHECK:
            # A check over several columns blames none of them: it is named itself.
            field = columns[0] if len(columns) == 1 else report.constraint or "value"
            return {field: f"breaks the rule {report.constraint}" if report.constraint else "is not allowed"}
        case Kind.REFERENCE:
            return {", ".join(columns) or "reference": "refers to nothing"}
        case Kind.MISSING_VALUE:
            return {columns[0] if columns else "value": "is required"}
        case _:
            return {columns[0] if columns else "value": "is too long, out of range or not of the right type"}
