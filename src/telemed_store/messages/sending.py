"""Sending a message (domain §7): the conversation's lock, the next number, and all that follows from it in the same transaction."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row

from telemed_store.audit.context import Context
from telemed_store.database.identity import new_id
from telemed_store.database.sending import fetch
from telemed_store.database.together import Change
from telemed_store.errors import IdempotencyConflict, NoRelationship, NotPermitted, ValidationFailed
from telemed_store.events.operations import record_with
from telemed_store.messages import statements as sql
from telemed_store.messages.bodies import messages_from, seal_body
from telemed_store.messages.caching import UNREAD
from telemed_store.messages.models import Message, MessageSent, NewMessage
from telemed_store.messages.tables import messages

__all__ = ["send"]


def send(connection: Connection, context: Context, new: NewMessage) -> Message:
    """Write the next message of the pair's conversation: seven statements, three on PostgreSQL; none more with an appointment.

    One more where somebody else wrote to the conversation while its lock was waited for.
    """
    sender_id = _sender(context, new)
    digest = _digest(context, new)
    found = _lock(connection, new, sender_id)
    # First what was sent before: the answer to a repeated call stays the same when the appointments are gone.
    if stored := _stored(connection, context, found, sender_id, new.idempotency_key, digest):
        return stored
    if not any(row.related for row in found):
        context.denied("user", new.receiver_id)
        raise NoRelationship
    conversation = _chosen(found, new.appointment_id)
    now = context.now()
    message = Message(
        id=(message_id := new_id()),
        version=1,
        created_at=now,
        updated_at=now,
        deleted_at=None,
        conversation_id=conversation.id,
        seq=conversation.last_seq + 1,
        sender_id=sender_id,
        body=new.body,
        appointment_id=new.appointment_id,
        sent_at=now,
        edited_at=None,
        delivered_at=None,
        read_at=None,
    )
    row = {
        **{column.name: getattr(message, column.name) for column in sql.OWN_COLUMNS},
        "body": seal_body(connection, context, message_id, sender_id, new.body),
        "idempotency_key": new.idempotency_key,
        "request_digest": digest,
    }
    sent = MessageSent(
        aggregate_id=conversation.id,
        aggregate_version=conversation.version + 1,
        recipients=(sender_id, new.receiver_id),
        conversation_id=conversation.id,
        message_id=message_id,
        seq=message.seq,
        sender_id=sender_id,
        receiver_id=new.receiver_id,
        appointment_id=new.appointment_id,
    )
    context.changed(UNREAD.key(new.receiver_id))
    record_with(connection, context, sent, (messages, row), changes=_changes(connection, message, new.receiver_id))
    return message


def _sender(context: Context, new: NewMessage) -> UUID:
    """Who sends: the actor, or whom a system job names (C14)."""
    actor = context.actor
    if actor.is_system and new.sender_id is None:
        raise ValidationFailed({"sender_id": "is needed where a system job sends"})
    sender_id = new.sender_id or actor.id
    if sender_id is None or (not actor.is_system and sender_id != actor.id):
        raise NotPermitted
    if sender_id == new.receiver_id:
        raise ValidationFailed({"receiver_id": "is the sender"})
    return sender_id


def _digest(context: Context, new: NewMessage) -> bytes:
    content = [str(new.receiver_id), new.body, str(new.appointment_id)]
    return context.keys.blind_index("messages.request_digest", json.dumps(content))


def _lock(connection: Connection, new: NewMessage, sender_id: UUID) -> Sequence[Row[*tuple[Any, ...]]]:
    """The conversations of the two, locked: each of them may be doctor and patient of the other."""
    wanted = {
        "sender_id": sender_id,
        "receiver_id": new.receiver_id,
        "appointment_id": new.appointment_id,
        "key": new.idempotency_key,
    }
    return fetch(connection, sql.LOCK_BY_PAIR, wanted).all()


def _stored(
    connection: Connection,
    context: Context,
    found: Sequence[Row[*tuple[Any, ...]]],
    sender_id: UUID,
    key: str,
    digest: bytes,
) -> Message | None:
    """What the sender sent to this person with this key before; with other content the key cannot be used again, for ever."""
    if not any(row.used or row.last_seq != row.looked_up_at for row in found):
        return None
    wanted = {"conversation_ids": [row.id for row in found], "sender_id": sender_id, "key": key}
    row = connection.execute(sql.BY_KEY, wanted).first()
    if row is None:
        return None
    if row.request_digest != digest:
        raise IdempotencyConflict
    return messages_from(connection, context, [row])[0]


def _chosen(found: Sequence[Row[*tuple[Any, ...]]], appointment_id: UUID | None) -> Row[*tuple[Any, ...]]:
    """The appointment's conversation; without one the first of those whose pair has an appointment."""
    for row in found:
        if row.has_appointment if appointment_id is not None else row.related:
            return row
    raise ValidationFailed({"appointment_id": "names no appointment of these two people"})


def _changes(connection: Connection, message: Message, receiver_id: UUID) -> list[Change]:
    """The conversation's number, both participants' activity, the receiver's unread counts."""
    place = {"row_id": message.conversation_id, "now": message.sent_at}
    counter = {"counter_id": new_id(), "now": message.sent_at, "receiver_id": receiver_id}
    advance: Change = (sql.ADVANCE_CONVERSATION, {**place, "seq": message.seq, "message_id": message.id})
    if connection.dialect.name == "postgresql":
        return [advance, (sql.NOTE_ACTIVITY_AND_ADD_UNREAD, place | counter)]
    return [
        advance,
        (sql.NOTE_ACTIVITY, {**place, "receiver_id": receiver_id}),
        (sql.ADD_UNREAD[connection.dialect.name], counter),
    ]
