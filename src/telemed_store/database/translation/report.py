"""What an engine said about a failure, in words that all engines share: each engine's reader returns a `Report`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

__all__ = ["Kind", "Report"]


class Kind(Enum):
    """What went wrong, whichever engine says it."""

    DUPLICATE = auto()
    """A unique or primary key holds these values already."""
    EXCLUDED = auto()
    """An exclusion constraint: another row overlaps."""
    CHECK = auto()
    """A check constraint."""
    REFERENCE = auto()
    """A foreign key that points at nothing."""
    STILL_REFERENCED = auto()
    """A row that others point at was to go away."""
    MISSING_VALUE = auto()
    """NULL where a value is required."""
    BAD_VALUE = auto()
    """Too long, out of range, or not of the column's type."""
    RULE = auto()
    """A trigger refused."""
    CONFLICT = auto()
    """Deadlock, serialization failure, lock wait timeout: the same transaction may succeed when it is repeated."""
    OVERTIME = auto()
    """The statement was stopped at its time limit."""
    OFFLINE = auto()
    """No connection, or one that broke; the server starts, stops or takes no more connections."""
    POOL = auto()
    """No connection of the pool became free in time."""
    READ_ONLY = auto()
    """The server is read-only: a standby, or made so."""
    FULL = auto()
    """Disk or memory of the server is exhausted, or its storage fails."""
    SCHEMA = auto()
    """A table, column or function of ours is not there."""
    REFUSED = auto()
    """The account or the database named in the URL is wrong or lacks a privilege."""
    DAMAGED = auto()
    """The database file is no database, or is corrupt."""
    OTHER = auto()


@dataclass(frozen=True, slots=True)
class Report:
    """One failure as its engine reported it: names and codes only, never a text of the driver, which quotes row values.

    Attributes:
        code: SQLSTATE, error number or name of the result code.
        constraint: Name of the violated constraint or of the trigger's rule.
        table: Table concerned, where it is told.
        columns: Columns concerned, where they are told.
        lost: The connection cannot be used any more.
        uncertain: If this answers a COMMIT, nobody knows whether it took effect.
    """

    kind: Kind
    code: str | None = None
    constraint: str | None = None
    table: str | None = None
    columns: tuple[str, ...] = ()
    lost: bool = False
    uncertain: bool = False
