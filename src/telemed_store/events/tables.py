"""``domain_events`` (append-only, for ever) and ``outbox`` (what is still to be delivered)."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Column, ForeignKey, Index, Integer, Named, String, Table, TypedColumns, UniqueConstraint

from telemed_store.audit.actor import ActorKind
from telemed_store.database.columns import AppendOnlyRow
from telemed_store.database.metadata import METADATA, TABLE_OPTIONS
from telemed_store.database.native import append_only
from telemed_store.database.types import ClosedList, Id, UtcDateTime, closed_list, json_type

__all__ = ["domain_events", "outbox"]


class DomainEventColumns(AppendOnlyRow):
    type: Named[str] = Column(String(50), nullable=False)
    schema_version: Named[int] = Column(Integer, nullable=False)
    aggregate_type: Named[str] = Column(String(30), nullable=False)
    aggregate_id: Named[UUID] = Column(Id(), nullable=False)
    aggregate_version: Named[int] = Column(Integer, nullable=False)
    occurred_at: Named[dt.datetime] = Column(UtcDateTime(), nullable=False)
    actor_kind: Named[ActorKind] = Column(ClosedList(ActorKind), nullable=False)
    actor_id: Named[UUID | None] = Column(Id(), nullable=True)
    correlation_id: Named[str] = Column(String(64), nullable=False)
    causation_id: Named[UUID | None] = Column(Id(), nullable=True)
    recipients: Named[list[str]] = Column(json_type(), nullable=False)
    payload: Named[dict[str, Any]] = Column(json_type(), nullable=False)


class OutboxColumns(TypedColumns):
    event_id: Named[UUID] = Column(Id(), ForeignKey("telemed.domain_events.id"), primary_key=True)
    attempts: Named[int] = Column(Integer, nullable=False)
    next_attempt_at: Named[dt.datetime] = Column(UtcDateTime(), nullable=False)
    parked_at: Named[dt.datetime | None] = Column(UtcDateTime(), nullable=True)


domain_events: Final = Table(
    "domain_events",
    METADATA,
    DomainEventColumns,
    closed_list("actor_kind", ActorKind),
    # One event per version of its aggregate; also serves reading one aggregate's events in order.
    UniqueConstraint("aggregate_type", "aggregate_id", "aggregate_version"),
    **TABLE_OPTIONS,
)

outbox: Final = Table(
    "outbox",
    METADATA,
    OutboxColumns,
    # The relay: what is due, in order.
    Index("ix_outbox_next_attempt_at_event_id", "next_attempt_at", "event_id"),
    **TABLE_OPTIONS,
)

append_only(domain_events)
