"""What every operation is told besides its arguments, and the journal in which it notes what it did.

A frame (unit of work, reader, snapshot) hands a fresh `Journal` and `Context` to each operation. Operations only note;
the frame decides when the notes become rows: events at once, accesses before their rows are handed out, denials after its end. What an
operation made stale is dropped from the cache after the commit.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

from telemed_store.cache.keys import CacheKey, Stale, Tag

if TYPE_CHECKING:
    from telemed_store.audit.actor import Actor
    from telemed_store.crypto.key_store import KeyStore
    from telemed_store.database.paging import CursorCodec
    from telemed_store.events.models import DomainEvent
    from telemed_store.settings import Settings

__all__ = ["Access", "AccessAction", "Context", "DataType", "Denial", "Journal"]


class DataType(StrEnum):
    """What kind of personal data was accessed."""

    MEDICAL_RECORD = "medical_record"
    PERSONAL_DATA = "personal_data"
    CONSULTATION = "consultation"
    PRESCRIPTION = "prescription"
    EXAMINATION = "examination"
    DOCUMENT = "document"
    MESSAGE = "message"


class AccessAction(StrEnum):
    """What was done with personal data."""

    VIEW = "view"
    EXPORT = "export"
    DOWNLOAD = "download"
    DELETE = "delete"
    UPDATE = "update"


@dataclass(frozen=True, slots=True)
class Access:
    """One access to the personal data of one person, yet to be written."""

    subject_id: UUID
    data_type: DataType
    action: AccessAction = AccessAction.VIEW
    resource_id: UUID | None = None
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Denial:
    """One access that was refused, yet to be written."""

    resource_type: str
    resource_id: UUID


@dataclass(slots=True)
class Journal:
    """What one operation noted."""

    accesses: list[Access] = field(default_factory=list[Access])
    denials: list[Denial] = field(default_factory=list[Denial])
    events: list[DomainEvent] = field(default_factory=list["DomainEvent"])
    stale: list[Stale] = field(default_factory=list[Stale])


@dataclass(frozen=True, slots=True)
class Context:
    """Who acts, when, under which settings, with which keys.

    Attributes:
        actor: Who acts and who looks.
        settings: The store's settings.
        keys: Data keys per subject and purpose; blind indexes.
        cursors: Seals and opens the cursors of lists.
        journal: Where the operation notes accesses, denials, events and what it made stale.
    """

    actor: Actor
    settings: Settings
    keys: KeyStore
    cursors: CursorCodec
    journal: Journal
    instant: dt.datetime

    def now(self) -> dt.datetime:
        """The instant of this operation: one for all its rows."""
        return self.instant

    def accessed(
        self,
        subject_ids: Sequence[UUID],
        data_type: DataType,
        *,
        resource_id: UUID | None = None,
        fields: tuple[str, ...] = (),
    ) -> None:
        """Note that this operation shows personal data of these users; one's own data and system jobs leave no row."""
        if self.actor.is_system:
            return
        self.journal.accesses.extend(
            Access(subject, data_type, AccessAction.VIEW, resource_id, fields)
            for subject in dict.fromkeys(subject_ids)
            if subject != self.actor.id
        )

    def denied(self, resource_type: str, resource_id: UUID) -> None:
        """Note that the actor asked for something that is not theirs to see; raise `NotFound` after it."""
        self.journal.denials.append(Denial(resource_type, resource_id))

    def changed(self, what: CacheKey | Tag, version: int | None = None) -> None:
        """Note that what is kept under a key or a tag is stale once this is committed.

        Args:
            what: The key of a row, or a tag on which collections depend.
            version: The row's new version, below which nothing is accepted under the key any more; None: a tag, or there is none.
        """
        self.journal.stale.append(Stale(what, version or 0))
