"""What a lock is: its model, the locks of the contract by name, and what both backends count in.

A lock saves work, it guarantees nothing (C7): who holds it may be paused until somebody else holds it. What must not happen twice is
guarded where it is written, by the fence (`operations.raise_fence`).
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Final, NamedTuple, Self
from uuid import UUID

from annotated_types import Ge, Le
from pydantic import Field

from telemed_store.ephemeral.arguments import KeyName, checked_arguments
from telemed_store.ephemeral.models import Answer
from telemed_store.ephemeral.ownership import Owner

__all__ = ["FENCE_KEPT", "Lock", "NamedLock"]

FENCE_KEPT: Final = dt.timedelta(days=1)
"""How long the last fence of a lock is kept after its lease. After that the clock alone keeps fences growing: it would have to step back
by more than this."""


class Lock(Answer):
    """A lock that was acquired. Give it back to `extend` and `release`; hand it to ``uow.fence`` before what it protects is written.

    Attributes:
        name: What is locked.
        owner: Random; whoever has it may extend and release the lock.
        fence: Grows with every acquisition of this name, for ever.
        expires_at: When the lock is lost unless it is extended.
    """

    name: KeyName
    owner: Annotated[Owner, Field(repr=False)]
    fence: Annotated[int, Ge(0), Le(2**63 - 1)]
    expires_at: dt.datetime


class NamedLock(NamedTuple):
    """The name and the lifetime of a lock, such as the contract fixes them.

    Example:
        >>> NamedLock.job("no-show", dt.timedelta(minutes=5)).name
        'job:no-show'
    """

    name: str
    ttl: dt.timedelta

    @classmethod
    def provision(cls, appointment_id: UUID) -> Self:
        """Making the call and the room of an appointment: 30 s."""
        (checked,) = checked_arguments(appointment_id=(UUID, appointment_id))
        return cls(f"provision:{checked}", dt.timedelta(seconds=30))

    @classmethod
    def ad_hoc(cls, doctor_id: UUID, patient_id: UUID) -> Self:
        """A call that nobody booked, between these two: 30 s."""
        doctor, patient = checked_arguments(doctor_id=(UUID, doctor_id), patient_id=(UUID, patient_id))
        return cls(f"adhoc:{doctor}:{patient}", dt.timedelta(seconds=30))

    @classmethod
    def sign(cls, record_type: str, record_id: UUID) -> Self:
        """Signing a document, which a person confirms: 3600 s."""
        kind, record = checked_arguments(record_type=(KeyName, record_type), record_id=(UUID, record_id))
        return cls(f"sign:{kind}:{record}", dt.timedelta(seconds=3600))

    @classmethod
    def job(cls, name: str, ttl: dt.timedelta) -> Self:
        """A maintenance job, of which one runs at a time."""
        (checked,) = checked_arguments(name=(KeyName, name))
        return cls(f"job:{checked}", ttl)
