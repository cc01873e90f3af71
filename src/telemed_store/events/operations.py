"""Recording domain events in the transaction that caused them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, bindparam, insert, select

from telemed_store.audit.context import Context
from telemed_store.database.hydration import hydrator
from telemed_store.database.identity import new_id
from telemed_store.database.together import Change, TableRow, insert_together
from telemed_store.errors import NotPermitted
from telemed_store.events.models import DomainEvent, RecordedEvent
from telemed_store.events.tables import domain_events, outbox

__all__ = ["of_aggregate", "record", "record_many", "record_with"]

_INSERT_EVENT = insert(domain_events)
_INSERT_OUTBOX = insert(outbox)

_recorded: Final = hydrator(RecordedEvent)
# uq_domain_events_aggregate_type_aggregate_id_aggregate_version
_OF_AGGREGATE = (
    select(*(domain_events.c[name] for name in RecordedEvent.model_fields))
    .where(
        domain_events.c.aggregate_type == bindparam("aggregate_type"),
        domain_events.c.aggregate_id == bindparam("aggregate_id"),
    )
    .order_by(domain_events.c.aggregate_version)
)


def record(connection: Connection, context: Context, event: DomainEvent) -> None:
    """Write one event; with a sink configured, also the note that it is still to be delivered."""
    record_with(connection, context, event)


def record_with(
    connection: Connection, context: Context, event: DomainEvent, *rows: TableRow, changes: Sequence[Change] = ()
) -> None:
    """Write what happened: changes and rows of the verb's own, and the event about them."""
    recorded = _row(context, event)
    delivery = [(outbox, _delivery(context, recorded))] if context.settings.event_sink is not None else []
    insert_together(connection, *rows, (domain_events, recorded), *delivery, changes=changes)
    context.journal.events.append(event)


def record_many(connection: Connection, context: Context, events: Sequence[DomainEvent]) -> None:
    """Write several events with one statement (two with a sink)."""
    rows = [_row(context, event) for event in events]
    if not rows:
        return
    connection.execute(_INSERT_EVENT, rows)
    if context.settings.event_sink is not None:
        connection.execute(_INSERT_OUTBOX, [_delivery(context, row) for row in rows])
    context.journal.events.extend(events)


def _row(context: Context, event: DomainEvent) -> dict[str, object]:
    return {
        "id": new_id(),
        "created_at": context.now(),
        "type": event.type_name(),
        "schema_version": event.schema_version,
        "aggregate_type": event.aggregate_type,
        "aggregate_id": event.aggregate_id,
        "aggregate_version": event.aggregate_version,
        "occurred_at": context.now(),
        "actor_kind": context.actor.kind,
        "actor_id": context.actor.id,
        "correlation_id": context.actor.correlation_id,
        "causation_id": None,
        "recipients": [str(user_id) for user_id in event.recipients],
        "payload": event.payload(),
    }


def _delivery(context: Context, recorded: dict[str, object]) -> dict[str, object]:
    return {"event_id": recorded["id"], "attempts": 0, "next_attempt_at": context.now(), "parked_at": None}


def of_aggregate(
    connection: Connection, context: Context, aggregate_type: str, aggregate_id: UUID
) -> list[RecordedEvent]:
    """The events of one aggregate, in the order in which they happened."""
    if not context.actor.is_system:
        raise NotPermitted
    rows = connection.execute(_OF_AGGREGATE, {"aggregate_type": aggregate_type, "aggregate_id": aggregate_id})
    return [_recorded(row) for row in rows]
