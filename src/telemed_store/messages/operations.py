"""Sending, editing and deleting messages (domain §7). Marks stand in ``marks.py``, reading in ``reading.py``, conversations in ``making.py``.

Every verb locks the conversation first, then participants, then counters: that order is what keeps numbers dense, counts exact and
verbs from deadlocking.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final, NoReturn
from uuid import UUID

from sqlalchemy import Connection, Row

from telemed_store.audit.context import Context
from telemed_store.crypto import KeyRing, Purpose, encrypt_text
from telemed_store.database.identity import new_id
from telemed_store.database.sending import execute, fetch
from telemed_store.errors import (
    IdempotencyConflict,
    InvalidTransition,
    NoRelationship,
    NotFound,
    NotPermitted,
    ValidationFailed,
    VersionConflict,
)
from telemed_store.events.operations import record
from telemed_store.messages import statements as sql
from telemed_store.messages.bodies import body_place, messages_from, revision_place, seal_body, unsealed
from telemed_store.messages.models import Body, Message, MessageSent, NewMessage, RevisionKind

__all__ = ["delete", "edit", "refuse", "send"]

_STORED: Final = tuple(name for name in Message.model_fields if name not in {"delivered_at", "read_at"})


def send(connection: Connection, context: Context, new: NewMessage) -> Message:
    """Write the next message of the pair's conversation: eight statements, none more with an appointment."""
    sender_id = _sender(context, new)
    people = {"sender_id": sender_id, "receiver_id": new.receiver_id, "appointment_id": new.appointment_id}
    found = fetch(connection, sql.LOCK_BY_PAIR, people).all()
    digest = _digest(context, new)
    # First what was sent before: the answer to a repeated call stays the same when the appointments are gone.
    if stored := _stored(connection, context, [row.id for row in found], sender_id, new.idempotency_key, digest):
        return stored
    if not any(row.related for row in found):
        context.denied("user", new.receiver_id)
        raise NoRelationship
    conversation = _chosen(found, new.appointment_id)
    now = context.now()
    seq = conversation.last_seq + 1
    message = Message(
        id=(message_id := new_id()),
        version=1,
        created_at=now,
        updated_at=now,
        deleted_at=None,
        conversation_id=conversation.id,
        seq=seq,
        sender_id=sender_id,
        body=new.body,
        appointment_id=new.appointment_id,
        sent_at=now,
        edited_at=None,
        delivered_at=None,
        read_at=None,
    )
    execute(
        connection,
        sql.INSERT_MESSAGE,
        {name: getattr(message, name) for name in _STORED}
        | {"body": seal_body(connection, context, message_id, sender_id, new.body)}
        | {"idempotency_key": new.idempotency_key, "request_digest": digest},
    )
    advanced = {"row_id": conversation.id, "now": now, "seq": seq, "message_id": message_id}
    execute(connection, sql.ADVANCE_CONVERSATION, advanced)
    execute(connection, sql.NOTE_ACTIVITY, {"row_id": conversation.id, "now": now, "receiver_id": new.receiver_id})
    execute(
        connection,
        sql.ADD_UNREAD[connection.dialect.name],
        {
            "id": new_id(),
            "version": 1,
            "created_at": now,
            "updated_at": now,
            "user_id": new.receiver_id,
            "unread_messages": 1,
            "unread_notifications": 0,
        },
    )
    record(
        connection,
        context,
        MessageSent(
            aggregate_id=conversation.id,
            aggregate_version=conversation.version + 1,
            recipients=(sender_id, new.receiver_id),
            conversation_id=conversation.id,
            message_id=message_id,
            seq=seq,
            sender_id=sender_id,
            receiver_id=new.receiver_id,
            appointment_id=new.appointment_id,
        ),
    )
    return message


def edit(connection: Connection, context: Context, message_id: UUID, body: Body, expected_version: int) -> Message:
    """Replace the body of a message that did not reach the peer yet; the former one is kept: six statements."""
    found = _lock(connection, context, message_id, expected_version, "edited")
    if found.seq <= found.delivered_upto:
        raise InvalidTransition("delivered", "edited")
    ring = _keep(connection, context, found, RevisionKind.EDIT)
    sealed = encrypt_text(ring, body_place(message_id, found.sender_id), body)
    return _replace(connection, context, found, body=sealed, edited_at=context.now(), deleted_at=None)


def delete(connection: Connection, context: Context, message_id: UUID, expected_version: int) -> Message:
    """Leave a tombstone in a message's place; the body is kept as a revision, and unread by the peer it counts no more."""
    found = _lock(connection, context, message_id, expected_version, "deleted")
    _keep(connection, context, found, RevisionKind.DELETE)
    now = context.now()
    message = _replace(connection, context, found, body=None, edited_at=found.edited_at, deleted_at=now)
    if found.seq > found.read_upto:
        connection.execute(sql.TAKE_UNREAD_OF_PARTICIPANT, {"row_id": found.participant_id, "now": now})
        connection.execute(sql.TAKE_UNREAD, {"counted_user_id": found.receiver_id, "taken": 1, "now": now})
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


def _chosen(found: Sequence[Row[*tuple[Any, ...]]], appointment_id: UUID | None) -> Row[*tuple[Any, ...]]:
    """The appointment's conversation; without one the first of those whose pair has an appointment."""
    for row in found:
        if row.has_appointment if appointment_id is not None else row.related:
            return row
    raise ValidationFailed({"appointment_id": "names no appointment of these two people"})


def _stored(
    connection: Connection, context: Context, conversation_ids: list[UUID], sender_id: UUID, key: str, digest: bytes
) -> Message | None:
    """What the sender sent to this person with this key before; with other content the key cannot be used again, for ever."""
    if not conversation_ids:
        return None
    wanted = {"conversation_ids": conversation_ids, "sender_id": sender_id, "key": key}
    row = fetch(connection, sql.BY_KEY, wanted).first()
    if row is None:
        return None
    if row.request_digest != digest:
        raise IdempotencyConflict
    return messages_from(connection, context, [row])[0]


def _digest(context: Context, new: NewMessage) -> bytes:
    content = [str(new.receiver_id), new.body, str(new.appointment_id)]
    return context.keys.blind_index("messages.request_digest", json.dumps(content))


def _lock(
    connection: Connection, context: Context, message_id: UUID, expected_version: int, to: str
) -> Row[*tuple[Any, ...]]:
    """The actor's own message and its receiver's marks, locked behind the conversation; two statements."""
    statement = sql.CONVERSATION_OF if context.actor.is_system else sql.CONVERSATION_OF_VIEWER
    place = connection.execute(statement, {"id": message_id, "viewer": context.actor.id}).first()
    if place is None:
        refuse(connection, context, message_id)
    if not context.actor.is_system and place.sender_id != context.actor.id:
        raise NotPermitted
    wanted = {"id": message_id, "conversation_id": place.conversation_id}
    found = connection.execute(sql.LOCK_FOR_MESSAGE, wanted).one()
    if found.version != expected_version:
        raise VersionConflict(found.version)
    if found.deleted_at is not None:
        raise InvalidTransition("deleted", to)
    return found


def refuse(connection: Connection, context: Context, message_id: UUID) -> NoReturn:
    """Answer "no such message"; one that the actor does not see is noted as denied."""
    if not context.actor.is_system and connection.execute(sql.CONVERSATION_OF, {"id": message_id}).first():
        context.denied("message", message_id)
    raise NotFound("message")


def _keep(connection: Connection, context: Context, found: Row[*tuple[Any, ...]], kind: RevisionKind) -> KeyRing:
    """Keep the body as it was until now, sealed for its new place; the sender's keys, by which that was done."""
    (body,) = unsealed(connection, context, [found])
    revision_id = new_id()
    ring = context.keys.ensure(connection, found.sender_id, Purpose.MESSAGES)
    connection.execute(
        sql.INSERT_REVISION,
        {
            "id": revision_id,
            "created_at": context.now(),
            "message_id": found.id,
            # Of the version that it was: read under the lock, where counting revisions could meet a host's old snapshot.
            "number": found.version,
            "kind": kind,
            "old_body": encrypt_text(ring, revision_place(revision_id, found.sender_id), body),
            "by": context.actor.id or found.sender_id,
        },
    )
    return ring


def _replace(connection: Connection, context: Context, found: Row[*tuple[Any, ...]], **values: Any) -> Message:
    changed = {"row_id": found.id, "expected_version": found.version, "now": context.now()} | {
        f"new_{name}": value for name, value in values.items()
    }
    if connection.execute(sql.UPDATE_BODY, changed).rowcount != 1:
        raise VersionConflict(found.version + 1)
    row = connection.execute(sql.MESSAGE[False], {"id": found.id}).one()
    return messages_from(connection, context, [row])[0]
