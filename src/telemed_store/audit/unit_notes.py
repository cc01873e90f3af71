"""What one unit of work keeps in mind until its end: hooks, whether it may be committed, and what is still to be recorded."""

from __future__ import annotations

from dataclasses import dataclass, field

from telemed_store.audit.context import Access, Denial
from telemed_store.database.health import TransactionHealth
from telemed_store.database.hooks import HookStack
from telemed_store.errors import TransactionConflict

__all__ = ["UnitNotes"]

_DOOMED = (
    "An earlier statement of this unit of work failed, so nothing of it was written: repeat the whole unit,"
    " or put the part that may fail into a savepoint."
)


@dataclass(slots=True)
class UnitNotes:
    """The notes of one unit of work.

    Attributes:
        hooks: What to call after its end.
        health: Whether it may be committed.
        accesses: Personal data shown, recorded in the transaction itself.
        undone_accesses: The same, but the record was undone with a savepoint.
        denials: Accesses refused, to be recorded after the end.
    """

    hooks: HookStack = field(default_factory=HookStack)
    health: TransactionHealth = field(default_factory=TransactionHealth)
    accesses: list[Access] = field(default_factory=list[Access])
    undone_accesses: list[Access] = field(default_factory=list[Access])
    denials: list[Denial] = field(default_factory=list[Denial])

    def doomed(self) -> TransactionConflict | None:
        """The error with which a unit ends that swallowed a failure; None: it may be committed."""
        failure = self.health.failure
        return None if failure is None else TransactionConflict(_DOOMED, cause=failure.cause)

    def forget_since(self, accesses: int) -> None:
        """A savepoint is undone: its hooks vanish; that personal data was shown is still to be recorded.

        Args:
            accesses: How many had been noted when the savepoint began.
        """
        self.hooks.roll_back_savepoint()
        self.undone_accesses += self.accesses[accesses:]
        del self.accesses[accesses:]

    def take_unrecorded(self, *, committed: bool) -> tuple[list[Access], list[Denial]]:
        """What the ended unit leaves to be recorded; afterwards there is nothing left."""
        unrecorded = self.undone_accesses + ([] if committed else self.accesses), self.denials
        self.accesses, self.undone_accesses, self.denials = [], [], []
        return unrecorded
