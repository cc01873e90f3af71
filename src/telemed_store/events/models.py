"""The envelope of a domain event (domain §11, CloudEvents 1.0 names where it has one) and the base of every event class.

An area declares its events as subclasses of `DomainEvent` with the payload's fields; `events.operations.record` gives them their
envelope. Payloads hold ids, times and statuses; never clinical text, bodies, tokens, access codes or URLs.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from telemed_store.audit.actor import ActorKind
from telemed_store.database.models import StoredModel

__all__ = ["DomainEvent", "EventActor", "RecordedEvent"]


class EventActor(StoredModel):
    """Who caused an event."""

    kind: ActorKind
    id: UUID | None


class DomainEvent(BaseModel):
    """Base of all domain events: what happened, in the past tense.

    Attributes:
        aggregate_id: The thing it happened to.
        aggregate_version: That thing's version after it happened.
        recipients: Users whom it concerns.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, defer_build=True
    )

    aggregate_type: ClassVar[str]
    schema_version: ClassVar[int] = 1

    aggregate_id: UUID
    aggregate_version: int
    recipients: tuple[UUID, ...]

    def __repr__(self) -> str:
        # As of rows: which event, not what it says.
        return f"{type(self).__name__}(aggregate_id={self.aggregate_id!s}, aggregate_version={self.aggregate_version})"

    __str__ = __repr__

    @classmethod
    def type_name(cls) -> str:
        """The event's type in the envelope: its class name."""
        return cls.__name__

    def payload(self) -> dict[str, Any]:
        """The payload as JSON values."""
        envelope = {"aggregate_id", "aggregate_version", "recipients"}
        return self.model_dump(mode="json", exclude=envelope)


class RecordedEvent(StoredModel):
    """A domain event as it stands in ``domain_events``.

    Attributes:
        id: The event's id (CloudEvents ``id``).
        type: Class name of the event.
        schema_version: Version of the payload's shape.
        occurred_at: When it happened.
        payload: Ids, times and statuses, as JSON values.
    """

    id: UUID
    created_at: dt.datetime
    type: str
    schema_version: int
    aggregate_type: str
    aggregate_id: UUID
    aggregate_version: int
    occurred_at: dt.datetime
    actor_kind: ActorKind
    actor_id: UUID | None
    correlation_id: str
    causation_id: UUID | None
    recipients: list[str]
    payload: dict[str, Any]
