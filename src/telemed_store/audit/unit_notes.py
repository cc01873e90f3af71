"""What one unit of work keeps in mind until its end: hooks, whether it may be committed, what is to be recorded and what is stale."""

from __future__ import annotations

from dataclasses import dataclass, field

from telemed_store.audit.context import Access, Denial
from telemed_store.cache.keys import Stale
from telemed_store.database.health import TransactionHealth
from telemed_store.database.hooks import HookStack
from telemed_store.errors import TransactionConflict

__all__ = ["UnitMark", "UnitNotes"]

_DOOMED = (
    "An earlier statement of this unit of work failed, so nothing of it was written: repeat the whole unit,"
    " or put the part that may fail into a savepoint."
)


@dataclass(frozen=True, slots=True)
class UnitMark:
    """How much a unit of work had noted when a savepoint began."""

    accesses: int = 0
    stale: int = 0


@dataclass(slots=True)
class UnitNotes:
    """The notes of one unit of work.

    Attributes:
        hooks: What to call after its end.
        health: Whether it may be committed.
        accesses: Personal data shown, recorded in the transaction itself.
        undone_accesses: The same, but the record was undone with a savepoint.
        denials: Accesses refused, to be recorded after the end.
        stale: What the cache must drop once this is committed.
    """

    hooks: HookStack = field(default_factory=HookStack)
    health: TransactionHealth = field(default_factory=TransactionHealth)
    accesses: list[Access] = field(default_factory=list[Access])
    undone_accesses: list[Access] = field(default_factory=list[Access])
    denials: list[Denial] = field(default_factory=list[Denial])
    stale: list[Stale] = field(default_factory=list[Stale])

    def doomed(self) -> TransactionConflict | None:
        """The error with which a unit ends that swallowed a failure; None: it may be committed."""
        failure = self.health.failure
        return None if failure is None else TransactionConflict(_DOOMED, cause=failure.cause)

    def mark(self) -> UnitMark:
        """How much is noted now that a savepoint begins."""
        return UnitMark(len(self.accesses), len(self.stale))

    def forget_since(self, mark: UnitMark) -> None:
        """A savepoint is undone: its hooks vanish, and nothing of it is stale; that personal data was shown is still to be recorded."""
        self.hooks.roll_back_savepoint()
        self.undone_accesses += self.accesses[mark.accesses :]
        del self.accesses[mark.accesses :]
        del self.stale[mark.stale :]

    def take_stale(self) -> list[Stale]:
        """What the ended unit made stale; afterwards there is nothing left."""
        stale, self.stale = self.stale, []
        return stale

    def take_unrecorded(self, *, committed: bool) -> tuple[list[Access], list[Denial]]:
        """What the ended unit leaves to be recorded; afterwards there is nothing left."""
        unrecorded = self.undone_accesses + ([] if committed else self.accesses), self.denials
        self.accesses, self.undone_accesses, self.denials = [], [], []
        return unrecorded
